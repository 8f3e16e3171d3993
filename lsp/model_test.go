package lsp

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/lsp/lsptest"
)

// TestSetModel: model, effort, summary and verbosity are chosen for one thread;
// what is not chosen stays, and "" is what the settings say.
func TestSetModel(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("ok")))
	b := withModel(t, lsptest.Neovim, m, nil)
	set := func(argument map[string]any) SetModelResult {
		t.Helper()
		var r SetModelResult
		if err := b.Execute("codex.setModel", argument, &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := set(map[string]any{"model": "gpt-6-luna", "effort": "xhigh", "verbosity": "high"})
	want := agent.Chosen{
		Model: "gpt-6-luna", Effort: "xhigh", Verbosity: "high", Window: 272_000,
		Efforts: []string{"none", "minimal", "low", "medium", "high", "xhigh", "max", "ultra"},
	}
	if diff := cmp.Diff(want, first.Chosen); diff != "" {
		t.Error(diff)
	}
	var asked AskResult
	if err := b.Execute("codex.ask", map[string]any{"prompt": "x", "wait": true}, &asked); err != nil {
		t.Fatal(err)
	}
	body := string(m.Requests()[0].Body)
	for _, part := range []string{`"model":"gpt-6-luna"`, `"effort":"xhigh"`, `"verbosity":"high"`} {
		if !strings.Contains(body, part) {
			t.Errorf("%s is not in %s", part, body)
		}
	}
	if second := set(map[string]any{"effort": ""}); second.Model != "gpt-6-luna" || second.Effort != "medium" || second.ThreadID != asked.ThreadID {
		t.Errorf("%+v", second)
	}
	if err := b.Execute("codex.setModel", map[string]any{"verbosity": "loud"}, nil); err == nil {
		t.Error("a verbosity that there is not is taken")
	}
	var made ThreadRef
	if err := b.Execute("codex.newThread", map[string]any{}, &made); err != nil {
		t.Fatal(err)
	}
	if third := set(map[string]any{"threadId": made.ThreadID}); third.Model != "gpt-5.5" {
		t.Errorf("another thread has it too: %+v", third)
	}
}
