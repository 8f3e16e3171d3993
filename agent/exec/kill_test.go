package exec

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// stubborn ignores every signal that can be ignored.
const stubborn = `(trap '' HUP INT TERM; echo up; while :; do sleep 1000; done)`

// When Run returns after an interrupt, nothing of the command runs any more.
func TestInterruptKillsTheGroup(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, script string
		tty          bool
	}{
		{name: "one process", script: `echo up; exec sleep 1000`},
		{name: "a shell that ignores signals", script: `trap '' HUP INT TERM; echo up; while :; do sleep 1000; done`},
		{name: "children that ignore signals", script: stubborn + ` & ` + stubborn + ` & wait`},
		{name: "a pipeline", script: stubborn + ` | cat`},
		{name: "jobs in groups of their own", script: `set -m; ` + stubborn + ` & sleep 1000`},
		{name: "a terminal", script: stubborn, tty: true},
		{name: "a stopped shell", script: `echo up; kill -STOP $$`},
		{name: "endless output", script: `echo up; yes`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			alive := newWitness(t)
			got := runUntil(t, newTestRunner(t), Command{
				Script: `exec 9>$FIFO; echo $$ >&9; ` + tc.script,
				TTY:    tc.tty, Env: []string{"FIFO=" + alive.path},
			}, "up")
			pid, err := strconv.Atoi(strings.TrimSpace(alive.wait(t)))
			if err != nil {
				t.Fatal(err)
			}
			if left := newGroup(pid).members(); len(left) > 0 {
				t.Errorf("processes %v are left", left)
			}
			if got.Running {
				t.Errorf("result %+v of a command that was killed", got)
			}
		})
	}
}

// The command may tidy up, and what it says then is in the result.
func TestInterruptAsksFirst(t *testing.T) {
	t.Parallel()
	got := runUntil(t, newTestRunner(t), Command{
		// Short steps: a shell runs its trap only between two of them.
		Script: `trap 'echo tidied up; exit 9' INT; echo up; while :; do sleep 0.01; done`,
	}, "up")
	if want := "up\ntidied up\n"; got.Output != want || got.ExitCode != 9 {
		t.Errorf("got %q and code %d, want %q and 9", got.Output, got.ExitCode, want)
	}
}

// After an interrupt nothing starts.
func TestRunAfterInterrupt(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	file := filepath.Join(t.TempDir(), "file")
	_, err := newTestRunner(t).Run(ctx, Command{Script: "touch " + file, Dir: t.TempDir()})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the command has run")
	}
}

// A process that has made itself a session is a daemon: it is not killed with
// its command, and nobody waits for it.
func TestDaemonStays(t *testing.T) {
	t.Parallel()
	alive := newWitness(t)
	r := NewRunner(Options{})
	got := runUntil(t, r, Command{
		Script: `setsid sh -c 'exec 9>$FIFO; echo $$ >&9; echo up; exec sleep 1000' & wait`,
		Env:    []string{"FIFO=" + alive.path},
	}, "up")
	if got.Running {
		t.Errorf("result %+v of a command that was killed", got)
	}
	r.Close()
	buf := make([]byte, 20)
	n, err := alive.file.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(buf[:n])))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Errorf("kill daemon %d: %v", pid, err)
	}
	alive.wait(t)
}

// Close leaves nothing, whatever state the commands are in.
func TestCloseKillsEverything(t *testing.T) {
	t.Parallel()
	alive := newWitness(t)
	env := []string{"FIFO=" + alive.path}
	r := NewRunner(Options{})
	leave(t, r, Command{Script: `exec 9>$FIFO; ` + stubborn, Env: env}, "up")
	leave(t, r, Command{Script: `exec 9>$FIFO; ` + stubborn, Env: env, TTY: true}, "up")
	run(t, r, Command{Script: `exec 9>$FIFO; sleep 1000 & `, Env: env})
	up, end := make(chan struct{}), make(chan Result)
	waited := Command{Script: `exec 9>$FIFO; echo up; sleep 1000`, Env: env, Dir: t.TempDir(), Yield: maxYield}
	waited.Output = onText("up", func() { close(up) })
	go func() {
		res, err := r.Run(context.Background(), waited)
		if err != nil {
			t.Error(err)
		}
		end <- res
	}()
	<-up
	r.Close()
	alive.wait(t)
	if res := <-end; res.Running || res.ExitCode != 130 {
		t.Errorf("the command that was waited for: %+v, want code 130", res)
	}
	if s := r.Sessions(); len(s) > 0 {
		t.Errorf("sessions after Close: %+v", s)
	}
}
