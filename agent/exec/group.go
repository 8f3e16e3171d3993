package exec

import (
	"errors"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	killTime = 2 * time.Second      // what SIGKILL does not end by then hangs in the kernel
	killPoll = 2 * time.Millisecond // a killed process is gone within about one
)

// alive tells whether any process of the group still runs. The answer to the
// signal is quick and mostly no; only a zombie makes it a wrong yes.
func (g *group) alive() bool {
	err := g.signal(0)
	return (err == nil || errors.Is(err, unix.EPERM)) && len(g.members()) > 0
}

// destroy kills the group and whatever else runs in its session, and returns
// when all of it is gone.
func (g *group) destroy() {
	for deadline := time.Now().Add(killTime); time.Now().Before(deadline); time.Sleep(killPoll) {
		g.signal(syscall.SIGKILL) // at once, so that no member can fork another
		pids := g.members()
		if len(pids) == 0 {
			return
		}
		for _, pid := range pids {
			unix.Kill(pid, syscall.SIGKILL)
		}
	}
}
