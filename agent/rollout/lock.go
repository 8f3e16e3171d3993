package rollout

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"codex-lsp/agent/flock"
)

// A lock says that this process writes a thread's rollout. It is the one that
// Codex takes, so that neither writes into the other's file: a lock on
// thread-writer-locks/<id>.lock, taken and removed while .coordination.lock is
// locked, so that nobody locks a file that is being removed.
type lock struct{ file *os.File }

// lockPatience is how long the coordination lock, which is held for a moment
// only, is tried.
const lockPatience = 2 * time.Second

// takeOver is how long a thread's lock is tried. Of a process that was killed, a
// command that it was starting holds the lock until it has begun.
const takeOver = 300 * time.Millisecond

// lock takes a thread's lock, or returns [ErrInUse].
func (s *Store) lock(id string) (*lock, error) {
	for deadline := time.Now().Add(takeOver); ; time.Sleep(10 * time.Millisecond) {
		l, err := s.tryLock(id)
		if !errors.Is(err, ErrInUse) || time.Now().After(deadline) {
			return l, err
		}
	}
}

func (s *Store) tryLock(id string) (*lock, error) {
	release, err := s.coordinate()
	if err != nil {
		return nil, err
	}
	defer release()
	f, err := os.OpenFile(filepath.Join(s.lockDir(), id+".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	free, err := flock.Try(f)
	if err == nil && !free {
		err = ErrInUse
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &lock{f}, nil
}

func (l *lock) release(s *Store) error {
	if l == nil {
		return nil
	}
	release, err := s.coordinate()
	if err != nil {
		return errors.Join(err, l.file.Close())
	}
	defer release()
	return errors.Join(os.Remove(l.file.Name()), l.file.Close())
}

func (s *Store) coordinate() (release func() error, err error) {
	if err := os.MkdirAll(s.lockDir(), 0o700); err != nil {
		return nil, err
	}
	return lockFile(filepath.Join(s.lockDir(), ".coordination.lock"))
}
