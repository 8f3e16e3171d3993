package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/config"
	"codex-lsp/agent/execpolicy"
	"codex-lsp/agent/policy"
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
		want     policy.Verdict
	}{
		{config.OnRequest, config.WorkspaceWrite, in("a.go"), policy.Run},
		{config.OnRequest, config.WorkspaceWrite, in("new/deep/a.go"), policy.Run},
		{config.OnRequest, config.WorkspaceWrite, in(".git/hooks/pre-commit"), policy.Ask},
		{config.OnRequest, config.WorkspaceWrite, in("sub/.git/config"), policy.Ask},
		{config.OnRequest, config.WorkspaceWrite, in(".GIT/config"), policy.Ask},
		{config.OnRequest, config.WorkspaceWrite, in(".codex/config.toml"), policy.Ask},
		{config.OnRequest, config.WorkspaceWrite, in(".gitignore"), policy.Run},
		{config.OnRequest, config.WorkspaceWrite, "/etc/passwd", policy.Ask},
		{config.OnRequest, config.WorkspaceWrite, in("../x"), policy.Ask},
		{config.OnRequest, config.WorkspaceWrite, in("link/x"), policy.Ask},
		{config.OnRequest, config.WorkspaceWrite, in("dangling"), policy.Ask},
		{config.OnRequest, config.WorkspaceWrite, in("hooks/pre-commit"), policy.Ask},
		{config.OnRequest, config.WorkspaceWrite, in("rc"), policy.Ask},
		{config.OnRequest, config.WorkspaceWrite, in("loop"), policy.Ask},
		{config.OnRequest, config.ReadOnly, in("a.go"), policy.Ask},
		{config.OnRequest, config.FullAccess, "/etc/passwd", policy.Run},
		{config.OnRequest, config.FullAccess, filepath.Join(away, "rules/default.rules"), policy.Ask},
		{config.OnRequest, config.FullAccess, in("link/config.toml"), policy.Ask},
		{config.OnRequest, config.FullAccess, "/etc/codex/rules/x.rules", policy.Ask},
		{config.OnRequest, config.FullAccess, in(".codexignore"), policy.Ask},
		{config.OnRequest, config.WorkspaceWrite, in(".codexignore"), policy.Ask},
		{config.Never, config.FullAccess, filepath.Join(away, "config.toml"), policy.Forbid},
		{config.OnFailure, config.WorkspaceWrite, in("a.go"), policy.Run},
		{config.Untrusted, config.WorkspaceWrite, in("a.go"), policy.Ask},
		{config.Untrusted, config.FullAccess, in("a.go"), policy.Ask},
		{config.Never, config.WorkspaceWrite, in("a.go"), policy.Run},
		{config.Never, config.WorkspaceWrite, in("link/x"), policy.Forbid},
		{config.Never, config.WorkspaceWrite, in(".agents/x"), policy.Forbid},
		{config.Never, config.ReadOnly, in("a.go"), policy.Forbid},
		{config.Granular, config.WorkspaceWrite, in(".git/x"), policy.Ask},
		{config.Silent, config.WorkspaceWrite, in("a.go"), policy.Run},
		{config.Silent, config.WorkspaceWrite, in(".git/x"), policy.Forbid},
		{config.Never, config.FullAccess, "/etc/passwd", policy.Run},
	} {
		got, _ := judgePatch(&config.Config{Home: away, Approval: c.approval, Sandbox: c.sandbox}, root, []string{filepath.Clean(c.path)}, Permissions{})
		if got != c.want {
			t.Errorf("%s, %s, %s: got %s, want %s", c.approval, c.sandbox, c.path, got, c.want)
		}
	}
}

// Edits in a writable root are as those in the workspace, what is protected
// there included.
func TestJudgePatchInAWritableRoot(t *testing.T) {
	c := &config.Config{Approval: config.OnRequest, Sandbox: config.WorkspaceWrite, Commands: config.Commands{WritableRoots: []string{"/srv/lib"}}}
	for path, want := range map[string]policy.Verdict{
		"/srv/lib/a.go": policy.Run, "/srv/lib/.git/x": policy.Ask, "/srv/other": policy.Ask, "/w/a.go": policy.Run,
	} {
		if got, why := judgePatch(c, "/w", []string{"/w/b.go", path}, Permissions{}); got != want {
			t.Errorf("%s: got %s, %s; want %s", path, got, why, want)
		}
	}
}

// TestJudgeCommand has a command of each class, and for each setting what
// becomes of them: r run, a ask, f forbid.
func TestJudgeCommand(t *testing.T) {
	root := t.TempDir()
	t.Setenv("HOME", filepath.Join(root, "home"))
	if err := os.Symlink(root, filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	scripts := []string{"ls", "make", "(", "rm -rf build", "rm -rf ~", "rm -rf link/*"}
	for approval, want := range map[config.ApprovalPolicy][3]string{
		//                 read-only  workspace-write  danger-full-access
		config.Untrusted: {"aaaaff", "aaaaff", "raaaff"},
		config.OnRequest: {"aaaaff", "aaaaff", "rraaff"},
		config.OnFailure: {"aaaaff", "aaaaff", "rraaff"},
		config.Granular:  {"aaaaff", "aaaaff", "rraaff"},
		config.Silent:    {"ffffff", "ffffff", "rraaff"},
		config.Never:     {"ffffff", "ffffff", "rrffff"},
	} {
		for i, sandbox := range []config.SandboxMode{config.ReadOnly, config.WorkspaceWrite, config.FullAccess} {
			got := ""
			for _, script := range scripts {
				j := JudgeCommand(&config.Config{Approval: approval, Sandbox: sandbox}, &execpolicy.Set{}, script, policy.Place{Cwd: root, Root: root}, Terms{})
				got += string(j.Decision.Verdict[:1])
			}
			if got != want[i] {
				t.Errorf("%s, %s, %q: got %s, want %s", approval, sandbox, scripts, got, want[i])
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

// TestDocsOutOfTheProject: a project cannot have the model told of another file
// of the user's by a link; a link within it is read.
func TestDocsOutOfTheProject(t *testing.T) {
	root, secret := t.TempDir(), filepath.Join(t.TempDir(), "id_ed25519")
	for path, text := range map[string]string{filepath.Join(root, "inner.md"): "within", secret: "the key"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := &config.Config{Home: t.TempDir(), ProjectDocMaxBytes: 1000}
	for to, want := range map[string]string{secret: "", filepath.Join(root, "inner.md"): "within"} {
		link := filepath.Join(root, "AGENTS.md")
		_ = os.Remove(link) // the one before
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
		text, warnings := projectDocs(c, root)
		if strings.Contains(text, "the key") || !strings.Contains(text, want) || (want == "") != (len(warnings) == 1) {
			t.Errorf("linked to %s: %q, warnings %q", to, text, warnings)
		}
	}
}
