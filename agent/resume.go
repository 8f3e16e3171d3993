package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"codex-lsp/agent/rollout"
)

// ErrNotKept says that threads end with the process here.
var ErrNotKept = errors.New("conversations are not saved here, so none can be resumed")

// Resume returns the thread with this id, or one whose id ends so: the one that
// is open, or a saved one, which goes on where it was. A thread of a newer
// format goes on as a copy, under an id of its own.
func (a *Agent) Resume(id string) (*Thread, error) {
	a.resuming.Lock() // or two could open one rollout
	defer a.resuming.Unlock()
	if t := a.open(id); t != nil {
		return t, nil
	}
	if a.sessions == nil {
		return nil, ErrNotKept
	}
	r, file, err := a.sessions.Resume(id)
	if err != nil {
		return nil, err
	}
	t := newThread(a, r.Meta.Cwd)
	t.restore(r, file)
	t.keepJournal()
	a.admit(t)
	return t, nil
}

// Latest returns the id of the thread about this folder that was written last,
// "" for none.
func (a *Agent) Latest(cwd string) (id string, err error) {
	if a.sessions == nil {
		return "", ErrNotKept
	}
	return a.sessions.Latest(cwd)
}

// open returns the open thread whose id ends with id, or nil.
func (a *Agent) open(id string) *Thread {
	if id == "" {
		return nil
	}
	for _, t := range a.Threads() {
		if strings.HasSuffix(t.id, id) {
			return t
		}
	}
	return nil
}

// Earlier is what was said in the thread before it was resumed, and the patches
// that were made, as clients show them.
func (t *Thread) Earlier() []Item { return t.earlier }

// restore makes the thread what its rollout says. It is nobody else's yet.
func (t *Thread) restore(r *rollout.Record, file *rollout.File) {
	if file != nil {
		t.id, t.record.file, t.record.made = r.Meta.ID, file, true
	} else {
		t.record.parent = r.Meta.ID
		t.notes = append(t.notes, fmt.Sprintf("conversation %s was written by a newer Codex, so it goes on as a copy", r.Meta.ID))
	}
	t.told = toldBy(r)
	t.history = append(t.history, developerMessage(t.told.base))
	t.history = append(t.history, r.History...)
	t.usage = Usage(r.Usage)
	for _, said := range r.Said {
		kind := AgentMessage
		if said.User {
			kind = UserMessage
			t.name(said.Text)
		}
		t.earlier = append(t.earlier, Item{ID: newID(), Type: kind, Status: ItemCompletedS, Text: said.Text})
	}
	for _, e := range r.Edits {
		t.edited = append(t.edited, ChangedFile{Path: e.Path, Kind: e.Type, TurnID: e.TurnID})
	}
	if len(r.Broken) > 0 {
		t.notes = append(t.notes, fmt.Sprintf("of the saved conversation, %d lines cannot be read and are left out; the first is %v", len(r.Broken), r.Broken[0]))
	}
	t.mend(r.Open)
}

// toldBy finds what the model was told last of its surroundings.
func toldBy(r *rollout.Record) told {
	is := told{begun: true, base: r.Meta.Instructions.Text}
	for _, item := range r.History {
		switch text := parseOutput(item).text(); {
		case strings.HasPrefix(text, policyOpening):
			is.policy = text
		case strings.HasPrefix(text, environmentOpening):
			is.environment = text
		}
	}
	return is
}

// The notes to a model whose process was killed.
const (
	cutCall = "The program that ran this ended before the call did: it may have run, wholly or in part. Check before running it again."
	cutTurn = "<turn_aborted>\nThe program ended during the previous turn. Commands that were running may have done part of their work: check before relying on it.\n</turn_aborted>"
)

// mend answers the calls whose answers were lost, as no provider takes a history
// without. cut says that a turn was under way.
func (t *Thread) mend(cut bool) {
	var open []output
	answered := make(map[CallID]bool)
	for _, item := range t.history {
		switch out := parseOutput(item); out.Type {
		case "function_call", "custom_tool_call":
			open = append(open, out)
			t.calls[out.CallID] = true
		case "function_call_output", "custom_tool_call_output":
			answered[out.CallID] = true
		}
	}
	for _, out := range open {
		if !answered[out.CallID] {
			t.add(callOutput(out.Type == "custom_tool_call", out.CallID, cutCall))
		}
	}
	if cut {
		t.add(userMessage(cutTurn))
		t.notes = append(t.notes, "the last turn of this conversation was cut off when its process ended; what it ran may have done part of its work")
	}
}

// add adds an item to a history that no turn owns.
func (t *Thread) add(item json.RawMessage) {
	t.history = append(t.history, item)
	if err := t.record.file.Item(item); err != nil {
		t.agent.log.Warn("add to a rollout", "thread", t.id, "err", err)
	}
}
