package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"codex-lsp/agent/model/modeltest"
)

// lifeline is a pipe by which commands show that they live: its end is read
// when the last of them is gone.
func lifeline(t *testing.T, e *execution) string {
	t.Helper()
	path := filepath.Join(e.dir, "lifeline")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// begin starts a run, and returns the lifeline once its command holds that.
func begin(t *testing.T, run *exec.Cmd, path string) *os.File {
	t.Helper()
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	fifo, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fifo.Close() })
	return fifo
}

// lives is a command that holds the lifeline until it is killed, with a child
// that does too.
const lives = "exec 3>lifeline; echo up >&3; sleep 1000 & sleep 1000"

func TestExecCtrlCKillsTheCommand(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ arg, stdout, stderr string }{
		"people":   {"--color=never", "", "interrupted: commands were killed, edits that were made stay\n"},
		"programs": {"--json", `{"type":"turn.failed","error":{"message":"interrupted"}}` + "\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := modeltest.Serve(t, modeltest.Says(modeltest.Text("I wait."), modeltest.Call("exec_command", map[string]any{"cmd": lives, "login": false})))
			e := newExecution(t, m.URL, c.arg, "-s", "danger-full-access", "wait")
			path := lifeline(t, e)
			cmd, out, errs := e.command(t)
			fifo := begin(t, cmd, path)
			life := bufio.NewReader(fifo)
			if line, err := life.ReadString('\n'); line != "up\n" {
				t.Fatalf("%q %v", line, err)
			}
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, life); err != nil { // waits for the last holder
				t.Error(err)
			}
			_ = cmd.Wait() // its error is the exit code
			if code := cmd.ProcessState.ExitCode(); code != 130 {
				t.Errorf("exit %d\n%s\n%s", code, out, errs)
			}
			if !strings.HasSuffix(out.String(), c.stdout) || c.stdout == "" && out.Len() > 0 || !strings.HasSuffix(errs.String(), c.stderr) {
				t.Errorf("stdout\n%s\nstderr\n%s", out, errs)
			}
		})
	}
}

// TestExecCtrlCWhileTheModelThinks: the exit code says so, also when the answer
// has lost its place meanwhile.
func TestExecCtrlCWhileTheModelThinks(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	m := modeltest.ServeScript(t, modeltest.Func(func(modeltest.Request) []modeltest.Item {
		close(asked)
		return []modeltest.Item{modeltest.Stall()}
	}))
	e := newExecution(t, m.URL, "think", "-o", "new/answer.txt")
	place := filepath.Join(e.dir, "new")
	if err := os.Mkdir(place, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd, out, errs := e.command(t)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-asked
	if err := os.RemoveAll(place); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 || out.Len() > 0 || !strings.Contains(errs.String(), "\ninterrupted: ") ||
		!strings.Contains(errs.String(), "exec: open new/answer.txt: no such file") {
		t.Errorf("exit %d, stdout %q\n%s", code, out, errs)
	}
}

// deaf is lives for a command that hears no polite signal.
const deaf = "trap '' HUP INT TERM; " + lives

// deafInBackground is a model that leaves a deaf command running. Then it closes
// thinks, and says the rest.
func deafInBackground(t *testing.T, thinks chan struct{}, rest ...modeltest.Item) *modeltest.Server {
	return modeltest.ServeScript(t, modeltest.Func(func(r modeltest.Request) []modeltest.Item {
		if r.Turn == 1 {
			return []modeltest.Item{modeltest.Call("exec_command", map[string]any{"cmd": deaf, "login": false, "yield_time_ms": 250})}
		}
		close(thinks)
		return rest
	}))
}

// TestExecEndsWithItsCommands: whatever ends the program, and however hastily,
// ends the commands that it has started.
func TestExecEndsWithItsCommands(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		signals []syscall.Signal
		code    int // -1: a signal ended it
	}{
		"the terminal closes":    {[]syscall.Signal{syscall.SIGHUP}, 130},
		"it is terminated":       {[]syscall.Signal{syscall.SIGTERM}, 130},
		"nobody can do anything": {[]syscall.Signal{syscall.SIGKILL}, -1},
		"the user is in a hurry": {[]syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGINT, syscall.SIGKILL}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			thinks := make(chan struct{})
			m := deafInBackground(t, thinks, modeltest.Stall())
			e := newExecution(t, m.URL, "-s", "danger-full-access", "wait")
			path := lifeline(t, e)
			cmd, _, errs := e.command(t)
			fifo := begin(t, cmd, path)
			<-thinks
			for _, s := range c.signals {
				_ = cmd.Process.Signal(s) // it may have ended
			}
			_ = cmd.Wait()
			if said, err := io.ReadAll(fifo); err != nil || string(said) != "up\n" {
				t.Errorf("%q %v", said, err)
			}
			if code := cmd.ProcessState.ExitCode(); code != c.code {
				t.Errorf("%v, want exit %d\n%s", cmd.ProcessState, c.code, errs)
			}
		})
	}
}

// TestExecStopsWhenNobodyReads: as head(1) does, a reader may go. Nothing more
// is done for it, and no edit is torn by the signal.
func TestExecStopsWhenNobodyReads(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	m := deafInBackground(t, make(chan struct{}), modeltest.Gate(gone), modeltest.Text("Is anybody there?"), modeltest.Stall())
	e := newExecution(t, m.URL, "--json", "-s", "danger-full-access", "serve")
	path := lifeline(t, e)
	cmd, _, errs := e.command(t)
	cmd.Stdout = nil
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	fifo := begin(t, cmd, path)
	if line, err := bufio.NewReader(out).ReadString('\n'); !strings.Contains(line, "thread.started") {
		t.Fatalf("%q %v", line, err)
	}
	out.Close()
	close(gone)
	if said, err := io.ReadAll(fifo); err != nil || string(said) != "up\n" {
		t.Errorf("%q %v", said, err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 141 || errs.Len() > 0 {
		t.Errorf("%v\n%s", cmd.ProcessState, errs)
	}
}

// TestExecLeavesNoCommandBehind: one that the model left running ends with the
// program, and programs are told.
func TestExecLeavesNoCommandBehind(t *testing.T) {
	t.Parallel()
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.Call("exec_command", map[string]any{"cmd": lives, "login": false, "yield_time_ms": 250})),
		modeltest.Says(modeltest.Text("started")))
	e := newExecution(t, m.URL, "--json", "-s", "danger-full-access", "serve")
	path := lifeline(t, e)
	cmd, out, errs := e.command(t)
	fifo := begin(t, cmd, path)
	if said, err := io.ReadAll(fifo); err != nil || string(said) != "up\n" {
		t.Errorf("%q %v", said, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, errs)
	}
	var story []string
	for line := range strings.Lines(out.String()) {
		var ev struct {
			Type string
			Item struct{ Type, Status string }
		}
		if err := json.Unmarshal([]byte(line), &ev); err != nil {
			t.Fatal(err)
		}
		story = append(story, strings.TrimSpace(ev.Type+" "+ev.Item.Type+" "+ev.Item.Status))
	}
	want := "thread.started, turn.started, item.started command_execution in_progress, item.updated command_execution in_progress, " +
		"item.completed agent_message, item.completed command_execution failed, turn.completed"
	if got := strings.Join(story, ", "); got != want {
		t.Errorf("events\n%s, want\n%s", got, want)
	}
}
