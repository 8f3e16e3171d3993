//go:build amd64 || arm64

package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// A stage does its work before main, and before most packages that a program
// has are made ready: that takes longer than all the walls. It also means that
// no program with a sandbox in it can forget to be the stage of one, and start
// itself again and again.
func init() { Main() }

// Main is what a program with sandboxes begins with. In one that was started to
// make a sandbox it does that and does not return.
func Main() {
	if len(os.Args) == 0 {
		return
	}
	switch os.Args[0] {
	case stageName:
		// Not by the goroutine of init, which is locked to its thread: taking
		// turns with those that hear signals would be one of threads each time.
		code := make(chan int)
		go func() { code <- stage() }()
		os.Exit(<-code)
	case probeName:
		os.Exit(attempt())
	}
}

// stage makes the walls and runs the command. From the first wall on it stays
// on one thread: what Landlock, seccomp and the capabilities take is taken from
// that thread, and from what it starts.
func stage() int {
	var s spec
	err := readSpec(&s)
	if err == nil {
		// Whatever else was inherited ends here. Closing would do as well, but
		// for those that Go's runtime itself has opened.
		err = step("close inherited files", unix.CloseRange(specFD, 1<<30, unix.CLOSE_RANGE_CLOEXEC))
	}
	if err == nil && s.Group {
		enterGroup()
	}
	var pid int
	if err == nil {
		if s.Weak {
			runtime.LockOSThread()
			return fail(s.become())
		}
		signals := hear()
		runtime.LockOSThread()
		if pid, err = s.start(); err == nil {
			unix.Close(statusFD)
			return reap(pid, signals)
		}
	}
	return fail(err)
}

func readSpec(s *spec) error {
	unix.CloseOnExec(statusFD)
	var st unix.Stat_t
	if err := unix.Fstat(specFD, &st); err != nil {
		return step("read what to do", err)
	}
	text := make([]byte, st.Size)
	if _, err := unix.Pread(specFD, text, 0); err != nil {
		return step("read what to do", err)
	}
	return step("read what to do", json.Unmarshal(text, s))
}

// step names what was being done when err came.
func step(name string, err error) error {
	if err == nil {
		return nil
	}
	return &SetupError{name, err}
}

// fail tells the parent, and whoever sees the command's output, that there was
// no command.
func fail(err error) int {
	setup := &SetupError{"start", err}
	errors.As(err, &setup)
	f := failure{Step: setup.Step, Text: setup.Err.Error()}
	errors.As(setup.Err, &f.Errno)
	if text, err := json.Marshal(f); err == nil {
		unix.Write(statusFD, text)
	}
	fmt.Fprintln(os.Stderr, "codex-lsp:", setup)
	return setupExit
}

// start makes all the walls and starts the command behind them. This process
// stays outside of those that are the command's alone.
func (s *spec) start() (pid int, err error) {
	// Outside of the parent's process namespace the parent cannot be asked for,
	// so there is no telling whether it is gone; the signal tells.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return 0, step("die with the parent", err)
	}
	if err := s.mounts(); err != nil {
		return 0, err
	}
	if s.Loopback {
		if err := step("bring up the loopback", loopback()); err != nil {
			return 0, err
		}
	}
	if err := s.confine(); err != nil {
		return 0, err
	}
	// The other threads of this process can still do all that the walls keep the
	// command from, so nothing may get at its memory, not for a moment.
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return 0, step("close this process's memory", err)
	}
	pid, err = syscall.ForkExec(s.Path, s.Args, &syscall.ProcAttr{
		Dir: s.Dir, Env: s.Env, Files: []uintptr{0, 1, 2},
		Sys: &syscall.SysProcAttr{Setsid: true, Setctty: s.TTY},
	})
	return pid, step("start "+s.Path, err)
}

// become makes the walls that hold without namespaces, and turns this process
// into the command.
func (s *spec) become() error {
	if err := s.confine(); err != nil {
		return err
	}
	return step("start "+s.Path, syscall.Exec(s.Path, s.Args, s.Env))
}

// confine takes from this thread, and what it starts, what a command must not
// have. The order matters: what comes later could not be done after seccomp,
// and what comes earlier needs what the later takes away.
func (s *spec) confine() error {
	for _, wall := range []struct {
		name string
		make func() error
	}{
		{"limit resources", s.limit},
		{"give up new privileges", func() error { return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }},
		{"give up capabilities", dropCapabilities},
		{"Landlock", s.landlock},
		{"seccomp", s.seccomp},
	} {
		if err := step(wall.name, wall.make()); err != nil {
			return err
		}
	}
	return nil
}
