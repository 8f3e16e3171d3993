package journal

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"codex-lsp/agent/flock"
	"codex-lsp/agent/point"
)

// A Store is the journals of one Codex folder.
type Store struct {
	dir   string
	prune sync.Once
}

// NewStore returns the store in Codex's folder, which need not exist.
func NewStore(home string) *Store { return &Store{dir: filepath.Join(home, "journal")} }

// Thread returns the journal of a thread.
func (s *Store) Thread(id string) *Journal { return At(filepath.Join(s.dir, id)) }

// scratchPrefix begins the names of what only one process needs.
const scratchPrefix = "scratch-"

// Scratch is a place for texts that no thread has yet: for whoever calls it,
// until Discard.
func (s *Store) Scratch() *Journal { return At(filepath.Join(s.dir, scratchPrefix+rand.Text())) }

func (s *Store) pendingDir() string { return filepath.Join(s.dir, "pending") }

// An Intent is a change that is being made. It is on disk while it is, locked,
// so that a process that finds it free knows that its maker was killed.
type Intent struct {
	file *os.File
	path string
}

// How the names of files in the folder of intents begin.
const (
	intentPrefix  = "intent-"
	draftPrefix   = "draft-"   // one that is being written, and is none yet
	damagedPrefix = "damaged-" // one that cannot be read, and is not looked at again
)

// Begin notes a change that is about to be made, with its texts.
func (s *Store) Begin(threadID string, e Entry) (*Intent, error) {
	if err := os.MkdirAll(s.pendingDir(), 0o700); err != nil {
		return nil, err
	}
	it := intended{Thread: threadID, Call: e.Call, Folders: missingFolders(e.Files)}
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

// missingFolders are those that files need and that are not there, the innermost
// first.
func missingFolders(files []File) []string {
	var missing []string
	for _, f := range files {
		if f.After == nil {
			continue
		}
		for dir := filepath.Dir(f.Path); !slices.Contains(missing, dir); dir = filepath.Dir(dir) {
			if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
				break
			}
			missing = append(missing, dir)
		}
	}
	slices.SortFunc(missing, func(a, b string) int { return len(b) - len(a) })
	return missing
}

// An intended is an intent as it is on disk.
type intended struct {
	Thread  string         `json:"thread"`
	Call    string         `json:"call"`
	Files   []intendedFile `json:"files"`
	Folders []string       `json:"folders,omitempty"` // that are made for them
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
	Files   []File   // with their texts; see [Text.Content]
	Folders []string // that may have been made for them, the innermost first
	file    *os.File
}

// Done forgets the cut.
func (c Cut) Done() error {
	return errors.Join(os.Remove(c.file.Name()), c.file.Close())
}

// Cuts returns the changes whose makers were killed, each to one caller only.
// One that had been made, and only not forgotten, is none. What cannot be read
// is set aside, and the error tells of it beside the others.
func (s *Store) Cuts() (cuts []Cut, err error) {
	names, err := filepath.Glob(filepath.Join(s.pendingDir(), "*-*"))
	for _, name := range names {
		if strings.HasPrefix(filepath.Base(name), damagedPrefix) {
			continue
		}
		c, found, bad := s.settle(name)
		if found {
			cuts = append(cuts, c)
		}
		err = errors.Join(err, bad)
	}
	return cuts, err
}

// settle looks at one file of the folder of intents. It removes what nothing is
// to be done for.
func (s *Store) settle(name string) (c Cut, found bool, err error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return c, false, nil // another has settled it
	}
	if err != nil {
		return c, false, setAside(name, err)
	}
	if free, err := flock.Try(f); err != nil || !free {
		return c, false, errors.Join(err, f.Close())
	}
	if strings.HasPrefix(filepath.Base(name), draftPrefix) { // nothing was done for it yet
		return c, false, Cut{file: f}.Done()
	}
	var it intended
	if err := json.NewDecoder(f).Decode(&it); err != nil {
		return c, false, errors.Join(setAside(name, err), f.Close())
	}
	c = Cut{Folders: it.Folders, file: f}
	for _, file := range it.Files {
		c.Files = append(c.Files, File{Path: file.Path, Before: file.Before.asText(), After: file.After.asText()})
	}
	made, err := s.made(it)
	if made {
		return c, false, errors.Join(err, c.Done())
	}
	return c, true, err
}

// setAside takes an intent that cannot be read out of the way of the others.
func setAside(name string, why error) error {
	aside := filepath.Join(filepath.Dir(name), damagedPrefix+filepath.Base(name))
	return errors.Join(fmt.Errorf("%s tells of a change that may be half made, and cannot be read; it is kept as %s: %w", name, aside, why), os.Rename(name, aside))
}

// made tells whether the journal has an intended change, which is after it was
// made.
func (s *Store) made(it intended) (bool, error) {
	j := s.Thread(it.Thread)
	entries, err := j.Entries()
	made := slices.ContainsFunc(entries, func(e Entry) bool { return e.Call == it.Call })
	return made, errors.Join(err, j.Close())
}

func (r *rawFile) asText() *Text {
	if r == nil {
		return nil
	}
	return NewText(string(r.Text), r.Mode)
}

// Content is the text itself, of one that was made or that a Cut has.
func (t *Text) Content() string { return t.text }
