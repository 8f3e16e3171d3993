package flock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrHeld says that another process had a lock for as long as one waited.
var ErrHeld = errors.New("another process holds it")

// pause is how long to wait before a lock is tried again.
const pause = 5 * time.Millisecond

// Wait locks the file at path, which is made if it is not there, and waits for
// others until ctx ends; then the error is [ErrHeld]. The file stays when the
// lock is released: one that is removed could be locked by two.
func Wait(ctx context.Context, path string) (release func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		free, err := Try(f)
		if free {
			return f.Close, nil
		}
		if err == nil {
			select {
			case <-ctx.Done():
				err = ErrHeld
			case <-time.After(pause):
				continue
			}
		}
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
}
