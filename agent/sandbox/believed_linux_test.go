//go:build amd64 || arm64

package sandbox_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"codex-lsp/agent/sandbox"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, to, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}

// prepared is a sandbox whose command has not started yet, so that what others
// see meanwhile can be looked at.
func prepared(t *testing.T, p sandbox.Policy) *sandbox.Child {
	t.Helper()
	cmd := exec.Command("true")
	cmd.Dir = t.TempDir()
	child, err := p.Wrap(cmd)
	if err != nil {
		t.Fatal(err)
	}
	return child
}

// TestWhatSettingsLinkToIsKept: who keeps settings in a repository of their own,
// and works in it, cannot have them changed there, nor the way to them.
func TestWhatSettingsLinkToIsKept(t *testing.T) {
	ws, home := t.TempDir(), t.TempDir()
	write(t, ws+"/dot/codex/config.toml", "mine")
	write(t, ws+"/dot/codex/default.rules", "mine")
	write(t, ws+"/skills/s/SKILL.md", "mine")
	write(t, ws+"/ignore", "mine")
	link(t, "dot/codex/config.toml", ws+"/current")
	link(t, ws+"/current", home+"/config.toml")
	link(t, ws+"/dot/codex/none.json", home+"/hooks.json")
	link(t, ws+"/dot/codex/default.rules", home+"/rules/default.rules")
	link(t, ws+"/skills", home+"/skills")
	link(t, "../dot/codex/default.rules", ws+"/.codex/rules")
	link(t, "ignore", ws+"/.codexignore")
	p := sandbox.Policy{Write: []string{ws}, Home: home, Protect: []string{ws + "/.codexignore"}}
	for _, script := range []string{
		"echo bad >dot/codex/config.toml", "echo bad >current", "rm current && echo bad >current",
		"mv dot away && mkdir -p dot/codex && echo bad >dot/codex/config.toml", "mv dot/codex dot/away && mkdir dot/codex && echo bad >dot/codex/config.toml",
		"echo bad >new && mv new dot/codex/config.toml", "echo bad >dot/codex/none.json", "ln dot/codex/config.toml l && echo bad >l",
		"echo bad >dot/codex/default.rules", "echo bad >skills/s/SKILL.md", "mv skills away && mkdir -p skills/s && echo bad >skills/s/SKILL.md", "echo bad >ignore",
	} {
		if out, err := run(t, p, ws, script); err == nil {
			t.Errorf("%s works: %s", script, out)
		}
		for _, file := range []string{home + "/config.toml", home + "/rules/default.rules", home + "/skills/s/SKILL.md", ws + "/.codexignore"} {
			if text, err := os.ReadFile(file); string(text) != "mine" {
				t.Fatalf("%s: %s holds %q, %v", script, file, text, err)
			}
		}
		if _, err := os.Stat(home + "/hooks.json"); err == nil {
			t.Fatalf("%s made hooks", script)
		}
	}
	if out, err := run(t, p, ws, "echo fine >dot/codex/other && mv dot/codex/other dot/codex/README"); err != nil {
		t.Errorf("another file beside them: %v, %s", err, out)
	}
	if names, err := filepath.Glob(ws + "/dot/codex/*"); err != nil || len(names) != 3 {
		t.Errorf("there are %q, %v", names, err)
	}
}

