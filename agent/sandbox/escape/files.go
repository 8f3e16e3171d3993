//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// overwrite writes to a file that is there.
func overwrite(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString("changed\n")
	return err
}

// changed tells, from outside, that a file is not what it was.
func changed(path func(*world) string) func(*world, string) bool {
	return func(w *world, _ string) bool {
		text, err := os.ReadFile(path(w))
		return err != nil || string(text) != original
	}
}

// there tells, from outside, that something is where nothing was.
func there(path func(*world) string) func(*world, string) bool {
	return func(w *world, _ string) bool {
		_, err := os.Lstat(path(w))
		return err == nil
	}
}

func victimFile(w *world) string { return w.Outside + "/victim" }

func outside(name string) func(*world) string {
	return func(w *world) string { return w.Outside + "/" + name }
}

func inside(name string) func(*world) string {
	return func(w *world) string { return w.WS + "/" + name }
}

var files = []attempt{
	{Name: "write to a file outside", try: func(w *world) error { return overwrite(victimFile(w)) }, worked: changed(victimFile)},
	{Name: "write outside by way of ..", try: func(w *world) error { return overwrite(w.WS + "/../outside/victim") }, worked: changed(victimFile)},
	{Name: "write through a link to a folder outside", try: func(w *world) error { return overwrite(w.WS + "/link/victim") }, worked: changed(victimFile)},
	{Name: "write through a link that the command made", try: func(w *world) error {
		return errors.Join(os.Symlink(victimFile(w), w.WS+"/mine"), overwrite(w.WS+"/mine"))
	}, worked: changed(victimFile)},
	{Name: "write through a link in the folder for temporary files", try: func(w *world) error {
		return errors.Join(os.Symlink(w.Outside, w.Tmp+"/t"), overwrite(w.Tmp+"/t/victim"))
	}, worked: changed(victimFile)},
	{Name: "make a hard link to a file outside and write to that", try: func(w *world) error {
		return errors.Join(os.Link(victimFile(w), w.WS+"/hard"), overwrite(w.WS+"/hard"))
	}, worked: changed(victimFile)},
	{Name: "move a file from outside into the workspace", try: func(w *world) error { return os.Rename(victimFile(w), w.WS+"/taken") }, worked: changed(victimFile)},
	{Name: "move a file of the workspace over one outside", try: func(w *world) error {
		return errors.Join(os.WriteFile(w.WS+"/mine", nil, 0o600), os.Rename(w.WS+"/mine", victimFile(w)))
	}, worked: changed(victimFile)},
	{Name: "exchange a file with one outside", try: func(w *world) error {
		os.WriteFile(w.WS+"/mine", nil, 0o600)
		return unix.Renameat2(unix.AT_FDCWD, w.WS+"/mine", unix.AT_FDCWD, victimFile(w), unix.RENAME_EXCHANGE)
	}, worked: changed(victimFile)},
	{Name: "truncate a file outside", try: func(w *world) error { return os.Truncate(victimFile(w), 0) }, worked: changed(victimFile)},
	{Name: "remove a file outside", try: func(w *world) error { return os.Remove(victimFile(w)) }, worked: changed(victimFile)},
	{Name: "make a folder outside", try: func(w *world) error { return os.Mkdir(w.Outside+"/new", 0o755) }, worked: there(outside("new"))},
	{Name: "make a pipe outside", try: func(w *world) error { return unix.Mknod(w.Outside+"/new", unix.S_IFIFO|0o600, 0) }, worked: there(outside("new"))},
	{Name: "link a file without a name into a folder outside", try: func(w *world) error {
		fd, err := unix.Open(w.Outside, unix.O_TMPFILE|unix.O_RDWR, 0o600)
		if err != nil {
			return err
		}
		return unix.Linkat(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", fd), unix.AT_FDCWD, w.Outside+"/new", unix.AT_SYMLINK_FOLLOW)
	}, worked: there(outside("new"))},
	{Name: "change the mode of a file outside", Weak: true, try: func(w *world) error { return os.Chmod(victimFile(w), 0o777) }, worked: func(w *world, _ string) bool {
		info, err := os.Stat(victimFile(w))
		return err != nil || info.Mode().Perm() != 0o644
	}},
	{Name: "change the times of a file outside", Weak: true, try: func(w *world) error {
		return unix.UtimesNano(victimFile(w), []unix.Timespec{{Sec: 1}, {Sec: 1}})
	}, worked: func(w *world, _ string) bool {
		info, err := os.Stat(victimFile(w))
		return err != nil || info.ModTime().Unix() == 1
	}},
	{Name: "set an attribute of a file outside", Weak: true, try: func(w *world) error { return unix.Setxattr(victimFile(w), "user.x", []byte("x"), 0) }, worked: func(w *world, _ string) bool {
		n, err := unix.Getxattr(victimFile(w), "user.x", nil)
		return err == nil && n > 0
	}},
	{Name: "give a file outside to another user", Root: true, try: func(w *world) error { return os.Chown(victimFile(w), 12345, 12345) }},
	{Name: "write to a start-up file of the user's shell", try: func(w *world) error { return overwrite(w.Outside + "/.bashrc") }, worked: changed(outside(".bashrc"))},
	{Name: "write outside through /proc/self/root", try: func(w *world) error { return overwrite("/proc/self/root" + victimFile(w)) }, worked: changed(victimFile)},
	{Name: "write outside through /proc/self/cwd", try: func(w *world) error { return overwrite("/proc/self/cwd/../outside/victim") }, worked: changed(victimFile)},
	{Name: "write outside through another process's root", try: func(w *world) error { return everyProcess("root"+victimFile(w), overwrite) }, worked: changed(victimFile)},
	{Name: "write outside through another process's folder", try: func(w *world) error {
		return everyProcess("cwd/../../"+w.Token+"/outside/victim", overwrite) // and never the victim of another world
	}, worked: changed(victimFile)},
	{Name: "write to a file that another process has open", try: func(w *world) error {
		return everyProcess("fd/*", func(path string) error {
			if to, err := os.Readlink(path); err != nil || to != victimFile(w) {
				return unix.ENOENT
			}
			return overwrite(path)
		})
	}, worked: changed(victimFile)},
	{Name: "write outside through an inherited descriptor", try: func(w *world) error { return writeAt(leaked) }, worked: changed(victimFile)},
	{Name: "write outside through any inherited descriptor in /proc/self/fd", try: func(w *world) error {
		for fd := 3; fd < 64; fd++ {
			if overwrite(fmt.Sprintf("/proc/self/fd/%d/victim", fd)) == nil {
				return nil
			}
		}
		return unix.EBADF
	}, worked: changed(victimFile)},
	{Name: "open a descriptor that only names a file again, to write", try: func(w *world) error {
		fd, err := unix.Open(victimFile(w), unix.O_PATH, 0)
		if err != nil {
			return err
		}
		return overwrite(fmt.Sprintf("/proc/self/fd/%d", fd))
	}, worked: changed(victimFile)},
	{Name: "open a file outside by its handle", Root: true, try: openByHandle, worked: changed(victimFile)},
	{Name: "open a disk", Root: true, Needs: "a block device", try: openDisk},
	{Name: "make a device of the disk and open that", Root: true, Needs: "a block device", try: func(w *world) error {
		if err := unix.Mknod(w.WS+"/disk", unix.S_IFBLK|0o600, diskNumber()); err != nil {
			return err
		}
		fd, err := unix.Open(w.WS+"/disk", unix.O_RDONLY, 0)
		unix.Close(fd)
		return err
	}},
	{Name: "write to the kernel's log", Root: true, try: func(*world) error { return overwrite("/dev/kmsg") }},
	{Name: "write to a file in /dev/shm that is another's", try: func(w *world) error { return overwrite(w.ShmFile) },
		worked: changed(func(w *world) string { return w.ShmFile })},
	{Name: "leave a program that runs as whoever owns it", try: func(w *world) error {
		return errors.Join(os.WriteFile(w.WS+"/suid", nil, 0o755), unix.Chmod(w.WS+"/suid", 0o4755))
	}, worked: hasMode(unix.S_ISUID)},
	{Name: "make a file that runs as whoever owns it, in one call", try: func(w *world) error {
		fd, err := unix.Open(w.WS+"/suid", unix.O_CREAT|unix.O_WRONLY, 0o4755)
		unix.Close(fd)
		return err
	}, worked: hasMode(unix.S_ISUID)},
	{Name: "make a file that runs as its group, by openat2", try: func(w *world) error {
		fd, err := unix.Openat2(unix.AT_FDCWD, w.WS+"/suid", &unix.OpenHow{Flags: unix.O_CREAT | unix.O_WRONLY, Mode: 0o2755})
		unix.Close(fd)
		return err
	}, worked: hasMode(unix.S_ISGID)},
	{Name: "make a file that runs as whoever owns it, by mknod", try: func(w *world) error { return unix.Mknod(w.WS+"/suid", unix.S_IFREG|0o4755, 0) }, worked: hasMode(unix.S_ISUID)},
}

func hasMode(bit uint32) func(*world, string) bool {
	return func(w *world, _ string) bool {
		var st unix.Stat_t
		return unix.Stat(w.WS+"/suid", &st) == nil && st.Mode&bit != 0
	}
}

// everyProcess tries f on a path below each process's folder in /proc.
func everyProcess(path string, f func(string) error) error {
	var last error = unix.ENOENT
	paths, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range paths {
		for _, p := range expand(dir + "/" + path) {
			if last = f(p); last == nil {
				return nil
			}
		}
	}
	return last
}

func expand(path string) []string {
	if strings.HasSuffix(path, "*") {
		list, _ := filepath.Glob(path)
		return list
	}
	return []string{path}
}

func writeAt(dir int) error {
	fd, err := unix.Openat(dir, "victim", unix.O_WRONLY|unix.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = unix.Write(fd, []byte("changed\n"))
	return err
}

func openByHandle(w *world) error {
	handle, _, err := unix.NameToHandleAt(unix.AT_FDCWD, victimFile(w), 0)
	if err != nil {
		return err
	}
	dir, err := unix.Open(w.WS, unix.O_RDONLY, 0)
	if err != nil {
		return err
	}
	fd, err := unix.OpenByHandleAt(dir, handle, unix.O_WRONLY|unix.O_TRUNC)
	if err != nil {
		return err
	}
	_, err = unix.Write(fd, []byte("changed\n"))
	return err
}

// disk finds a block device that is there.
func disk() string {
	list, _ := filepath.Glob("/sys/dev/block/*")
	for _, dev := range list {
		if size, err := os.ReadFile(dev + "/size"); err == nil && strings.TrimSpace(string(size)) != "0" {
			return dev
		}
	}
	return ""
}

func diskNumber() int {
	var major, minor uint32
	fmt.Sscanf(filepath.Base(disk()), "%d:%d", &major, &minor)
	return int(unix.Mkdev(major, minor))
}

func openDisk(*world) error {
	name, err := filepath.EvalSymlinks(disk())
	if err != nil {
		return err
	}
	f, err := os.Open("/dev/" + filepath.Base(name))
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.ReadFull(f, make([]byte, 512))
	return err
}

// mountOver hides a folder.
func mountOver(dir string) error { return unix.Mount("tmpfs", dir, "tmpfs", 0, "") }

// pointer is for calls that have no wrapper.
func pointer[T any](v *T) uintptr { return uintptr(unsafe.Pointer(v)) }
