package simulation

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"codex-lsp/agent/model/modeltest"
)

// TestBinaryApprovals puts 2,000 approvals through the built program, 32 of a
// response at once, to a client that answers each from inside its read loop:
// there is no faster one. Every command approved runs, once.
func TestBinaryApprovals(t *testing.T) {
	const commands = 2016
	prompts, ran := manyCommands(t, "approval_policy = \"untrusted\"\nsandbox_mode = \"danger-full-access\"\n", commands)
	if ran != commands || prompts != commands {
		t.Errorf("%d prompts, %d commands ran, want %d of each", prompts, ran, commands)
	}
}

// TestBinarySandboxes has commands in the sandbox side by side, none of them
// asked about where there is a full one. Elsewhere all are, and run likewise.
func TestBinarySandboxes(t *testing.T) {
	const commands = 256
	prompts, ran := manyCommands(t, "sandbox_mode = \"workspace-write\"\n", commands)
	if ran != commands || prompts != 0 && prompts != commands {
		t.Errorf("%d prompts, %d commands ran, want 0 and %d", prompts, ran, commands)
	}
}

// manyCommands has the built program run commands under these settings, 32 of a
// response at once, approves all, and counts.
func manyCommands(t *testing.T, settings string, commands int) (asked, done int) {
	t.Helper()
	const calls = 32
	var turns modeltest.Turns
	for r := range commands / calls {
		var items []modeltest.Item
		for c := range calls {
			items = append(items, modeltest.CallAs(fmt.Sprintf("c%d-%d", r, c), "exec_command",
				map[string]any{"cmd": "echo x >> ran # run-" + strconv.Itoa(r*calls+c), "login": false, "shell": "/bin/sh", "yield_time_ms": 30000}))
		}
		turns = append(turns, modeltest.Says(items...))
	}
	m := modeltest.ServeScript(t, append(turns, modeltest.Says(modeltest.Text("done"))))
	work := t.TempDir()
	var prompts atomic.Int64
	c := startBinary(t, settings, m.URL, work, func(c *client, msg message) {
		if msg.Method == "window/showMessageRequest" {
			prompts.Add(1)
			c.answer(msg.ID, `{"title":"Approve"}`)
		} else if msg.ID != nil {
			c.answer(msg.ID, "null")
		}
	})
	var end struct{ Status, Answer string }
	raw := <-c.execute("codex.ask", `{"prompt":"go","wait":true}`)
	if err := json.Unmarshal(raw, &end); err != nil || end.Answer != "done" {
		t.Fatalf("the turn ended with %s", raw)
	}
	requests := m.Requests()
	for _, out := range requests[len(requests)-1].Outputs() {
		if !strings.Contains(out, "exited with code 0") {
			t.Errorf("the model reads %q", out)
		}
	}
	ran, err := os.ReadFile(filepath.Join(work, "ran"))
	if err != nil {
		t.Fatal(err)
	}
	return int(prompts.Load()), strings.Count(string(ran), "x")
}

// startBinary builds codex-lsp and starts it for the folder work, with these
// settings and a model at url. It is initialized when startBinary returns, and stopped in good
// order when the test ends.
func startBinary(t *testing.T, settings, url, work string, on func(*client, message)) *client {
	t.Helper()
	home, bin := t.TempDir(), filepath.Join(t.TempDir(), "codex-lsp")
	if out, err := exec.Command("go", "build", "-o", bin, "codex-lsp/cmd/codex-lsp").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	settings += fmt.Sprintf("model_provider = \"test\"\n[model_providers.test]\nname = \"test\"\nbase_url = %q\nenv_key = \"TEST_KEY\"\n", url)
	if err := os.WriteFile(filepath.Join(home, "config.toml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin)
	cmd.Dir = work
	cmd.Env = append(os.Environ(), "CODEX_HOME="+home, "TEST_KEY=k")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var c *client
	c = newClient(pipes{Reader: out, Writer: in}, func(m message) { on(c, m) })
	read := make(chan struct{})
	go func() { defer close(read); c.read() }()
	t.Cleanup(func() {
		_, down := c.call("shutdown", "null")
		<-down
		c.notify("exit", "null")
		<-read
		if err := cmd.Wait(); err != nil {
			t.Errorf("codex-lsp ended with %v", err)
		}
	})
	_, ready := c.call("initialize", fmt.Sprintf(
		`{"processId":null,"clientInfo":{"name":"Visual Studio Code"},"rootUri":"file://%s","capabilities":{"window":{"workDoneProgress":true,"showMessage":{}}}}`, work))
	<-ready
	c.notify("initialized", "{}")
	return c
}

// pipes is a process's standard streams as a connection.
type pipes struct {
	io.Reader
	io.Writer
}
