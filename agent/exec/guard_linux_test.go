package exec

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Nothing of a command is left when its server is killed with SIGKILL, which
// gives the server no chance to see to it.
func TestKilledServerLeavesNothing(t *testing.T) {
	stubborn := `(trap '' HUP INT TERM; echo up; while :; do sleep 1000; done)`
	for _, tc := range []struct{ name, how, script string }{
		{"the shell", "plain", `exec 9>$FIFO; echo up; read x <$NEVER`},
		{"the shell without the guard", "unguarded", `exec 9>$FIFO; echo up; read x <$NEVER`},
		{"grandchildren that ignore signals", "plain", `exec 9>$FIFO; ` + stubborn + ` & ` + stubborn + ` & wait`},
		{"a pipeline", "plain", `exec 9>$FIFO; ` + stubborn + ` | cat`},
		{"a terminal", "tty", `exec 9>$FIFO; ` + stubborn},
		{"jobs in groups of their own", "plain", `set -m; exec 9>$FIFO; ` + stubborn + ` & sleep 1000`},
		{"what an ended shell left", "ended", `exec 9>$FIFO; (echo >$UP; ` + stubborn + `) & read x <$UP`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			alive := newWitness(t)
			server := exec.Command(os.Args[0])
			server.Env = append(os.Environ(), serverEnv+"="+tc.how, "SCRIPT="+tc.script,
				"FIFO="+alive.path, "NEVER="+newFifo(t), "UP="+newFifo(t))
			out, err := server.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := server.Start(); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
				t.Errorf("the server says %q, %v", line, err)
			}
			server.Process.Kill()
			server.Wait()
			alive.wait(t)
		})
	}
}

// The guard forgets what was released, and only that.
func TestGuardKillsWhatItWatches(t *testing.T) {
	var groups []int
	var fifos []witness
	for range 3 {
		w := newWitness(t)
		cmd := exec.Command("/bin/sh", "-c", "exec 9>"+w.path+"; echo up; exec sleep 1000")
		cmd.SysProcAttr = attributes(false)
		cmd.SysProcAttr.Pdeathsig = 0
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		io.ReadFull(out, make([]byte, 3))
		t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
		groups, fifos = append(groups, cmd.Process.Pid), append(fifos, w)
	}
	var g guard
	for _, group := range groups {
		g.watch(group)
	}
	g.release(groups[1])
	g.close()
	fifos[0].wait(t)
	fifos[2].wait(t)
	if !newGroup(groups[1]).alive() {
		t.Error("the released group was killed")
	}
}

// A guard that was never needed is never there.
func TestGuardStartsWithTheFirstCommand(t *testing.T) {
	r := NewRunner(Options{})
	r.Close()
	if r.guard.cmd != nil {
		t.Error("a guard was started for no command")
	}
	r = NewRunner(Options{})
	run(t, r, Command{Script: "true"})
	proc := filepath.Join("/proc", fmt.Sprint(r.guard.cmd.Process.Pid))
	if _, err := os.Stat(proc); err != nil {
		t.Errorf("no guard beside a command: %v", err)
	}
	r.Close()
	if _, err := os.Stat(proc); err == nil {
		t.Error("the guard outlives its Runner")
	}
}
