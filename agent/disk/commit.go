package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"codex-lsp/patch"
)

// Commit makes all changes of a patch or none. Paths are absolute. New texts
// are staged first, then the disk is compared with what the changes were made
// for, then everything moves into place. If that fails half-way, what was done
// is undone; an error says which file could not be.
func Commit(changes []patch.Change) error {
	var c commit
	defer c.clean()
	for _, ch := range changes {
		if err := c.prepare(ch); err != nil {
			return err
		}
	}
	moved := make(map[string]bool) // what is there, the changes take away themselves
	for _, ch := range changes {
		moved[ch.Path] = ch.MoveTo != ""
	}
	for _, ch := range changes {
		if err := verify(ch, moved[ch.Target()]); err != nil {
			return err
		}
	}
	if err := c.run(); err != nil {
		return errors.Join(err, c.undo())
	}
	return nil
}

// A commit is a list of steps: new files into place, then old ones away.
type commit struct {
	steps []step
	done  int
}

// A step writes a path or removes it.
type step struct {
	path string
	new  *staged // nil: the path goes
	old  *file   // what was there; nil: nothing
}

// A file is what a path held, link or not.
type file struct {
	patch.File
	link string // where it points, if it is a symbolic link
}

// prepare stages what a change writes and notes what it takes away.
func (c *commit) prepare(ch patch.Change) error {
	if ch.Op != patch.Delete && (ch.MoveTo != "" || ch.After != ch.Before || ch.Op == patch.Add) {
		new, err := stage(ch.Target(), patch.File{Text: ch.After, Mode: ch.Mode})
		if err != nil {
			return fmt.Errorf("write %s: %w", ch.Target(), err)
		}
		old, err := look(new.target)
		c.steps = append(c.steps, step{path: new.target, new: new, old: old})
		if err != nil {
			return err
		}
	}
	if ch.Op == patch.Delete || ch.MoveTo != "" {
		old, err := look(ch.Path)
		if err != nil {
			return err
		}
		c.steps = append(c.steps, step{path: ch.Path, old: old})
	}
	return nil
}

// look reads what is at a path itself; a link is not followed.
func look(path string) (*file, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		to, err := os.Readlink(path)
		return &file{link: to}, err
	}
	f, err := Read(path)
	return &file{File: f}, err
}

// verify compares the disk with what a change was made for. vacated says that
// another change moves away what is at the target.
func verify(ch patch.Change, vacated bool) error {
	if ch.Op != patch.Add {
		if err := holds(ch.Path, &patch.File{Text: ch.Before}); err != nil {
			return err
		}
	}
	if !vacated && (ch.Op == patch.Add || ch.MoveTo != "") {
		return holds(ch.Target(), ch.Overwrites)
	}
	return nil
}

// holds tells whether a path has the text of a file, or nothing.
func holds(path string, want *patch.File) error {
	got, err := Read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && want == nil:
		return nil
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	case want == nil:
		return fmt.Errorf("%s was made meanwhile; read it and decide anew", path)
	case got.Text != want.Text:
		return fmt.Errorf("%s has changed meanwhile; read it again and patch what it is now", path)
	}
	return nil
}

// run puts everything in place: first what is new, so that at no moment the
// text of a moved file is nowhere.
func (c *commit) run() error {
	c.arrange()
	for ; c.done < len(c.steps); c.done++ {
		s := c.steps[c.done]
		var err error
		if s.new != nil {
			err = s.new.land()
		} else {
			err = os.Remove(s.path)
		}
		if err != nil {
			return fmt.Errorf("nothing was changed: %w", err)
		}
	}
	return nil
}

// arrange puts the steps in the order of run. What a change takes away stays
// if another writes it.
func (c *commit) arrange() {
	written := make(map[string]bool)
	var writes, removals []step
	for _, s := range c.steps {
		if s.new != nil {
			writes = append(writes, s)
			written[canonical(s.path)] = true
		}
	}
	for _, s := range c.steps {
		if s.new == nil && !written[canonical(s.path)] {
			removals = append(removals, s)
		}
	}
	c.steps = append(writes, removals...)
}

// canonical is a path with the links among its folders followed.
func canonical(path string) string {
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}

// undo takes back the steps that are done, the last first.
func (c *commit) undo() error {
	var errs []error
	for c.done > 0 {
		c.done--
		s := c.steps[c.done]
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

// clean takes away what was staged and not used.
func (c *commit) clean() {
	for i := len(c.steps) - 1; i >= c.done; i-- {
		if s := c.steps[i]; s.new != nil {
			s.new.drop()
		}
	}
}
