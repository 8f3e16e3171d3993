package disk

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"codex-lsp/agent/point"
	"codex-lsp/patch"
)

// Commit makes all changes of a patch or none. Paths are absolute. New texts
// are staged first, then the disk is compared with what the changes were made
// for, then everything moves into place. If that fails half-way, what was done
// is undone; an error says which file could not be. An Add whose mode is that of
// a symbolic link makes one, to its text.
func Commit(changes []patch.Change) error {
	c := commit{moved: make(map[string]*patch.File)}
	defer c.clean()
	for _, ch := range changes {
		if ch.MoveTo != "" {
			c.moved[ch.Path] = &patch.File{Text: ch.Before}
		}
	}
	if err := c.prepare(changes); err != nil {
		return err
	}
	if err := each(changes, func(_ int, ch patch.Change) error { return c.verify(ch) }); err != nil {
		return err
	}
	if err := c.run(); err != nil {
		return errors.Join(err, c.undo())
	}
	return nil
}

// A commit is a list of steps: new files into place, then old ones away.
type commit struct {
	moved map[string]*patch.File // what the changes themselves move away, by where it is
	steps []*step
}

// A step writes a path or removes it.
type step struct {
	path string
	new  *staged // nil: the path goes
	old  *file   // what was there; nil: nothing
	done bool
}

// A file is what a path held, link or not.
type file struct {
	patch.File
	link string // where it points, if it is a symbolic link
}

// prepare stages what changes write and notes what they take away.
func (c *commit) prepare(changes []patch.Change) error {
	steps := make([][]*step, len(changes))
	err := each(changes, func(i int, ch patch.Change) (err error) {
		steps[i], err = c.plan(ch)
		return err
	})
	c.steps = slices.Concat(steps...)
	return err
}

// plan returns the steps of a change. Those before an error are there too.
func (c *commit) plan(ch patch.Change) (steps []*step, err error) {
	if ch.Op != patch.Delete && (ch.MoveTo != "" || ch.After != ch.Before || ch.Op == patch.Add) {
		new, err := stage(ch.Target(), patch.File{Text: ch.After, Mode: ch.Mode})
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", ch.Target(), err)
		}
		s := &step{path: new.target, new: new}
		if there := c.replaced(ch); there != nil && new.old != nil { // else verify says so
			s.old = &file{File: patch.File{Text: there.Text, Mode: new.old.Mode().Perm()}}
		}
		steps = append(steps, s)
	}
	if ch.Op == patch.Delete || ch.MoveTo != "" {
		old, err := look(ch.Path, ch.Before)
		if err != nil {
			return steps, err
		}
		steps = append(steps, &step{path: ch.Path, old: old})
	}
	return steps, nil
}

// replaced is what a change believes to be where its text goes; nil: nothing.
func (c *commit) replaced(ch patch.Change) *patch.File {
	switch there := c.moved[ch.Target()]; {
	case ch.Op == patch.Update && ch.MoveTo == "":
		return &patch.File{Text: ch.Before}
	case there != nil:
		return there
	}
	return ch.Overwrites
}

// look notes what is at a path itself; a link is not followed. A file's text is
// the one believed to be there: where it is not, verify says so.
func look(path, text string) (*file, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case info.Mode()&fs.ModeSymlink != 0:
		to, err := os.Readlink(path)
		return &file{link: to}, err
	}
	return &file{File: patch.File{Text: text, Mode: info.Mode().Perm()}}, nil
}

// verify compares the disk with what a change was made for.
func (c *commit) verify(ch patch.Change) error {
	if ch.Op != patch.Add {
		if err := holds(ch.Path, &patch.File{Text: ch.Before}); err != nil {
			return err
		}
	}
	if ch.Op == patch.Add || ch.MoveTo != "" {
		return holds(ch.Target(), c.replaced(ch))
	}
	return nil
}

// holds makes sure that a path has the text of a file, or nothing.
func holds(path string, want *patch.File) error {
	text := ""
	if want != nil {
		text = want.Text
	}
	same, err := holdsText(path, text)
	switch {
	case errors.Is(err, fs.ErrNotExist) && want == nil:
		return nil
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	case want == nil:
		return fmt.Errorf("%s was made meanwhile; read it and decide anew", path)
	case !same:
		return fmt.Errorf("%s has changed meanwhile; read it again and patch what it is now", path)
	}
	return nil
}

// run puts everything in place: first what is new, so that at no moment the
// text of a moved file is nowhere.
func (c *commit) run() error {
	writes, removals := c.arrange()
	if err := each(writes, func(_ int, s *step) error { return s.run() }); err != nil {
		return err
	}
	for _, s := range removals {
		if err := s.run(); err != nil {
			return err
		}
	}
	return nil
}

func (s *step) run() (err error) {
	if s.new != nil {
		err = s.new.land()
	} else {
		err = os.Remove(s.path)
		point.At("file gone")
	}
	if err != nil {
		return fmt.Errorf("nothing was changed: %w", err)
	}
	s.done = true
	return nil
}

// arrange parts the steps that write from those that remove. What a change
// takes away stays if another writes it.
func (c *commit) arrange() (writes, removals []*step) {
	for _, s := range c.steps {
		if s.new != nil {
			writes = append(writes, s)
		} else {
			removals = append(removals, s)
		}
	}
	if len(removals) == 0 {
		return writes, nil
	}
	names := canonical{}
	written := make(map[string]bool)
	for _, s := range writes {
		written[names.of(s.path)] = true
	}
	return writes, slices.DeleteFunc(removals, func(s *step) bool { return written[names.of(s.path)] })
}

// canonical remembers where folders really are.
type canonical map[string]string

// of is a path with the links among its folders followed.
func (c canonical) of(path string) string {
	dir := filepath.Dir(path)
	real, known := c[dir]
	if !known {
		var err error
		if real, err = filepath.EvalSymlinks(dir); err != nil {
			real = dir
		}
		c[dir] = real
	}
	return filepath.Join(real, filepath.Base(path))
}

// undo takes back the steps that are done, the last first.
func (c *commit) undo() error {
	var errs []error
	for _, s := range slices.Backward(c.steps) {
		if !s.done {
			continue
		}
		s.done = false
		var err error
		switch {
		case s.old == nil:
			err = os.Remove(s.path)
		case s.old.link != "":
			err = os.Symlink(s.old.link, s.path)
		default:
			err = Write(s.path, s.old.File)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("and %s could not be brought back: %w", s.path, err))
		}
	}
	return errors.Join(errs...)
}

// clean takes away what was staged and not used: first all files, then the
// folders made for them, the innermost first.
func (c *commit) clean() {
	var folders []string
	for _, s := range c.steps {
		if s.new != nil && !s.done {
			os.Remove(s.new.temp)
			folders = append(folders, s.new.made...)
		}
	}
	slices.SortFunc(folders, func(a, b string) int { return len(b) - len(a) })
	for _, dir := range folders {
		os.Remove(dir) // fails where something else has been put, rightly
	}
}

// each does something for a list, as many at a time as there are processors, up
// to the first error in its order.
func each[T any](list []T, do func(int, T) error) error {
	errs := make([]error, len(list))
	var next atomic.Int64
	work := func() {
		for i := next.Add(1) - 1; i < int64(len(list)); i = next.Add(1) - 1 {
			if errs[i] = do(int(i), list[i]); errs[i] != nil {
				next.Store(int64(len(list)))
			}
		}
	}
	var others sync.WaitGroup
	for range min(len(list), runtime.GOMAXPROCS(0)) - 1 {
		others.Go(work)
	}
	work()
	others.Wait()
	return cmp.Or(errs...)
}
