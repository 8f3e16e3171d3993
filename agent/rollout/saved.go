package rollout

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func (s *Store) archiveDir() string { return filepath.Join(s.home, "archived_sessions") }

// A saved file is a rollout, by its name: rollout-<time>-<thread id>.jsonl, or
// rollout-<time>-<thread id>_<uuid>.jsonl once Codex has taken back some of the
// thread.
type saved struct {
	path     string
	id       string
	archived bool

	size    int64 // both are set where it was asked about
	written time.Time
}

// name is what files are ordered by, which begins with the time.
func (f saved) name() string { return filepath.Base(f.path) }

const (
	namePrefix = "rollout-"
	nameTime   = "2006-01-02T15-04-05"
	idSize     = 36 // of a UUID
)

// savedAs reads a file's name.
func savedAs(path string, archived bool) (f saved, is bool) {
	name, is := strings.CutSuffix(filepath.Base(path), ".jsonl")
	rest, begins := strings.CutPrefix(name, namePrefix)
	if !is || !begins || len(rest) < len(nameTime)+2 {
		return f, false
	}
	id := rest[len(nameTime)+1:]
	if len(id) > idSize && id[idSize] == '_' {
		id = id[:idSize]
	}
	return saved{path: path, id: id, archived: archived}, true
}

// files finds all rollouts, the newest of each thread. It reads folders only.
func (s *Store) files(archived bool) ([]saved, error) {
	patterns := []string{filepath.Join(s.sessionDir(), "*", "*", "*")}
	if archived {
		patterns = []string{s.archiveDir()}
	}
	newest := make(map[string]saved)
	for _, pattern := range patterns {
		dirs, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		for _, dir := range dirs {
			found, err := os.ReadDir(dir)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			for _, d := range found {
				f, is := savedAs(filepath.Join(dir, d.Name()), archived)
				if is && f.name() > newest[f.id].name() {
					newest[f.id] = f
				}
			}
		}
	}
	list := make([]saved, 0, len(newest))
	for _, f := range newest {
		list = append(list, f)
	}
	return list, nil
}

// measured are the files with their sizes and times, the one that was written
// last first. One that is gone meanwhile is left out.
func measured(files []saved) []saved {
	there := files[:0]
	for _, f := range files {
		if info, err := os.Stat(f.path); err == nil && info.Mode().IsRegular() {
			f.size, f.written = info.Size(), info.ModTime()
			there = append(there, f)
		}
	}
	slices.SortFunc(there, newestFirst)
	return there
}

func newestFirst(a, b saved) int {
	return cmp.Or(b.written.Compare(a.written), strings.Compare(b.name(), a.name()))
}

// absent says that there is no such thread. It is [fs.ErrNotExist], and does not
// talk of files.
type absent string

func (a absent) Error() string { return string(a) }

// Is makes it what callers look for.
func (a absent) Is(target error) bool { return target == fs.ErrNotExist }

// ShortID is how much of an id's end stands for it, in characters: what of a
// UUIDv7 is random.
const ShortID = 12

// find returns the file of the thread whose id is, or ends with, id.
func (s *Store) find(id string, archived bool) (saved, error) {
	id = strings.ToLower(id)
	none := absent(fmt.Sprintf("no saved conversation %s", id))
	if id == "" || strings.ContainsAny(id, `*?[\/`) {
		return saved{}, fmt.Errorf("%q is no thread's id", id)
	}
	if len(id) < ShortID {
		return saved{}, none
	}
	files, err := s.files(archived)
	if err != nil {
		return saved{}, err
	}
	var best saved
	for _, f := range files {
		if strings.HasSuffix(f.id, id) && f.name() > best.name() {
			best = f
		}
	}
	if best.path == "" {
		return saved{}, none
	}
	return best, nil
}

// Find returns the file of the thread whose id is, or ends with, id, of which at
// least [ShortID] is needed: the newest, where there are several. The error is
// [fs.ErrNotExist] when there is none, and tells of one that is archived.
func (s *Store) Find(id string) (path string, err error) {
	f, err := s.find(id, false)
	if errors.Is(err, fs.ErrNotExist) {
		if old, bad := s.find(id, true); bad == nil {
			return "", absent(fmt.Sprintf("conversation %s is archived; codex-lsp sessions unarchive %[1]s brings it back", old.id))
		}
	}
	return f.path, err
}

// anywhere finds a thread among those in use and those that are archived.
func (s *Store) anywhere(id string) (saved, error) {
	f, err := s.find(id, false)
	if errors.Is(err, fs.ErrNotExist) {
		if old, bad := s.find(id, true); bad == nil {
			return old, nil
		}
	}
	return f, err
}

// Latest returns the id of the thread about this folder, or any for "", that was
// written last and can be resumed, "" for none. Threads that another thread began are none.
func (s *Store) Latest(cwd string) (id string, err error) {
	files, err := s.files(false)
	if err != nil {
		return "", err
	}
	for _, f := range measured(files) {
		if r, err := glance(f.path); err == nil && (cwd == "" || r.Cwd == cwd) && !r.Meta.Source.isThread() {
			return r.Meta.ID, nil
		}
	}
	return "", nil
}
