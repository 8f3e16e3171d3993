package agent

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"codex-lsp/agent/disk"
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
	e := edit{kind: kind, turn: turnID, call: CallID(newID()), label: string(kind) + " a turn"}
	if err := t.unwind(ctx, todo, &e); err != nil {
		return Reverted{}, fmt.Errorf("nothing was changed: %w", err)
	}
	if outcome := t.edit(ctx, e); outcome.Err != nil {
		return Reverted{}, outcome.Err
	}
	for _, f := range slices.Concat(todo...) {
		disk.RemoveEmpty(f.Folders)
	}
	return t.reverted(kind, turnID, e.changes), nil
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
	entries    []int          // of which each is, of the journal
}

// standing finds what can be undone or redone, in the order of the last change.
// What an undo took back does not stand until it is made again, and the other
// way round.
func standing(entries []journal.Entry, kind journal.Kind) []stand {
	var stands []stand
	for n, e := range entries {
		var mine bool
		switch e.Kind {
		case journal.Edit, journal.Command, journal.Redo:
			mine = kind == journal.Undo
		case journal.Undo:
			mine = kind == journal.Redo
		default:
			continue
		}
		for _, f := range e.Files {
			now := stand{turn: e.Turn, path: f.Path}
			if i := slices.IndexFunc(stands, func(s stand) bool { return s.turn == e.Turn && s.path == f.Path }); i >= 0 {
				if e.Kind == journal.Edit || e.Kind == journal.Command {
					now = stands[i]
				}
				stands = slices.Delete(stands, i, i+1)
			}
			if mine {
				now.files, now.entries = append(now.files, f), append(now.entries, n)
				stands = append(stands, now)
			}
		}
	}
	return stands
}

// ofTurn are the changes of one turn, or the last one's that has any, to one
// file or all, by entry, the last one last. A file that was moved goes by both
// of its names.
func ofTurn(stands []stand, turnID, path string) (string, [][]journal.File) {
	path = realPath(path)
	var mine []stand
	for _, s := range slices.Backward(stands) {
		if (turnID == "" || s.turn == turnID) && (path == "" || realPath(s.path) == path) {
			turnID = s.turn
			break
		}
	}
	for _, s := range stands {
		if s.turn == turnID {
			mine = append(mine, s)
		}
	}
	if path != "" {
		mine = moved(mine, path)
	}
	byEntry := make(map[int][]journal.File)
	for _, s := range mine {
		for i, f := range s.files {
			byEntry[s.entries[i]] = append(byEntry[s.entries[i]], f)
		}
	}
	var files [][]journal.File
	for _, n := range slices.Sorted(maps.Keys(byEntry)) {
		files = append(files, byEntry[n])
	}
	return turnID, files
}

// moved are the stands of one file, whatever it was called.
func moved(stands []stand, path string) []stand {
	names := map[string]bool{path: true}
	for known := 0; known < len(names); {
		known = len(names)
		for _, s := range stands {
			for _, f := range s.files {
				if f.From == "" {
					continue
				}
				if to, from := realPath(s.path), realPath(f.From); names[to] || names[from] {
					names[to], names[from] = true, true
				}
			}
		}
	}
	return slices.DeleteFunc(stands, func(s stand) bool { return !names[realPath(s.path)] })
}

// realPath is a path with all links followed, as far as that can be told.
func realPath(path string) string {
	if path == "" {
		return ""
	}
	if real, err := disk.Resolve(path); err == nil {
		return real
	}
	return path
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
	s = inForm(s, *now)
	return &s, nil
}

// inForm gives a text the line endings and the byte order mark of another.
func inForm(s, now string) string {
	switch crlf := strings.Contains(now, "\r\n"); {
	case crlf && !strings.Contains(s, "\r\n"):
		s = strings.ReplaceAll(s, "\n", "\r\n")
	case !crlf && strings.Contains(now, "\n"):
		s = strings.ReplaceAll(s, "\r\n", "\n")
	}
	const bom = "\uFEFF"
	s = strings.TrimPrefix(s, bom)
	if strings.HasPrefix(now, bom) {
		s = bom + s
	}
	return s
}

// reverted says what was done, and has the model hear of it.
func (t *Thread) reverted(kind journal.Kind, turnID string, changes []patch.Change) Reverted {
	r := Reverted{ThreadID: t.id, TurnID: turnID, Files: []ChangedFile{}}
	var names []string
	for _, c := range changes {
		if c.MoveTo != "" {
			r.Files = append(r.Files, ChangedFile{Path: c.MoveTo, Kind: string(patch.Add), TurnID: turnID})
			c.Op = patch.Delete
		}
		r.Files = append(r.Files, ChangedFile{Path: c.Path, Kind: string(c.Op), TurnID: turnID})
	}
	if len(r.Files) == 0 {
		return r
	}
	for _, f := range r.Files {
		names = append(names, relative(t.cwd, f.Path))
	}
	what := "took back changes that you had made"
	if kind == journal.Redo {
		what = "made changes of yours again that had been taken back"
	}
	t.tellModel(fmt.Sprintf("The user %s, in %s: read them before you rely on what they hold.", what, strings.Join(names, ", ")))
	return r
}
