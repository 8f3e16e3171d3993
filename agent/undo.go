package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"codex-lsp/agent/journal"
	"codex-lsp/patch"
)

// A Reverted is what an undo or redo did.
type Reverted struct {
	ThreadID string        `json:"threadId"`
	TurnID   string        `json:"turnId"`
	Files    []ChangedFile `json:"files"`
}

var (
	errNothingToUndo = errors.New("there is nothing to undo: no turn of this conversation has a change that stands")
	errNothingToRedo = errors.New("there is nothing to redo: no change of this conversation was undone")
	errBusy          = errors.New("a turn is running; interrupt it or wait for its end first")
)

// Undo takes back what a turn did to files, over what was typed since: all of
// them or none. turnID "" stands for the last turn that has something to take
// back, path "" for all of its files. Where lines were changed since, in the
// same places, the error names them and nothing is done.
func (t *Thread) Undo(ctx context.Context, turnID, path string) (Reverted, error) {
	return t.revert(ctx, journal.Undo, turnID, path)
}

// Redo makes again what Undo took back: turnID "" stands for what was undone
// last.
func (t *Thread) Redo(ctx context.Context, turnID, path string) (Reverted, error) {
	return t.revert(ctx, journal.Redo, turnID, path)
}

func (t *Thread) revert(ctx context.Context, kind journal.Kind, turnID, path string) (Reverted, error) {
	if t.journal == nil {
		return Reverted{}, ErrNotKept
	}
	end, err := t.pause()
	if err != nil {
		return Reverted{}, err
	}
	defer end()
	entries, err := t.journal.Entries()
	if err != nil {
		return Reverted{}, err
	}
	turnID, todo := ofTurn(standing(entries, kind), turnID, path)
	if len(todo) == 0 {
		if kind == journal.Undo {
			return Reverted{}, errNothingToUndo
		}
		return Reverted{}, errNothingToRedo
	}
	changes, err := t.inverse(ctx, todo)
	if err != nil {
		return Reverted{}, err
	}
	if outcome := t.edit(ctx, edit{kind: kind, turn: turnID, call: CallID(newID()), label: string(kind) + " a turn", changes: changes}); outcome.Err != nil {
		return Reverted{}, outcome.Err
	}
	return t.reverted(kind, turnID, changes), nil
}

// pause keeps turns from starting while files are put back. A turn that runs
// is an error.
func (t *Thread) pause() (end func(), err error) {
	t.mu.Lock()
	if tn := t.current; tn != nil && !tn.over || t.paused {
		t.mu.Unlock()
		return nil, errBusy
	}
	t.paused = true
	t.mu.Unlock()
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.paused = false
	}, nil
}

// A stand is what a turn did to a file and is still so: changes made, for an
// undo, or changes taken back, for a redo.
type stand struct {
	turn, path string
	files      []journal.File // the last one last
}

// standing finds what can be undone or redone, in the order of the last change.
// What an undo took back does not stand until it is made again, and the other
// way round.
func standing(entries []journal.Entry, kind journal.Kind) []stand {
	var stands []stand
	for _, e := range entries {
		var mine bool
		switch e.Kind {
		case journal.Edit, journal.Redo:
			mine = kind == journal.Undo
		case journal.Undo:
			mine = kind == journal.Redo
		default:
			continue
		}
		for _, f := range e.Files {
			now := stand{turn: e.Turn, path: f.Path}
			if i := slices.IndexFunc(stands, func(s stand) bool { return s.turn == e.Turn && s.path == f.Path }); i >= 0 {
				if e.Kind == journal.Edit {
					now = stands[i]
				}
				stands = slices.Delete(stands, i, i+1)
			}
			if mine {
				now.files = append(now.files, f)
				stands = append(stands, now)
			}
		}
	}
	return stands
}

// ofTurn are the changes of one turn, or the last one's that has any, to one
// file or all.
func ofTurn(stands []stand, turnID, path string) (string, []journal.File) {
	var files []journal.File
	for _, s := range slices.Backward(stands) {
		if (turnID == "" || s.turn == turnID) && (path == "" || s.path == path) {
			turnID = s.turn
			files = append(files, s.files...)
		}
	}
	return turnID, files
}

