package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var binary string // the program under test

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "codex-lsp-test-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "codex-lsp")
	if out, err := exec.Command("go", "build", "-ldflags", "-X main.version=v1.2.3-test", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// codexLSP runs the program with a home of its own.
func codexLSP(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "CODEX_HOME="+t.TempDir(), "NO_COLOR=1")
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func TestDemoMendsItsProject(t *testing.T) {
	out, errs, code := codexLSP(t, "", "demo", "--yes")
	if code != 0 {
		t.Fatalf("exit %d\n%s\n%s", code, out, errs)
	}
	at := 0
	for _, want := range []string{
		"asks Run sh test.sh?",
		"ran sh test.sh  exit 1", "FAIL  10 at 250 cents: got 2500, want 2250",
		`-  if [ "$2" -gt 10 ]; then`, `+  if [ "$2" -ge 10 ]; then`,
		`edit workspace/applyEdit: 6:14 to 6:16 becomes`, "at version 2",
		"save price.sh",
		"ran sh test.sh  exit 0", "ok    10 at 250 cents: 2250",
		"codex Fixed", "done price.sh changed", "export OPENAI_API_KEY",
	} {
		i := strings.Index(out[at:], want)
		if i < 0 {
			t.Fatalf("%q is missing, or comes too early, in\n%s", want, out)
		}
		at += i
	}
	if strings.Contains(out, "\x1b") {
		t.Error("colours without a terminal")
	}
}

func frame(body string) string {
	return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
}

func TestServeEndsAsTheProtocolSays(t *testing.T) {
	initialize := frame(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{}}}`)
	shutdown := frame(`{"jsonrpc":"2.0","id":2,"method":"shutdown"}`)
	exit := frame(`{"jsonrpc":"2.0","method":"exit"}`)
	for _, c := range []struct {
		name, in string
		code     int
		out      string
	}{
		{"in good order", initialize + shutdown + exit, 0, `"serverInfo":{"name":"codex-lsp"`},
		{"exit without shutdown", initialize + exit, 1, `"capabilities"`},
		{"input ends", initialize, 1, `"capabilities"`},
		{"before initialize", frame(`{"jsonrpc":"2.0","id":1,"method":"workspace/executeCommand","params":{"command":"codex.status"}}`) + exit, 1, `-32002`},
		{"unknown request", initialize + frame(`{"jsonrpc":"2.0","id":7,"method":"no/such"}`) + shutdown + exit, 0, `-32601`},
		{"not JSON", initialize + frame(`{"jsonrpc":`) + shutdown + exit, 0, `-32700`},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, errs, code := codexLSP(t, c.in)
			if code != c.code || !strings.Contains(out, c.out) {
				t.Errorf("exit %d, want %d; output %s, want %s in it\n%s", code, c.code, out, c.out, errs)
			}
		})
	}
}

func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		name, args string
		code       int
		says       string
	}{
		{"unknown command", "sevre", 2, `no command "sevre"`},
		{"unknown flag", "--no-such-flag", 2, "no-such-flag"},
		{"argument that serve does not take", "serve now", 2, `unexpected argument "now"`},
		{"address that is not private", "--listen tcp:0.0.0.0:0", 1, "0.0.0.0"},
		{"version", "version", 0, "codex-lsp "},
		{"help", "help", 0, "apply-patch"},
		{"help by flag", "--help", 0, "apply-patch"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, errs, code := codexLSP(t, "", strings.Fields(c.args)...)
			if code != c.code || !strings.Contains(out+errs, c.says) {
				t.Errorf("exit %d, want %d; said %q, want %q in it", code, c.code, out+errs, c.says)
			}
		})
	}
}
