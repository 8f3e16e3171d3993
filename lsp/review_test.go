package lsp

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/protocol"

	"codex-lsp/agent/model/modeltest"
	"codex-lsp/lsp/lsptest"
)

const threeHunks = `*** Begin Patch
*** Update File: a.txt
@@
-one
+ONE
@@
-four
@@
 seven
+eight
*** End Patch`

const threeHunked = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"

// diagnosed are the diagnostics that the client has been sent last, or pulls.
func (b *bench) diagnosed(path string) []string {
	b.t.Helper()
	type diagnostics struct {
		Range           struct{ Start, End struct{ Line int } }
		Message, Source string
		Severity        int
	}
	var list []diagnostics
	if b.server.profile.pulls {
		var report struct{ Items []diagnostics }
		if err := b.Call("textDocument/diagnostic", map[string]any{"textDocument": map[string]any{"uri": string(uriOf(path))}}, &report); err != nil {
			b.t.Fatal(err)
		}
		list = report.Items
	} else if sent := b.Received("textDocument/publishDiagnostics"); len(sent) > 0 {
		var p struct{ Diagnostics []diagnostics }
		if err := json.Unmarshal(sent[len(sent)-1].Params, &p); err != nil {
			b.t.Fatal(err)
		}
		list = p.Diagnostics
	}
	var got []string
	for _, d := range list {
		got = append(got, fmt.Sprintf("%d-%d %s (%s, %d)", d.Range.Start.Line, d.Range.End.Line, d.Message, d.Source, d.Severity))
	}
	return got
}

// TestReview: three changes are marked, two decided at their places by code
// action, and the rest after a restart, in editors of every kind.
func TestReview(t *testing.T) {
	for _, p := range []lsptest.Profile{lsptest.VSCode, lsptest.Neovim, lsptest.Helix, lsptest.Eglot, lsptest.LSPMode} {
		t.Run(p.Name, func(t *testing.T) { review(t, p) })
	}
}

func review(t *testing.T, p lsptest.Profile) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.CustomAs("c1", "apply_patch", threeHunks)), modeltest.Says(modeltest.Text("done")))
	home, dir := t.TempDir(), t.TempDir()
	b := restarted(t, p, m, home, dir, map[string]string{"a.txt": threeHunked})
	path := b.path("a.txt")
	b.Open(path)
	if err := b.Execute("codex.ask", map[string]any{"prompt": "go", "wait": true}, nil); err != nil {
		t.Fatal(err)
	}
	b.AwaitText(path, "ONE\ntwo\nthree\nfive\nsix\nseven\neight\n")
	b.Type(path, "two\n", "two\nmine\n")
	b.settled("a.txt")
	b.remarked(path, "0-1 Codex changed 1 line (codex, 4)", "4-4 Codex removed 1 line (codex, 4)", "7-8 Codex added 1 line (codex, 4)")

	b.act(path, 0, "Keep: Codex changed 1 line")
	b.remarked(path, "4-4 Codex removed 1 line (codex, 4)", "7-8 Codex added 1 line (codex, 4)")
	b.act(path, 4, "Reject: Codex removed 1 line")
	b.AwaitText(path, "ONE\ntwo\nmine\nthree\nfour\nfive\nsix\nseven\neight\n")
	b.remarked(path, "8-9 Codex added 1 line (codex, 4)")
	b.Save(path)
	b.server.agent.Close()

	b = restarted(t, p, m, home, dir, nil)
	b.Open(path)
	if err := b.Execute("codex.resume", nil, nil); err != nil {
		t.Fatal(err)
	}
	b.remarked(path, "8-9 Codex added 1 line (codex, 4)")
	var r ReviewResult
	if err := b.Execute("codex.acceptHunk", nil, &r); err != nil || r.Hunks != 1 {
		t.Errorf("accepted %+v, %v", r, err)
	}
	b.remarked(path)
	if titles := b.actions(path, 8); titles["Keep: Codex added 1 line"].Title != "" {
		t.Errorf("a decided change is offered: %v", titles)
	}
}

