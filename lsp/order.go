package lsp

import (
	"context"
	"slices"

	"codex-lsp/agent"
)

// Requests run side by side, so one that came later may overtake. Where their
// order means something, the number of their arrival decides: "ask, then start
// a new thread" must not ask the new one.

type arrivalKey struct{}

// withArrival gives a handler the number of its message, from 1.
func withArrival(ctx context.Context, n uint64) context.Context {
	return context.WithValue(ctx, arrivalKey{}, n)
}

func arrivalOf(ctx context.Context) uint64 {
	n, _ := ctx.Value(arrivalKey{}).(uint64)
	return n
}

// defaults are the threads that were a folder's default one, by the arrival of
// the request that made them so.
type defaults []struct {
	since  uint64
	thread *agent.Thread
}

// at is the thread that was the default when the nth message arrived, or nil.
func (ds defaults) at(n uint64) *agent.Thread {
	for _, d := range slices.Backward(ds) {
		if d.since <= n {
			return d.thread
		}
	}
	return nil
}

// with adds a default thread, in the order of arrival.
func (ds defaults) with(n uint64, t *agent.Thread) defaults {
	i := len(ds)
	for i > 0 && ds[i-1].since > n {
		i--
	}
	return slices.Insert(ds, i, struct {
		since  uint64
		thread *agent.Thread
	}{n, t})
}
