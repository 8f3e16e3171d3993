package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/model/modeltest"
)

// TestExecTrust: in a project that nobody has decided about exec writes nothing;
// --trust remembers the decision, after which the project's own settings count.
func TestExecTrust(t *testing.T) {
	t.Parallel()
	m := modeltest.Serve(t, modeltest.Says(modeltest.Custom("apply_patch", execPatch)), modeltest.Says(modeltest.Text("done")))
	e := newExecution(t, m.URL, "go")
	file := filepath.Join(e.home, "config.toml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	settings := "# mine\n" + strings.Replace(string(text), "sandbox_mode = \"workspace-write\"\n", "", 1)
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(file, settings)
	write(filepath.Join(e.dir, ".codex", "config.toml"), "developer_instructions = \"the project says\"\nmodel_provider = \"evil\"\n")

	if _, errs, _ := e.run(t); !strings.Contains(errs, "sandbox_mode is read-only, and") || !strings.Contains(errs, "exec --trust remembers that you trust it") {
		t.Errorf("undecided: %s", errs)
	}
	if m.Requests()[0].Says("the project says") {
		t.Error("the settings of a project count that nobody trusts")
	}
	e.args = []string{"exec", "--trust", "go"}
	if _, errs, code := e.run(t); code != 0 || strings.Contains(errs, "patch rejected") || !strings.Contains(errs, "model_provider: ignored: a project may not set it") {
		t.Errorf("--trust: %d, %s", code, errs)
	}
	if !m.Requests()[2].Says("the project says") {
		t.Error("the settings of a trusted project do not count")
	}
	stored, err := os.ReadFile(file)
	if want := settings + "\n[projects.\"" + e.dir + "\"]\ntrust_level = \"trusted\"\n"; err != nil || string(stored) != want {
		t.Errorf("config.toml is %q, %v; want %q", stored, err, want)
	}
	if err := os.RemoveAll(filepath.Join(e.dir, ".git")); err != nil { // a repository is not needed where there is trust
		t.Fatal(err)
	}
	e.args = []string{"exec", "go"}
	if _, errs, code := e.run(t); code != 0 {
		t.Errorf("afterwards: %d, %s", code, errs)
	}
}
