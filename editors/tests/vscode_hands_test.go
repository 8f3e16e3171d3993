package tests

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// vscode does by ../vscode/test/typing.ts what hands do: it is told a line of
// JSON at a time, and says when it has done that.
type vscode struct {
	t      *testing.T
	in     io.WriteCloser
	said   chan string // closed when it has ended
	errors *strings.Builder
	cmd    *exec.Cmd
}

func vscodeHands(t *testing.T, d desk) hands {
	h := &vscode{t: t, said: make(chan string), errors: new(strings.Builder)}
	h.cmd = exec.Command(editor(t, "vscode-node"), absolute(t, filepath.Join(extension, "test", "typing.ts")))
	h.cmd.Dir, h.cmd.Stderr = d.project, h.errors
	h.cmd.Env = append(d.env, "EXTENSIONS_DIR="+installed(t), "FAILURES_DIR="+filepath.Join(os.TempDir(), "vscode-typing"))
	out, err := h.cmd.StdoutPipe()
	if err == nil {
		h.in, err = h.cmd.StdinPipe()
	}
	if err == nil {
		err = h.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() { // ends with the process, which stop waits for
		defer close(h.said)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			h.said <- lines.Text()
		}
	}()
	t.Cleanup(h.stop)
	h.hear("ready")
	return h
}

// stop closes the editor.
func (h *vscode) stop() {
	h.in.Close()
	for range h.said {
	}
	if err := h.cmd.Wait(); err != nil {
		h.t.Errorf("typing.ts: %v\n%s", err, h.errors)
	}
}

func (h *vscode) hear(want string) {
	h.t.Helper()
	select {
	case got := <-h.said:
		if got != want {
			h.t.Fatalf("typing.ts said %q, want %q", got, want)
		}
	case <-time.After(patience):
		h.t.Fatalf("typing.ts never said %q", want)
	}
}

func (h *vscode) tell(verb, argument string) {
	h.t.Helper()
	line, err := json.Marshal([]string{verb, argument})
	if err == nil {
		_, err = fmt.Fprintf(h.in, "%s\n", line)
	}
	if err != nil {
		h.t.Fatalf("typing.ts: %s: %v", verb, err)
	}
	h.hear("done")
}

func (h *vscode) ask()             { h.tell("ask", "patch") }
func (h *vscode) find(line string) { h.tell("find", line) }
func (h *vscode) key(key string)   { h.tell("key", key) }
func (h *vscode) saveAndQuit()     { h.tell("save", ""); h.in.Close() }
