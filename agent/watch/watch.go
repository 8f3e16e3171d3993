// Package watch finds out what a command did to the files of a folder: those
// that git does not ignore, up to [MaxFile] each. Before the first command it
// notes how every file looks, and keeps the text of what git could not give
// back; after each it looks again.
package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"codex-lsp/agent/journal"
)

const (
	// MaxFile is the size of the largest file that is watched, in bytes.
	MaxFile = 1 << 20
	// MaxKept is how much text is kept of files that git could not give back.
	MaxKept = 200 << 20
)

// coarse is more than the ticks in which a file system tells time.
const coarse = 50 * time.Millisecond

// A Folder is watched by one thread. It is for one goroutine at a time.
type Folder struct {
	names *Names
	root  string          // of names
	known map[string]look // by path relative to root; nil before the first look
	when  time.Time       // of the last look
}

// A look is a file as it was when it was looked at last. Of one that is not
// watched nothing is known but that it is there.
type look struct {
	unseen  bool
	size    int64
	changed time.Time
	mode    fs.FileMode
	text    *journal.Text // what it held, if that is kept
	blob    string        // of git's that holds it, else
}

// New returns a watcher of a folder.
func New(n *Names) *Folder { return &Folder{names: n, root: n.root} }

// ErrTooMuch says that a folder holds more than is kept of one.
var ErrTooMuch = fmt.Errorf("it holds more than %d MB that git does not have", MaxKept>>20)

// Look notes how the files are, and returns what has changed since it was called
// last: nothing, the first time. An error says why what happens from now on
// cannot be told.
func (f *Folder) Look(ctx context.Context) ([]journal.File, error) {
	files, err := f.names.list(ctx)
	if err != nil {
		return nil, err
	}
	before, since := f.known, f.when
	first := before == nil
	f.when = time.Now()
	f.known = make(map[string]look, len(files))
	var changes []journal.File
	kept := int64(0)
	var unseen []string
	for _, file := range files {
		was, knew := before[file.path]
		now, err := f.see(file, was, knew, first)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			f.known = nil
			return nil, err
		}
		if now.text != nil {
			kept += now.size
		}
		if kept > MaxKept {
			f.known = nil
			return nil, ErrTooMuch
		}
		f.known[file.path] = now
		if now.unseen {
			unseen = append(unseen, file.path)
		}
		same := now.size == was.size && now.changed.Equal(was.changed) && now.mode == was.mode
		if first || now.unseen || was.unseen || knew && same {
			continue
		}
		if !knew && now.changed.Before(since.Add(-coarse)) {
			continue // it was there before, and is no longer ignored
		}
		changes = append(changes, f.changes(ctx, file.path, was, knew, now)...)
	}
	f.names.sawNot(unseen)
	for _, path := range slices.Sorted(maps.Keys(before)) {
		if _, still := f.known[path]; !still && !before[path].unseen && gone(filepath.Join(f.root, path)) {
			changes = append(changes, f.changes(ctx, path, before[path], true, look{})...)
		}
	}
	return changes, nil
}

func gone(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// see looks at a file. Its text is read if it is not as it was, and git has it
// not.
func (f *Folder) see(file listed, was look, knew, first bool) (look, error) {
	path := filepath.Join(f.root, file.path)
	info, err := os.Lstat(path)
	if err != nil {
		return look{}, err
	}
	if !info.Mode().IsRegular() || info.Size() > MaxFile {
		return look{unseen: true}, nil
	}
	now := look{size: info.Size(), changed: info.ModTime(), mode: info.Mode().Perm(), blob: file.blob}
	if knew && now.size == was.size && now.changed.Equal(was.changed) {
		now.text, now.blob = was.text, was.blob
		return now, nil
	}
	if first && file.is(info) {
		return now, nil
	}
	now.blob = ""
	now.text, err = f.names.text(path, info)
	return now, err
}

// changes is how a file differs from what it was; nothing, if only its stamp
// does, or what it was cannot be had any more. now without a text stands for no
// file.
func (f *Folder) changes(ctx context.Context, path string, was look, knew bool, now look) []journal.File {
	c := journal.File{Path: filepath.Join(f.root, path)}
	if knew {
		text, err := f.held(ctx, was)
		if err != nil {
			return nil
		}
		c.Before = journal.NewText(text, was.mode)
	}
	if now.text != nil {
		text, err := f.names.store.Load(now.text)
		if err != nil {
			return nil
		}
		c.After = journal.NewText(text, now.mode)
	}
	if c.Before != nil && c.After != nil && c.Before.Hash == c.After.Hash && was.mode == now.mode {
		return nil
	}
	return []journal.File{c}
}

// held is what a file held.
func (f *Folder) held(ctx context.Context, was look) (string, error) {
	if was.text != nil {
		return f.names.store.Load(was.text)
	}
	text, err := f.names.blob(ctx, was.blob)
	if err == nil && int64(len(text)) != was.size {
		err = errors.New("git keeps it in another form") // line endings, filters
	}
	return text, err
}