// inverse is what takes changes back, the last one first, over what their files
// hold now.
func (t *Thread) inverse(ctx context.Context, todo []journal.File) ([]patch.Change, error) {
	byPath := make(map[string][]journal.File)
	var paths []string
	for _, f := range todo {
		if byPath[f.Path] == nil {
			paths = append(paths, f.Path)
		}
		byPath[f.Path] = append(byPath[f.Path], f)
	}
	var changes []patch.Change
	var errs []error
	for _, path := range paths {
		change, err := t.backTo(ctx, path, byPath[path])
		if err != nil {
			errs = append(errs, err)
		} else if change != nil {
			changes = append(changes, *change)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("nothing was changed: %w", err)
	}
	return changes, nil
}

// backTo is what takes the changes of one file back; nil when that changes
// nothing.
func (t *Thread) backTo(ctx context.Context, path string, done []journal.File) (*patch.Change, error) {
	var now *string
	switch snap, err := t.peers.read(ctx, path); {
	case err == nil:
		now = &snap.Text
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	is, mode := now, fs.FileMode(0)
	for _, f := range slices.Backward(done) {
		var err error
		if is, err = t.stepBack(f, is); err != nil {
			return nil, fmt.Errorf("%s %w", relative(t.cwd, path), err)
		}
		if f.Before != nil {
			mode = f.Before.Mode
		}
	}
	switch {
	case now == nil && is == nil, now != nil && is != nil && *now == *is:
		return nil, nil
	case now == nil:
		return &patch.Change{Op: patch.Add, Path: path, After: *is, Mode: mode}, nil
	case is == nil:
		return &patch.Change{Op: patch.Delete, Path: path, Before: *now}, nil
	}
	return &patch.Change{Op: patch.Update, Path: path, Before: *now, After: *is}, nil
}

// stepBack takes one change out of what a file holds; nil stands for no file.
func (t *Thread) stepBack(f journal.File, now *string) (*string, error) {
	before, err := t.load(f.Before, now)
	if err != nil {
		return nil, err
	}
	after, err := t.load(f.After, now)
	if err != nil {
		return nil, err
	}
	switch {
	case now == nil && after == nil:
		return before, nil
	case now == nil:
		return nil, errors.New("is not there any more")
	case after == nil:
		return nil, errors.New("is there again")
	case *now == *after:
		return before, nil
	case before == nil:
		return nil, errors.New("was changed since it was made; delete it yourself if you do not want it")
	}
	merged, conflicts := patch.Rebase(*after, *before, *now)
	if len(conflicts) > 0 {
		return nil, fmt.Errorf("was changed since, in the same lines (near line %d)", 1+strings.Count((*after)[:conflicts[0].Start], "\n"))
	}
	return &merged, nil
}

// load returns a text in the form that the file has now: an editor may show
// line endings and marks otherwise than the disk has them.
func (t *Thread) load(text *journal.Text, now *string) (*string, error) {
	if text == nil {
		return nil, nil
	}
	s, err := t.journal.Load(text)
	if err != nil || now == nil {
		return &s, err
	}
	switch crlf := strings.Contains(*now, "\r\n"); {
	case crlf && !strings.Contains(s, "\r\n"):
		s = strings.ReplaceAll(s, "\n", "\r\n")
	case !crlf && strings.Contains(*now, "\n"):
		s = strings.ReplaceAll(s, "\r\n", "\n")
	}
	const bom = "\uFEFF"
	if bare := strings.TrimPrefix(s, bom); strings.HasPrefix(*now, bom) {
		s = bom + bare
	} else {
		s = bare
	}
	return &s, nil
}

// reverted says what was done, and has the model hear of it.
func (t *Thread) reverted(kind journal.Kind, turnID string, changes []patch.Change) Reverted {
	r := Reverted{ThreadID: t.id, TurnID: turnID, Files: []ChangedFile{}}
	var names []string
	for _, c := range changes {
		r.Files = append(r.Files, ChangedFile{Path: c.Path, Kind: string(c.Op), TurnID: turnID})
		names = append(names, filepath.ToSlash(relative(t.cwd, c.Path)))
	}
	what := "took back changes that you had made"
	if kind == journal.Redo {
		what = "made changes of yours again that had been taken back"
	}
	t.tellModel(fmt.Sprintf("The user %s, in %s: read them before you rely on what they hold.", what, strings.Join(names, ", ")))
	return r
}
