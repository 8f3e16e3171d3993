package lsp

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent"
	"codex-lsp/lsp/lsptest"
)

func TestInstruction(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"// codex: make it faster", "make it faster"},
		{"\tx := 1 // Codex: rename x", "rename x"},
		{"# codex: add a flag\r", "add a flag"},
		{"/* codex: split this */", "split this"},
		{" * codex: split this", "split this"},
		{"<!-- codex: translate -->", "translate"},
		{"-- codex: index it", "index it"},
		{"; codex: loop", "loop"},
		{"% codex: prove it", "prove it"},
		{"(* codex: prove it *)", "prove it"},
		{"{- codex: prove it -}", "prove it"},
		{`" codex: map it`, "map it"},
		{"/// codex: document", "document"},
		{"//! codex: document", "document"},
		{"x = 1;// codex: why 1?", "why 1?"},
		{"// codex:", ""},
		{"// codex:   ", ""},
		{"// see codex: it is good", ""},
		{"codex: not a comment", ""},
		{"url := http://codex: nothing", ""},
		{"// codexes: none", ""},
	} {
		if got := instruction(c.line); got != c.want {
			t.Errorf("%q asks for %q, want %q", c.line, got, c.want)
		}
	}
}

// offered lists the actions at a range, as "kind title → command argument".
func (b *bench) offered(path string, start, end [2]int, more string) []string {
	b.t.Helper()
	params := fmt.Sprintf(`{"textDocument":{"uri":%q},"range":{"start":{"line":%d,"character":%d},"end":{"line":%d,"character":%d}},"context":{%s}}`,
		uriOf(path), start[0], start[1], end[0], end[1], more)
	var list []actionable
	if err := b.Call("textDocument/codeAction", rawJSON(params), &list); err != nil {
		b.t.Fatal(err)
	}
	var got []string
	for _, a := range list {
		got = append(got, fmt.Sprintf("%s %s → %s %s", a.Kind, a.Title, a.Command.Command, a.Command.Arguments[0]))
	}
	return got
}

type rawJSON string

func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }

func TestCodeActions(t *testing.T) {
	p := lsptest.VSCode
	p.Options = map[string]any{"commandPrefix": "codex.server."}
	b := newBench(t, p, map[string]string{"a.go": "package a\n\n// codex: add Sub\nfunc Add(a, b int) int { return a + b }\n"})
	path := b.path("a.go")
	b.Open(path)
	b.Type(path, "add Sub", "add Mul") // unsaved text counts
	doc := `"textDocument":{"uri":"` + string(uriOf(path)) + `"}`
	at := func(from, fromChar, to, toChar int) string {
		return fmt.Sprintf(`"range":{"start":{"line":%d,"character":%d},"end":{"line":%d,"character":%d}}`, from, fromChar, to, toChar)
	}
	diagnostic := `{"range":{"start":{"line":3,"character":5},"end":{"line":3,"character":8}},"severity":1,"source":"vet","message":"Add is unused\nsince ever"}`
	for _, c := range []struct {
		name       string
		start, end [2]int
		context    string
		want       []string
	}{
		{"cursor moves over code", [2]int{0, 0}, [2]int{0, 0}, `"diagnostics":[],"triggerKind":2`, nil},
		{"comment", [2]int{2, 4}, [2]int{2, 4}, `"diagnostics":[],"triggerKind":2`, []string{
			`quickfix Codex: add Mul → codex.server.ask {"prompt":"Do what the comment on this line asks, right where it stands, and remove the comment:\n\nadd Mul",` + doc + `,` + at(2, 0, 2, 2147483647) + `}`,
		}},
		{"diagnostic", [2]int{3, 5}, [2]int{3, 5}, `"diagnostics":[` + diagnostic + `],"only":["quickfix"]`, []string{
			`quickfix Codex: fix: Add is unused → codex.server.ask {"prompt":"Fix this problem, reported by vet at the place given:\n\nAdd is unused\nsince ever",` + doc + `,` + at(3, 5, 3, 8) + `}`,
		}},
		{"selection", [2]int{3, 0}, [2]int{4, 0}, `"diagnostics":[],"triggerKind":2,"only":["refactor"]`, []string{
			`refactor.rewrite Codex: write tests for the selection → codex.server.ask {"prompt":"Write tests for this code, in the way and the place that this project has its tests. Run them.",` + doc + `,` + at(3, 0, 4, 0) + `}`,
			`refactor.rewrite Codex: document the selection → codex.server.ask {"prompt":"Document this code, in the way this project does: what a caller must know, and why what is surprising is as it is. Change nothing but comments.",` + doc + `,` + at(3, 0, 4, 0) + `}`,
			`refactor.rewrite Codex: edit the selection… → codex.server.openChat {"cwd":"` + b.dir + `","draft":"In @a.go:4 "}`,
		}},
		{"asked for by the user, nothing selected", [2]int{0, 3}, [2]int{0, 3}, `"diagnostics":[],"triggerKind":1,"only":["codex"]`, []string{
			`codex Codex: explain this → codex.server.ask {"prompt":"Explain this code: what it does, how, and what to watch out for. Change nothing.",` + doc + `,` + at(0, 3, 0, 3) + `,"chat":true}`,
		}},
		{"kind that is not ours", [2]int{3, 0}, [2]int{4, 0}, `"diagnostics":[],"only":["source.organizeImports"]`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, b.offered(path, c.start, c.end, c.context)); diff != "" {
				t.Errorf("actions (-want +got):\n%s", diff)
			}
		})
	}
	if got := b.offered(b.path("not-open.go"), [2]int{}, [2]int{}, `"diagnostics":[]`); got != nil {
		t.Errorf("actions for a document that is not open: %q", got)
	}
}

