//go:build unix

// Package flock locks files against other processes, until they are closed or
// their process ends, however it does.
package flock

import (
	"errors"
	"os"
	"syscall"
)

// Try locks a file for writing. It tells whether nobody else had it.
func Try(f *os.File) (bool, error) {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, syscall.EINTR):
			return false, os.NewSyscallError("flock", err)
		}
	}
}
