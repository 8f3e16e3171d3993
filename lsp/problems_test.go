package lsp

import (
	"os"
	"testing"

	"codex-lsp/lsp/lsptest"
)

// TestProblemsOfRules: what is wrong in a file of rules is shown where it is
// while the user writes it, in editors that draw marks themselves, too.
func TestProblemsOfRules(t *testing.T) {
	review := with(lsptest.VSCode, func(p *lsptest.Profile) {
		p.Options = map[string]any{"capabilities": map[string]any{"review": true}}
	})
	const problem = "0-1 pattern is empty — nothing in this file allows anything until it is mended (codex rules, 1)"
	for _, p := range []lsptest.Profile{lsptest.Helix, lsptest.Neovim, review} {
		t.Run(p.Name, func(t *testing.T) {
			lsptest.Bubble(t, func(t *testing.T) {
				b := newBench(t, p, nil)
				b.server.home = b.dir
				if err := os.Mkdir(b.path("rules"), 0o700); err != nil {
					t.Fatal(err)
				}
				b.write("rules/default.rules", "prefix_rule([])\n")
				b.write("other.rules", "prefix_rule([])\n")
				path := b.path("rules/default.rules")
				b.Open(b.path("other.rules"))
				b.Open(path)
				b.remarked(path, problem)
				b.Type(path, "[]", `["ls"]`)
				b.remarked(path)
			})
		})
	}
}
