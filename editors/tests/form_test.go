package tests

import (
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/model/modeltest"
)

// TestHelixFillsInForms: an MCP server's form is a file there, with no prompt in
// the way, and is sent once it was saved.
func TestHelixFillsInForms(t *testing.T) {
	m := modeltest.ServeScript(t, modeltest.Func(asksServer))
	d := newDesk(t, m, sample)
	d.configure(t, mcpServers())
	write(t, filepath.Join(d.home, ".config/helix/languages.toml"), read(t, "testdata/languages.toml"))
	s := newScreen(t, d, 100, 30, editor(t, "hx"), "--vsplit", "sum.c", "ask.codex.md")
	s.until(`## You`)
	s.press("g", "e", "o")
	s.until(`INS   ask`)
	s.types("Register me.")
	s.press("Escape")
	s.until(`NOR   ask`)
	s.insist(`Send to Codex`, `No (configured language server|code actions)`, "Space", "a")
	s.press("Enter")
	s.until(`(?s)Call ask of the MCP server people.*Approve for this session`)
	s.press("Enter")
	s.until(`(?s)people asks you something.*Fill in`)
	s.press("Enter")
	s.until(`codex-form-`)
	s.types("/name:")
	s.press("Enter")
	s.press("A")
	s.until(`INS .*/tmp/codex-form`)
	s.types("Ada")
	s.press("Escape")
	s.until(`NOR .*/tmp/codex-form`)
	s.press(":", "w", "Enter")
	s.until(`(?s)Send this to the MCP server.*name: "Ada"`)
	s.press("Enter")
	s.await("no prompt", func(text string) bool { return !strings.Contains(text, "Send this") })
	s.types(":bc") // the form had taken the chat's place
	s.press("Enter")
	s.until(`You are on the list`)
	checkTold(t, m, []string{"accept map[name:Ada]"})
}
