package tests

import (
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/model/modeltest"
)

const sum = `package calc

func Add(a, b int) int {
	return a - b
}
`

// fixSum turns the minus of sum into a plus.
const fixSum = `*** Begin Patch
*** Update File: calc.go
@@
-	return a - b
+	return a + b
*** End Patch
`

const newNotes = `*** Begin Patch
*** Update File: notes.txt
@@
-old
+new
*** End Patch
`

// scenarios are what a user does in Neovim: testdata/neovim/NAME.lua, while
// the model says these turns to each thread.
var scenarios = []struct {
	name   string
	lone   bool // nothing but lsp/codex.lua is on the runtimepath
	review bool // changes are made without a question
	files  map[string]string
	config string // added to config.toml
	model  modeltest.Script
	told   []string // what the model was told, in order
}{
	{name: "ask", files: calc, model: fixing, told: []string{`a - b`, `Success`}},
	{name: "command", files: notes, model: append(modeltest.Turns{modeltest.Says(modeltest.Custom("apply_patch", newNotes))},
		running("cp notes.txt copy.txt && sed -i s/new/formatted/ notes.txt", "Copied.")...)},
	{name: "decline", files: notes, model: running("rm notes.txt", "Then not."), told: []string{"use trash"}},
	{name: "cancel", files: notes, model: running("echo made >made.txt", "Made.")},
	{name: "elsewhere", files: notes, model: running("/proc/$PPID/exe approve >made.txt 2>&1; true", "Made.")},
	{name: "interrupt", files: notes, model: running("echo made >made.txt", "never said")},
	{name: "chat", files: calc, model: fixing},
	{name: "chat_file", files: calc, model: fixing},
	{name: "comment", files: calc, model: fixing, told: []string{"codex: fix the sum"}},
	{name: "format", files: unformatted, model: formatting},
	{name: "undo", files: calc, model: fixing},
	{name: "review", review: true, files: list, model: counting},
	{name: "crash", files: notes, model: modeltest.Func(knowAda)},
	{name: "parallel", files: notes, model: modeltest.Func(echoPrompt)},
	{name: "health", files: notes, model: modeltest.Turns{}},
	{name: "health_bad", files: notes, model: modeltest.Turns{}},
	{name: "alone", lone: true, files: calc, model: fixing},
	{name: "review_alone", lone: true, review: true, files: list, model: counting},
	{name: "servers", files: notes, config: mcpServers(), model: modeltest.Func(asksServer), told: []string{"register me", "accept map[name:Ada size:l]"}},
	{name: "stock", lone: true, files: calc, model: fixing},
}

var (
	calc        = map[string]string{"calc.go": sum}
	unformatted = map[string]string{"clean.txt": "one\ntwo\nthree\n", "dirty.txt": "one\ntwo\nthree\n"}
	formatting  = running("sed -i 's/^two/ two/' *.txt", "Formatted.")

	notes  = map[string]string{"notes.txt": "old\n"}
	list   = map[string]string{"list.txt": "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"}
	fixing = modeltest.Turns{
		modeltest.Says(modeltest.Custom("apply_patch", fixSum)),
		modeltest.Says(modeltest.Text("Fix", "ed.")),
	}
)

// counting changes a line, removes one and adds one.
var counting = modeltest.Turns{
	modeltest.Says(modeltest.Custom("apply_patch", `*** Begin Patch
*** Update File: list.txt
@@
-one
+ONE
@@
-four
@@
 seven
+eight
*** End Patch
`)),
	modeltest.Says(modeltest.Text("Counted better.")),
}

// running runs one command, and then says something.
func running(cmd, says string) modeltest.Turns {
	return modeltest.Turns{
		modeltest.Says(modeltest.Call("exec_command", map[string]any{"cmd": cmd})),
		modeltest.Says(modeltest.Text(says)),
	}
}

// echoPrompt runs one command that writes the prompt, "one" or "two", to a
// file of that name.
func echoPrompt(r modeltest.Request) []modeltest.Item {
	if r.Turn > 1 {
		return []modeltest.Item{modeltest.Text("Done.")}
	}
	word := "one"
	if strings.Contains(string(r.Input[len(r.Input)-1]), "two") {
		word = "two"
	}
	return []modeltest.Item{modeltest.Call("exec_command", map[string]any{"cmd": "echo " + word + " >" + word + ".txt"})}
}

func TestNeovim(t *testing.T) {
	nvim := editor(t, "nvim")
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			m := modeltest.ServeScript(t, s.model)
			d := newDesk(t, m, s.files)
			d.configure(t, s.config)
			if s.review {
				askLess(t, d)
			}
			rtp := absolute(t, plugin)
			if s.lone {
				rtp = filepath.Join(d.home, "lone")
				write(t, filepath.Join(rtp, "lsp", "codex.lua"), read(t, filepath.Join(plugin, "lsp", "codex.lua")))
			}
			run(t, d.project, append(d.env, "CODEX_PLUGIN="+rtp),
				nvim, "--clean", "-l", absolute(t, "testdata/run.lua"), absolute(t, "testdata/neovim/"+s.name+".lua"))
			checkTold(t, m, s.told)
		})
	}
}

// checkTold checks that the model was told these things, in this order.
func checkTold(t *testing.T, m *modeltest.Server, want []string) {
	t.Helper()
	var all strings.Builder
	for _, r := range m.Requests() {
		all.Write(r.Body)
	}
	rest := all.String()
	for _, w := range want {
		i := strings.Index(rest, w)
		if i < 0 {
			t.Fatalf("the model was not told %q in:\n%s", w, rest)
		}
		rest = rest[i:]
	}
}
