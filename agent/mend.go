package agent

import (
	"bytes"
	"encoding/json"
	"slices"

	"codex-lsp/agent/journal"
	"codex-lsp/agent/rollout"
)

// What the model is told of a call whose process ended before there was an
// output, by how far it had come.
const (
	cutUnknown  = "The program that ran this ended before the call did: it may have run, wholly or in part. Check before running it again."
	cutStarted  = "Interrupted: the program that ran this ended while the call was running, or before its output was kept. It may have run, wholly or in part. Check before running it again."
	cutApproved = "Not run: the program ended after this was approved and before it began."
	cutWaiting  = "Not run: the program ended before this was approved."
	cutMade     = "The program ended before the output of this was kept, but the changes were made, all of them. Do not make them again."
	cutUnmade   = "Not applied: the program ended before the changes were made; what had begun of them is taken back, as far as nobody has changed the files since."
)

// unknownCut is what is said of calls of which nothing else is known.
func unknownCut(int, CallID) string { return cutUnknown }

// cutCall is what the model is told of a call of a resumed thread, the i-th item
// of its history, that has no output.
func (t *Thread) cutCall(r *rollout.Record, i int, id CallID) string {
	switch r.CallState(i, string(id)) {
	case rollout.Waiting:
		return cutWaiting
	case rollout.Approved:
		return cutApproved
	case rollout.Editing:
		return t.cutEdit(id)
	case rollout.Started:
		return cutStarted
	}
	return cutUnknown
}

// cutEdit tells by the journal whether an edit was made.
func (t *Thread) cutEdit(id CallID) string {
	if t.journal == nil {
		return cutStarted
	}
	entries, err := t.journal.Entries()
	if slices.ContainsFunc(entries, func(e journal.Entry) bool { return e.Kind == journal.Edit && e.Call == string(id) }) {
		return cutMade
	}
	if err != nil {
		return cutStarted
	}
	return cutUnmade
}

// mended is a history as providers take it: each call has one output, among
// those that follow its response. An output that was lost says so; one that
// stands elsewhere is moved; one without a call is left out. It is the same
// each time, so none of it needs to be written. cut is what is said of the call
// that is the i-th item. The calls' ids go into calls.
func mended(history []json.RawMessage, calls map[CallID]bool, cut func(i int, id CallID) string) []json.RawMessage {
	m := mender{cut: cut, left: make(map[CallID][]json.RawMessage)}
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
		m.add(i, heads[i], item)
	}
	m.close()
	return m.items
}

// A mender goes through a history once.
type mender struct {
	items     []json.RawMessage
	cut       func(i int, id CallID) string
	left      map[CallID][]json.RawMessage // outputs that have no place yet
	open      []openCall                   // calls of the last response that have no output yet
	answering bool                         // it has had an output
}

// An openCall is a call, and where it stands.
type openCall struct {
	head
	at int
}

func (m *mender) add(i int, h head, item json.RawMessage) {
	switch {
	case h.isOutput():
		at := slices.IndexFunc(m.open, func(c openCall) bool { return c.call == h.call })
		if at < 0 {
			return // it was moved, or answers nothing
		}
		m.open = slices.Delete(m.open, at, at+1)
		m.left[h.call] = m.left[h.call][1:]
		m.answering = true
	case m.answering, h.kind == "message" && h.role != "assistant":
		m.close()
	}
	if h.isCall() {
		m.open = append(m.open, openCall{h, i})
	}
	m.items = append(m.items, item)
}

// close ends a response and its outputs.
func (m *mender) close() {
	for _, c := range m.open {
		if left := m.left[c.call]; len(left) > 0 {
			m.items, m.left[c.call] = append(m.items, left[0]), left[1:]
		} else {
			m.items = append(m.items, callOutput(c.kind == "custom_tool_call", c.call, m.cut(c.at, c.call)))
		}
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
