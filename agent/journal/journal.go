// Package journal remembers what a thread did to files, so that it can be
// undone, in this process or a later one, without git: the text of each file
// before and after each change. It has a folder of its own for each thread:
//
//	changes.jsonl   one [Entry] a line, oldest first; it only grows
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
	"os"
	"path/filepath"
	"sync"
	"time"

	"codex-lsp/agent/point"
)

// A Kind is what an entry tells of.
type Kind string

// The kinds of entries.
const (
	Edit Kind = "edit" // a patch of the model's
	Undo Kind = "undo" // of what a turn did
	Redo Kind = "redo" // of what was undone

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
}

// A Text is what a file held; nil stands for no file. The text itself is kept
// apart; see [Journal.Load].
type Text struct {
	Hash string      `json:"hash"` // SHA-256, in hexadecimal
	Mode fs.FileMode `json:"mode"` // permission bits
	text string
}

// NewText is a file's content. Mode 0 stands for that of a new file.
func NewText(text string, mode fs.FileMode) *Text {
	sum := sha256.Sum256([]byte(text))
	return &Text{Hash: hex.EncodeToString(sum[:]), Mode: mode.Perm(), text: text}
}

// A Journal is the changes of one thread. Its methods may be called at the same
// time.
type Journal struct {
	dir string

	mu      sync.Mutex
	read    bool     // entries are those of the file; guarded by mu
	entries []Entry  // guarded by mu
	out     *os.File // guarded by mu; nil until something is added
}

// At returns the journal in a folder, which need not exist.
func At(dir string) *Journal { return &Journal{dir: dir} }

func (j *Journal) file() string { return filepath.Join(j.dir, "changes.jsonl") }

// Add appends an entry. Its texts are on disk before it is.
func (j *Journal) Add(e Entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.load(); err != nil {
		return err
	}
	for _, f := range e.Files {
		if err := errors.Join(j.keep(f.Before), j.keep(f.After)); err != nil {
			return err
		}
	}
	if j.out == nil {
		out, err := os.OpenFile(j.file(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return err
		}
		j.out = out
	}
	point.At("texts in the journal")
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := j.out.Write(append(line, '\n')); err != nil {
		return err
	}
	for i, f := range e.Files { // the texts are on disk, and need not be here
		e.Files[i] = File{f.Path, f.Before.named(), f.After.named()}
	}
	j.entries = append(j.entries, e)
	return nil
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
	if t == nil {
		return nil
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

// Entries are all changes so far, oldest first.
func (j *Journal) Entries() ([]Entry, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	err := j.load()
	return j.entries, err
}

// load reads what an earlier process left. A last line that is not whole, whose
// writer was killed, is cut off. mu is held.
func (j *Journal) load() error {
	if j.read {
		return nil
	}
	f, err := os.Open(j.file())
	if errors.Is(err, fs.ErrNotExist) {
		j.read = true
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	var size int64
	for in := bufio.NewReader(f); ; {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			j.read = true
			if len(line) > 0 {
				return os.Truncate(j.file(), size)
			}
			return nil
		}
		if err != nil {
			return err
		}
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("%s is damaged: %w", j.file(), err)
		}
		j.entries = append(j.entries, e)
		size += int64(len(line))
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
