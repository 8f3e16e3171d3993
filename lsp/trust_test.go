package lsp

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent"
	"codex-lsp/agent/config"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/lsp/lsptest"
)

// TestTrustIsAskedOnce: in a project that nobody has decided about the user is
// asked before the first turn, and the answer holds from then on, in the file
// where Codex looks for it. Without a yes, each change is asked about.
func TestTrustIsAskedOnce(t *testing.T) {
	const trust, change = "Trust the project ", "Change "
	for _, tt := range []struct {
		answer string   // "" closes the prompt
		stored string   // in config.toml
		asked  []string // how the prompts of two turns begin
		reads  bool     // the project's instructions
	}{
		{"Approve", "trusted", []string{trust}, true},
		{"Never trust", "untrusted", []string{trust, change, change}, false},
		{"Decline", "", []string{trust, change, change}, true},
		{"", "", []string{trust, change, change}, true},
	} {
		t.Run("answer "+tt.answer, func(t *testing.T) {
			patch := func(name string) modeltest.Turn {
				return modeltest.Says(modeltest.Custom("apply_patch", "*** Begin Patch\n*** Add File: "+name+"\n+x\n*** End Patch"))
			}
			m := modeltest.Serve(t, patch("a.txt"), modeltest.Says(modeltest.Text("one")), patch("b.txt"), modeltest.Says(modeltest.Text("two")))
			home, dir := t.TempDir(), t.TempDir()
			put(t, filepath.Join(home, "config.toml"), "# mine\nmodel = \"gpt-5\"\n")
			put(t, filepath.Join(dir, "AGENTS.md"), "the project's words")
			b := inProject(t, m, home, dir)
			var asked []string
			b.OnPrompt = func(p lsptest.Prompt) lsptest.Reaction {
				title := p.Message[:min(len(p.Message), len(trust))]
				if title != trust {
					asked = append(asked, change)
					return lsptest.Pick("Approve")
				}
				asked = append(asked, trust)
				if tt.answer == "" {
					return lsptest.Dismiss()
				}
				return lsptest.Pick(tt.answer)
			}
			for _, prompt := range []string{"first", "second"} {
				if err := b.Execute("codex.ask", map[string]any{"prompt": prompt, "wait": true}, nil); err != nil {
					t.Fatal(err)
				}
			}
			if strings.Join(asked, "|") != strings.Join(tt.asked, "|") {
				t.Errorf("asked %q, want %q", asked, tt.asked)
			}
			text, err := os.ReadFile(filepath.Join(home, "config.toml"))
			want := "# mine\nmodel = \"gpt-5\"\n"
			if tt.stored != "" {
				want += "\n[projects.\"" + dir + "\"]\ntrust_level = \"" + tt.stored + "\"\n"
			}
			if err != nil || string(text) != want {
				t.Errorf("config.toml is %q, %v; want %q", text, err, want)
			}
			if got := m.Requests()[0].Says("the project's words"); got != tt.reads {
				t.Errorf("the model is told the project's instructions: %t, want %t", got, tt.reads)
			}
		})
	}
}

// TestSettingsThatDoNotCount: a project's settings say so themselves, while
// nobody trusts the project.
func TestSettingsThatDoNotCount(t *testing.T) {
	home, dir := t.TempDir(), t.TempDir()
	put(t, filepath.Join(home, "config.toml"), "")
	if err := os.Mkdir(filepath.Join(dir, ".codex"), 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, ".codex", "config.toml")
	put(t, path, "model = \"x\"\n")
	b := inProject(t, nil, home, dir)
	b.Open(path)
	b.remarked(path, "0-0 this file does not count: nothing is decided about the project "+dir+"; codex-lsp config trust does it (codex settings, 3)")
	if err := agent.StoreTrust(t.Context(), home, dir, config.ProjectTrusted); err != nil {
		t.Fatal(err)
	}
	b.Type(path, "x", "y")
	b.remarked(path)
}

// inProject is a bench whose settings are read anew for each turn.
func inProject(t *testing.T, m *modeltest.Server, home, dir string) *bench {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	a := agent.New(agent.Options{Log: log, Version: "test", Config: func(dir string) (*config.Config, error) {
		c, err := config.Load(config.Options{Home: home, Dir: dir, System: filepath.Join(home, "none"), Getenv: func(string) string { return "" }})
		if err == nil && m != nil {
			c.Provider.BaseURL, c.Provider.Key = m.URL, "test"
		}
		return c, err
	}})
	t.Cleanup(a.Close)
	return connect(t, lsptest.Neovim, Options{Agent: a, Log: log, Version: "test", Home: home}, dir)
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
