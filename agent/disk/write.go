package disk

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"codex-lsp/agent/point"
	"codex-lsp/patch"
)

// Write makes a path hold a file. It is all there or not at all, its folders
// are made, and an existing file keeps its mode unless f brings another. A
// symbolic link stays: what it points to is written. A file whose mode says so
// is a link itself, to its text, and takes the place of what is there.
func Write(path string, f patch.File) error {
	s, err := stage(path, f)
	if err != nil {
		return err
	}
	if err := s.land(); err != nil {
		s.drop()
		return err
	}
	return nil
}

// A staged is a file that is written and not yet in its place.
type staged struct {
	temp   string
	target string      // with all links followed
	old    fs.FileInfo // of what the target is now; nil: nothing
	made   []string    // folders that were made for it, the outermost first
}

// stage writes a file beside its target.
func stage(path string, f patch.File) (s *staged, err error) {
	s = &staged{target: path}
	if f.Mode&fs.ModeSymlink == 0 {
		s.target, s.old, err = follow(path)
	} else if s.old, err = os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		s.old, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.drop()
			s = nil
		}
	}()
	switch {
	case s.old == nil:
		s.made, err = makeFolders(filepath.Dir(s.target))
	case s.old.Mode()&fs.ModeSymlink == 0:
		err = regular(s.target, s.old)
	}
	if err != nil {
		return s, err
	}
	return s, s.write(f)
}

// stagedPrefix begins the names of staged files; the process's id follows.
const stagedPrefix = ".codex-lsp-"

// Sweep removes from a folder what processes that are gone had staged there.
func Sweep(dir string) error {
	found, err := filepath.Glob(filepath.Join(escaped(dir), stagedPrefix+"*-*"))
	for _, path := range found {
		id, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(path), stagedPrefix), "-")
		if pid, bad := strconv.Atoi(id); bad == nil && !Runs(pid) {
			err = errors.Join(err, os.Remove(path))
		}
	}
	return err
}

// Runs tells whether a process is there, be it ours to signal or not.
func Runs(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer p.Release() // it may be a descriptor
	err = p.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, os.ErrPermission)
}

// escaped is a path as a pattern that matches only it.
func escaped(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// usualMode is the mode of a new file for which none is asked.
const usualMode = 0o644

// created counts the files that this process has staged.
var created atomic.Int64

// createBeside makes a new file in the folder of another.
func createBeside(path string) (*os.File, error) {
	const tries = 10000 // a name is taken only if a process of this id was killed here
	name := filepath.Join(filepath.Dir(path), stagedPrefix+strconv.Itoa(os.Getpid())+"-")
	for range tries {
		f, err := openFile(name+strconv.FormatInt(created.Add(1), 10), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
	return nil, fs.ErrExist
}

func (s *staged) write(f patch.File) error {
	t, err := createBeside(s.target)
	if err != nil {
		return err
	}
	s.temp = t.Name()
	point.At("staged file made")
	if f.Mode&fs.ModeSymlink != 0 {
		return errors.Join(t.Close(), os.Remove(s.temp), os.Symlink(f.Text, s.temp))
	}
	_, err = t.WriteString(f.Text)
	mode := f.Mode.Perm()
	if s.old != nil {
		keepOwner(t, s.old)
		mode = cmp.Or(mode, s.old.Mode().Perm())
	}
	if err == nil {
		err = t.Chmod(cmp.Or(mode, usualMode)) // after the owner, which clears bits
	}
	if closed := t.Close(); err == nil {
		err = closed
	}
	return err
}

// land gives the file its place.
func (s *staged) land() error {
	point.At("file staged")
	err := rename(s.temp, s.target)
	point.At("file in place")
	return err
}

// drop takes away what stage has made.
func (s *staged) drop() {
	if s.temp != "" {
		os.Remove(s.temp)
	}
	for i := len(s.made) - 1; i >= 0; i-- {
		os.Remove(s.made[i]) // fails where something else has been put, rightly
	}
}

// maxLinks is how many links are followed, as in Linux.
const maxLinks = 40

// follow resolves a path that may be a symbolic link, even one to nothing. It
// also tells what is there; nil: nothing.
func follow(path string) (string, fs.FileInfo, error) {
	for range maxLinks {
		info, err := os.Lstat(path)
		if err != nil {
			return path, nil, nil // what is wrong with it shows when it is written
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			return path, info, nil
		}
		to, err := os.Readlink(path)
		if err == nil {
			path, err = beside(path, to)
		}
		if err != nil {
			return "", nil, err
		}
	}
	return "", nil, fmt.Errorf("%s: more than %d symbolic links one after the other", path, maxLinks)
}

// beside returns where a link at path leads. A ".." in it leaves the folder that
// is really there, which after a link is another than the text says.
func beside(path, to string) (string, error) {
	if !filepath.IsAbs(to) {
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return "", err
		}
		to = dir + string(filepath.Separator) + to
	}
	folder, name := filepath.Split(to)
	real, err := filepath.EvalSymlinks(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist) || name == "." || name == "..":
		return filepath.Clean(to), nil // nothing can be written there, and the attempt says so
	case err != nil:
		return "", err
	}
	return filepath.Join(real, name), nil
}

// Resolve returns the path that a write to path would reach: all links are
// followed, those among the folders too, and what does not exist yet is kept.
func Resolve(path string) (string, error) {
	path, _, err := follow(path)
	if err != nil {
		return "", err
	}
	rest := ""
	for dir := path; ; dir = filepath.Dir(dir) {
		real, err := filepath.EvalSymlinks(dir)
		if err == nil {
			return filepath.Join(real, rest), nil
		}
		if !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return "", err
		}
		rest = filepath.Join(filepath.Base(dir), rest)
	}
}

// makeFolders makes a folder and those above it, and returns the new ones.
func makeFolders(dir string) (made []string, err error) {
	missing := MissingFolders(filepath.Join(dir, "file"))
	there := dir
	if len(missing) > 0 {
		there = filepath.Dir(missing[0])
	}
	if info, err := os.Stat(there); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is a file, not a folder", there)
	}
	for _, folder := range missing {
		if err := os.Mkdir(folder, 0o777); err != nil && !os.IsExist(err) {
			return made, err
		}
		made = append(made, folder)
	}
	return made, nil
}
