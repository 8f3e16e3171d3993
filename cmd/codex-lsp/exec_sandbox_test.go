package main

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"codex-lsp/agent/model/modeltest"
)

// TestExecRunsInTheSandbox: what cannot escape runs where nobody can be asked;
// what it was denied is told to the model, to people and to programs.
func TestExecRunsInTheSandbox(t *testing.T) {
	t.Parallel()
	needsSandbox(t)
	beside := filepath.Join(t.TempDir(), "beside")
	for _, c := range []struct{ arg, says string }{
		{"--color=never", "the sandbox does not let it write to " + beside},
		{"--json", `"type":"error","message":"` + "`touch " + beside + "`: the sandbox does not let it write to " + beside},
	} {
		m := modeltest.Serve(t,
			modeltest.Says(modeltest.Call("exec_command", map[string]any{"cmd": "touch made", "login": false})),
			modeltest.Says(modeltest.Call("exec_command", map[string]any{"cmd": "touch " + beside, "login": false})),
			modeltest.Says(modeltest.Text("ok")))
		e := newExecution(t, m.URL, c.arg, "-c", "sandbox_workspace_write.exclude_slash_tmp=true", "-c", "sandbox_workspace_write.exclude_tmpdir_env_var=true", "go")
		out, errs, code := e.run(t)
		if _, err := os.Stat(filepath.Join(e.dir, "made")); code != 0 || err != nil {
			t.Errorf("exit %d, %v\n%s%s", code, err, out, errs)
		}
		if _, err := os.Stat(beside); err == nil {
			t.Error("a command has written beside the workspace")
		}
		if all := out + errs; !strings.Contains(all, c.says) {
			t.Errorf("%s is missing in\n%s", c.says, all)
		}
		if out := m.Requests()[2].LastOutput(); !strings.Contains(out, "It cannot run outside of the sandbox, since approval_policy is never") {
			t.Errorf("the model reads %q", out)
		}
	}
}

// TestKillEndsTheSandbox: nothing is left of a command in the sandbox when the
// program is killed, not even what made itself a session of its own.
func TestKillEndsTheSandbox(t *testing.T) {
	t.Parallel()
	needsSandbox(t)
	m := modeltest.Serve(t, modeltest.Says(modeltest.Call("exec_command", map[string]any{"cmd": "setsid sh -c '" + lives + "' & wait", "login": false})))
	e := newExecution(t, m.URL, "wait")
	path := lifeline(t, e)
	cmd, out, errs := e.command(t)
	life := bufio.NewReader(begin(t, cmd, path))
	if line, err := life.ReadString('\n'); line != "up\n" {
		t.Fatalf("%q, %v\n%s%s", line, err, out, errs)
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if rest, err := io.ReadAll(life); err != nil || len(rest) > 0 {
		t.Errorf("%q, %v", rest, err)
	}
}

// needsSandbox passes over a test where there is no full sandbox, which the
// test does not prove anything of then.
func needsSandbox(t *testing.T) {
	t.Helper()
	if out, errs, _ := codexLSP(t, "", "policy", "explain", "--", "true"); !strings.Contains(out, "sandbox  inside\n") {
		t.Skipf("NOT TRIED: this machine has no full sandbox; codex-lsp doctor says why\n%s%s", out, errs)
	}
}
