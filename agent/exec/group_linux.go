package exec

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// attributes put a command into a session of its own, with the terminal that
// is its standard input if it has one, and let the kernel kill it when the
// thread that starts it ends.
func attributes(tty bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Setctty: tty, Pdeathsig: syscall.SIGKILL}
}

// A group is the processes of one command. Its number may be used again for
// another group once all of them are gone; the pidfd may not, so a signal
// through it never reaches a stranger.
type group struct {
	pid int      // of the shell: also the number of its group and session
	fd  *os.File // a pidfd of the shell; nil where the kernel has none
}

// newGroup must be called before the shell with this pid is waited for.
func newGroup(pid int) *group {
	g := &group{pid: pid}
	if fd, err := unix.PidfdOpen(pid, 0); err == nil {
		g.fd = os.NewFile(uintptr(fd), "pidfd")
	}
	return g
}

func (g *group) close() {
	if g.fd != nil {
		g.fd.Close()
	}
}

// signal sends to every process of the group; 0 only asks whether there is one.
func (g *group) signal(sig syscall.Signal) error {
	err := g.pidfdSignal(sig)
	if errors.Is(err, errors.ErrUnsupported) {
		return unix.Kill(-g.pid, sig)
	}
	return err
}

// pidfdSignal is signal on Linux 6.9 and later.
func (g *group) pidfdSignal(sig syscall.Signal) error {
	if g.fd == nil {
		return errors.ErrUnsupported
	}
	conn, err := g.fd.SyscallConn()
	if err != nil {
		return err
	}
	var sent error
	err = conn.Control(func(fd uintptr) {
		sent = unix.PidfdSendSignal(int(fd), sig, nil, unix.PIDFD_SIGNAL_PROCESS_GROUP)
	})
	if errors.Is(sent, unix.EINVAL) || errors.Is(sent, unix.ENOSYS) {
		return errors.ErrUnsupported
	}
	return errors.Join(err, sent)
}

// members lists the processes of the command's session that still run: the
// group, and the groups that a shell with job control made for its jobs. Those
// that only wait to be reaped are not among them.
func (g *group) members() []int {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1)
	var pids []int
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err == nil && runsIn(pid, g.pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// runsIn tells whether a process is of this session and not a zombie.
func runsIn(pid, session int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	// pid (name) state parent group session …, where the name may hold anything
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 4 || string(fields[3]) != strconv.Itoa(session) {
		return false
	}
	return !bytes.ContainsAny(fields[0], "ZX")
}