// TestKeptNamesLookFree: what keeps the names of start-up files, and those among
// temporary files, changes nothing for the user's own programs meanwhile.
func TestKeptNamesLookFree(t *testing.T) {
	home, tmp := t.TempDir(), t.TempDir()
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(cache)))
	t.Setenv("TMPDIR", tmp)
	t.Setenv("HOME", home)
	write(t, home+"/.profile", "echo profile\n")
	write(t, tmp+"/mod/go.mod", "module m\n")
	write(t, tmp+"/mod/main.go", "package main\n\nfunc main() {}\n")
	p := sandbox.Policy{Write: []string{home, tmp}, Protect: []string{home + "/.bash_profile", home + "/.zshenv", home + "/.config/fish"}}
	child := prepared(t, p)
	for _, tt := range []struct{ script, want string }{
		{"bash -lc true", "profile\n"},
		{"cd " + tmp + "/mod && go build -o /dev/null . && echo built", "built\n"},
		{"cd " + tmp + "/mod && git status 2>&1 | grep -c 'not a git repository'", "1\n"},
		{"for f in .bash_profile .zshenv .config; do test -e $f && echo $f; done; true", ""},
	} {
		cmd := exec.Command("sh", "-c", tt.script)
		cmd.Dir = home
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != tt.want {
			t.Errorf("%s: %q, %v; want %q", tt.script, out, err, tt.want)
		}
	}
	for _, script := range []string{
		"echo x >.bash_profile", "rm .bash_profile", "mv .zshenv x", "ln -sfn /x .zshenv", "mkdir -p .config/fish", "rm .config", "mkdir " + tmp + "/.git", "rm " + tmp + "/.git",
	} {
		if out, err := run(t, p, home, script); err == nil {
			t.Errorf("%s works: %s", script, out)
		}
	}
	if err := child.Close(); err != nil {
		t.Error(err)
	}
	for _, dir := range []string{home, tmp} {
		names, err := filepath.Glob(dir + "/.[bzcga]*")
		names = slices.DeleteFunc(names, func(name string) bool { return filepath.Base(name) == ".cache" }) // of Go
		if err != nil || len(names) > 0 {
			t.Errorf("%s holds %q, %v", dir, names, err)
		}
	}
}

// TestWhatAKilledOneLeftIsRemoved, by any that comes next, and not while
// somebody needs it.
func TestWhatAKilledOneLeftIsRemoved(t *testing.T) {
	ws := t.TempDir()
	leave := func() {
		link(t, "/proc/codex-lsp-keeps-this-name-while-a-command-runs", ws+"/.zshenv")
		for _, name := range []string{"/.git", "/.bash_profile"} { // a folder, as versions before made for every name
			os.Mkdir(ws+name, 0o755)
			os.Chtimes(ws+name, time.Unix(0x636f6464, 0), time.Unix(0x636f6464, 0))
		}
	}
	p := sandbox.Policy{Root: ws, Protect: []string{ws + "/.zshenv", ws + "/.bash_profile"}}
	writes := p
	writes.Write = []string{ws}
	for name, sweep := range map[string]func(){
		"read-only": func() { prepared(t, p).Close() }, "writing": func() { prepared(t, writes).Close() }, "a server": p.Sweep,
	} {
		leave()
		sweep()
		if names, err := os.ReadDir(ws); err != nil || len(names) > 0 {
			t.Errorf("%s: %v are left, %v", name, names, err)
		}
	}
	child := prepared(t, writes)
	p.Sweep()
	if names, err := os.ReadDir(ws); err != nil || len(names) != 5 {
		t.Errorf("while a sandbox needs them: %v, %v", names, err)
	}
	child.Close()
}

// TestTheRepositoryAroundIsKept: where a workspace is part of a repository that
// may be written to because of another folder.
func TestTheRepositoryAroundIsKept(t *testing.T) {
	tmp := t.TempDir()
	ws := tmp + "/repo/a/sub"
	write(t, tmp+"/repo/.git/config", "mine")
	write(t, ws+"/x", "")
	for _, script := range []string{
		"mkdir ../../.git/hooks", "echo x >../../.git/config", "mv ../../.git ../../g", "mkdir ../.git", "mkdir ../../.codex",
		"mv " + tmp + "/repo " + tmp + "/r", "mv " + tmp + "/repo/a " + tmp + "/repo/b",
	} {
		if out, err := run(t, sandbox.Policy{Write: []string{ws, tmp}}, ws, script); err == nil {
			t.Errorf("%s works: %s", script, out)
		}
	}
	if out, err := run(t, sandbox.Policy{Write: []string{ws, tmp}}, ws, "echo x >../../file && mkdir ../../dir && mv ../../file ../../dir && echo y >x"); err != nil {
		t.Errorf("%v, %s", err, strings.TrimSpace(out))
	}
}
