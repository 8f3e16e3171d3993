package tests

import (
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/model/modeltest"
)

// What a file holds before and after it is formatted.
const (
	ugly   = "<!-- codex: format -->\none\ntwo\nthree\n"
	pretty = "<!-- codex: format -->\none\n two\nthree\n"
)

// newFormatting lays out a project with two files that a command is to format.
func newFormatting(t *testing.T) desk {
	t.Helper()
	model := running("sed -i 's/^two/ two/' clean.md dirty.md", "Formatted.")
	return newDesk(t, modeltest.Serve(t, model...), map[string]string{"clean.md": ugly, "dirty.md": ugly})
}

// checkFormatted checks what was saved of the buffers in the end: what the
// command wrote, and what was typed into one of them.
func checkFormatted(t *testing.T, d desk) {
	t.Helper()
	for name, want := range map[string]string{"clean.md": pretty, "dirty.md": strings.Replace(pretty, "\n", "\ntyped\n", 1)} {
		if got := read(t, filepath.Join(d.project, name)); got != want {
			t.Errorf("%s was saved as\n%s\nwant\n%s", name, got, want)
		}
	}
}

// TestHelixFormat has the agent run a formatter over a file whose buffer is
// clean and one whose buffer is not. Helix reloads neither by itself.
func TestHelixFormat(t *testing.T) {
	t.Parallel()
	hx := editor(t, "hx")
	d := newFormatting(t)
	write(t, filepath.Join(d.home, ".config/helix/languages.toml"), read(t, "testdata/languages.toml"))
	h := terminal{newScreen(t, d, 100, 30, hx, "--vsplit", "clean.md", "dirty.md")}
	h.until(`(?s)three.*NOR   dirty.md`)
	h.types("otyped")
	h.until(`INS   dirty.md`)
	h.press("Escape")
	h.until(`NOR   dirty.md`)
	h.types("k")
	h.insist(`Codex: format`, `No (configured language server|code actions)`, "Space", "a")
	h.press("Enter")
	h.until(`Approve for this session`)
	h.press("Enter")
	h.until(`Formatted`)
	h.until(`3   two(?s).* 4   two`)
	h.types(":wqa!")
	h.press("Enter")
	h.ends()
	checkFormatted(t, d)
}

// TestEmacsFormat is TestHelixFormat with eglot.
func TestEmacsFormat(t *testing.T) {
	t.Parallel()
	emacs := editor(t, "emacs")
	d := newFormatting(t)
	h := terminal{newScreen(t, d, 100, 36, emacs, "-nw", "-Q", "-l", absolute(t, "testdata/init.el"), "clean.md", "dirty.md")}
	h.until(`(?s)eglot:.*eglot:`) // both are managed
	h.press("C-e", "Enter")
	h.types("typed")
	h.press("C-p", "M-x")
	h.types("eglot-code-actions")
	h.press("Enter")
	h.until(`default Codex: format`)
	h.press("Enter")
	h.until(`Choose an option:`)
	h.types("A")
	h.press("Tab", "Enter")
	answers := func(question, answer string) {
		t.Helper()
		h.until(question)
		h.types(answer)
		h.press("Enter")
	}
	// Emacs asks about each file before it lets anybody edit its buffer.
	answers(`clean.md changed on disk.  Reread from disk\?`, "yes")
	answers(`dirty.md changed on disk.  Discard your edits\?`, "no")
	h.until(`Formatted`)
	h.until(`(?s)typed\n +one\n +two.* one\n +two`)
	h.press("C-x", "C-s")
	answers(`Save anyway\?`, "yes")
	h.until(`Wrote .*dirty.md`)
	h.press("C-x", "C-c")
	h.ends()
	checkFormatted(t, d)
}
