package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"codex-lsp/agent/flock"
)

// maxSize is how much disk the journals take in all, in bytes: some ten
// thousand changes of files of ordinary size.
const maxSize = 256 << 20

// Prune removes the journals of the threads that were written longest ago until
// the others take no more than their share of the disk, once in a process. One
// that a process has open stays; the scratch of one that was killed goes.
func (s *Store) Prune() (err error) {
	s.prune.Do(func() { err = s.pruneTo(maxSize) })
	return err
}

func (s *Store) pruneTo(limit int64) error {
	kept, err := s.kept()
	slices.SortFunc(kept, func(a, b keptThread) int { return a.written.Compare(b.written) })
	var size int64
	for _, k := range kept {
		size += k.size
	}
	for _, k := range kept {
		if size <= limit && !strings.HasPrefix(filepath.Base(k.dir), scratchPrefix) {
			continue
		}
		gone, bad := k.remove()
		if gone {
			size -= k.size
		}
		err = errors.Join(err, bad)
	}
	return err
}

// A keptThread is a thread's folder, and what it takes.
type keptThread struct {
	dir     string
	size    int64
	written time.Time
}

// kept measures all threads. What another process removes meanwhile is not
// there.
func (s *Store) kept() (all []keptThread, err error) {
	found, err := os.ReadDir(s.dir)
	for _, d := range found {
		k := keptThread{dir: filepath.Join(s.dir, d.Name())}
		if !d.IsDir() || k.dir == s.pendingDir() {
			continue
		}
		bad := filepath.WalkDir(k.dir, func(_ string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			info, err := d.Info()
			if err == nil {
				k.size += info.Size()
			}
			if err == nil && info.ModTime().After(k.written) {
				k.written = info.ModTime()
			}
			return err
		})
		if bad == nil {
			all = append(all, k)
		} else if !errors.Is(bad, fs.ErrNotExist) {
			err = errors.Join(err, bad)
		}
	}
	return all, err
}

// remove removes a thread's journal, unless somebody has it open.
func (k keptThread) remove() (gone bool, err error) {
	f, err := os.OpenFile(At(k.dir).file(), os.O_RDWR, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist): // texts that no entry tells of
	case err != nil:
		return false, err
	default:
		defer f.Close()
		if free, err := flock.Try(f); err != nil || !free {
			return false, err
		}
	}
	err = os.RemoveAll(k.dir)
	return err == nil, err
}

// Remove removes a thread's journal, if there is one, unless somebody has it
// open.
func (s *Store) Remove(threadID string) error {
	_, err := keptThread{dir: filepath.Join(s.dir, threadID)}.remove()
	return err
}
