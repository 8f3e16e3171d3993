package lsp

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/protocol"

	"codex-lsp/agent/config"
	"codex-lsp/lsp/lsptest"
)

// TestProfileOfRealClients connects with what real editors sent.
func TestProfileOfRealClients(t *testing.T) {
	type found struct {
		Name      string
		Encoding  encoding
		TakesEdit bool
		Renames   bool
		Versioned bool
		Prompts   bool
		Saves     bool
	}
	tests := map[*lsptest.Profile]found{
		&lsptest.Plain:      {"unknown", utf16Units, true, false, true, true, false},
		&lsptest.VSCode:     {"vscode", utf16Units, true, true, true, true, true},
		&lsptest.Neovim:     {"neovim", utf8Units, true, true, true, false, false},
		&lsptest.OldNvim:    {"neovim", utf16Units, true, true, true, false, false},
		&lsptest.WithPlugin: {"neovim", utf8Units, true, true, true, true, false},
		&lsptest.Helix:      {"helix", utf8Units, true, true, true, false, false},
		&lsptest.Eglot:      {"eglot", utf8Units, true, false, true, false, false},
		&lsptest.LSPMode:    {"lsp-mode", utf32Units, true, false, true, false, false},
		&lsptest.Kate:       {"mute", utf16Units, false, false, false, false, false},
		&lsptest.VimLSP:     {"vim-lsp", utf16Units, true, false, false, false, false},
		&lsptest.ALE:        {"mute", utf16Units, false, false, false, false, false},
	}
	for p, want := range tests {
		t.Run(p.Name, func(t *testing.T) {
			s := newBench(t, *p, nil).server
			got := found{
				s.profile.name, s.encoding, s.takesEdits(), s.takesFileOp(protocol.ResourceOperationKindRename),
				s.profile.versioned, s.profile.manyPrompts, s.options.Capabilities.SaveEdits,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestQuiet is the announcement that makes waiting for quiet needless.
func TestQuiet(t *testing.T) {
	for p, want := range map[*lsptest.Profile]bool{&lsptest.Neovim: true, &lsptest.WithPlugin: false, &lsptest.Helix: false} {
		if got := newBench(t, *p, nil).server.profile.quiet > 0; got != want {
			t.Errorf("%s waits for quiet: %v", p.Name, got)
		}
	}
}

func TestAdvertisedPrefix(t *testing.T) {
	for _, prefix := range []string{"codex.", "codex.server."} {
		p := lsptest.Plain
		p.Options = map[string]any{"commandPrefix": prefix}
		e := lsptest.Connect(t, p, serving(t))
		var result struct {
			Capabilities struct {
				ExecuteCommandProvider struct{ Commands []string }
			}
		}
		if err := json.Unmarshal(e.Initialize(), &result); err != nil {
			t.Fatal(err)
		}
		e.Leave()
		names := result.Capabilities.ExecuteCommandProvider.Commands
		if diff := cmp.Diff(commandNames(prefix), names); diff != "" || len(names) == 0 {
			t.Errorf("%s: (-want +got):\n%s", prefix, diff)
		}
	}
}

func TestWorkspaceFolders(t *testing.T) {
	b := newBench(t, lsptest.Plain, nil)
	one, two := filepath.Join(b.dir, "one"), filepath.Join(b.dir, "one", "two")
	uri := func(path string) map[string]any { return map[string]any{"uri": string(uriOf(path)), "name": "x"} }
	b.Notify("workspace/didChangeWorkspaceFolders", map[string]any{"event": map[string]any{
		"added": []any{uri(one), uri(two), uri(one)}, "removed": []any{uri(b.dir)},
	}})
	if err := b.Call("workspace/executeCommand", map[string]any{"command": "codex.status"}, nil); err != nil {
		t.Fatal(err) // answered behind the notification
	}
	f := &b.server.folders
	if diff := cmp.Diff([]string{one, two}, f.list()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for path, want := range map[string]string{
		filepath.Join(two, "a.go"): two, filepath.Join(one, "twofold"): one, one: one, b.dir: "", one + "x": "",
	} {
		if got := f.of(path); got != want {
			t.Errorf("%s is in %q, want %q", path, got, want)
		}
	}
}

func TestSettings(t *testing.T) {
	got := make(chan string, 10)
	o := testOptions(t)
	o.Configure = func(raw []byte) []config.Problem {
		got <- string(raw)
		if strings.Contains(string(raw), "wrong") {
			return []config.Problem{{Key: "model", Message: "no such model"}}
		}
		return nil
	}
	p := lsptest.Neovim
	p.Options = map[string]any{"model": "first", "commandPrefix": "codex."}
	e := lsptest.Connect(t, p, servingWith(t, o))
	e.Settings = map[string]any{"model": "second"}
	e.Initialize()
	for _, want := range []string{`{"model":"first"}`, `{"model":"second"}`} {
		if s := <-got; s != want {
			t.Errorf("settings %s, want %s", s, want)
		}
	}
	e.Settings = map[string]any{"model": "wrong"}
	e.Notify("workspace/didChangeConfiguration", map[string]any{"settings": nil})
	if s := <-got; s != `{"model":"wrong"}` {
		t.Errorf("settings %s", s)
	}
	e.Await("window/showMessage", 1)
	e.Leave()
}

func TestPushedSettings(t *testing.T) {
	got := make(chan string, 10)
	o := testOptions(t)
	o.Configure = func(raw []byte) []config.Problem { got <- string(raw); return nil }
	e := lsptest.Connect(t, lsptest.Plain, servingWith(t, o))
	e.Initialize()
	e.Notify("workspace/didChangeConfiguration", map[string]any{"settings": map[string]any{"codex": map[string]any{"model": "x"}, "other": 1}})
	if s := <-got; s != `{"model":"x"}` {
		t.Errorf("settings %s", s)
	}
	e.Leave()
}

// TestCrash: the client is gone without a word, in the middle of things.
func TestCrash(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, with(lsptest.Plain, func(p *lsptest.Profile) { p.Reply = lsptest.Silent }), map[string]string{"a.txt": lines})
		b.Open(b.path("a.txt"))
		b.settled("a.txt")
		c := b.update("a.txt", "two\n", "2\n")
		done := make(chan error, 1)
		go func() { done <- b.edit(c).Err }()
		b.Await("workspace/applyEdit", 1)
		b.Hangup()
		if err := b.Served(); !errors.Is(err, ErrNoShutdown) {
			t.Errorf("Serve returned %v", err)
		}
		if err := <-done; !errors.Is(err, errGone) {
			t.Errorf("the edit ended with %v", err)
		}
	})
}

// TestDetachedAtTheEnd: farewells run once, last first, also those that come
// too late.
func TestDetachedAtTheEnd(t *testing.T) {
	b := newBench(t, lsptest.Plain, nil)
	var order []int
	for i := range 3 {
		b.server.atEnd(func() { order = append(order, i) })
	}
	b.Leave()
	if err := b.Served(); err != nil {
		t.Errorf("Serve returned %v", err)
	}
	b.server.atEnd(func() { order = append(order, 3) })
	if diff := cmp.Diff([]int{2, 1, 0, 3}, order); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
