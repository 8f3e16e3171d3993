//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A layer of the file system to come: what is to be at a path.
type placed struct {
	path     string
	tree     int // a detached mount
	readOnly bool
}

// mounts makes the file system of the sandbox: all of it read-only, then the
// writable folders laid over themselves as they were, then what is protected
// in them, read-only again.
//
// Copies are made before anything is read-only, so that a mount within a
// writable folder which was read-only from the start remains so.
func (s *spec) mounts() error {
	if err := step("keep mounts private", unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")); err != nil {
		return err
	}
	var places []placed
	for _, list := range []struct {
		paths    []string
		readOnly bool
	}{{s.Shown, true}, {s.Roots, false}, {s.Pins, false}, {s.Covers, true}} {
		for _, path := range list.paths {
			tree, err := copyTree(path, list.readOnly)
			if errors.Is(err, unix.ENOENT) && list.readOnly {
				continue // it went since it was looked for, so there is nothing to protect
			}
			if err != nil {
				return step("copy "+path, err)
			}
			places = append(places, placed{path, tree, list.readOnly})
		}
	}
	// A folder comes before what is in it. Of two for one path the protection
	// comes last.
	slices.SortStableFunc(places, func(a, b placed) int { return strings.Compare(a.path, b.path) })
	if err := step("make the file system read-only", setAttributes(unix.AT_FDCWD, "/", unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID)); err != nil {
		return err
	}
	if err := put(places, false); err != nil {
		return err
	}
	if err := privateDevices(); err != nil {
		return err
	}
	if err := put(places, true); err != nil {
		return err
	}
	if err := privateProc(); err != nil {
		return err
	}
	return step("enter "+s.Dir, os.Chdir(s.Dir)) // the folder we are in is still the one below
}

// copyTree is a copy of what is mounted at a path and below. The path has no
// links in it, and none that somebody has put there since is followed; only
// what is to be read-only may be a link itself.
func copyTree(path string, link bool) (int, error) {
	at, err := unix.Openat2(unix.AT_FDCWD, path, &unix.OpenHow{
		Flags: unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC, Resolve: unix.RESOLVE_NO_SYMLINKS,
	})
	if errors.Is(err, unix.ELOOP) && link {
		at, err = unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		return -1, err
	}
	defer unix.Close(at)
	return unix.OpenTree(at, "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH|unix.AT_RECURSIVE)
}

// sharedMemory is a folder that is new in each sandbox.
const sharedMemory = "/dev/shm"

// put lays trees over their paths: those in the shared memory, once it is
// there, or all others.
func put(places []placed, shared bool) error {
	for _, p := range places {
		if below(p.path, sharedMemory) != shared {
			continue
		}
		if _, err := os.Lstat(p.path); shared && errors.Is(err, fs.ErrNotExist) {
			if err := os.MkdirAll(p.path, 0o755); err != nil {
				return step("make "+p.path, err)
			}
		}
		if err := p.put(); err != nil {
			return step("mount "+p.path, err)
		}
	}
	return nil
}

// put lays a tree over its path.
func (p placed) put() error {
	defer unix.Close(p.tree)
	set := uint64(unix.MOUNT_ATTR_NOSUID)
	if p.readOnly {
		set |= unix.MOUNT_ATTR_RDONLY
	}
	if err := setAttributes(p.tree, "", set); err != nil {
		return fmt.Errorf("set attributes: %w", err)
	}
	return unix.MoveMount(p.tree, "", unix.AT_FDCWD, p.path, unix.MOVE_MOUNT_F_EMPTY_PATH)
}

// setAttributes adds attributes to a mount and all below it.
func setAttributes(dir int, path string, set uint64) error {
	flags := uint(unix.AT_RECURSIVE)
	if path == "" {
		flags |= unix.AT_EMPTY_PATH
	}
	return unix.MountSetattr(dir, path, flags, &unix.MountAttr{Attr_set: set})
}

// privateDevices mounts a /dev with nothing in it but what every program
// expects. There are no disks in it, and no terminals of others.
func privateDevices() error {
	const dir = "/dev"
	trees := make([]int, len(devices))
	for i, path := range devices {
		trees[i] = -1
		if path != "/dev/ptmx" {
			trees[i], _ = copyTree(path, false) // what is not there is not there in the sandbox either
		}
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NOEXEC, "mode=755,size=64k"); err != nil {
		return step("mount "+dir, err)
	}
	for i, path := range devices {
		if trees[i] < 0 {
			continue
		}
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			return step("make "+path, err)
		}
		if err := (placed{path: path, tree: trees[i]}).put(); err != nil {
			return step("mount "+path, err)
		}
	}
	for _, l := range [][2]string{{"/proc/self/fd", "/dev/fd"}, {"fd/0", "/dev/stdin"}, {"fd/1", "/dev/stdout"}, {"fd/2", "/dev/stderr"}, {"pts/ptmx", "/dev/ptmx"}} {
		if err := os.Symlink(l[0], l[1]); err != nil {
			return step("make "+l[1], err)
		}
	}
	for _, m := range []struct{ path, kind, data string }{
		{"/dev/pts", "devpts", "newinstance,ptmxmode=0666,mode=620"},
		{sharedMemory, "tmpfs", "mode=1777"},
	} {
		if err := os.Mkdir(m.path, 0o755); err != nil {
			return step("make "+m.path, err)
		}
		if err := unix.Mount(m.kind, m.path, m.kind, unix.MS_NOSUID|unix.MS_NOEXEC|unix.MS_NODEV&^deviceFlag(m.kind), m.data); err != nil {
			return step("mount "+m.path, err)
		}
	}
	return step("make /dev read-only", unix.MountSetattr(unix.AT_FDCWD, dir, 0, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}))
}

// deviceFlag is MS_NODEV for the file system whose files are devices.
func deviceFlag(kind string) uintptr {
	if kind == "devpts" {
		return unix.MS_NODEV
	}
	return 0
}

// privateProc mounts a /proc that shows the processes of the sandbox, and
// through which nothing can be set. Where parts of /proc are covered, as in
// containers, the kernel does not allow a new one; then the old one stays. It
// shows other processes; what their files hold stays closed, since they are in
// another user namespace.
func privateProc() error {
	err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
	if errors.Is(err, unix.EPERM) {
		return nil
	}
	if err != nil {
		return step("mount /proc", err)
	}
	limitTasks()
	return step("make /proc read-only", setAttributes(unix.AT_FDCWD, "/proc", unix.MOUNT_ATTR_RDONLY))
}

// limitTasks bounds how many processes and threads there are in the sandbox,
// root's too, where each process namespace has a highest number of its own,
// from Linux 6.14 on. Before it, there was one for the whole system.
func limitTasks() {
	if newer(6, 14) {
		os.WriteFile("/proc/sys/kernel/pid_max", []byte(strconv.Itoa(maxTasks)), 0)
	}
}

// newer tells whether the kernel is at least this one.
func newer(major, minor int) bool {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return false
	}
	var a, b int
	if _, err := fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &a, &b); err != nil {
		return false
	}
	return a > major || a == major && b >= minor
}
