package lsp

import (
	"context"
	"time"

	"codex-lsp/agent/disk"
)

// parentInterval is how often the parent process is looked for. Its end also
// closes our standard input; this is for the case that somebody else still
// holds the other end of that.
const parentInterval = 5 * time.Second

// parentGone waits until the process is gone, or until ctx ends.
func parentGone(ctx context.Context, pid int) bool {
	tick := time.NewTicker(parentInterval)
	defer tick.Stop()
	for {
		if !disk.Runs(pid) {
			return true
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
}
