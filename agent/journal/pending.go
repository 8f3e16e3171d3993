package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"codex-lsp/agent/flock"
	"codex-lsp/agent/point"
)

// A Store is the journals of one Codex folder.
type Store struct{ dir string }

// NewStore returns the store in Codex's folder, which need not exist.
func NewStore(home string) *Store { return &Store{filepath.Join(home, "journal")} }

// Thread returns the journal of a thread.
func (s *Store) Thread(id string) *Journal { return At(filepath.Join(s.dir, id)) }

func (s *Store) pendingDir() string { return filepath.Join(s.dir, "pending") }

// An Intent is a change that is being made. It is on disk while it is, locked,
// so that a process that finds it free knows that its maker was killed.
type Intent struct {
	file *os.File
	path string
}

// An intent, and the name under which one is written, which is none yet.
const (
	intentPrefix = "intent-"
	draftPrefix  = "draft-"
)

// Begin notes a change that is about to be made, with its texts.
func (s *Store) Begin(threadID string, e Entry) (*Intent, error) {
	if err := os.MkdirAll(s.pendingDir(), 0o700); err != nil {
		return nil, err
	}
	it := intended{Thread: threadID, Call: e.Call}
	for _, f := range e.Files {
		it.Files = append(it.Files, intendedFile{f.Path, content(f.Before), content(f.After)})
	}
	raw, err := json.Marshal(it)
	if err != nil {
		return nil, err
	}
	f, err := s.draft()
	if err != nil {
		return nil, err
	}
	point.At("draft made")
	path := filepath.Join(s.pendingDir(), intentPrefix+strings.TrimPrefix(filepath.Base(f.Name()), draftPrefix))
	if _, err = f.Write(raw); err == nil && len(e.Files) > 1 { // one file is there or not, even when the power fails
		err = f.Sync()
	}
	point.At("draft written")
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(f.Name()), f.Close())
	}
	return &Intent{f, path}, nil
}

// draft makes the file of an intent, locked. One that somebody else locks first
// is taken for that of a killed process, and removed.
func (s *Store) draft() (*os.File, error) {
	for {
		f, err := os.CreateTemp(s.pendingDir(), draftPrefix+"*")
		if err != nil {
			return nil, err
		}
		free, err := flock.Try(f)
		if free {
			return f, nil
		}
		if f.Close(); err != nil {
			return nil, errors.Join(err, os.Remove(f.Name()))
		}
	}
}

// An intended is an intent as it is on disk.
type intended struct {
	Thread string         `json:"thread"`
	Call   string         `json:"call"`
	Files  []intendedFile `json:"files"`
}

type intendedFile struct {
	Path   string   `json:"path"`
	Before *rawFile `json:"before"`
	After  *rawFile `json:"after"`
}

type rawFile struct {
	Text []byte      `json:"text"` // bytes, as no JSON string holds all
	Mode fs.FileMode `json:"mode"`
}

func content(t *Text) *rawFile {
	if t == nil {
		return nil
	}
	return &rawFile{[]byte(t.text), t.Mode}
}

// End says that the change was made, or was not.
func (i *Intent) End() error {
	return errors.Join(os.Remove(i.path), i.file.Close())
}

// Abandon leaves the intent as a killed process does.
func (i *Intent) Abandon() error { return i.file.Close() }

// A Cut is a change whose maker was killed in the middle of it: its files may
// be as they were before, or as they should be after.
type Cut struct {
	Files []File // with their texts; see [Text.Content]
	file  *os.File
}

// Done forgets the cut.
func (c Cut) Done() error {
	return errors.Join(os.Remove(c.file.Name()), c.file.Close())
}

// Cuts returns the changes whose makers were killed, each to one caller only.
// One that had been made, and only not forgotten, is none.
func (s *Store) Cuts() (cuts []Cut, err error) {
	names, err := filepath.Glob(filepath.Join(s.pendingDir(), "*-*"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue // another has settled it
		}
		if err != nil {
			return cuts, err
		}
		if free, err := flock.Try(f); err != nil || !free {
			f.Close()
			continue
		}
		if strings.HasPrefix(filepath.Base(name), draftPrefix) { // nothing was done for it yet
			if err := (Cut{file: f}).Done(); err != nil {
				return cuts, err
			}
			continue
		}
		c, made, err := s.cut(f)
		switch {
		case err != nil:
			f.Close()
			return cuts, err
		case made:
			if err := c.Done(); err != nil {
				return cuts, err
			}
		default:
			cuts = append(cuts, c)
		}
	}
	return cuts, nil
}

// cut reads an intent, and whether the journal has it, which is after it was
// made.
func (s *Store) cut(f *os.File) (c Cut, made bool, err error) {
	var it intended
	if err := json.NewDecoder(f).Decode(&it); err != nil {
		return c, false, fmt.Errorf("%s: %w", f.Name(), err)
	}
	c.file = f
	for _, file := range it.Files {
		c.Files = append(c.Files, File{file.Path, file.Before.asText(), file.After.asText()})
	}
	j := s.Thread(it.Thread)
	entries, err := j.Entries()
	for _, e := range entries {
		made = made || e.Call == it.Call
	}
	return c, made, errors.Join(err, j.Close())
}

func (r *rawFile) asText() *Text {
	if r == nil {
		return nil
	}
	return NewText(string(r.Text), r.Mode)
}

// Content is the text itself, of one that was made or that a Cut has.
func (t *Text) Content() string { return t.text }