// TestPullsAreAnsweredByWhatWasFound: a client that pulls at each key gets the
// marks that are known, none are looked for anew, until its document is opened
// again.
func TestPullsAreAnsweredByWhatWasFound(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.Neovim, map[string]string{"a.txt": lines})
		path := b.path("a.txt")
		b.Open(path)
		b.settled("a.txt")
		found := protocol.Diagnostic{Message: protocol.String("found before"), Severity: protocol.DiagnosticSeverityHint}
		r := &b.server.reviews
		r.mu.Lock()
		r.pull = map[docKey][]protocol.Diagnostic{keyOfPath(path): {found}}
		r.mu.Unlock()
		b.Type(path, "one\n", "typed\none\n")
		if diff := cmp.Diff([]string{"0-0 found before (, 4)"}, b.diagnosed(path)); diff != "" {
			t.Errorf("just after a key (-want +got):\n%s", diff)
		}
		b.Close(path)
		b.Open(path)
		b.settled("a.txt")
		if got := b.diagnosed(path); len(got) > 0 {
			t.Errorf("opened again, it has %q", got)
		}
		b.Leave()
	})
}

// remarked waits until the client has these marks. It looks again at each
// message by which the server says that there are others.
func (b *bench) remarked(path string, want ...string) {
	b.t.Helper()
	news := "textDocument/publishDiagnostics"
	if b.server.profile.pulls {
		news = "workspace/diagnostic/refresh"
	}
	for {
		n := len(b.Received(news))
		if cmp.Diff(want, b.diagnosed(path)) == "" {
			return
		}
		b.Await(news, n+1)
	}
}

// act runs the code action with this title at a line.
func (b *bench) act(path string, line int, title string) {
	b.t.Helper()
	a, ok := b.actions(path, line)[title]
	if !ok {
		b.t.Fatalf("no action %q at line %d: %v", title, line, b.actions(path, line))
	}
	if err := b.run(a, nil); err != nil {
		b.t.Fatal(err)
	}
}

