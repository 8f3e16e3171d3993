package agent

import (
	"context"
	"time"

	"codex-lsp/agent/journal"
	"codex-lsp/agent/point"
	"codex-lsp/patch"
)

// An edit is a set of changes on its way to the host, and whose it is.
type edit struct {
	kind    journal.Kind
	turn    string
	call    CallID
	label   string
	changes []patch.Change
	prompt  string // that led to it
	by      Settler
}

// edit has the host make changes. What is about to be done is on disk before it
// is, so that a killed process leaves nothing half done for long, and what was
// done is in the journal after, so that it can be undone.
func (t *Thread) edit(ctx context.Context, e edit) Outcome {
	set := ChangeSet{ThreadID: t.id, TurnID: e.turn, CallID: e.call, Label: e.label, Changes: e.changes}
	if t.journal == nil {
		return t.peers.edit(ctx, set)
	}
	entry := journal.Entry{Time: time.Now().UTC(), Kind: e.kind, Turn: e.turn, Call: string(e.call), Prompt: e.prompt, By: string(e.by)}
	entry.Files = landed(e.changes, Outcome{})
	intent, err := t.agent.journals.Begin(t.id, entry)
	if err != nil {
		t.unjournalled(err)
		return t.peers.edit(ctx, set)
	}
	point.At("change intended")
	outcome := t.peers.edit(ctx, set)
	point.At("change made")
	if entry.Files = landed(e.changes, outcome); len(entry.Files) > 0 {
		if err := t.journal.Add(entry); err != nil {
			t.unjournalled(err)
		}
	}
	point.At("change in the journal")
	if err := intent.End(); err != nil {
		t.unjournalled(err)
	}
	point.At("intent forgotten")
	return outcome
}

// unjournalled notes that a change can not be undone later.
func (t *Thread) unjournalled(err error) {
	t.agent.log.Warn("write the journal", "thread", t.id, "err", err)
	t.blind.Do(func() {
		t.peers.report(Warning{Ref: Ref{ThreadID: t.id}, Message: "what changes from now on may not be undone later, as it cannot be written down: " + err.Error()})
	})
}

// landed is what changes did to files, by their outcome. The texts are those
// that the host saw: what the user typed meanwhile is in both.
func landed(changes []patch.Change, o Outcome) []journal.File {
	var files []journal.File
	for i, c := range changes {
		before, after := c.Before, c.After
		switch {
		case i < len(o.Files):
			if o.Files[i].State != Landed {
				continue
			}
			if o.Files[i].Was != nil {
				before, after = *o.Files[i].Was, o.Files[i].Text
			}
		case o.Err != nil:
			continue
		}
		was, is := journal.NewText(before, c.Mode), journal.NewText(after, c.Mode)
		var replaced *journal.Text
		if c.Overwrites != nil {
			replaced = journal.NewText(c.Overwrites.Text, c.Overwrites.Mode)
		}
		switch {
		case c.Op == patch.Delete:
			files = append(files, journal.File{Path: c.Path, Before: was})
		case c.MoveTo != "":
			files = append(files, journal.File{Path: c.Path, Before: was}, journal.File{Path: c.MoveTo, Before: replaced, After: is})
		case c.Op == patch.Add:
			files = append(files, journal.File{Path: c.Path, Before: replaced, After: is})
		default:
			files = append(files, journal.File{Path: c.Path, Before: was, After: is})
		}
	}
	return files
}
