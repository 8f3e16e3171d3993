package exec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// serverEnv names the variable that makes the test binary a server to be
// killed, see guard_test.go.
const serverEnv = "CODEX_LSP_TEST_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(serverEnv) != "" {
		serve()
		return
	}
	goleak.VerifyTestMain(m)
}

// serve is a server with one command, for the test to kill. It says "ready"
// when the command prints "up", or when the shell has ended.
func serve() {
	defer func() { select {} }()
	r := NewRunner(Options{})
	how := os.Getenv(serverEnv)
	ready := func() {
		if strings.Contains(how, "unguarded") {
			r.guard.cmd.Process.Kill()
			r.guard.cmd.Wait()
		}
		fmt.Println("ready")
	}
	c := Command{
		Script: os.Getenv("SCRIPT"), Dir: os.TempDir(), TTY: strings.Contains(how, "tty"),
		Yield: maxYield, Output: onText("up", ready),
	}
	if strings.Contains(how, "ended") {
		c.Output = nil
		defer ready()
	}
	if _, err := r.Run(context.Background(), c); err != nil {
		fmt.Println(err)
	}
}

func newTestRunner(t testing.TB) *Runner {
	t.Helper()
	r := NewRunner(Options{})
	t.Cleanup(r.Close)
	return r
}

// run runs a script to its end, or until it is left running.
func run(t testing.TB, r *Runner, c Command) Result {
	t.Helper()
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	res, err := r.Run(context.Background(), c)
	if err != nil {
		t.Fatalf("run %q: %v", c.Script, err)
	}
	return res
}

// A witness is a fifo that a script holds open, with all it starts, by
// `exec 9>`. It ends when the last of them is gone.
type witness struct {
	path string
	file *os.File
}

func newWitness(t testing.TB) witness {
	t.Helper()
	path := newFifo(t)
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return witness{path, file}
}

// wait returns what was written when nobody can write any more.
func (w witness) wait(t testing.TB) string {
	t.Helper()
	said, err := io.ReadAll(w.file)
	if err != nil {
		t.Fatal(err)
	}
	return string(said)
}

func newFifo(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// poke lets a script go on that reads a line from a fifo.
func poke(t testing.TB, fifo string) {
	t.Helper()
	if err := os.WriteFile(fifo, []byte("go\n"), 0); err != nil {
		t.Error(err)
	}
}

// onText returns an output callback that calls f once when text has come.
func onText(text string, f func()) func([]byte) {
	var all bytes.Buffer
	called := false
	return func(p []byte) {
		all.Write(p)
		if !called && strings.Contains(all.String(), text) {
			called = true
			f()
		}
	}
}

// runUntil runs a script and cancels it when it has printed text.
func runUntil(t testing.TB, r *Runner, c Command, text string) Result {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c.Dir = t.TempDir()
	c.Output = onText(text, cancel)
	c.Yield = maxYield
	res, err := r.Run(ctx, c)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("run %q: error %v, want %v; printed %q", c.Script, err, context.Canceled, res.Output)
	}
	return res
}

// programs returns those of names that are installed.
func programs(names ...string) (found []string) {
	for _, name := range names {
		if _, err := exec.LookPath(name); err == nil {
			found = append(found, name)
		}
	}
	return found
}
