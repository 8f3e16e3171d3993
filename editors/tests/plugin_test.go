package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const plugin = "../neovim"

// TestPlugin runs the plugin against a server that is a table in the script.
func TestPlugin(t *testing.T) {
	nvim := editor(t, "nvim")
	for _, script := range glob(t, "testdata/plugin/*.lua") {
		name := strings.TrimSuffix(filepath.Base(script), ".lua")
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			env := append(os.Environ(), "CODEX_PLUGIN="+absolute(t, plugin), "HOME="+home, "XDG_STATE_HOME="+home)
			run(t, home, env, nvim, "--clean", "-l", absolute(t, "testdata/run.lua"), absolute(t, script))
		})
	}
}

// TestPluginHelp keeps the manual's settings those of the code.
func TestPluginHelp(t *testing.T) {
	lua := read(t, filepath.Join(plugin, "lua/codex/config.lua"))
	_, lua, _ = strings.Cut(lua, "M.defaults = {\n")
	defaults, _, found := strings.Cut(lua, "\n}\n")
	if !found {
		t.Fatal("config.lua has no table of defaults")
	}
	var quoted strings.Builder
	for line := range strings.Lines("vim.g.codex = {\n" + defaults + "\n}\n") {
		quoted.WriteString(strings.TrimRight("    "+line, " "))
	}
	if help := read(t, filepath.Join(plugin, "doc/codex.txt")); !strings.Contains(help, quoted.String()) {
		t.Errorf("doc/codex.txt does not quote the defaults of config.lua, which are:\n%s", &quoted)
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return files
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}
