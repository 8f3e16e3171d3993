//go:build unix && !linux

package exec

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// attributes put a command into a session of its own, with the terminal that
// is its standard input if it has one.
func attributes(tty bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Setctty: tty}
}

// A group is the processes of one command.
type group struct {
	pid int // of the shell: also the number of its group and session
}

func newGroup(pid int) *group { return &group{pid: pid} }

func (g *group) close() {}

// signal sends to every process of the group; 0 only asks whether there is one.
func (g *group) signal(sig syscall.Signal) error { return unix.Kill(-g.pid, sig) }

// members is the group, as kill(2) names it, while it has a process.
func (g *group) members() []int {
	if g.signal(0) != nil {
		return nil
	}
	return []int{-g.pid}
}
