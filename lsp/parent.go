package lsp

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
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
		if !alive(pid) {
			return true
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
}

// alive tells whether a process exists, be it ours to signal or not.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	err = p.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, syscall.EPERM)
}
