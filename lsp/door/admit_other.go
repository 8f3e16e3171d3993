//go:build !linux

package door

import (
	"errors"
	"net"
)

// admit lets nobody in where it cannot be told who it is.
func admit(*net.UnixConn) error {
	return errors.New("approving from another terminal works on Linux only; answer in the editor")
}
