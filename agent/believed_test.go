package agent

import (
	"os"
	"path/filepath"
	"testing"

	"codex-lsp/agent/config"
	"codex-lsp/agent/exec"
	"codex-lsp/agent/policy"
)

// What decides what runs tomorrow is one list for edits and for commands, with
// what links in it lead to, and links in Codex's home.
func TestOneListForEditsAndCommands(t *testing.T) {
	home, codex := t.TempDir(), t.TempDir()
	t.Setenv("HOME", home)
	for name, text := range map[string]string{".bashrc": "", "dot/config.toml": "", "dot/gitconfig": "", "dot/fish": "", ".config/other/x": "", "plain": ""} {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{
		filepath.Join(codex, "config.toml"): filepath.Join(home, "dot/config.toml"),
		filepath.Join(home, ".gitconfig"):   "dot/gitconfig",
		filepath.Join(home, ".config/fish"): "../dot/fish",
		filepath.Join(codex, "prompts"):     "/", // all of the workspace is below: nothing is kept for that
	} {
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
	c := &config.Config{Home: codex, Approval: config.OnRequest, Sandbox: config.WorkspaceWrite}
	r := newRunner(t)
	for name, want := range map[string]policy.Verdict{
		".bashrc": policy.Ask, ".bash_login": policy.Ask, ".ssh/authorized_keys": policy.Ask, ".gitconfig": policy.Ask, "dot/gitconfig": policy.Ask,
		".config/autostart/x.desktop": policy.Ask, ".local/bin/ls": policy.Ask, "dot/config.toml": policy.Ask, "dot/fish": policy.Ask,
		"plain": policy.Run, "dot/new": policy.Run, ".config/other/x": policy.Run,
	} {
		path := filepath.Join(home, name)
		if got, why := judgePatch(c, home, []string{path}, Permissions{}); got != want {
			t.Errorf("an edit of %s: got %s, %s; want %s", name, got, why, want)
		}
		cmd := confined(t, home, exec.Command{Script: "mkdir -p " + filepath.Dir(name) + "; echo x >>" + name})
		f := Confine(&config.Config{Home: codex, Sandbox: config.WorkspaceWrite, Commands: config.Commands{NoSlashTmp: true, NoTmpdir: true}}, home, holding(true))
		f.confine(&cmd)
		if res, err := r.Run(t.Context(), cmd); err != nil || (res.ExitCode == 0) != (want == policy.Run) {
			t.Errorf("a command that writes %s: %+v, %v", name, res, err)
		}
		if f.holds(path) != (want == policy.Ask) {
			t.Errorf("%s is said to be held: %v", name, f.holds(path))
		}
	}
	c.Sandbox = config.FullAccess
	for name, want := range map[string]policy.Verdict{"dot/config.toml": policy.Ask, ".bashrc": policy.Run} {
		if got, why := judgePatch(c, home, []string{filepath.Join(home, name)}, Permissions{}); got != want {
			t.Errorf("with full access, %s: got %s, %s; want %s", name, got, why, want)
		}
	}
}
