package rollout

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// remember takes an item into the history, unless it is none that a provider
// takes: Codex once kept the state of a git repository among them.
func (r *Record) remember(item json.RawMessage) {
	switch typeOf(item) {
	case "ghost_snapshot", "other":
	default:
		r.History = append(r.History, plain(item))
		r.marked = append(r.marked, r.marking)
	}
}

// maxPrompts is how much of the prompts outlives a compaction that does not say
// what does, in bytes: Codex's 20,000 tokens, about.
const maxPrompts = 80_000

// A compaction is the payload of such a line.
type compaction struct {
	Message     string            `json:"message"` // the summary
	Replacement []json.RawMessage `json:"replacement_history,omitempty"`
}

// compact replaces the history by what a compaction left of it. One that has
// only a summary leaves what came before the first prompt, the newest prompts,
// and the summary as if the user had written it.
func (r *Record) compact(raw json.RawMessage) error {
	var c compaction
	if err := json.Unmarshal(raw, &c); err != nil {
		return fmt.Errorf("compacted: %w", err)
	}
	before := r.History
	r.before, r.History, r.marked = before, nil, nil
	if c.Replacement != nil {
		for _, item := range c.Replacement {
			r.remember(item)
		}
	} else {
		first, prompts := r.prompts(before)
		r.History = append(slices.Clip(before[:first]), prompts...)
		r.History = append(r.History, userMessage(cmp.Or(c.Message, "(no summary available)")))
	}
	for range len(r.History) - len(r.marked) {
		r.marked = append(r.marked, r.marking)
	}
	switch {
	case r.at == r.split: // it can be had again
		r.before = nil
	case r.at > r.split:
		r.split = 0
	}
	r.summary, r.Fresh = c.Message, len(r.History)
	if c.Message == "" { // an earlier one was taken back
		r.before, r.Fresh, r.split = nil, 0, 0
	} else {
		r.Said = append(r.Said, Said{Text: c.Message, Summary: true})
	}
	return nil
}

// prompts returns where the first prompt is, and the newest ones.
func (r *Record) prompts(history []json.RawMessage) (first int, newest []json.RawMessage) {
	first = len(history)
	left := maxPrompts
	for i := len(history) - 1; i >= 0; i-- {
		text, is := prompt(history[i])
		if !is {
			continue
		}
		first = i
		if left == 0 || text == r.summary {
			continue
		}
		if len(text) > left {
			text = strings.ToValidUTF8(text[:left], "")
		}
		left -= len(text)
		newest = append(newest, userMessage(text))
	}
	slices.Reverse(newest)
	return first, newest
}

// rollBack takes the last n prompts back, and all that came of them. The files
// stay as they are.
func (r *Record) rollBack(n int) {
	at, left := len(r.History), n
	for i := at - 1; i >= 0 && left > 0; i-- {
		if _, is := prompt(r.History[i]); is {
			at, left = i, left-1
		}
	}
	r.History, r.marked = r.History[:at], r.marked[:at]
	r.Fresh = min(r.Fresh, at)
	at, left = len(r.Said), n
	for i := at - 1; i >= 0 && left > 0; i-- {
		if r.Said[i].User {
			at, left = i, left-1
		}
	}
	r.Said = r.Said[:at]
}

// surroundings are the openings of what programs say in the user's name.
var surroundings = []string{
	"# AGENTS.md instructions", "<environment_context>", "<user_instructions>", "<editor_context",
	"<turn_aborted>", "<user_shell_command>", "<skill>", "<subagent_notification>",
}

// prompt returns the text of an item, and whether a user wrote any of it.
func prompt(item json.RawMessage) (text string, is bool) {
	var m struct {
		Role    string `json:"role"`
		Content []struct {
			Type string `json:"type"`
			Text string `json:"text"`
		} `json:"content"`
	}
	if typeOf(item) != "message" || json.Unmarshal(item, &m) != nil || m.Role != "user" {
		return "", false
	}
	for _, part := range m.Content {
		opens := func(with string) bool { return strings.HasPrefix(part.Text, with) }
		if part.Type == "input_text" && !slices.ContainsFunc(surroundings, opens) {
			text, is = text+part.Text, true
		}
	}
	return text, is
}

// userMessage is an item with what a user says.
func userMessage(text string) json.RawMessage {
	quoted, err := json.Marshal(text)
	if err != nil { // no string fails
		panic("rollout: encode a text: " + err.Error())
	}
	return slices.Concat(json.RawMessage(`{"type":"message","role":"user","content":[{"type":"input_text","text":`), quoted, json.RawMessage(`}]}`))
}

// notes are the fields that Codex adds to items for itself; providers refuse
// them.
var notes = []string{"metadata", "internal_chat_message_metadata_passthrough"}

// plain is an item as a provider takes it.
func plain(item json.RawMessage) json.RawMessage {
	if !bytes.Contains(item, []byte(`metadata`)) { // in all notes' names
		return item
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(item, &fields) != nil {
		return item
	}
	out := []byte("{")
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if slices.Contains(notes, name) {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		quoted, err := json.Marshal(name)
		if err != nil { // no string fails
			return item
		}
		out = append(append(append(out, quoted...), ':'), fields[name]...)
	}
	return append(out, '}')
}
