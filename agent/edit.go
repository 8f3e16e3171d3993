package agent

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"

	"codex-lsp/agent/disk"
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

	// begin is called when it is about to be made, with whether it is written
	// down, and nothing is done when it fails; it may be nil.
	begin func(journalled bool) error

	// Of an undo or redo: files that are that way already, and for others the
	// one that their text came from, where no change says so.
	already []journal.File
	from    map[string]string

	links   map[string]string   // where the symbolic links among its files point
	folders map[string][]string // that are to be made, by the file that needs them
}

// edit has the host make changes. What is about to be done is on disk before it
// is, so that a killed process leaves nothing half done for long, and what was
// done is in the journal after, so that it can be undone.
func (t *Thread) edit(ctx context.Context, e edit) Outcome {
	set := ChangeSet{ThreadID: t.id, TurnID: e.turn, CallID: e.call, Label: e.label, Changes: e.changes}
	if t.journal == nil {
		if err := e.begins(false); err != nil {
			return Outcome{Err: err}
		}
		return t.peers.edit(ctx, set)
	}
	e.findLinks()
	e.findFolders()
	entry := journal.Entry{Time: time.Now().UTC(), Kind: e.kind, Turn: e.turn, Call: string(e.call), Prompt: e.prompt, By: string(e.by)}
	entry.Files = e.files(Outcome{})
	intent, err := t.agent.journals.Begin(t.id, entry)
	if err != nil {
		t.unjournalled(err)
		if err := e.begins(false); err != nil {
			return Outcome{Err: err}
		}
		return t.peers.edit(ctx, set)
	}
	point.At("change intended")
	if err := e.begins(true); err != nil {
		return Outcome{Err: errors.Join(err, intent.End())}
	}
	outcome := t.peers.edit(ctx, set)
	point.At("change made")
	if entry.Files = e.files(outcome); outcome.Err == nil {
		entry.Files = append(entry.Files, e.already...)
	}
	if len(entry.Files) > 0 {
		if err := t.journal.Add(entry); err != nil {
			t.unjournalled(err)
		}
	}
	point.At("change in the journal")
	if err := intent.End(); err != nil {
		t.unjournalled(err)
	}
	point.At("intent forgotten")
	if err := t.agent.journals.Prune(); err != nil { // this one is open by now
		t.agent.log.Warn("remove old journals", "err", err)
	}
	return outcome
}

func (e *edit) begins(journalled bool) error {
	if e.begin == nil {
		return nil
	}
	return e.begin(journalled)
}

// unjournalled notes that a change can not be undone later.
func (t *Thread) unjournalled(err error) {
	t.agent.log.Warn("write the journal", "thread", t.id, "err", err)
	t.blind.Do(func() {
		t.peers.report(Warning{Ref: Ref{ThreadID: t.id}, Message: "what changes from now on may not be undone later, as it cannot be written down: " + err.Error()})
	})
}

// findLinks notes which of the files that the changes take away are symbolic
// links: of those not the text goes, but the link.
func (e *edit) findLinks() {
	e.links = make(map[string]string)
	for _, c := range e.changes {
		if c.Op == patch.Delete || c.MoveTo != "" {
			if to := disk.Link(c.Path); to != "" {
				e.links[c.Path] = to
			}
		}
	}
}

// findFolders notes which folders are made for new files.
func (e *edit) findFolders() {
	e.folders = make(map[string][]string)
	for _, c := range e.changes {
		if c.Op == patch.Add || c.MoveTo != "" {
			e.folders[c.Target()] = disk.MissingFolders(c.Target())
		}
	}
}

// files is what the changes did to files, by their outcome, each file once. The
// texts are those that the host saw: what the user typed meanwhile is in both.
func (e *edit) files(o Outcome) []journal.File {
	var files []journal.File
	for i, c := range e.changes {
		switch {
		case i < len(o.Files):
			if o.Files[i].State != Landed {
				continue
			}
			if o.Files[i].Was != nil {
				c.Before, c.After = *o.Files[i].Was, o.Files[i].Text
			}
		case o.Err != nil:
			continue
		}
		files = e.add(files, c)
	}
	for i, f := range files {
		if from := e.from[f.Path]; from != "" {
			files[i].From = from
		}
		if f.After != nil {
			files[i].Folders = e.folders[f.Path]
		}
	}
	return files
}

// add adds what one change did.
func (e *edit) add(files []journal.File, c patch.Change) []journal.File {
	is := func(path string) *journal.File {
		i := slices.IndexFunc(files, func(f journal.File) bool { return f.Path == path })
		if i < 0 {
			i, files = len(files), append(files, journal.File{Path: path})
		}
		return &files[i]
	}
	was := journal.NewText(c.Before, c.Mode)
	if to := e.links[c.Path]; to != "" {
		was = journal.NewText(to, fs.ModeSymlink)
	}
	if c.Op != patch.Add {
		is(c.Path).Before = was
	}
	if c.Op != patch.Delete {
		f := is(c.Target())
		f.After = journal.NewText(c.After, c.Mode)
		if c.MoveTo != "" {
			f.From = c.Path
		}
		if c.Overwrites != nil {
			f.Before = journal.NewText(c.Overwrites.Text, c.Overwrites.Mode)
		}
	}
	return files
}
