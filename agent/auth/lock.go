package auth

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"codex-lsp/agent/flock"
)

// The locks that Codex takes too, in Codex's home: the first for as long as it
// renews or replaces credentials, the second while it writes the file.
const (
	renewalLock = "auth.lock"
	writeLock   = "auth.json.lock"
)

// lock waits for a lock in a folder and returns what releases it.
func lock(ctx context.Context, home, name string) (release func(), err error) {
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, fmt.Errorf("lock the credentials: %w", err)
	}
	path := filepath.Join(home, name)
	unlock, err := flock.Wait(ctx, path)
	switch {
	case errors.Is(err, flock.ErrHeld):
		return nil, &Error{Unreachable, "another process has held " + path + " for too long", "end the other Codex that signs in or renews, and try again"}
	case err != nil:
		return nil, fmt.Errorf("lock the credentials: %w", err)
	}
	return func() { _ = unlock() }, nil
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
