package exec

import (
	_ "embed"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"sync"
	"syscall"
)

//go:embed guard.sh
var guardScript string

// A guard is a small process that outlives the server by a moment, to kill
// what the server's commands have left when it could not do so itself: after
// SIGKILL, a crash, the kernel's out-of-memory killer. The parent-death signal
// is not enough for that: it reaches the shell and not what the shell started.
//
// It is a shell because any machine with commands to run has one, and one that
// waits takes less than a megabyte. It is started before the first command.
type guard struct {
	log  *slog.Logger
	once sync.Once
	cmd  *exec.Cmd      // set once; nil if there is no guard
	in   io.WriteCloser // likewise
}

// ready sees to it that there is a guard: a command that runs while its guard
// is only starting would be left if the server died then.
func (g *guard) ready() { g.once.Do(g.start) }

// watch makes the group one to kill.
func (g *guard) watch(group int) {
	g.ready()
	g.tell('+', group)
}

// release says that the group is gone, and its number free for others.
func (g *guard) release(group int) { g.tell('-', group) }

// tell cannot fail in a way that matters: without a guard commands still run.
func (g *guard) tell(op rune, group int) {
	if g.in != nil {
		fmt.Fprintf(g.in, "%c %d\n", op, group)
	}
}

// start puts the guard into a session of its own, where no signal meant for
// the server's group can end it first.
func (g *guard) start() {
	cmd := exec.Command("/bin/sh", "-c", guardScript, "codex-lsp-guard")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		g.log.Warn("if this process is killed, its commands may go on", "err", fmt.Errorf("start the guard: %w", err))
		return
	}
	g.cmd, g.in = cmd, in
}

// close ends the guard, which kills what it still watches, and waits for it.
func (g *guard) close() {
	g.once.Do(func() {})
	if g.cmd == nil {
		return
	}
	g.in.Close()
	g.cmd.Wait() // that it is gone is all there is to know
}
