package mcp

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"codex-lsp/agent/config"
)

// What is taken of a server. A model reads all of it with every request.
const (
	maxTools       = 1000     // more are not even listed
	maxDescription = 2 << 10  // bytes, of a tool; the rest is cut
	maxSchema      = 32 << 10 // bytes; a tool with a larger one is left out
	maxAbout       = 4 << 10  // bytes of a server's instructions
	maxName        = 64       // of a full name: what providers take
)

// namespaceOf is what the model knows a server by.
func namespaceOf(server string) string { return "mcp__" + plain(server) }

// plain is a name with what providers refuse replaced.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, name)
}

// namer gives names that are short enough and all different.
type namer struct {
	namespace string
	taken     map[string]bool
}

func (n *namer) name(tool string) string {
	name := plain(tool)
	if room := max(8, maxName-len(n.namespace)-len("__")); len(name) > room || n.taken[name] {
		sum := sha256.Sum256([]byte(tool))
		tag := "_" + hex.EncodeToString(sum[:3])
		name = name[:min(len(name), room-len(tag))] + tag
	}
	n.taken[name] = true
	return name
}

// shorten cuts a text that a server wrote.
func shorten(s string, most int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= most {
		return s
	}
	for most > 0 && s[most]&0xC0 == 0x80 {
		most--
	}
	return s[:most] + "…"
}

// offered makes tools of those that a server lists, as the settings want it. It
// tells which are left out and why, the ones that the user took away excepted.
func offered(s config.MCPServer, listed []*sdk.Tool) (tools []Tool, leftOut []string) {
	listed = slices.Clone(listed)
	slices.SortFunc(listed, func(a, b *sdk.Tool) int { return cmp.Compare(a.Name, b.Name) })
	names := namer{namespaceOf(s.Name), make(map[string]bool)}
	for i, t := range listed {
		if i > 0 && t.Name == listed[i-1].Name || !wanted(s, t.Name) {
			continue
		}
		schema, err := schemaOf(t)
		if err != nil {
			leftOut = append(leftOut, fmt.Sprintf("%s: %v", shorten(t.Name, 100), err))
			continue
		}
		tools = append(tools, Tool{
			Server: s.Name, Name: t.Name, Namespace: names.namespace, Local: names.name(t.Name),
			Title: titleOf(t), Description: shorten(t.Description, maxDescription), Schema: schema,
			Hints: hintsOf(t.Annotations), Approval: cmp.Or(s.ToolApproval[t.Name], s.Approval), Parallel: s.Parallel,
		})
	}
	return tools, leftOut
}

func wanted(s config.MCPServer, tool string) bool {
	return (s.EnabledTools == nil || slices.Contains(s.EnabledTools, tool)) && !slices.Contains(s.DisabledTools, tool)
}

func titleOf(t *sdk.Tool) string {
	title := t.Title
	if title == "" && t.Annotations != nil {
		title = t.Annotations.Title
	}
	return shorten(strings.Join(strings.Fields(title), " "), 100)
}

func hintsOf(a *sdk.ToolAnnotations) Hints {
	if a == nil {
		return Hints{Destructive: true, OpenWorld: true}
	}
	return Hints{
		ReadOnly:    a.ReadOnlyHint && (a.DestructiveHint == nil || !*a.DestructiveHint),
		Destructive: a.DestructiveHint == nil || *a.DestructiveHint,
		OpenWorld:   a.OpenWorldHint == nil || *a.OpenWorldHint,
	}
}

// schemaOf is the schema of a tool's arguments, in a form that providers take:
// of type object, and with properties.
func schemaOf(t *sdk.Tool) (json.RawMessage, error) {
	schema, ok := t.InputSchema.(map[string]any)
	if t.InputSchema == nil {
		schema, ok = map[string]any{}, true
	}
	if !ok {
		return nil, fmt.Errorf("the schema of its arguments is no object")
	}
	if typ, has := schema["type"]; has && typ != "object" {
		return nil, fmt.Errorf("its arguments are not of type object")
	}
	schema["type"] = "object"
	if _, has := schema["properties"]; !has {
		schema["properties"] = map[string]any{}
	}
	delete(schema, "$schema") // which draft it is of is of no use to a model
	var b bytes.Buffer
	enc := json.NewEncoder(&b) // with sorted keys: the same text each time
	enc.SetEscapeHTML(false)
	if err := enc.Encode(schema); err != nil {
		return nil, err
	}
	if b.Len() > maxSchema {
		return nil, fmt.Errorf("the schema of its arguments takes more than %d KiB", maxSchema>>10)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
