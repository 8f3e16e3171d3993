//go:build killpoints

package main

import (
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"

	"codex-lsp/agent/point"
)

// For tests, the program can end itself, as kill -9 would, at its KILL_AT-th
// point. It adds the names of all points to KILL_LOG.
func init() {
	at, _ := strconv.ParseInt(os.Getenv("KILL_AT"), 10, 64)
	log, err := os.OpenFile(os.Getenv("KILL_LOG"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return
	}
	var n atomic.Int64 // files are staged side by side
	point.Watch(func(name string) {
		fmt.Fprintln(log, name)
		if n.Add(1) == at {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	})
}
