package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/model/modeltest"
)

// TestExecHeedsThePolicy: nobody is asked, so what is dangerous is refused even
// with full access, and what is not runs.
func TestExecHeedsThePolicy(t *testing.T) {
	t.Parallel()
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.CallAs("safe", "exec_command", map[string]any{"cmd": "cat a.txt", "login": false}),
			modeltest.CallAs("plain", "exec_command", map[string]any{"cmd": "mkdir kept", "login": false})),
		modeltest.Says(modeltest.CallAs("dangerous", "exec_command", map[string]any{"cmd": "rm -rf kept", "login": false}),
			modeltest.CallAs("catastrophic", "exec_command", map[string]any{"cmd": "rm -rf *", "login": false})),
		modeltest.Says(modeltest.Text("ok")))
	e := newExecution(t, m.URL, "-s", "danger-full-access", "clean up")
	if _, errs, code := e.run(t); code != 0 || !strings.Contains(errs, "refused rm -rf kept\n") {
		t.Errorf("exit %d\n%s", code, errs)
	}
	for id, want := range map[string]string{
		"safe": "Process exited with code 0", "plain": "Process exited with code 0",
		"dangerous": "(rule delete-recursive)", "catastrophic": "(rule lost-workspace)",
	} {
		if out, _ := m.Requests()[2].Output(id); !strings.Contains(out, want) {
			t.Errorf("%s: the model reads %q, want %q in it", id, out, want)
		}
	}
	if _, err := os.Stat(filepath.Join(e.dir, "kept")); err != nil {
		t.Error("a command that was refused has run")
	}
}
