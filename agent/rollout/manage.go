package rollout

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Archive takes a thread out of the list, to archived_sessions, where Codex finds
// it too. The error is [ErrInUse] while somebody writes it.
func (s *Store) Archive(id string) (fullID string, err error) {
	return s.alone(id, false, func(f saved) error { return moveTo(s.archiveDir(), f) })
}

// Unarchive brings an archived thread back to where it was.
func (s *Store) Unarchive(id string) (fullID string, err error) {
	return s.alone(id, true, func(f saved) error {
		began, err := time.Parse(nameTime, f.name()[len(namePrefix):][:len(nameTime)])
		if err != nil {
			return fmt.Errorf("the name of %s tells no time: %w", f.path, err)
		}
		return moveTo(s.dayDir(began), f)
	})
}

// dayDir is the folder of the threads that began on a day.
func (s *Store) dayDir(t time.Time) string {
	return filepath.Join(s.sessionDir(), t.Format("2006"), t.Format("01"), t.Format("02"))
}

// moveTo moves a file to another folder, without taking the place of one there.
func moveTo(dir string, f saved) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	to := filepath.Join(dir, f.name())
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("%s is there already", to), err)
	}
	return os.Rename(f.path, to)
}

// Delete removes a thread for good, all its files and its name. What it did to
// files stays done.
func (s *Store) Delete(id string) (fullID string, err error) {
	f, err := s.anywhere(id)
	if err != nil {
		return "", err
	}
	return s.alone(f.id, f.archived, func(f saved) error {
		for _, pattern := range []string{filepath.Join(s.sessionDir(), "*", "*", "*"), s.archiveDir()} {
			all, err := filepath.Glob(filepath.Join(pattern, namePrefix+"*"+f.id+"*.jsonl"))
			if err != nil {
				return err
			}
			for _, path := range all {
				if err := os.Remove(path); err != nil {
					return err
				}
			}
		}
		return s.unname(f.id)
	})
}

// alone does something to a thread that nobody writes meanwhile.
func (s *Store) alone(id string, archived bool, do func(saved) error) (fullID string, err error) {
	f, err := s.find(id, archived)
	if err != nil {
		if other, bad := s.find(id, !archived); bad == nil && archived {
			return "", fmt.Errorf("conversation %s is not archived", other.id)
		} else if bad == nil {
			return "", fmt.Errorf("conversation %s is archived already", other.id)
		}
		return "", err
	}
	l, err := s.lock(f.id)
	if err != nil {
		return "", fmt.Errorf("conversation %s: %w", f.id, err)
	}
	return f.id, errors.Join(do(f), l.release(s))
}

// Fork begins a copy of a thread under another id, with its first turns only, or
// for 0 with all. The thread may be open meanwhile: what it has by now counts.
func (s *Store) Fork(id, newID string, turns int) error {
	f, err := s.anywhere(id)
	if err != nil {
		return err
	}
	r, err := glance(f.path)
	if err != nil {
		return err
	}
	size, err := turnEnd(f.path, turns)
	if err != nil {
		return err
	}
	m := r.Meta
	m.ID, m.ForkedFrom, m.Originator, m.Cwd, m.HistoryMode = newID, r.Meta.ID, program, r.Cwd, ""
	if len(m.Source) == 0 || m.Source.isThread() {
		m.Source = FromEditor
	}
	out, err := s.Create(m)
	if err != nil {
		return err
	}
	if r.Newer {
		err = out.retell(f.path, size)
	} else {
		err = out.copy(f.path, size)
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return errors.Join(err, os.Remove(out.path))
	}
	return nil
}

// turnEnd is where a thread's n-th turn ends, in bytes; for 0, where the last
// whole line does.
func turnEnd(path string, n int) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	in := newLines(f, headSize)
	defer in.close()
	begun := 0
	for end := int64(0); in.next(); end = in.size {
		head := in.line[:min(len(in.line), headSize)]
		if kindOf(head) != eventMsg || eventOf(head) != TaskStarted {
			continue
		}
		if begun++; n > 0 && begun > n {
			return end, nil
		}
	}
	if in.err == nil && begun < n {
		return 0, fmt.Errorf("it has %d turns, not %d", begun, n)
	}
	return in.size, in.err
}

// copy takes over the lines of another rollout of the same format, up to size.
func (f *File) copy(path string, size int64) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	first := newLines(in, headSize)
	defer first.close()
	if !first.next() {
		return errors.Join(first.err, fmt.Errorf("%s has no whole line", path))
	}
	n, err := io.Copy(f.out, io.NewSectionReader(in, first.size, size-first.size))
	f.size += n
	return err
}

// retell writes what a rollout of a newer format tells.
func (f *File) retell(path string, size int64) error {
	r, err := read(path, size, false)
	if err != nil {
		return err
	}
	for _, item := range r.History {
		if err := f.Item(item); err != nil {
			return err
		}
	}
	for _, said := range r.Said {
		e := Event{Type: AgentMessage, Message: said.Text}
		if said.User {
			e.Type = UserMessage
		}
		if err := f.Event(e); err != nil {
			return err
		}
	}
	return nil
}
