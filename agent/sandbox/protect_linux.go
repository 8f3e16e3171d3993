//go:build amd64 || arm64

package sandbox

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Repositories within a writable folder are looked for so deep, and among so
// many folders: enough for a folder of projects, and done in a millisecond.
const (
	nestedDepth = 2
	nestedMost  = 500
)

// covers lists what is to be read-only below the roots. A name that is not
// there is made, as an empty folder, for as long as somebody holds it: only
// what is there can be covered.
func (p Policy) covers(roots []string) (paths []string, held []holder, err error) {
	hold := func(path string) {
		h, wrong := keep(path)
		held, err = append(held, h...), errors.Join(err, wrong)
	}
	add := func(path string) {
		if real := resolved(path); real != path && belowAny(real, roots) {
			paths = append(paths, real) // what a link leads to, beside the link
		}
		paths = append(paths, path)
	}
	for _, root := range roots {
		for _, name := range protected {
			path := filepath.Join(root, name)
			hold(path)
			add(path)
		}
		git := []string{filepath.Join(root, ".git")}
		if !slices.ContainsFunc(Temp(), func(dir string) bool { return resolved(dir) == root }) {
			git = append(git, repositories(root)...) // among temporary files there may be any number
		}
		for _, path := range git {
			add(path)
			for _, dir := range gitFolders(path) {
				add(dir)
			}
		}
	}
	for _, path := range append([]string{p.Home}, p.Protect...) {
		if path == "" {
			continue
		}
		parent := resolved(filepath.Dir(path))
		if path = filepath.Join(parent, filepath.Base(path)); !belowAny(path, roots) && !belowAny(resolved(path), roots) {
			continue
		}
		hold(path)
		add(path)
	}
	slices.Sort(paths)
	paths = slices.DeleteFunc(slices.Compact(paths), func(path string) bool {
		_, err := os.Lstat(path)
		return err != nil || !belowAny(path, roots)
	})
	return paths, held, err
}

// repositories finds the .git of repositories within a folder.
func repositories(root string) (found []string) {
	level, looked := []string{root}, 0
	for range nestedDepth {
		var next []string
		for _, dir := range level {
			entries, _ := os.ReadDir(dir)
			for _, e := range entries {
				if !e.IsDir() || slices.Contains(protected, e.Name()) || e.Name() == "node_modules" {
					continue
				}
				if looked++; looked > nestedMost {
					return found
				}
				sub := filepath.Join(dir, e.Name())
				if _, err := os.Lstat(filepath.Join(sub, ".git")); err == nil {
					found = append(found, filepath.Join(sub, ".git"))
				}
				next = append(next, sub)
			}
		}
		level = next
	}
	return found
}

// gitFolders are the folders that a file named .git points to, as worktrees
// and submodules have: the one of the worktree and the one it shares.
func gitFolders(path string) []string {
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	dir, ok := strings.CutPrefix(firstLine(path), "gitdir:")
	if !ok {
		return nil
	}
	if dir = strings.TrimSpace(dir); !filepath.IsAbs(dir) {
		dir = filepath.Join(filepath.Dir(path), dir)
	}
	dirs := []string{resolved(dir)}
	if common := firstLine(filepath.Join(dir, "commondir")); common != "" {
		if !filepath.IsAbs(common) {
			common = filepath.Join(dir, common)
		}
		dirs = append(dirs, resolved(common))
	}
	return dirs
}

func firstLine(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Scan()
	return strings.TrimSpace(lines.Text())
}

// A holder keeps a name taken: an empty folder that this program made, marked
// by its time, and locked by all who need it. The last one removes it, or who
// comes first after the others were killed. Who puts something into it from
// outside of a sandbox has changed its time, and made it theirs.
type holder struct {
	path string
	lock *os.File
}

// stamp is the time of a folder that is only there to keep a name taken.
var stamp = time.Unix(0x636f6464, 0) // even, and near enough for any file system

func isStamp(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.IsDir() && info.ModTime().Equal(stamp)
}

// keepTries is how often a name is tried to be held. Each try that fails is
// one in which somebody else has let go of it.
const keepTries = 1000

// errGone says that a folder was removed while it was about to be held.
var errGone = errors.New("it comes and goes")

// keep holds a name that nothing has, or an empty folder, which may be another
// one's holder. It holds nothing where the command could not take the name
// either: something else has it, or the folder around it is not the user's.
// Any other error leaves it free, and no command may run then.
func keep(path string) (held []holder, err error) {
	for range keepTries {
		var h holder
		h, err = hold(path)
		switch {
		case err == nil:
			return []holder{h}, nil
		case errors.Is(err, errGone):
			continue
		}
		for _, taken := range []error{unix.ENOTEMPTY, unix.ENOTDIR, unix.ELOOP, unix.ENOENT, unix.EACCES, unix.EPERM, unix.EROFS} {
			if errors.Is(err, taken) {
				return nil, nil
			}
		}
		break
	}
	return nil, &SetupError{"keep the name " + path, err}
}

func hold(path string) (holder, error) {
	if err := os.Mkdir(path, 0o755); err == nil {
		os.Chtimes(path, stamp, stamp)
	} else if !errors.Is(err, os.ErrExist) {
		return holder{}, err
	}
	lock, err := os.OpenFile(path, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if errors.Is(err, os.ErrNotExist) {
		return holder{}, errGone
	} else if err != nil {
		return holder{}, err
	}
	h := holder{path, lock}
	if err := h.take(); err != nil {
		lock.Close()
		return holder{}, err
	}
	return h, nil
}

// take locks an empty folder that is still what has the name.
func (h holder) take() error {
	if _, err := h.lock.Readdirnames(1); err == nil {
		return unix.ENOTEMPTY
	} else if !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := unix.Flock(int(h.lock.Fd()), unix.LOCK_SH); err != nil {
		return err
	}
	if !sameFile(h.lock, h.path) {
		return errGone
	}
	return nil
}

func sameFile(f *os.File, path string) bool {
	a, err := f.Stat()
	b, err2 := os.Lstat(path)
	return err == nil && err2 == nil && os.SameFile(a, b)
}

// release removes the folder if nobody else holds it and nothing is in it.
func (h holder) release() {
	defer h.lock.Close()
	if unix.Flock(int(h.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil && isStamp(h.path) && sameFile(h.lock, h.path) {
		os.Remove(h.path)
	}
}

// withoutStamps keeps Go from taking an empty .git for a repository, which it
// would report as a broken one.
func withoutStamps(env []string, held []holder) []string {
	if !slices.ContainsFunc(held, func(h holder) bool { return filepath.Base(h.path) == ".git" }) {
		return env
	}
	flags := ""
	for _, e := range env {
		if value, ok := strings.CutPrefix(e, "GOFLAGS="); ok {
			flags = value + " "
		}
	}
	if strings.Contains(flags, "-buildvcs") {
		return env
	}
	return append(slices.Clone(env), "GOFLAGS="+flags+"-buildvcs=false")
}
