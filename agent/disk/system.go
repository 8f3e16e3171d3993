package disk

import (
	"io/fs"
	"os"
	"syscall"
)

// openFile is os.OpenFile without five calls to the system that ask whether the
// file can be waited for, which what is no pipe cannot.
func openFile(path string, flag int, perm fs.FileMode) (*os.File, error) {
	var fd int
	err := again(func() (err error) {
		fd, err = syscall.Open(path, flag|syscall.O_CLOEXEC, uint32(perm))
		return err
	})
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// rename is os.Rename without a look at what is at the new path.
func rename(from, to string) error {
	err := again(func() error { return syscall.Rename(from, to) })
	if err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}

// again does a call to the system until no signal cuts it short.
func again(call func() error) error {
	for {
		if err := call(); err != syscall.EINTR {
			return err
		}
	}
}

// keepOwner gives a new file the owner of the one it replaces, as far as that
// is allowed.
func keepOwner(f *os.File, old fs.FileInfo) {
	if sys, is := old.Sys().(*syscall.Stat_t); is && (int(sys.Uid) != os.Geteuid() || int(sys.Gid) != os.Getegid()) {
		_ = f.Chown(int(sys.Uid), int(sys.Gid)) // without the right to, it belongs to the writer
	}
}