// TestReviewMarksOfPlugins: a client that draws the marks itself is told where
// they are, and is spared diagnostics.
func TestReviewMarksOfPlugins(t *testing.T) {
	p := with(lsptest.VSCode, func(p *lsptest.Profile) {
		p.Options = map[string]any{"capabilities": map[string]any{"events": true, "review": true}}
	})
	m := modeltest.Serve(t, modeltest.Says(modeltest.CustomAs("c1", "apply_patch", threeHunks)), modeltest.Says(modeltest.Text("done")))
	b := withModel(t, p, m, map[string]string{"a.txt": threeHunked})
	path := b.path("a.txt")
	b.Open(path)
	if err := b.Execute("codex.ask", map[string]any{"prompt": "go", "wait": true}, nil); err != nil {
		t.Fatal(err)
	}
	sent := b.Await(MethodReviewMarks, 1)
	var marks ReviewMarks
	if err := json.Unmarshal(sent[0].Params, &marks); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range marks.Hunks {
		got = append(got, fmt.Sprintf("%d-%d -%q +%q", h.Range.Start.Line, h.Range.End.Line, h.Removed, h.Added))
	}
	if diff := cmp.Diff([]string{`0-1 -"one\n" +"ONE\n"`, `3-3 -"four\n" +""`, `6-7 -"" +"eight\n"`}, got); diff != "" {
		t.Errorf("marks (-want +got):\n%s", diff)
	}
	at := func(command string, line int) (r MoveResult) {
		if err := b.Execute(command, map[string]any{
			"textDocument": map[string]any{"uri": marks.URI}, "position": map[string]any{"line": line, "character": 0},
		}, &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, c := range []struct {
		command    string
		from, want uint32
	}{{"codex.nextHunk", 0, 3}, {"codex.nextHunk", 6, 0}, {"codex.previousHunk", 6, 3}, {"codex.previousHunk", 0, 6}} {
		if r := at(c.command, int(c.from)); r.Range.Start.Line != c.want || r.URI != marks.URI {
			t.Errorf("%s from line %d goes to %+v", c.command, c.from, r)
		}
	}
	if err := b.Execute("codex.rejectHunk", map[string]any{"textDocument": map[string]any{"uri": marks.URI}}, nil); err != nil {
		t.Fatal(err)
	}
	b.AwaitText(path, threeHunked)
	if n := len(b.Received("textDocument/publishDiagnostics")); n != 0 {
		t.Errorf("%d diagnostics", n)
	}
}

// TestReviewAtTheEnd: what was removed after the last line is shown and decided
// at it. And a document that is opened again has its marks again.
func TestReviewAtTheEnd(t *testing.T) {
	p := with(lsptest.VSCode, func(p *lsptest.Profile) {
		p.Options = map[string]any{"capabilities": map[string]any{"review": true}}
	})
	m := modeltest.Serve(t, modeltest.Says(modeltest.CustomAs("c1", "apply_patch",
		"*** Begin Patch\n*** Update File: a.txt\n@@\n six\n-seven\n*** End Patch")), modeltest.Says(modeltest.Text("done")))
	b := withModel(t, p, m, map[string]string{"a.txt": threeHunked})
	path := b.path("a.txt")
	b.Open(path)
	if err := b.Execute("codex.ask", map[string]any{"prompt": "go", "wait": true}, nil); err != nil {
		t.Fatal(err)
	}
	b.Await(MethodReviewMarks, 1)
	b.Save(path)
	b.Close(path)
	b.Open(path)
	b.Await(MethodReviewMarks, 2)
	var r MoveResult
	if err := b.Execute("codex.nextHunk", map[string]any{
		"textDocument": map[string]any{"uri": string(uriOf(path))}, "position": map[string]any{"line": 0, "character": 0},
	}, &r); err != nil || r.Range.Start.Line != 5 {
		t.Errorf("the next change is %+v, %v", r, err)
	}
	b.act(path, 5, "Reject: Codex removed 1 line")
	b.AwaitText(path, threeHunked)
}

// hover is what is told of a line, "" if nothing is.
func (b *bench) hover(path string, line int) string {
	b.t.Helper()
	var h struct{ Contents struct{ Value string } }
	if err := b.Call("textDocument/hover", map[string]any{
		"textDocument": map[string]any{"uri": string(uriOf(path))}, "position": map[string]any{"line": line, "character": 0},
	}, &h); err != nil {
		b.t.Fatal(err)
	}
	return h.Contents.Value
}

// TestHover tells where a line comes from, and of the others nothing.
func TestHover(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.CustomAs("c1", "apply_patch", threeHunks)), modeltest.Says(modeltest.Text("done")))
	b := withModel(t, lsptest.VSCode, m, map[string]string{"a.txt": threeHunked})
	path := b.path("a.txt")
	b.Open(path)
	if err := b.Execute("codex.ask", map[string]any{"prompt": "count\nbetter", "wait": true}, nil); err != nil {
		t.Fatal(err)
	}
	b.Type(path, "two\n", "two\nmine\n")
	b.settled("a.txt")
	var told []string
	for line := range 9 {
		if text := b.hover(path, line); text != "" {
			told = append(told, fmt.Sprintf("%d %s", line, text))
		}
	}
	if len(told) != 2 || !strings.HasPrefix(told[0], "0 Codex wrote this today at ") || !strings.HasPrefix(told[1], "7 ") ||
		!strings.HasSuffix(told[1], ", allowed by the settings, for:\n\n> count\n> better") {
		t.Errorf("hovers: %q", told)
	}
	var r ShowChangesResult
	if err := b.Execute("codex.showChanges", nil, &r); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(strings.TrimPrefix(r.URI, "file://"))
	if err != nil || !strings.Contains(string(text), "--- a/a.txt\n+++ b/a.txt\n@@ -1,7 +1,7 @@\n-one\n+ONE\n two\n three\n-four\n five\n six\n seven\n+eight\n") {
		t.Errorf("changes: %s, %v", text, err)
	}
}
