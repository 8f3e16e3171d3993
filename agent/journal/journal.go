// Package journal remembers what a thread did to files, so that it can be
// undone, in this process or a later one, without git: the text of each file
// before and after each change. It has a folder of its own for each thread:
//
//	changes.jsonl   one [Entry] a line, oldest first; locked while it is open
//	texts/<hash>    the texts, each once
//
// It is ours alone; Codex has no such thing.
package journal

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"

	"codex-lsp/agent/flock"
	"codex-lsp/agent/point"
)

// A Kind is what an entry tells of.
type Kind string

// The kinds of entries.
const (
	Edit    Kind = "edit"    // a patch of the model's
	Command Kind = "command" // what a command did to files
	Undo    Kind = "undo"    // of what a turn did
	Redo    Kind = "redo"    // of what was undone

	// Accept is no change of a file: Before and After are what it is compared
	// with for a review.
	Accept Kind = "accept"
	Reject Kind = "reject" // of some of what a turn did
)

// An Entry is one change of a set of files.
type Entry struct {
	Time  time.Time `json:"time"`
	Kind  Kind      `json:"kind"`
	Turn  string    `json:"turn"` // whose change was made, undone or redone
	Call  string    `json:"call"` // what made it, unlike all others of the thread
	Files []File    `json:"files"`

	// Of an edit: what the user had asked for, and who allowed it.
	Prompt string `json:"prompt,omitempty"`
	By     string `json:"by,omitempty"`
}

// A File is one file of an entry, before and after it.
type File struct {
	Path   string `json:"path"` // absolute
	Before *Text  `json:"before,omitempty"`
	After  *Text  `json:"after,omitempty"`

	// From is the file of the same entry that moved here; "" if none did.
	From string `json:"from,omitempty"`

	// Folders were made for the file, the outermost first.
	Folders []string `json:"folders,omitempty"`
}

// A Text is what a file held; nil stands for no file. The text itself is kept
// apart; see [Journal.Load]. That of a symbolic link, whose mode says so, is
// where it points.
type Text struct {
	Hash string      `json:"hash"` // SHA-256, in hexadecimal
	Mode fs.FileMode `json:"mode"` // permission bits, and whether it is a link
	text string
}

// NewText is a file's content. Mode 0 stands for that of a new file.
func NewText(text string, mode fs.FileMode) *Text {
	sum := sha256.Sum256([]byte(text))
	return &Text{Hash: hex.EncodeToString(sum[:]), Mode: mode & (fs.ModePerm | fs.ModeSymlink), text: text}
}

// Link tells whether it is that of a symbolic link.
func (t *Text) Link() bool { return t != nil && t.Mode&fs.ModeSymlink != 0 }

// A Journal is the changes of one thread. Its methods may be called at the same
// time.
type Journal struct {
	dir string

	mu      sync.Mutex
	read    bool     // entries are those of the file; guarded by mu
	entries []Entry  // guarded by mu
	damage  error    // of lines that cannot be read; guarded by mu
	out     *os.File // locked, so that no other process removes it; nil until there is one; guarded by mu
	size    int64    // of its whole lines; guarded by mu
	torn    bool     // something that is no whole line follows them; guarded by mu
}

// At returns the journal in a folder, which need not exist.
func At(dir string) *Journal { return &Journal{dir: dir} }

func (j *Journal) file() string { return filepath.Join(j.dir, "changes.jsonl") }

// Add appends an entry. Its texts are on disk before it is. After an error the
// next may go well: a disk is not full for ever.
func (j *Journal) Add(e Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := errors.Join(j.load(), j.open(os.O_CREATE)); err != nil {
		return err
	}
	for _, f := range e.Files {
		if err := errors.Join(j.keep(f.Before), j.keep(f.After)); err != nil {
			return err
		}
	}
	point.At("texts in the journal")
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if err := j.write(append(line, '\n')); err != nil {
		return err
	}
	for i, f := range e.Files { // the texts are on disk, and need not be here
		e.Files[i].Before, e.Files[i].After = f.Before.named(), f.After.named()
	}
	j.entries = append(j.entries, e)
	return nil
}

