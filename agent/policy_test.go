package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/config"
)

func TestJudgePatch(t *testing.T) {
	root := t.TempDir()
	away := t.TempDir()
	if err := os.Symlink(away, filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(away, "none"), filepath.Join(root, "dangling")); err != nil {
		t.Fatal(err)
	}
	// Links that lie in the workspace, to what is protected there.
	if err := os.MkdirAll(filepath.Join(root, ".git", "hooks"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"hooks": ".git/hooks", "rc": ".codex/config.toml", "loop": "loop"} {
		if err := os.Symlink(to, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	in := func(p string) string { return filepath.Join(root, p) }
	for _, c := range []struct {
		approval config.ApprovalPolicy
		sandbox  config.SandboxMode
		path     string
		want     verdict
	}{
		{config.OnRequest, config.WorkspaceWrite, in("a.go"), run},
		{config.OnRequest, config.WorkspaceWrite, in("new/deep/a.go"), run},
		{config.OnRequest, config.WorkspaceWrite, in(".git/hooks/pre-commit"), ask},
		{config.OnRequest, config.WorkspaceWrite, in("sub/.git/config"), ask},
		{config.OnRequest, config.WorkspaceWrite, in(".GIT/config"), ask},
		{config.OnRequest, config.WorkspaceWrite, in(".codex/config.toml"), ask},
		{config.OnRequest, config.WorkspaceWrite, in(".gitignore"), run},
		{config.OnRequest, config.WorkspaceWrite, "/etc/passwd", ask},
		{config.OnRequest, config.WorkspaceWrite, in("../x"), ask},
		{config.OnRequest, config.WorkspaceWrite, in("link/x"), ask},
		{config.OnRequest, config.WorkspaceWrite, in("dangling"), ask},
		{config.OnRequest, config.WorkspaceWrite, in("hooks/pre-commit"), ask},
		{config.OnRequest, config.WorkspaceWrite, in("rc"), ask},
		{config.OnRequest, config.WorkspaceWrite, in("loop"), ask},
		{config.OnRequest, config.ReadOnly, in("a.go"), ask},
		{config.OnRequest, config.FullAccess, "/etc/passwd", run},
		{config.OnFailure, config.WorkspaceWrite, in("a.go"), run},
		{config.Untrusted, config.WorkspaceWrite, in("a.go"), ask},
		{config.Untrusted, config.FullAccess, in("a.go"), ask},
		{config.Never, config.WorkspaceWrite, in("a.go"), run},
		{config.Never, config.WorkspaceWrite, in("link/x"), forbid},
		{config.Never, config.WorkspaceWrite, in(".agents/x"), forbid},
		{config.Never, config.ReadOnly, in("a.go"), forbid},
		{config.Never, config.FullAccess, "/etc/passwd", run},
	} {
		got, _ := judgePatch(&config.Config{Approval: c.approval, Sandbox: c.sandbox}, root, []string{filepath.Clean(c.path)})
		if got != c.want {
			t.Errorf("%s, %s, %s: got %s, want %s", c.approval, c.sandbox, c.path, got, c.want)
		}
	}
}

func TestJudgeCommand(t *testing.T) {
	for _, approval := range []config.ApprovalPolicy{config.Untrusted, config.OnRequest, config.OnFailure, config.Never} {
		for _, sandbox := range []config.SandboxMode{config.ReadOnly, config.WorkspaceWrite, config.FullAccess} {
			want := ask
			if approval == config.Never {
				want = forbid
				if sandbox == config.FullAccess {
					want = run
				}
			}
			if got, _ := judgeCommand(&config.Config{Approval: approval, Sandbox: sandbox}); got != want {
				t.Errorf("%s, %s: got %s, want %s", approval, sandbox, got, want)
			}
		}
	}
}

func TestProjectDocs(t *testing.T) {
	home, root := t.TempDir(), t.TempDir()
	cwd := filepath.Join(root, "a", "b")
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(root, ".git", "HEAD"), "")
	write(filepath.Join(cwd, "x"), "")
	c := &config.Config{Home: home, ProjectDocMaxBytes: 1000, RootMarkers: []string{".git"}}

	if text, _ := projectDocs(c, cwd); text != "" {
		t.Errorf("without files: %q", text)
	}
	write(filepath.Join(home, "AGENTS.md"), "mine\n")
	want := "# AGENTS.md instructions for " + cwd + "\n\n<INSTRUCTIONS>\nmine\n</INSTRUCTIONS>"
	if text, _ := projectDocs(c, cwd); text != want {
		t.Errorf("the user's alone: %q", text)
	}
	write(filepath.Join(root, "AGENTS.md"), "root\n")
	write(filepath.Join(root, "a", "AGENTS.md"), "hidden by the override\n")
	write(filepath.Join(root, "a", "AGENTS.override.md"), "middle\n")
	write(filepath.Join(cwd, "AGENTS.md"), "leaf\n")
	want = "# AGENTS.md instructions for " + cwd + "\n\n<INSTRUCTIONS>\nmine\n\n--- project-doc ---\n\nroot\n\nmiddle\n\nleaf\n</INSTRUCTIONS>"
	if text, _ := projectDocs(c, cwd); text != want {
		t.Errorf("the chain:\n%s\nwant\n%s", text, want)
	}
	c.ProjectDocMaxBytes = 7
	text, warnings := projectDocs(c, cwd)
	if !strings.Contains(text, "root\n\nmid\n") || len(warnings) != 1 {
		t.Errorf("cut to 7 bytes: %q, warnings %q", text, warnings)
	}
}
