//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent/model/modeltest"
	"codex-lsp/lsp/lsptest"
)

// Zero data retention: nothing stays with the provider, nothing on the disk, and
// nobody else is told anything.

// forgetful is the beginning of a conversation of two prompts with all that could be kept: sealed
// reasoning, a command, a patch.
func forgetful(t *testing.T, turns int) *modeltest.Server {
	return modeltest.Serve(t, []modeltest.Turn{
		modeltest.Says(modeltest.Reasoning("first", "sealed-1"), modeltest.Call("exec_command", map[string]any{"cmd": "cat a.txt"})),
		modeltest.Says(modeltest.Reasoning("second", "sealed-2"), modeltest.Custom("apply_patch", execPatch)),
		modeltest.Says(modeltest.Text("patched")),
		modeltest.Says(modeltest.Reasoning("third", "sealed-3"), modeltest.Text("goodbye")),
	}[:turns]...)
}

// A traced run is one of the program under strace, whose home, folder for
// temporary files and working folder are all that it should know.
type traced struct {
	*execution
	user, tmp, trace string
}

func newTraced(t *testing.T, url string, args ...string) *traced {
	t.Helper()
	r := &traced{execution: newExecution(t, url), user: t.TempDir(), tmp: t.TempDir(), trace: filepath.Join(t.TempDir(), "trace")}
	r.args = args
	return r
}

// command is the run, not yet started.
func (r *traced) command(t *testing.T) *exec.Cmd {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal("install strace, which sees where the program connects to and what it writes")
	}
	cmd := exec.CommandContext(t.Context(), strace, append([]string{"-f", "-qq", "-s", "300", "-o", r.trace,
		"-e", "trace=connect,sendto,sendmsg,open,openat,openat2,creat", binary}, r.args...)...)
	cmd.Dir = r.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.user, "CODEX_HOME=" + r.home, "TMPDIR=" + r.tmp, "SHELL=/bin/sh", "OPENAI_API_KEY=none"}
	return cmd
}

