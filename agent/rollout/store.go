package rollout

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ErrInUse says that another process writes the thread.
var ErrInUse = errors.New("another process has this conversation open; close it there first")

// A Store is the rollouts of one Codex folder.
type Store struct{ home string }

// NewStore returns the store in Codex's folder, absolute, which need not exist.
func NewStore(home string) *Store { return &Store{home} }

func (s *Store) sessionDir() string { return filepath.Join(s.home, "sessions") }
func (s *Store) lockDir() string    { return filepath.Join(s.home, "thread-writer-locks") }

// Create makes the rollout of a new thread, and its first line.
func (s *Store) Create(m Meta) (*File, error) {
	now := time.Now()
	m.Timestamp = stamp(now)
	dir := filepath.Join(s.sessionDir(), now.Format("2006"), now.Format("01"), now.Format("02"))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	l, err := s.lock(m.ID)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "rollout-"+now.Format("2006-01-02T15-04-05")+"-"+m.ID+".jsonl")
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, errors.Join(err, l.release(s))
	}
	f := &File{store: s, lock: l, path: path, out: out}
	if err := f.append(sessionMeta, m); err != nil {
		return nil, errors.Join(err, os.Remove(path), f.Close())
	}
	return f, nil
}

// ShortID is how much of an id's end stands for it, in characters: what of a
// UUIDv7 is random.
const ShortID = 12

// Find returns the file of the thread whose id is, or ends with, id, of which at
// least [ShortID] is needed: the newest, where there are several. The error is [fs.ErrNotExist] when there is
// none.
func (s *Store) Find(id string) (path string, err error) {
	if id == "" || strings.ContainsAny(id, `*?[\/`) {
		return "", fmt.Errorf("%q is no thread's id", id)
	}
	if len(id) < ShortID {
		return "", fmt.Errorf("no saved conversation %s: %w", id, fs.ErrNotExist)
	}
	found, err := filepath.Glob(filepath.Join(s.sessionDir(), "*", "*", "*", "rollout-*"+id+".jsonl"))
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", fmt.Errorf("no saved conversation %s: %w", id, fs.ErrNotExist)
	}
	return slices.MaxFunc(found, func(a, b string) int {
		return strings.Compare(filepath.Base(a), filepath.Base(b)) // the names begin with the time
	}), nil
}

// Latest returns the id of the thread about this folder that was written last and
// can be resumed, "" for none. Threads that another thread began are none.
func (s *Store) Latest(cwd string) (id string, err error) {
	found, err := filepath.Glob(filepath.Join(s.sessionDir(), "*", "*", "*", "rollout-*.jsonl"))
	if err != nil {
		return "", err
	}
	written := make(map[string]time.Time, len(found))
	for _, path := range found {
		if info, err := os.Stat(path); err == nil {
			written[path] = info.ModTime()
		}
	}
	slices.SortFunc(found, func(a, b string) int {
		return cmp.Or(written[b].Compare(written[a]), strings.Compare(filepath.Base(b), filepath.Base(a)))
	})
	for _, path := range found {
		if r, err := glance(path); err == nil && r.Cwd == cwd && !r.Meta.Source.isThread() {
			return r.Meta.ID, nil
		}
	}
	return "", nil
}

// Resume reads a thread and opens its rollout for what comes. The file is nil
// for a thread in a newer format than is written here: that is for reading
// only, and goes on under an id of its own.
func (s *Store) Resume(id string) (*Record, *File, error) {
	path, err := s.Find(id)
	if err != nil {
		return nil, nil, err
	}
	r, err := begun(path)
	if err != nil {
		return nil, nil, err
	}
	if r.Newer {
		r, err = read(path, math.MaxInt64, true)
		return r, nil, err
	}
	l, err := s.lock(r.Meta.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("conversation %s: %w", r.Meta.ID, err)
	}
	f := &File{store: s, lock: l}
	// Whoever wrote it a moment ago adds nothing any more.
	if r, err = read(path, math.MaxInt64, true); err == nil {
		err = f.reopen(path, r.size)
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return r, f, nil
}