// lenses lists the lenses of a document, as "line title".
func (b *bench) lenses(path string) ([]string, []actionable) {
	b.t.Helper()
	var list []actionable
	if err := b.Call("textDocument/codeLens", map[string]any{"textDocument": map[string]any{"uri": string(uriOf(path))}}, &list); err != nil {
		b.t.Fatal(err)
	}
	var got []string
	for _, l := range list {
		got = append(got, fmt.Sprintf("%d %s", l.Range.Start.Line, l.Command.Title))
	}
	return got, list
}

// asksToEdit puts a question about a patch of a file, and of another before
// it, to the user.
func (b *bench) asksToEdit(th *agent.Thread, name string) <-chan agent.Answer {
	b.t.Helper()
	path, other := b.path(name), b.path("z.go")
	edit, err := b.server.agent.Ledger().Open(agent.Question{
		ThreadID: th.ID(), CallID: "p", Kind: agent.AskPatch, Title: "Apply this change? update " + name, Cwd: b.dir, Offers: every,
		Files: []string{path},
		Detail: "diff --git a/x b/x\n--- " + other + "\n+++ " + other + "\n@@ -3 +3 @@\n--- a\n+b\n" +
			"--- " + path + "\n+++ " + path + "\n@@ -12,3 +12,3 @@\n-line\n+LINE\n",
	})
	if err != nil {
		b.t.Fatal(err)
	}
	answered := make(chan agent.Answer, 1)
	go func() { answered <- edit.Ask(context.Background()) }()
	return answered
}

// TestOpenQuestionsInDocuments: a question can be answered where it is about,
// anywhere in its folder, and where it stands in the chat; not elsewhere.
func TestOpenQuestionsInDocuments(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.VSCode, map[string]string{
			"a.go": strings.Repeat("line\n", 30) + "// codex: tidy up\n", "b.go": "package b\n",
			"x.codex.md": "## You\n\ngo\n\n## Codex\n\n> waiting for approval: Apply this change? update a.go\n\n> waiting for approval: Run ls?\n\n## You\n\nnext\n"})
		b.OnPrompt = func(lsptest.Prompt) lsptest.Reaction { return lsptest.Ignore() }
		elsewhere := t.TempDir() + "/c.go"
		for _, path := range []string{b.path("a.go"), b.path("b.go"), b.path("x.codex.md")} {
			b.Open(path)
		}
		b.OpenText(elsewhere, "package c\n")
		th := b.thread()
		chat := b.server.threads.chat(th.ID())
		chat.mu.Lock()
		chat.bind(b.path("x.codex.md"), page{at: -1})
		chat.mu.Unlock()
		answered := b.asksToEdit(th, "a.go")
		_, ls := b.asks(th, "c", "ls")
		synctest.Wait()

		quick := `"diagnostics":[],"triggerKind":2`
		id := func(call string) string { return `"id":"` + th.ID() + `/` + call + `"` }
		answer := func(call, title string) []string {
			return []string{
				`quickfix Approve: ` + title + ` → codex.approve {` + id(call) + `,"decision":"approved"}`,
				`quickfix Decline: ` + title + ` → codex.approve {` + id(call) + `,"decision":"declined"}`,
			}
		}
		patchFirst := append(answer("p", "Apply this change? update a.go"), answer("c", "Run ls?")...)
		for _, c := range []struct {
			path string
			line int
			want []string
		}{
			{b.path("a.go"), 0, patchFirst},
			{b.path("b.go"), 0, patchFirst},
			{elsewhere, 0, nil},
			{b.path("x.codex.md"), 6, append(answer("p", "Apply this change? update a.go"), `quickfix Send to Codex → codex.ask {"textDocument":{"uri":"`+string(uriOf(b.path("x.codex.md")))+`"}}`)},
			{b.path("x.codex.md"), 8, append(answer("c", "Run ls?"), `quickfix Send to Codex → codex.ask {"textDocument":{"uri":"`+string(uriOf(b.path("x.codex.md")))+`"}}`)},
		} {
			if diff := cmp.Diff(c.want, b.offered(c.path, [2]int{c.line, 0}, [2]int{c.line, 0}, quick)); diff != "" {
				t.Errorf("%s:%d (-want +got):\n%s", c.path, c.line, diff)
			}
		}
		for path, want := range map[string][]string{
			b.path("a.go"): {"11 Approve: Apply this change? update a.go", "11 Decline: Apply this change? update a.go", "30 ▶ Codex: tidy up"},
			b.path("b.go"): nil,
			b.path("x.codex.md"): {
				"6 Approve: Apply this change? update a.go", "6 Decline: Apply this change? update a.go",
				"8 Approve: Run ls?", "8 Decline: Run ls?", "10 ▶ Send",
			},
		} {
			got, _ := b.lenses(path)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("lenses of %s (-want +got):\n%s", path, diff)
			}
		}
		_, list := b.lenses(b.path("x.codex.md"))
		for _, i := range []int{0, 3} {
			if err := b.run(list[i], nil); err != nil {
				t.Fatal(err)
			}
		}
		if a, l := <-answered, <-ls; a.Decision != agent.Approved || l.Decision != agent.Declined {
			t.Errorf("answers %+v and %+v", a, l)
		}
	})
}
