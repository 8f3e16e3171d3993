package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/model/modeltest"
)

// extension is the folder of VS Code's extension, and vsix what is made of it.
const (
	extension = "../vscode"
	vsix      = extension + "/dist/codex-lsp.vsix"
)

// vscodeScenarios are what a user does in VS Code: ../vscode/test/NAME.ts,
// while the model says these turns to each thread.
var vscodeScenarios = []struct {
	name  string
	files map[string]string
	model modeltest.Script
	told  []string          // what the model was told, in order
	left  map[string]string // files as they are in the end
}{
	{name: "ask", files: sample, model: repair, told: []string{"a - b", "fix the sum", "2 + 2 is 0", "Success"},
		left: map[string]string{"sum.c": strings.Replace(sumC, "-", "+", 1)}},
}

// TestVSCode installs the extension as it is shipped, and uses it.
func TestVSCode(t *testing.T) {
	extensions := installed(t)
	node := editor(t, "vscode-node")
	for _, s := range vscodeScenarios {
		t.Run(s.name, func(t *testing.T) {
			m := modeltest.ServeScript(t, s.model)
			d := newDesk(t, m, s.files)
			env := append(d.env, "EXTENSIONS_DIR="+extensions, "CODEX_LSP="+filepath.Join(bin, "codex-lsp"),
				"FAILURES_DIR="+filepath.Join(os.TempDir(), "vscode-"+s.name))
			if *update {
				env = append(env, "CAPTURES_DIR="+absolute(t, captures))
			}
			run(t, d.project, env, node, absolute(t, filepath.Join(extension, "test", s.name+".ts")))
			checkTold(t, m, s.told)
			for name, want := range s.left {
				if got := read(t, filepath.Join(d.project, name)); got != want {
					t.Errorf("%s is\n%s\nand should be\n%s", name, got, want)
				}
			}
		})
	}
}

// installed returns a folder with the extension in it.
func installed(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat(vsix); err != nil {
		t.Fatalf("%v: make vscode builds it", err)
	}
	dir := t.TempDir()
	run(t, dir, os.Environ(), editor(t, "vscode-server"), "--install-extension", absolute(t, vsix), "--accept-server-license-terms",
		"--extensions-dir", filepath.Join(dir, "extensions"), "--server-data-dir", filepath.Join(dir, "data"))
	return filepath.Join(dir, "extensions")
}
