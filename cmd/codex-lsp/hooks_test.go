package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHooksCommand: a hook is shown, trusted, changed and trusted anew, and the
// user's file keeps what else is in it.
func TestHooksCommand(t *testing.T) {
	home := t.TempDir()
	t.Setenv("CODEX_HOME", home)
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("config.toml", "# mine\nmodel = \"x\" # the best\n")
	write("hooks.json", `{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "make test"}]}]}}`)
	key := filepath.Join(home, "hooks.json") + ":stop:0:0"
	run := func(code int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if got := runHooks(append(args, "-C", t.TempDir()), nil, &out, &errs); got != code {
			t.Fatalf("hooks %q: exit code %d, %s%s", args, got, &out, &errs)
		}
		return out.String() + errs.String()
	}
	state := func(want string) {
		t.Helper()
		if got := run(0); got != key+"\n  "+want+", Stop\n  $ make test\n" && !strings.Contains(got, "\n  "+want+", Stop\n") {
			t.Errorf("hooks are %s, want %s", got, want)
		}
	}
	state("untrusted")
	if got := run(1, "trust", "nonsense"); !strings.Contains(got, "there is no hook nonsense") {
		t.Errorf("an unknown hook: %s", got)
	}
	run(0, "trust", key)
	state("trusted")
	if got, _ := os.ReadFile(filepath.Join(home, "config.toml")); !strings.HasPrefix(string(got), "# mine\nmodel = \"x\" # the best\n") {
		t.Errorf("config.toml is now\n%s", got)
	}
	write("hooks.json", `{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "make all"}]}]}}`)
	state("modified")
	run(0, "trust", "--all")
	state("trusted")
	run(0, "untrust", key)
	state("untrusted")
	run(2, "untrust")
	run(2, "dance")
}
