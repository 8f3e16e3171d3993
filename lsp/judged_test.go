package lsp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/lsp/lsptest"
)

// TestEditorsHeedThePolicy: what only reads runs unasked, what is dangerous is
// asked about with the reason for it, and a catastrophe never is.
func TestEditorsHeedThePolicy(t *testing.T) {
	call := func(id, cmd string) modeltest.Item {
		return modeltest.CallAs(id, "exec_command", map[string]any{"cmd": cmd, "login": false})
	}
	m := modeltest.Serve(t,
		modeltest.Says(call("safe", "cat a.txt"), call("dangerous", "rm -rf none"), call("catastrophic", "rm -rf *")),
		modeltest.Says(modeltest.Text("ok")))
	home := t.TempDir()
	settings := "approval_policy = \"untrusted\"\nsandbox_mode = \"danger-full-access\"\n"
	if err := os.WriteFile(filepath.Join(home, "config.toml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	b := restarted(t, lsptest.WithPlugin, m, home, t.TempDir(), map[string]string{"a.txt": "one\n"})
	b.OnPrompt = func(p lsptest.Prompt) lsptest.Reaction {
		if want := "\nPolicy: `rm -rf none` deletes folders with all that is in them"; !strings.Contains(p.Message, want) {
			t.Errorf("the prompt is %q, want %q in it", p.Message, want)
		}
		if want := "\nUndo: not outside of "; !strings.Contains(p.Message, want) {
			t.Errorf("the prompt is %q, want %q in it", p.Message, want)
		}
		return lsptest.Ignore()
	}
	if err := b.Execute("codex.ask", map[string]any{"prompt": "tidy up"}, nil); err != nil {
		t.Fatal(err)
	}
	b.Await("window/showMessageRequest", 1)
	var open []agent.Question
	if err := b.Execute("codex.listApprovals", nil, &open); err != nil {
		t.Fatal(err)
	}
	if len(open) != 1 || open[0].Rule != "delete-recursive" {
		t.Errorf("open: %+v", open)
	}
	b.React(lsptest.Pick("Approve"))
	b.Await(MethodTurnCompleted, 1)
	for id, want := range map[string]string{"safe": "code 0", "dangerous": "code 0", "catastrophic": "(rule lost-workspace)"} {
		if out, _ := m.Requests()[1].Output(id); !strings.Contains(out, want) {
			t.Errorf("%s: the model reads %q, want %q in it", id, out, want)
		}
	}
	if n := len(b.Received("window/showMessageRequest")); n != 1 {
		t.Errorf("%d prompts", n)
	}
	if b.onDisk("a.txt") != "one\n" {
		t.Error("a command that was refused has run")
	}
}
