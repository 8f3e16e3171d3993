package agent

import (
	"bytes"
	"encoding/json"
	"slices"
)

// cutCall is the output of a call whose process ended.
const cutCall = "The program that ran this ended before the call did: it may have run, wholly or in part. Check before running it again."

// mended is a history as providers take it: each call has one output, among
// those that follow its response. An output that was lost says so; one that
// stands elsewhere is moved; one without a call is left out. It is the same
// each time, so none of it needs to be written. The calls' ids go into calls.
func mended(history []json.RawMessage, calls map[CallID]bool) []json.RawMessage {
	m := mender{left: make(map[CallID][]json.RawMessage)}
	heads := make([]head, len(history))
	for i, item := range history {
		h := headOf(item)
		heads[i] = h
		switch {
		case h.isCall():
			calls[h.call] = true
		case h.isOutput() && calls[h.call]:
			m.left[h.call] = append(m.left[h.call], item)
		}
	}
	for i, item := range history {
		m.add(heads[i], item)
	}
	m.close()
	return m.items
}

// A mender goes through a history once.
type mender struct {
	items     []json.RawMessage
	left      map[CallID][]json.RawMessage // outputs that have no place yet
	open      []head                       // calls of the last response that have no output yet
	answering bool                         // it has had an output
}

func (m *mender) add(h head, item json.RawMessage) {
	switch {
	case h.isOutput():
		i := slices.IndexFunc(m.open, func(c head) bool { return c.call == h.call })
		if i < 0 {
			return // it was moved, or answers nothing
		}
		m.open = slices.Delete(m.open, i, i+1)
		m.left[h.call] = m.left[h.call][1:]
		m.answering = true
	case m.answering, h.kind == "message" && h.role != "assistant":
		m.close()
	}
	if h.isCall() {
		m.open = append(m.open, h)
	}
	m.items = append(m.items, item)
}

// close ends a response and its outputs.
func (m *mender) close() {
	for _, c := range m.open {
		out := callOutput(c.kind == "custom_tool_call", c.call, cutCall)
		if left := m.left[c.call]; len(left) > 0 {
			out, m.left[c.call] = left[0], left[1:]
		}
		m.items = append(m.items, out)
	}
	m.open, m.answering = m.open[:0], false
}

// A head is what tells an item's part in the conversation.
type head struct {
	kind, role string
	call       CallID
}

func (h head) isCall() bool {
	return h.call != "" && (h.kind == "function_call" || h.kind == "custom_tool_call" || h.kind == "local_shell_call")
}

func (h head) isOutput() bool {
	return h.call != "" && (h.kind == "function_call_output" || h.kind == "custom_tool_call_output")
}

// whole tells whether there is nothing more to know.
func (h head) whole() bool {
	switch h.kind {
	case "":
		return false
	case "message":
		return h.role != ""
	case "reasoning":
		return true
	}
	return h.call != ""
}

// headOf reads no more of an item than it must: what is looked for mostly stands
// before what is long.
func headOf(item json.RawMessage) (h head) {
	d := json.NewDecoder(bytes.NewReader(item))
	_, err := d.Token()
	for err == nil && !h.whole() && d.More() {
		var name json.Token
		if name, err = d.Token(); err != nil {
			break
		}
		var value any = new(json.RawMessage)
		switch name {
		case "type":
			value = &h.kind
		case "role":
			value = &h.role
		case "call_id":
			value = &h.call
		}
		err = d.Decode(value)
	}
	return h
}