// snapshot is all that is on the disk: file to content.
func (r *traced) snapshot(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for name, root := range map[string]string{"home": r.user, "codex": r.home, "tmp": r.tmp, "cwd": r.dir} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || path == root {
				return err
			}
			text := []byte(d.Type().String())
			if d.Type().IsRegular() {
				text, err = os.ReadFile(path)
			}
			all[name+strings.TrimPrefix(path, root)] = string(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// checkDisk wants nothing on the disk but what the patch did.
func (r *traced) checkDisk(t *testing.T, before map[string]string) {
	t.Helper()
	before["cwd/a.txt"], before["cwd/new"], before["cwd/new/b.txt"] = "ONE\ntwo\n", "d---------", "made\n"
	if diff := cmp.Diff(before, r.snapshot(t)); diff != "" {
		t.Errorf("the disk (-want +got):\n%s", diff)
	}
}

var (
	connects = regexp.MustCompile(`(?m)^\d+ +(?:connect|send(?:to|msg))\(.*sin6?_port=htons\((\d+)\).*(?:sin_addr=inet_addr\("|AF_INET6, ")([^"]+)"`)
	writes   = regexp.MustCompile(`(?m)^\d+ +(?:open|openat|openat2|creat)\(.*?"([^"]*)", [^)\n]*O_(?:WRONLY|RDWR|CREAT)[^)\n]*(?:\) += \d|<unfinished)`)
)

// checkTrace wants no connection but to the model, and nothing written outside of
// the working folder, not even for a moment; but for a chat document that the
// user has asked for.
func (r *traced) checkTrace(t *testing.T, modelURL string) {
	t.Helper()
	raw, err := os.ReadFile(r.trace)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(modelURL)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, m := range connects.FindAllStringSubmatch(string(raw), -1) {
		if port, host := m[1], m[2]; port != u.Port() || host != u.Hostname() {
			t.Errorf("a connection to %s port %s: %s", host, port, m[0])
		}
		asked++
	}
	if asked == 0 {
		t.Error("the trace has no connection, not even to the model")
	}
	for _, m := range writes.FindAllStringSubmatch(string(raw), -1) {
		switch path := m[1]; {
		case strings.HasPrefix(path, "/dev/"), strings.HasPrefix(path, "/proc/"), strings.HasPrefix(path, r.dir+"/"):
		case strings.HasPrefix(path, r.tmp+"/codex-lsp-chats-"):
		default:
			t.Errorf("%s was written to", path)
		}
	}
}

// allowed is what a request may have: what is not here is a decision to make.
var allowed = []string{"model", "stream", "store", "input", "tools", "tool_choice", "parallel_tool_calls", "reasoning", "include",
	"prompt_cache_key", "text", "client_metadata", "service_tier"}

// checkWire reads every request: nothing is to be stored, reasoning comes sealed
// and is sent back, and no field or header tells more than it must.
func checkWire(t *testing.T, m *modeltest.Server, requests int) {
	t.Helper()
	all := m.Requests()
	if len(all) != requests {
		t.Fatalf("%d requests, want %d", len(all), requests)
	}
	sealed := []string{"sealed-1", "sealed-2", "sealed-2", "sealed-3"}
	for i, r := range all {
		var body map[string]json.RawMessage
		if err := json.Unmarshal(r.Body, &body); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"store": "false", "include": `["reasoning.encrypted_content"]`} {
			if got := string(body[name]); got != want {
				t.Errorf("request %d: %s is %s, want %s", i+1, name, got, want)
			}
		}
		for name := range body {
			if !slices.Contains(allowed, name) {
				t.Errorf("request %d has a field %q", i+1, name)
			}
		}
		var told map[string]string
		if err := json.Unmarshal(body["client_metadata"], &told); err != nil {
			t.Error(err)
		}
		for name := range told {
			if !slices.Contains([]string{"session_id", "thread_id", "turn_id"}, name) {
				t.Errorf("request %d tells %q in its metadata", i+1, name)
			}
		}
		for name := range r.Header {
			if !slices.Contains([]string{"Accept", "Accept-Encoding", "Authorization", "Connection", "Cache-Control", "Content-Length", "Content-Type",
				"Originator", "Session-Id", "Thread-Id", "User-Agent", "X-Client-Request-Id"}, name) {
				t.Errorf("request %d has a header %q", i+1, name)
			}
		}
		for _, seal := range sealed[:i] {
			if n := bytes.Count(r.Body, []byte(`"encrypted_content":"`+seal+`"`)); n != 1 {
				t.Errorf("request %d has %q %d times", i+1, seal, n)
			}
		}
	}
}

func TestNothingIsRetainedByExec(t *testing.T) {
	m := forgetful(t, 3)
	r := newTraced(t, m.URL, "exec", "--ephemeral", "--dangerously-bypass-approvals-and-sandbox", "a secret plan")
	before := r.snapshot(t)
	if out, err := r.command(t).CombinedOutput(); err != nil || !bytes.Contains(out, []byte("patched")) {
		t.Fatalf("%v\n%s", err, out)
	}
	r.checkDisk(t, before)
	r.checkTrace(t, m.URL)
	checkWire(t, m, 3)
}

// TestNothingIsRetainedByServe: an editor's session, a chat document with it.
func TestNothingIsRetainedByServe(t *testing.T) {
	m := forgetful(t, 4)
	r := newTraced(t, m.URL, "serve", "--ephemeral", "-c", `approval_policy="never"`, "-c", `sandbox_mode="danger-full-access"`)
	before := r.snapshot(t)
	cmd := r.command(t)
	e := lsptest.Connect(t, lsptest.Plain, startPiped(t, cmd))
	e.Initialize(r.dir)
	var asked struct{ ThreadID, Status, Answer string }
	for _, prompt := range []string{"a secret plan", "and now forget it"} {
		if err := e.Execute("codex.ask", map[string]any{"prompt": prompt, "wait": true, "threadId": asked.ThreadID}, &asked); err != nil {
			t.Fatal(err)
		}
	}
	if asked.Answer != "goodbye" {
		t.Errorf("the last turn: %+v", asked)
	}
	if err := e.Execute("codex.openChat", map[string]any{"threadId": asked.ThreadID}, nil); err != nil {
		t.Fatal(err)
	}
	before["codex/approve"] = "d---------" // where codex-lsp approve found the server
	e.Leave()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	r.checkDisk(t, before)
	r.checkTrace(t, m.URL)
	checkWire(t, m, 4)
}

// startPiped starts a server, and returns its standard streams.
func startPiped(t *testing.T, cmd *exec.Cmd) io.ReadWriteCloser {
	t.Helper()
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
	return struct {
		io.Reader
		io.WriteCloser
	}{out, in}
}
