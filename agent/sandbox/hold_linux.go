//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// A holder keeps names taken which nothing has, since only what is there can be
// covered. In a folder that the user works in, that is an empty folder which
// they can fill. Elsewhere it is a link to nothing: git, Go and the user's
// shells take it for a name that is not there, so nothing changes for them.
//
// All who need a name hold a lock: on the folder itself, or on the one that the
// links are in. The last one removes it, or who comes first after the others
// were killed. A folder is marked by its time. Who puts something into it from
// outside of a sandbox has changed its time, and made it theirs.
type holder struct {
	path  string // the folder that is locked
	lock  *os.File
	links []string // in it; none if it is the one that keeps the name
}

// stamp is the time of a folder that is only there to keep a name taken.
var stamp = time.Unix(0x636f6464, 0) // even, and near enough for any file system

// nowhere is what a link leads to that only keeps a name taken. Nothing can be
// made there.
const nowhere = "/proc/codex-lsp-keeps-this-name-while-a-command-runs"

func isStamp(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.IsDir() && info.ModTime().Equal(stamp)
}

func isLink(path string) bool {
	to, err := os.Readlink(path)
	return err == nil && to == nowhere
}

// keepTries is how often a name is tried to be held. Each try that fails is
// one in which somebody else has let go of it.
const keepTries = 1000

// errGone says that a folder was removed while it was about to be held.
var errGone = errors.New("it comes and goes")

// unmakeable are the errors of a name that the command could not take either:
// something else has it, or the folder around it is not the user's.
var unmakeable = []error{unix.ENOTEMPTY, unix.ENOTDIR, unix.ELOOP, unix.ENOENT, unix.EACCES, unix.EPERM, unix.EROFS}

// keep holds a name that nothing has, or which another one holds. Any error
// but those that are no danger leaves it free, and no command may run then.
func keep(path string, folder bool) (held []holder, err error) {
	for range keepTries {
		var h holder
		if isLink(path) || !folder && !isStamp(path) {
			h, err = holdLink(path)
		} else {
			h, err = hold(path)
		}
		switch {
		case err == nil:
			return []holder{h}, nil
		case errors.Is(err, errGone) || isLink(path): // another one's, of the other kind
			continue
		case slices.ContainsFunc(unmakeable, func(taken error) bool { return errors.Is(err, taken) }):
			return nil, nil
		}
		break
	}
	return nil, &SetupError{"keep the name " + path, err}
}

// holdLink makes a link to nothing, or holds the one that is there.
func holdLink(path string) (holder, error) {
	dir := filepath.Dir(path)
	lock, err := os.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return holder{}, err
	}
	if err = shareLock(lock); err == nil {
		if err = os.Symlink(nowhere, path); errors.Is(err, os.ErrExist) {
			err = unix.ENOTEMPTY
			if isStamp(path) {
				err = errGone // and came as a folder
			} else if isLink(path) {
				err = nil
			}
		}
	}
	if err != nil {
		lock.Close()
		return holder{}, err
	}
	return holder{dir, lock, []string{path}}, nil
}

// shareLock waits for a while: ours have the lock to themselves only for as
// long as it takes to remove a link, but it may be another program's.
func shareLock(f *os.File) error {
	for range 500 {
		err := unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB)
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			return err
		}
		time.Sleep(4 * time.Millisecond)
	}
	return errors.New("another program has locked " + f.Name() + " and does not let go; end it")
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
	h := holder{path: path, lock: lock}
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

// merged holds the links of one folder by one lock, which could not be had
// alone otherwise.
func merged(held []holder) (all []holder) {
	for _, h := range held {
		i := slices.IndexFunc(all, func(other holder) bool { return other.links != nil && other.path == h.path })
		if h.links == nil || i < 0 {
			all = append(all, h)
			continue
		}
		all[i].links = append(all[i].links, h.links...)
		h.lock.Close()
	}
	return all
}

// release removes what keeps the names if nobody else holds them, and nothing
// is in a folder.
func (h holder) release() {
	defer h.lock.Close()
	if unix.Flock(int(h.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		return
	}
	for _, link := range h.links {
		if isLink(link) {
			os.Remove(link)
		}
	}
	if h.links == nil && isStamp(h.path) && sameFile(h.lock, h.path) {
		os.Remove(h.path)
	}
}

// Sweep removes what sandboxes with this policy that were killed have left to
// keep names taken, which the next one that may write does by itself.
func (p Policy) Sweep() {
	var names []string
	for _, dir := range append(Temp(), append(slices.Clone(p.Write), p.Root)...) {
		if dir == "" {
			continue
		}
		for at := resolved(dir); at != "/"; at = filepath.Dir(at) {
			for _, name := range protected {
				names = append(names, filepath.Join(at, name))
			}
		}
	}
	for _, path := range append(Believed(nil, p.Protect), p.Protect...) {
		for ; filepath.Dir(path) != path; path = filepath.Dir(path) {
			names = append(names, path)
		}
	}
	slices.Sort(names)
	for _, path := range slices.Compact(names) {
		dir := path
		var left []string
		switch {
		case isLink(path):
			dir, left = filepath.Dir(path), []string{path}
		case !isStamp(path):
			continue
		}
		if lock, err := os.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0); err == nil {
			holder{dir, lock, left}.release()
		}
	}
}
