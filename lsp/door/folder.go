package door

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// sockets is the folder of all servers' sockets, while it is open.
type sockets struct {
	*os.File
	path string
}

// openFolder opens the folder, which must be one, and this user's alone: who
// could put something else in its place could answer for the user.
func openFolder(path string) (*sockets, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a folder but %v", path, info.Mode().Type())
	}
	if err := owned(info); err != nil {
		return nil, fmt.Errorf("%s %w", path, err)
	}
	if info.Mode().Perm() != 0o700 {
		if err := os.Chmod(path, 0o700); err != nil {
			return nil, err
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &sockets{f, path}, nil
}

// discard removes a socket. Whatever else has its name is left alone.
func (s *sockets) discard(name string) error {
	path := filepath.Join(s.path, name)
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != os.ModeSocket:
		return fmt.Errorf("%s is not a socket", path)
	}
	return os.Remove(path)
}

func (s *sockets) addr(name string) *net.UnixAddr {
	return &net.UnixAddr{Name: s.short(name), Net: "unix"}
}
