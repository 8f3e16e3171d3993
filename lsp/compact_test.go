package lsp

import (
	"strings"
	"testing"

	"codex-lsp/agent"
	"codex-lsp/agent/model/modeltest"
)

// TestCompactCommand: a conversation is summarised from the editor; the chat
// document shows the summary, the next request begins with it, and it can be
// taken back.
func TestCompactCommand(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("hello")), modeltest.Says(modeltest.Text("SO FAR")), modeltest.Says(modeltest.Text("yes")), modeltest.Says(modeltest.Text("again")))
	b := withModel(t, watching(), m, nil)
	ask := func(prompt string) (r AskResult) {
		t.Helper()
		if err := b.Execute("codex.ask", map[string]any{"prompt": prompt, "wait": true}, &r); err != nil || r.Status != agent.Completed {
			t.Fatalf("%q: %+v, %v", prompt, r, err)
		}
		return r
	}
	if err := b.Execute("codex.undoCompact", nil, nil); err == nil {
		t.Error("there was a summary to take back before there was a conversation")
	}
	thread := ask("hi").ThreadID
	var r AskResult
	if err := b.Execute("codex.compact", nil, &r); err != nil {
		t.Fatal(err)
	}
	b.Await(MethodTurnCompleted, 2)
	m.Forget(thread)
	ask("still there?")
	if last := string(m.Requests()[2].Body); !strings.Contains(last, "SO FAR") || strings.Contains(last, "hello") {
		t.Errorf("the request after the summary is %s", last)
	}
	if err := b.Execute("codex.undoCompact", nil, nil); err != nil {
		t.Fatal(err)
	}
	m.Forget(thread)
	ask("and now?")
	if last := string(m.Requests()[3].Body); strings.Contains(last, "SO FAR") || !strings.Contains(last, "hello") {
		t.Errorf("the request after it was taken back is %s", last)
	}
}
