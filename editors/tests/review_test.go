package tests

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/model/modeltest"
)

// tidyC is tidied in three places: a comment that says so, a sum, and a
// function that is missing.
const tidyC = `/* codex: mend the sum, and add half */
int add(int a, int b)
{
    return a - b;
}

int twice(int a)
{
    return a + a;
}
`

var tidying = modeltest.Turns{
	modeltest.Says(modeltest.Custom("apply_patch", `*** Begin Patch
*** Update File: tidy.c
@@
-/* codex: mend the sum, and add half */
@@
-    return a - b;
+    return a + b;
@@
     return a + a;
 }
+
+int half(int a)
+{
+    return a / 2;
+}
*** End Patch
`)),
	modeltest.Says(modeltest.Text("Mended, and added.")),
}

// newReview lays out a project with tidyC, in which changes are not asked about.
func newReview(t *testing.T) desk {
	t.Helper()
	d := newDesk(t, modeltest.ServeScript(t, tidying), map[string]string{"tidy.c": tidyC})
	askLess(t, d)
	return d
}

// askLess has changes made without a question, as review is meant for.
func askLess(t *testing.T, d desk) {
	t.Helper()
	path := filepath.Join(d.home, ".codex", "config.toml")
	write(t, path, strings.Replace(read(t, path), "untrusted", "on-request", 1))
}

// checkUndone checks that what is on disk is what it was before the turn.
func checkUndone(t *testing.T, d desk) {
	t.Helper()
	if got := read(t, filepath.Join(d.project, "tidy.c")); got != tidyC {
		t.Errorf("tidy.c was saved as\n%s\nwant\n%s", got, tidyC)
	}
}

// TestNeovimReview reviews by the plugin's commands.
func TestNeovimReview(t *testing.T) {
	nvim := editor(t, "nvim")
	d := newReview(t)
	config := "vim.g.codex = { answer = { open = false }, notify = false }\n" + initLua + "vim.opt.statusline:append(' %%l')\n"
	write(t, filepath.Join(d.home, ".config/nvim/init.lua"), fmt.Sprintf(config, absolute(t, plugin)))
	s := newScreen(t, d, 80, 22, nvim, "tidy.c")
	s.until(`return a - b`)
	s.types(":Codex mend the sum")
	s.press("Enter")
	s.keeps("neovim-review", `(?s)codex: mend.*~ .*return a \+ b.*\+ .*int half`)
	for _, step := range []struct{ command, shows string }{
		{"CodexNext", `\[\+\] +3\n`},
		{"CodexReject", `(?s)\A[^~]*a - b;[^+]*a \+ a`},
		{"CodexUndo", `put back`},
		{"write", `written`},
	} {
		s.types(":" + step.command)
		s.press("Enter")
		s.until(step.shows)
	}
	checkUndone(t, d)
}

// TestHelixReview reviews by diagnostics and code actions.
func TestHelixReview(t *testing.T) {
	hx := editor(t, "hx")
	d := newReview(t)
	write(t, filepath.Join(d.home, ".config/helix/languages.toml"), read(t, "testdata/languages.toml"))
	s := newScreen(t, d, 80, 22, hx, "tidy.c")
	s.until(`codex: mend`)
	s.insist(`Codex: mend`, `No (configured language server|code actions)`, "Space", "a")
	s.press("Enter")
	s.keeps("helix-review", `(?s)● +9 .*Mended`)
	s.press("]", "d")
	s.until(` 3:`)
	s.press("Space", "a")
	s.keeps("helix-reject", `Reject: Codex changed 1 line`)
	s.press("Down", "Enter")
	s.until(`return a - b`)
	s.types(":lsp-workspace-command codex.undoTurn")
	s.press("Enter")
	s.until(`put back`)
	s.types(":write")
	s.press("Enter")
	s.until(`written`)
	checkUndone(t, d)
}

// TestEmacsReview reviews by Flymake and eglot's code actions.
func TestEmacsReview(t *testing.T) {
	emacs := editor(t, "emacs")
	d := newReview(t)
	s := newScreen(t, d, 100, 24, emacs, "-nw", "-Q", "-l", absolute(t, "testdata/init.el"), "tidy.c")
	s.until(`eglot:`)
	command := func(name string) {
		t.Helper()
		s.press("M-x")
		s.types(name)
		s.press("Enter")
	}
	command("eglot-code-actions")
	s.until(`default Codex: mend`)
	s.press("Enter")
	s.until(`Flymake.0 0 3.*eglot:project\]`)
	command("flymake-goto-next-error")
	s.keeps("emacs-review", `(?s)L3 .*eglot:project\].*codex: Codex changed 1 line`)
	command("eglot-code-actions")
	s.until(`default Keep: Codex changed 1 line`)
	s.types("Rej")
	s.press("Tab", "Tab")
	s.keeps("emacs-reject", `(?s)Reject: Codex changed.*default Keep`)
	s.types(":")
	s.press("Tab", "Enter")
	s.until(`return a - b`)
	s.press("M-:")
	s.types(`(eglot-execute (eglot-current-server) '(:command "codex.undoTurn"))`)
	s.press("Enter")
	s.until(`put back`)
	s.press("C-x", "C-s")
	s.until(`Wrote .*tidy.c`)
	checkUndone(t, d)
}
