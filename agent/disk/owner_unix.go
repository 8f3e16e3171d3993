//go:build unix

package disk

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives a new file the owner of the one it replaces, as far as that
// is allowed.
func keepOwner(f *os.File, old fs.FileInfo) {
	if sys, is := old.Sys().(*syscall.Stat_t); is && (int(sys.Uid) != os.Geteuid() || int(sys.Gid) != os.Getegid()) {
		_ = f.Chown(int(sys.Uid), int(sys.Gid)) // without the right to, it belongs to the writer
	}
}
