package hooks

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// hashOf is the hash that Codex has of a hook, so that what is trusted in one
// program is in the other: SHA-256 over compact JSON with sorted keys, of the
// event, the matcher if there is one, and the handler with what it leaves out
// filled in. It is of the command's text: what the program does that it names
// may change.
func hashOf(h Hook, matcher *string) string {
	handler := map[string]any{
		"type": "command", "command": h.Command, "async": h.Async, "timeout": int64(h.Timeout / time.Second),
	}
	if h.Status != "" {
		handler["statusMessage"] = h.Status
	}
	identity := map[string]any{"event_name": labels[h.Event], "hooks": []any{handler}}
	if matcher != nil {
		identity["matcher"] = *matcher
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(identity); err != nil { // strings and numbers
		panic("hooks: encode a definition: " + err.Error())
	}
	sum := sha256.Sum256(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
