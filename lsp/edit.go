package lsp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"codex-lsp/agent"
	"codex-lsp/agent/disk"
	"codex-lsp/patch"
)

// Edit makes the changes of a set: in the client's buffers where files are
// open, on disk where they are not. All or none: everything is verified first,
// and what landed is taken back when something after it fails.
func (s *server) Edit(ctx context.Context, set agent.ChangeSet) agent.Outcome {
	ctx, done := s.during(ctx)
	defer done()
	w := &work{server: s, label: set.Label, outcomes: make([]agent.FileOutcome, len(set.Changes))}
	for i, c := range set.Changes {
		w.outcomes[i] = agent.FileOutcome{Path: c.Target(), State: agent.NotLanded}
		if err := w.plan(i, c); err != nil {
			return agent.Outcome{Err: err}
		}
	}
	if err := w.carryOut(ctx); err != nil {
		if stuck := w.takeBack(); stuck != nil {
			return agent.Outcome{Err: fmt.Errorf("%w\n%w", err, stuck), Files: w.outcomes}
		}
		return agent.Outcome{Err: err}
	}
	s.saveEdited(ctx, w.buffers)
	return agent.Outcome{Files: w.outcomes}
}

// work is a ChangeSet on its way.
type work struct {
	server   *server
	label    string
	buffers  []*bufferStep
	files    []*fileStep
	onDisk   []patch.Change
	indexes  []int // of the changes that onDisk are
	outcomes []agent.FileOutcome
}

// A bufferStep changes the text of an open document.
type bufferStep struct {
	index  int
	doc    *document
	change patch.Change
	did    revised
}

// plan decides which way a change goes, and verifies that it can.
func (w *work) plan(i int, c patch.Change) error {
	s := w.server
	doc := s.docs.at(c.Path)
	if doc == nil && c.MoveTo != "" {
		if s.docs.at(c.MoveTo) != nil {
			return fmt.Errorf("%s is open in the editor: it cannot be replaced by moving %s there; close it, or change its text instead", c.MoveTo, c.Path)
		}
	}
	if doc == nil {
		w.toDisk(i, c)
		return verifyOnDisk(c)
	}
	if !s.takesEdits() {
		return w.planBehind(i, c, doc)
	}
	text := doc.text.String()
	c = asShown(c, text)
	if c.Op == patch.Add && c.Overwrites != nil {
		c.Before = c.Overwrites.Text
	}
	if c.Op == patch.Delete || c.MoveTo != "" {
		return w.planFile(i, c, doc)
	}
	if _, err := rebased(c, text); err != nil {
		return fmt.Errorf("%s: %w", c.Path, err)
	}
	w.buffers = append(w.buffers, &bufferStep{index: i, doc: doc, change: c})
	return nil
}

// planBehind changes the file of an open document on disk, for a client that
// takes no edits: possible while the buffer holds what the file does.
func (w *work) planBehind(i int, c patch.Change, doc *document) error {
	file, err := disk.Read(doc.path)
	if err != nil {
		return err
	}
	if !sameContent(file.Text, doc.text.String()) {
		return fmt.Errorf("%s has unsaved changes, and the editor takes no edits from a server: save it first", c.Path)
	}
	c.Before = file.Text
	w.toDisk(i, c)
	w.outcomes[i].Note = "written to disk; the editor takes no edits from a server and must reload the file"
	return verifyOnDisk(c)
}

func (w *work) toDisk(i int, c patch.Change) {
	w.onDisk = append(w.onDisk, c)
	w.indexes = append(w.indexes, i)
}

