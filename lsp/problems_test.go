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

// TestProblemsOfConfig: what is wrong in the user's settings, or a project's,
// is marked at its key while it is written.
func TestProblemsOfConfig(t *testing.T) {
	for _, p := range []lsptest.Profile{lsptest.Helix, lsptest.Neovim} {
		t.Run(p.Name, func(t *testing.T) {
			lsptest.Bubble(t, func(t *testing.T) {
				b := newBench(t, p, nil)
				b.server.home = b.path("home")
				for _, dir := range []string{"home", ".codex"} {
					if err := os.Mkdir(b.path(dir), 0o700); err != nil {
						t.Fatal(err)
					}
				}
				b.write("home/config.toml", "modle = \"x\"\nnotify = [\"x\"]\ntui = { \"ä\" = 1 }\nsandbox_mode = \"open\"\n")
				b.write(".codex/config.toml", "model = \"x\"\nnotify = [\"x\"]\n")
				b.write("config.toml", "modle = 1\n")
				path := b.path("home/config.toml")
				b.Open(b.path("config.toml"))
				b.Open(path)
				b.remarked(path, "0-0 modle: unknown key; did you mean model? (codex settings, 2)",
					`3-3 sandbox_mode: expected one of "read-only", "workspace-write", "danger-full-access", found the string "open" (codex settings, 1)`)
				b.Open(b.path(".codex/config.toml"))
				b.remarked(b.path(".codex/config.toml"), "1-1 notify: ignored: a project may not set it; set it in config.toml in Codex's home (codex settings, 2)")
				b.Type(path, "modle", "model")
				b.remarked(path, `3-3 sandbox_mode: expected one of "read-only", "workspace-write", "danger-full-access", found the string "open" (codex settings, 1)`)
				b.Type(path, "open", "read-only")
				b.remarked(path)
				b.Type(path, "model = ", "model = = ")
				b.remarked(path, "0-0 model: expected value but found '=' instead (codex settings, 1)")
			})
		})
	}
}
