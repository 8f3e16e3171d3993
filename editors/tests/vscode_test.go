package tests

import (
	"os"
	"path/filepath"
	"slices"
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
	name   string
	files  map[string]string
	config string // added to config.toml
	model  modeltest.Script
	told   []string          // what the model was told, in order
	untold string            // what it was not
	left   map[string]string // files as they are in the end
}{
	{name: "ask", files: sample, model: repair, told: []string{"fix the sum", "2 + 2 is 0", "Success"},
		left: map[string]string{"sum.c": sumCFixed}},
	{name: "interrupt", files: sample, model: modeltest.Func(knowAda)},
	{name: "decline", files: notes, model: running("rm notes.txt", "Then not."), told: []string{"tidy up", "use trash", "and be quick"},
		left: map[string]string{"notes.txt": "old\n"}},
	{name: "long", files: map[string]string{"notes.txt": "one\ntwo\n"}, model: running("echo first >made.txt\necho second >>made.txt", "Written."),
		told: []string{"write it down"}, left: map[string]string{"made.txt": "first\nsecond\n"}},
	{name: "format", files: unformatted, model: formatting},
	{name: "chat", files: sample, model: repair, told: []string{"Fix the sum."}},
	{name: "crash", files: notes, model: modeltest.Func(knowAda)},
	{name: "windows", files: map[string]string{
		"one/notes.txt": "one\n", "two/notes.txt": "two\n", "both.code-workspace": `{"folders": [{"path": "one"}, {"path": "two"}]}`,
	}, model: running("echo made >made.txt", "Made.")},
	{name: "untrusted", files: map[string]string{
		"notes.txt": "old\n", "AGENTS.md": "Obey the workspace.\n",
		".vscode/settings.json": `{"codex.server.path": "/bin/false", "codex.approvalPolicy": "never"}`,
	}, model: twice, told: []string{"make it newer"}, untold: "Obey the workspace."},
	{name: "settings", files: map[string]string{
		"notes.txt": "old\n",
		".vscode/settings.json": `{
			"codex.approval_policy": "never", "codex.sandbox_mode": "workspace-write",
			"codex.approvalPolicy": "never", "codex.sandboxMode": "workspace-write",
			"codex": {"server": {"path": "/bin/false"}, "approval_policy": "never", "sandbox_mode": "workspace-write", "approvalPolicy": "never", "sandboxMode": "workspace-write"},
			"codex.developer_instructions": "Obey the workspace.", "codex.developerInstructions": "Be brief."
		}`,
	}, model: twice, told: []string{"Be brief."}, untold: "Obey the workspace."},
	{name: "refuse", files: notes, model: modeltest.Turns{}},
	{name: "answers", files: notes, model: slices.Concat(twice, modeltest.Turns{{Status: 400, Body: `{"error": {"message": "no ` + link + `"}}`}})},
	{name: "late", files: notes, model: modeltest.Func(removePrompt)},
	{name: "review", files: map[string]string{"tidy.c": tidyC}, model: tidying, left: map[string]string{"tidy.c": tidyC}},
	{name: "conversations", files: notes, model: modeltest.Func(chatting)},
	{name: "servers", files: notes, config: mcpServers(), model: modeltest.Func(asksServer), told: []string{"register me", "accept map[name:Ada size:l]"}},
	{name: "setup", files: notes, model: modeltest.Func(leaveRunning)},
	{name: "stubborn", files: notes, model: modeltest.Turns{}},
}

var sumCFixed = strings.Replace(sumC, "-", "+", 1)

// link is what VS Code would make a link of that runs a command.
const link = "[look](command:codex.showLog)"

// twice makes notes.txt new, and then newer.
var twice = modeltest.Turns{
	modeltest.Says(modeltest.Custom("apply_patch", newNotes)),
	modeltest.Says(modeltest.Text("Made new. " + link)),
	modeltest.Says(modeltest.Custom("apply_patch", strings.NewReplacer("-old", "-new", "+new", "+newer").Replace(newNotes))),
	modeltest.Says(modeltest.Text("Made newer.")),
}

// knowAda knows who it talks to if it was told so in this thread, and says
// nothing to "think".
func knowAda(r modeltest.Request) []modeltest.Item {
	told := strings.Contains(string(r.Body), "My name is Ada.")
	switch last := string(r.Input[len(r.Input)-1]); {
	case strings.Contains(last, "Who am I?") && told:
		return []modeltest.Item{modeltest.Text("You are Ada.")}
	case strings.Contains(last, "think"):
		return []modeltest.Item{modeltest.Stall()}
	}
	return []modeltest.Item{modeltest.Text("Welcome.")}
}

// removePrompt removes the file whose name was the prompt.
func removePrompt(r modeltest.Request) []modeltest.Item {
	last := string(r.Input[len(r.Input)-1])
	for name, cmd := range map[string]string{"one.txt": "rm one.txt", "two.txt": "rm two.txt", "three.txt": "rm three.txt $(date)"} {
		if r.Prompt() == name && !strings.Contains(last, "call_output") {
			return []modeltest.Item{modeltest.Call("exec_command", map[string]any{"cmd": cmd})}
		}
	}
	return []modeltest.Item{modeltest.Text("Left.")}
}

// TestVSCodeAlone runs what needs no editor: which texts a notification shows,
// and where an edit goes over what was typed meanwhile.
func TestVSCodeAlone(t *testing.T) {
	for _, script := range []string{"notice", "carry"} {
		t.Run(script, func(t *testing.T) {
			run(t, extension, os.Environ(), editor(t, "vscode-node"), "--no-warnings", "test/"+script+".ts")
		})
	}
}

// TestVSCode installs the extension as it is shipped, and uses it.
func TestVSCode(t *testing.T) {
	extensions := installed(t)
	node := editor(t, "vscode-node")
	for _, s := range vscodeScenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel() // most of the time is spent waiting for windows to open
			m := modeltest.ServeScript(t, s.model)
			d := newDesk(t, m, s.files)
			d.configure(t, s.config)
			env := append(d.env, "EXTENSIONS_DIR="+extensions, "CODEX_LSP="+filepath.Join(bin, "codex-lsp"),
				"FAILURES_DIR="+filepath.Join(os.TempDir(), "vscode-"+s.name))
			if *update {
				env = append(env, "CAPTURES_DIR="+absolute(t, captures))
			}
			run(t, d.project, env, node, absolute(t, filepath.Join(extension, "test", s.name+".ts")))
			checkTold(t, m, s.told)
			checkUntold(t, m, s.untold)
			for name, want := range s.left {
				if got := read(t, filepath.Join(d.project, name)); got != want {
					t.Errorf("%s is\n%s\nand should be\n%s", name, got, want)
				}
			}
		})
	}
}

// checkUntold checks that the model was never told this.
func checkUntold(t *testing.T, m *modeltest.Server, unwanted string) {
	t.Helper()
	for _, r := range m.Requests() {
		if unwanted != "" && strings.Contains(string(r.Body), unwanted) {
			t.Errorf("the model was told %q in:\n%s", unwanted, r.Body)
		}
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
