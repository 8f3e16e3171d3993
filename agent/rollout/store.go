package rollout

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
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
	dir := s.dayDir(now)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	l, err := s.lock(m.ID)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, namePrefix+now.Format(nameTime)+"-"+m.ID+".jsonl")
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
