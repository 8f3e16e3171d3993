package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/config"
)

// TestSettingsAreReadAgain: a file that changed counts at the next turn, also
// one that was not there; one with an error leaves what was before in force,
// and requirements with one stop everything.
func TestSettingsAreReadAgain(t *testing.T) {
	home, system, dir := t.TempDir(), t.TempDir(), t.TempDir()
	s := &settings{options: config.Options{Home: home, System: system, Getenv: func(string) string { return "" }}}
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	model := func(want string) *config.Config {
		t.Helper()
		c, err := s.current(dir)
		if err != nil {
			t.Fatal(err)
		}
		if c.Model != want {
			t.Errorf("the model is %s, want %s", c.Model, want)
		}
		return c
	}
	user, project := filepath.Join(home, "config.toml"), filepath.Join(dir, ".codex", "config.toml")
	first := model(config.DefaultModel)
	if again := model(config.DefaultModel); again != first {
		t.Error("what has not changed is another value")
	}
	trusted := "\n[projects.\"" + dir + "\"]\ntrust_level = \"trusted\"\n"
	write(user, "model = \"users\""+trusted)
	model("users")
	write(project, "model = \"projects\"")
	model("projects")

	write(project, "model = 3 # no")
	kept := model("projects")
	if len(kept.Problems) != 1 || !strings.Contains(kept.Problems[0].Error(), project+":1:1: model: expected a string, found the integer 3; the settings from before hold") {
		t.Errorf("problems: %v", kept.Problems)
	}
	write(user, "model = ")
	if kept := model("projects"); len(kept.Problems) != 1 || kept.Problems[0].File != user {
		t.Errorf("problems: %v", kept.Problems)
	}
	write(user, "model = \"users again\"")
	if c := model("users again"); len(c.Problems) != 0 || c.Sandbox != config.ReadOnly {
		t.Errorf("%s, %v", c.Sandbox, c.Problems)
	}
	if p := s.configure([]byte(`{"model": "editors", "notify": ["x"]}`)); len(p) != 1 {
		t.Errorf("of the editor's settings: %v", p)
	}
	model("editors")
	write(filepath.Join(system, "requirements.toml"), "allowed_sandbox_modes = ")
	if _, err := s.current(dir); !errors.Is(err, config.ErrRequirements) {
		t.Errorf("broken requirements: %v", err)
	}
	if err := os.Remove(filepath.Join(system, "requirements.toml")); err != nil {
		t.Fatal(err)
	}
	model("editors")
}
