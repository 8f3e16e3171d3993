package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"codex-lsp/agent/mcp/mcptest"
	"codex-lsp/agent/model/modeltest"
)

// The inspector, a client that others have written, lists the tools and calls
// one from its command line.
func TestMCPServerWithInspector(t *testing.T) {
	programs, err := mcptest.Programs()
	if err != nil {
		t.Fatal(err)
	}
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("hello from the agent")))
	e := newExecution(t, m.URL)
	inspect := func(args ...string) []byte {
		t.Helper()
		cmd := exec.Command(filepath.Join(programs, "mcp-inspector"), append([]string{"--cli", binary, "mcp-server"}, args...)...)
		cmd.Dir = e.dir
		cmd.Env = append(os.Environ(), "CODEX_HOME="+e.home, "HOME="+t.TempDir(), "PATH="+programs+":"+os.Getenv("PATH"))
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %s\n%s", err, out, err.(*exec.ExitError).Stderr)
		}
		return out
	}
	var list struct{ Tools []struct{ Name string } }
	if err := json.Unmarshal(inspect("-e", "CODEX_HOME="+e.home, "--method", "tools/list"), &list); err != nil || len(list.Tools) != 2 || list.Tools[1].Name != "codex-reply" {
		t.Errorf("%+v, %v", list, err)
	}
	var res struct {
		Content           []struct{ Text string }
		StructuredContent struct{ ThreadID string }
	}
	out := inspect("-e", "CODEX_HOME="+e.home, "--method", "tools/call", "--tool-name", "codex", "--tool-arg", "prompt=say hello", "--tool-arg", "cwd="+e.dir)
	if err := json.Unmarshal(out, &res); err != nil || len(res.Content) != 1 || res.Content[0].Text != "hello from the agent" || res.StructuredContent.ThreadID == "" {
		t.Errorf("%s, %v", out, err)
	}
}
