package model

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// A chatCall is a tool call in the making.
type chatCall struct {
	index     *int
	id, name  string
	arguments strings.Builder
}

// A toolCallPart is a piece of a call. Servers of open models leave out any of
// these, or repeat them.
type toolCallPart struct {
	Index    *int   `json:"index"`
	ID       string `json:"id"`
	Function struct {
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"` // a string; an object, as some send it
	} `json:"function"`
}

// text is the piece of the arguments.
func (p toolCallPart) text() string {
	raw := bytes.TrimSpace(p.Function.Arguments)
	var s string
	if len(raw) == 0 || json.Unmarshal(raw, &s) == nil { // null is "" too
		return s
	}
	return string(raw)
}

// callOf returns the call that a piece belongs to: by index and id as far as
// there are any, else the last one, unless the piece starts another.
func (w *chat) callOf(p toolCallPart) *chatCall {
	for _, c := range slices.Backward(w.calls) {
		if p.ID != "" && p.ID == c.id && !c.elsewhere(p) {
			return c
		}
	}
	for i, c := range slices.Backward(w.calls) {
		if c.takes(p, i == len(w.calls)-1) {
			return c
		}
	}
	c := &chatCall{index: p.Index}
	w.calls = append(w.calls, c)
	return c
}

// elsewhere tells whether the piece is of a call with another index.
func (c *chatCall) elsewhere(p toolCallPart) bool {
	return p.Index != nil && c.index != nil && *p.Index != *c.index
}

// takes tells whether the piece, whose id no call has, is of this call. A new id
// with a name or, where ids are missing, a name after complete arguments are
// another call, whatever its index: some servers number all calls 0. Others make
// up a new id for every piece, of which only the first has a name.
func (c *chatCall) takes(p toolCallPart, last bool) bool {
	switch {
	case c.elsewhere(p):
		return false
	case p.ID != "" && c.id != "":
		return p.Index != nil && c.index != nil && p.Function.Name == ""
	case p.ID != "" && p.Index == nil:
		return false
	case p.Function.Name != "" && c.name != "" && p.text() != "":
		return !json.Valid([]byte(c.arguments.String()))
	}
	return p.Index != nil || last
}

func (c *chatCall) add(p toolCallPart) {
	if c.id == "" {
		c.id = p.ID
	}
	if c.name == "" {
		c.name = p.Function.Name
	}
	c.arguments.WriteString(p.text())
}

// item is the call as a Responses item. Its id becomes one that no call in
// taken has: it is what output and approval are found by.
func (c *chatCall) item(tools []Tool, taken map[string]bool) json.RawMessage {
	if c.id == "" || taken[c.id] {
		c.id = newID("call")
	}
	taken[c.id] = true
	name := mendName(c.name, tools)
	arguments := mendArguments(c.arguments.String())
	if custom(tools, name) {
		return encode(struct {
			Type   string `json:"type"`
			ID     string `json:"id"`
			CallID string `json:"call_id"`
			Name   string `json:"name"`
			Input  string `json:"input"`
			Status string `json:"status"`
		}{"custom_tool_call", newID("ctc"), c.id, name, freeText(arguments), "completed"})
	}
	namespace := ""
	if t := offered(tools, name); t != nil {
		namespace, name = t.Namespace, t.Name
	}
	return encode(struct {
		Type      string `json:"type"`
		ID        string `json:"id"`
		CallID    string `json:"call_id"`
		Namespace string `json:"namespace,omitempty"`
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
		Status    string `json:"status"`
	}{"function_call", newID("fc"), c.id, namespace, name, arguments, "completed"})
}

func custom(tools []Tool, name string) bool {
	t := offered(tools, name)
	return t != nil && t.Grammar != ""
}

// offered is the tool of this full name, nil if there is none.
func offered(tools []Tool, name string) *Tool {
	for i := range tools {
		if tools[i].Full() == name {
			return &tools[i]
		}
	}
	return nil
}
