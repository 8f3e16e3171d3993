package auth

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"codex-lsp/agent/flock"
)

// The locks that Codex takes too, in Codex's home: the first for as long as it
// renews or replaces credentials, the second while it writes the file.
const (
	renewalLock = "auth.lock"
	writeLock   = "auth.json.lock"
)

// lockPause is how long to wait before a lock that another process has is
// tried again. Who has it waits for a server, so there is no hurry.
const lockPause = 50 * time.Millisecond

// lock waits for a lock in a folder and returns what releases it.
func lock(ctx context.Context, home, name string) (release func(), err error) {
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, fmt.Errorf("lock the credentials: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(home, name), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the credentials: %w", err)
	}
	for {
		free, err := flock.Try(f)
		switch {
		case err != nil:
			f.Close()
			return nil, fmt.Errorf("lock the credentials: %w", err)
		case free:
			return func() { f.Close() }, nil
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, &Error{Unreachable, "another process has held " + filepath.Join(home, name) + " for too long", "end the other Codex that signs in or renews, and try again"}
		case <-time.After(lockPause):
		}
	}
}

// A box is one value that many may read and write.
type box[T any] struct {
	mu    sync.Mutex
	value T // guarded by mu
}

func (b *box[T]) get() T {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.value
}

// set returns what was there before.
func (b *box[T]) set(v T) T {
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.value
	b.value = v
	return old
}
