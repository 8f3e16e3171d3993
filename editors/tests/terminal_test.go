package tests

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/model/modeltest"
)

const sumC = `int add(int a, int b)
{
    return a - b;
}
`

// repair runs a test, and then mends what it complains of.
var repair = modeltest.Turns{
	modeltest.Says(
		modeltest.Text("The sum looks wrong. I run the test first."),
		modeltest.Call("exec_command", map[string]any{"cmd": "sh test.sh"})),
	modeltest.Says(modeltest.Custom("apply_patch", `*** Begin Patch
*** Update File: sum.c
@@
-    return a - b;
+    return a + b;
*** End Patch
`)),
	modeltest.Says(modeltest.Text("It added by subtracting. Now it does not.")),
}

// sample is the project in which one prompt is brought to its end by keyboard.
var sample = map[string]string{
	"sum.c":        sumC,
	"test.sh":      "! grep -q 'a - b' sum.c || { echo '2 + 2 is 0'; exit 1; }\n",
	"ask.codex.md": "## You\n\n",
}

// TestNeovimByKeyboard asks by :Codex and answers by Neovim's own list. While
// the user inserts text, no prompt takes the keys.
func TestNeovimByKeyboard(t *testing.T) {
	nvim := editor(t, "nvim")
	hold := make(chan struct{})
	d := newDesk(t, modeltest.Serve(t,
		modeltest.Says(append([]modeltest.Item{modeltest.Gate(hold)}, repair[0].Items...)...), repair[1], repair[2]), sample)
	write(t, filepath.Join(d.home, ".config/nvim/init.lua"), fmt.Sprintf(initLua, absolute(t, plugin)))
	s := newScreen(t, d, 100, 30, nvim, "sum.c")
	s.until(`return a - b`)
	s.types(":Codex fix the sum")
	s.press("Enter")
	s.until(`# fix the sum`)
	s.press("g", "g", "O")
	s.until(`-- INSERT --`)
	close(hold)
	s.until(`1 to approve`)
	s.types("/* 1 */")
	s.keeps("neovim-insert", `/\* 1 \*/(?s).*1 to approve`)
	s.press("Escape")
	s.keeps("neovim-command", `(?s)1: Approve.*Type number`)
	s.types("1")
	s.press("Enter")
	s.keeps("neovim-patch", `(?s)\+ +return a \+ b.*Type number`)
	s.types("1")
	s.press("Enter")
	s.keeps("neovim-done", `(?s)~ +return a \+ b.*Now it does not.*codex: done, 1 file`)
	s.types(":write")
	s.press("Enter")
	s.until(`written`)
	if got := read(t, filepath.Join(d.project, "sum.c")); got != "/* 1 */\n"+strings.Replace(sumC, "-", "+", 1) {
		t.Errorf("sum.c was saved as\n%s", got)
	}
}

// TestApprovalFromAnotherTerminal answers a question there while Neovim's own
// list is open. That list takes keys until it gets one; what is chosen in it then
// counts no more.
func TestApprovalFromAnotherTerminal(t *testing.T) {
	nvim := editor(t, "nvim")
	run := modeltest.CallAs("call_test", "exec_command", map[string]any{"cmd": "sh test.sh", "justification": "Is the sum wrong?"})
	d := newDesk(t, modeltest.Serve(t, modeltest.Says(run), modeltest.Says(modeltest.Text("It is wrong."))), sample)
	write(t, filepath.Join(d.home, ".config/nvim/init.lua"), fmt.Sprintf(initLua, absolute(t, plugin)))
	s := newScreen(t, d, 100, 30, nvim, "sum.c")
	s.until(`return a - b`)
	s.types(":Codex is the sum right?")
	s.press("Enter")
	s.until(`(?s)1: Approve.*Type number`)
	other := newScreen(t, d, 120, 14, "env", "PS1=% ", "/bin/sh")
	other.until(`^%`)
	other.types("codex-lsp approve")
	other.press("Enter")
	other.until(`(?s)sh test\.sh.*\n%`)
	other.types("codex-lsp approve call_test")
	other.press("Enter")
	other.keeps("approve-terminal", `call_test: approved`)
	s.types("4") // Decline
	s.press("Enter")
	s.keeps("approve-neovim", `(?s)It is wrong.*codex: done`)
}

// initLua is a user's whole configuration.
const initLua = `
vim.opt.runtimepath:append(%q)
vim.opt.laststatus = 3
vim.opt.statusline = "%%f %%m%%=%%{v:lua.require'codex'.status()}"
vim.lsp.enable('codex')
`

func TestHelix(t *testing.T) {
	hx := editor(t, "hx")
	d := newDesk(t, modeltest.Serve(t, repair...), sample)
	write(t, filepath.Join(d.home, ".config/helix/languages.toml"), read(t, "testdata/languages.toml"))
	s := newScreen(t, d, 100, 30, hx, "--vsplit", "sum.c", "ask.codex.md")
	s.until(`## You`)
	s.press("g", "e", "o")
	s.until(`INS   ask`)
	s.types("Fix the sum.")
	s.press("Escape") // and let it be seen alone: with the next key it would be Alt
	s.until(`NOR   ask`)
	// Helix does not show when the server is there, or knows the document.
	s.insist(`Send to Codex`, `No (configured language server|code actions)`, "Space", "a")
	s.keeps("helix-send", `Send to Codex`)
	s.press("Enter")
	s.keeps("helix-command", `(?s)looks wrong.*Approve for this session`)
	s.press("Enter")
	s.keeps("helix-patch", `(?s)Apply this change.*is change.*Approve for this session`)
	s.press("Enter")
	s.keeps("helix-done", `(?s)● +3 .*Now it does not.*## You`)
	s.press("Space", "w", "h")
	s.until(`NOR   sum.c`)
	s.press(":", "w", "Enter")
	s.until(`written`)
	checkSaved(t, d)
}

func TestEmacs(t *testing.T) {
	emacs := editor(t, "emacs")
	d := newDesk(t, modeltest.Serve(t, repair...), sample)
	s := newScreen(t, d, 100, 36, emacs, "-nw", "-Q", "-l", absolute(t, "testdata/init.el"), "sum.c", "ask.codex.md")
	s.until(`(?s)eglot:.*eglot:`) // both are managed
	s.press("M->")
	s.types("Fix the sum.")
	s.press("M-x")
	s.types("eglot-code-actions")
	s.press("Enter")
	s.keeps("emacs-send", `default Send to Codex`)
	s.press("Enter")
	s.keeps("emacs-command", `(?ms)looks wrong.*waiting for approval.*Choose an option:`)
	s.types("A")
	s.press("Tab", "Enter")
	s.keeps("emacs-patch", `(?ms)exit 1.*waiting for approval.*Choose an option:`)
	s.types("A")
	s.press("Tab", "Enter")
	s.keeps("emacs-done", `(?s)Now it does not.*## You.*eglot:project\].*! .*a \+ b.*Flymake.0 0 1.*eglot:project\]`)
	s.press("C-x", "o", "C-x", "C-s")
	s.until(`Wrote .*sum.c`)
	checkSaved(t, d)
}

// checkSaved checks that the repair is on disk.
func checkSaved(t *testing.T, d desk) {
	t.Helper()
	if got, want := read(t, filepath.Join(d.project, "sum.c")), strings.Replace(sumC, "-", "+", 1); got != want {
		t.Errorf("sum.c was saved as\n%s\nwant\n%s", got, want)
	}
}