// carryOut makes the changes, the least certain first: buffers, which the user
// may be typing in; file operations of the client; the disk, all at once.
func (w *work) carryOut(ctx context.Context) error {
	s := w.server
	for _, b := range w.buffers {
		b.did = s.revise(ctx, keyOf(b.doc.uri), w.label, func(current string) (string, error) {
			return rebased(b.change, current)
		})
		o := &w.outcomes[b.index]
		o.State, o.Text, o.Note = b.did.state, b.did.after, mergeNote(b.change, b.did)
		if b.did.before != b.change.Before {
			o.Was = &b.did.before
		}
		if b.did.state != agent.Landed {
			return fmt.Errorf("%s: %w", b.change.Path, b.did.err)
		}
	}
	for _, f := range w.files {
		if err := w.fileOp(ctx, f); err != nil {
			return err
		}
	}
	if err := disk.Commit(w.onDisk); err != nil {
		return err
	}
	for n, c := range w.onDisk {
		o := &w.outcomes[w.indexes[n]]
		o.State, o.Text = agent.Landed, c.After
	}
	s.wrote(w.onDisk)
	return nil
}

// takeBack undoes what landed, over what the user has typed since. It returns
// what could not be undone. It does not hear the turn's context: an interrupt
// must not leave half of a set behind.
func (w *work) takeBack() error {
	ctx, done := w.server.during(context.Background())
	defer done()
	var stuck []error
	for _, f := range slices.Backward(w.files) {
		if err := f.takeBack(); err != nil {
			w.outcomes[f.index].Note = "could not be taken back"
			stuck = append(stuck, err)
		}
	}
	for _, b := range slices.Backward(w.buffers) {
		o := &w.outcomes[b.index]
		switch b.did.state {
		case agent.Landed:
		case agent.Unclear:
			stuck = append(stuck, fmt.Errorf("%s: it is not clear whether the change is in the buffer", b.change.Path))
			continue
		default:
			continue
		}
		undo := patch.Change{Op: patch.Update, Path: b.change.Path, Before: b.did.after, After: b.did.before}
		r := w.server.revise(ctx, keyOf(b.doc.uri), "take back "+w.label, func(current string) (string, error) {
			return rebased(undo, current)
		})
		if o.Text = r.after; r.state == agent.Landed {
			o.State, o.Note = agent.NotLanded, "taken back"
			continue
		}
		o.Note = "could not be taken back"
		stuck = append(stuck, fmt.Errorf("%s keeps its change, it could not be taken back: %w", b.change.Path, r.err))
	}
	return errors.Join(stuck...)
}

// rebased makes a change to what a document holds now.
func rebased(c patch.Change, current string) (string, error) {
	if current == c.Before {
		return c.After, nil
	}
	merged, conflicts := patch.Rebase(c.Before, c.After, current)
	if len(conflicts) == 0 {
		return merged, nil
	}
	return "", conflictError(conflicts)
}

// mergeNote says what the model should know of a change that went in over
// others.
func mergeNote(c patch.Change, r revised) string {
	if r.state != agent.Landed || r.before == c.Before {
		return ""
	}
	return "merged with changes that the user made meanwhile"
}

// asShown gives the texts of a change the form in which the editor shows the
// file: no byte order mark, and the line endings of the buffer.
func asShown(c patch.Change, shown string) patch.Change {
	form := func(s string) string { return s }
	const bom = "\uFEFF"
	unmarked := strings.HasPrefix(c.Before, bom) && !strings.HasPrefix(shown, bom)
	toLF := strings.Contains(c.Before, "\r\n") && !strings.Contains(shown, "\r\n") && strings.Contains(shown, "\n")
	if unmarked || toLF {
		form = func(s string) string {
			if unmarked {
				s = strings.TrimPrefix(s, bom)
			}
			if toLF {
				s = normal(s)
			}
			return s
		}
	}
	c.Before, c.After = form(c.Before), form(c.After)
	return c
}

// verifyOnDisk tells early what disk.Commit would refuse late.
func verifyOnDisk(c patch.Change) error {
	file, err := disk.Read(c.Path)
	switch {
	case c.Op == patch.Add && c.Overwrites == nil:
		if err == nil {
			return fmt.Errorf("%s was made by somebody else meanwhile", c.Path)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	case err != nil:
		return err
	case c.Op == patch.Add && file.Text != c.Overwrites.Text, c.Op != patch.Add && file.Text != c.Before:
		return fmt.Errorf("%s has changed on disk since it was read; read it again", c.Path)
	}
	return nil
}