// open opens the file and locks it, unless it is open. That a thread is
// somebody else's to write is the rollout's matter. mu is held.
func (j *Journal) open(create int) (err error) {
	if j.out != nil {
		return nil
	}
	if create != 0 {
		if err := os.MkdirAll(j.dir, 0o700); err != nil {
			return err
		}
	}
	if j.out, err = os.OpenFile(j.file(), create|os.O_RDWR|os.O_APPEND, 0o600); err != nil {
		j.out = nil
		return err
	}
	_, _ = flock.Try(j.out) // where files cannot be locked, none is removed either
	return nil
}

// write appends a line, or nothing. mu is held.
func (j *Journal) write(line []byte) error {
	if j.torn {
		if err := j.out.Truncate(j.size); err != nil {
			return err
		}
		j.torn = false
	}
	if _, err := j.out.Write(line); err != nil {
		j.torn = j.out.Truncate(j.size) != nil
		return err
	}
	j.size += int64(len(line))
	return nil
}

// emptyHash is that of a text of no bytes.
var emptyHash = NewText("", 0).Hash

// Keep writes a text that no entry has yet, and returns it without what it
// holds.
func (j *Journal) Keep(t *Text) (*Text, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return t.named(), errors.Join(j.open(os.O_CREATE), j.keep(t))
}

// Discard ends the writing, and removes all that was written.
func (j *Journal) Discard() error {
	if j == nil {
		return nil
	}
	return errors.Join(j.Close(), os.RemoveAll(j.dir))
}

// named is a text without what it holds.
func (t *Text) named() *Text {
	if t == nil {
		return nil
	}
	return &Text{Hash: t.Hash, Mode: t.Mode}
}

// keep writes a text, unless it is there.
func (j *Journal) keep(t *Text) error {
	if t == nil || t.text == "" && t.Hash != emptyHash {
		return nil // it is kept already
	}
	path := filepath.Join(j.dir, "texts", t.Hash)
	if info, err := os.Stat(path); err == nil && info.Size() == int64(len(t.text)) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(t.text), 0o600) // who is killed here leaves it short, and is no entry yet
}

// Load returns a text of an entry.
func (j *Journal) Load(t *Text) (string, error) {
	if t.text != "" {
		return t.text, nil
	}
	raw, err := os.ReadFile(filepath.Join(j.dir, "texts", t.Hash))
	if err != nil {
		return "", fmt.Errorf("an earlier text is lost: %w", err)
	}
	if NewText(string(raw), 0).Hash != t.Hash {
		return "", fmt.Errorf("an earlier text is damaged: %s", filepath.Join(j.dir, "texts", t.Hash))
	}
	return string(raw), nil
}

// Entries are all changes so far, oldest first. Those that can be read are there
// beside an error that names a line which cannot.
func (j *Journal) Entries() ([]Entry, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	err := j.load()
	return j.entries, errors.Join(err, j.damage)
}

// load reads what an earlier process left. A last line that is not whole, whose
// writer was killed, is cut off. mu is held.
func (j *Journal) load() error {
	if j.read {
		return nil
	}
	err := j.open(0)
	if errors.Is(err, fs.ErrNotExist) {
		j.read = true
		return nil
	}
	if err != nil {
		return err
	}
	j.entries, j.damage, j.size = nil, nil, 0
	in := bufio.NewReader(io.NewSectionReader(j.out, 0, math.MaxInt64))
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			j.read, j.torn = true, len(line) > 0
			return nil
		}
		if err != nil {
			return err
		}
		j.size += int64(len(line))
		var e Entry
		if err := json.Unmarshal(line, &e); err == nil {
			j.entries = append(j.entries, e)
		} else if j.damage == nil {
			j.damage = fmt.Errorf("line %d of %s is damaged; remove it to go on without what it tells: %w", n, j.file(), err)
		}
	}
}

// Close ends the writing. A nil journal has none.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.out == nil {
		return nil
	}
	err := j.out.Close()
	j.out = nil
	return err
}
