//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// forwarded are the signals that mean the command when they are sent to its
// sandbox.
var forwarded = []os.Signal{
	unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2, unix.SIGCONT, unix.SIGWINCH, unix.SIGALRM,
}

// hear catches what is to be passed on: from before the command starts, since
// nobody can know when that is.
func hear() <-chan os.Signal {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, forwarded...)
	return signals
}

// reap is what the first process of a process namespace has to do: bury
// orphans, pass on signals, and end with the command. Its own end is the end
// of everything else in the namespace.
func reap(command int, signals <-chan os.Signal) int {
	go func() {
		for sig := range signals {
			unix.Kill(-command, sig.(syscall.Signal))
		}
	}()
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return setupExit
		case pid == command && status.Signaled():
			return 128 + int(status.Signal())
		case pid == command && status.Exited():
			return status.ExitStatus()
		}
	}
}
