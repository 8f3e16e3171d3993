package agent

import (
	"cmp"
	"strings"
	"sync"

	"codex-lsp/patch"
)

// changes is what a turn did to files so far: the text of each before its
// first change and after its last.
type changes struct {
	mu     sync.Mutex
	byPath map[string]*fileDelta // guarded by mu
	order  []string              // guarded by mu
}

// A fileDelta is one file before and after; nil stands for no file.
type fileDelta struct {
	before, after *string
	seen          *string // what the model knows of its last state, if not after
}

// record notes the changes that landed, and what is there of those of which
// nobody can tell.
func (cs *changes) record(made []patch.Change, o Outcome) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for i, ch := range made {
		text := ch.After
		if i < len(o.Files) {
			if o.Files[i].State == NotLanded {
				continue
			}
			text = cmp.Or(o.Files[i].Text, text)
		} else if o.Err != nil {
			continue
		}
		switch {
		case ch.Op == patch.Delete:
			cs.set(ch.Path, &ch.Before, nil)
		case ch.MoveTo != "":
			cs.set(ch.Path, &ch.Before, nil)
			cs.set(ch.MoveTo, overwritten(ch), &text)
		case ch.Op == patch.Add:
			cs.set(ch.Path, overwritten(ch), &text)
		default:
			cs.set(ch.Path, &ch.Before, &text)
		}
		if i < len(o.Files) && o.Files[i].Was == nil && ch.Op != patch.Delete {
			cs.byPath[ch.Target()].seen = &ch.After // what was typed meanwhile it does not know
		}
	}
}

func overwritten(ch patch.Change) *string {
	if ch.Overwrites == nil {
		return nil
	}
	return &ch.Overwrites.Text
}

// set notes one file's change. cs.mu is held.
func (cs *changes) set(path string, before, after *string) {
	d := cs.byPath[path]
	if d == nil {
		if cs.byPath == nil {
			cs.byPath = make(map[string]*fileDelta)
		}
		d = &fileDelta{before: before}
		cs.byPath[path] = d
		cs.order = append(cs.order, path)
	}
	d.after, d.seen = after, nil
}

// kind is what happened to the file in all; "" when nothing is left of it.
func (d *fileDelta) kind() patch.Op {
	switch {
	case d.before == nil && d.after == nil:
		return ""
	case d.before == nil:
		return patch.Add
	case d.after == nil:
		return patch.Delete
	case *d.before == *d.after:
		return ""
	}
	return patch.Update
}

func (cs *changes) files(turnID string) []ChangedFile {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	var files []ChangedFile
	for _, path := range cs.order {
		if kind := cs.byPath[path].kind(); kind != "" {
			files = append(files, ChangedFile{Path: path, Kind: string(kind), TurnID: turnID})
		}
	}
	return files
}

func (cs *changes) paths() []string {
	var paths []string
	for _, f := range cs.files("") {
		paths = append(paths, f.Path)
	}
	return paths
}

// diff is everything the turn changed, with paths relative to dir.
func (cs *changes) diff(dir string) string {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	var b strings.Builder
	for _, path := range cs.order {
		d := cs.byPath[path]
		ch := patch.Change{Op: d.kind(), Path: relative(dir, path)}
		if d.before != nil {
			ch.Before = *d.before
		}
		if d.after != nil {
			ch.After = *d.after
		}
		if ch.Op != "" {
			b.WriteString(patch.Unified(ch))
		}
	}
	return b.String()
}
