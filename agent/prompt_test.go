package agent

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model"
)

// TestPromptIsShortAndVersioned: what models are told by us has a number, which a
// change of any word of it changes, and a size, which the documentation tells.
func TestPromptIsShortAndVersioned(t *testing.T) {
	const (
		version = 2
		sum     = "e7d761811676ceab4b6fd88325d669e3fd3c5cf9e4a2d6a5ac06a44f783b187f"

		maxPrompt = 4 << 10
		maxTools  = 6 << 10
	)
	told, sizes := basePrompt, map[string]int{"base prompt": len(basePrompt)}
	box := tools(model.Facts{Freeform: true}, &config.Config{}, false)
	for _, name := range slices.Sorted(maps.Keys(box)) {
		offer := box[name].offer()
		raw, err := json.Marshal(offer)
		if err != nil {
			t.Fatal(err)
		}
		told += string(raw)
		sizes[name] = len(offer.Description) + len(offer.Parameters) + len(offer.Grammar)
	}
	if got := fmt.Sprintf("%x", sha256.Sum256([]byte(told))); got != sum || PromptVersion != version {
		t.Errorf("the prompt is another, %s: raise PromptVersion, and write both here", got)
	}
	all := 0
	for name, size := range sizes {
		all += size
		t.Logf("%s: %d bytes", name, size)
	}
	if n := len(basePrompt); n > maxPrompt || all-n > maxTools {
		t.Errorf("%d bytes of prompt, at most %d; %d bytes of tools, at most %d", n, maxPrompt, all-n, maxTools)
	}
	doc, err := os.ReadFile("../docs/model.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, size := range sizes {
		if row := fmt.Sprintf("| %s | %d | %d |", name, size, size/4); !strings.Contains(string(doc), row) {
			t.Errorf("docs/model.md lacks the row %s", row)
		}
	}
}
