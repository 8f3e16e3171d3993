package lsp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/model/modeltest"
	"codex-lsp/agent/rollout"
	"codex-lsp/lsp/lsptest"
)

// TestSessions: saved conversations are listed, found, named, copied, put away
// and brought back. One that was put away is not asked any more.
func TestSessions(t *testing.T) {
	m := modeltest.ServeScript(t, modeltest.Func(func(r modeltest.Request) []modeltest.Item {
		return []modeltest.Item{modeltest.Text("answer to " + r.Prompt())}
	}))
	b := restarted(t, lsptest.WithPlugin, m, t.TempDir(), t.TempDir(), nil)
	run := func(name string, argument, result any) {
		t.Helper()
		if err := b.Execute(name, argument, result); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	fails := func(name string, argument any, want string) {
		t.Helper()
		if err := b.Execute(name, argument, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	fails("codex.archiveThread", nil, "is missing")
	var asked AskResult
	run("codex.ask", map[string]any{"prompt": "first question", "wait": true}, &asked)
	id := asked.ThreadID
	run("codex.renameThread", map[string]any{"name": "A name"}, nil)
	var page rollout.Page
	run("codex.listSessions", nil, &page)
	if len(page.Threads) != 1 || page.Threads[0].ID != id || page.Threads[0].Title != "A name" {
		t.Errorf("listed: %+v", page)
	}
	var status StatusResult
	run("codex.status", nil, &status)
	if status.Threads[0].Title != "A name" {
		t.Errorf("status: %+v", status)
	}
	var found rollout.Found
	run("codex.searchSessions", map[string]any{"text": "ANSWER question", "all": true}, &found)
	if len(found.Hits) != 1 || found.Hits[0].By != "agent" {
		t.Errorf("found: %+v", found)
	}
	var text ExportResult
	run("codex.exportThread", map[string]any{"threadId": id}, &text)
	if !strings.Contains(text.Markdown, "## Codex\n\nanswer to first question") {
		t.Errorf("exported: %s", text.Markdown)
	}
	path := filepath.Join(t.TempDir(), "out.md")
	run("codex.exportThread", map[string]any{"path": path}, &text)
	if raw, err := os.ReadFile(path); err != nil || string(raw) == "" {
		t.Errorf("exported: %v", err)
	}
	fails("codex.exportThread", map[string]any{"path": path}, "cannot be made")

	var copied ResumeResult
	run("codex.forkThread", map[string]any{"threadId": id}, &copied)
	run("codex.ask", map[string]any{"prompt": "second question", "wait": true}, &asked)
	if last := m.Requests()[1]; asked.ThreadID != copied.ThreadID || copied.ThreadID == id || !last.Says("answer to first question") {
		t.Errorf("the copy is %+v, asked was %+v", copied, asked)
	}
	fails("codex.deleteThread", map[string]any{"threadId": id}, `"confirmed" must be true`)
	run("codex.archiveThread", map[string]any{"threadId": id}, nil)
	fails("codex.ask", map[string]any{"prompt": "x", "threadId": id}, "is unknown")
	fails("codex.resume", map[string]any{"threadId": id}, "archived")
	run("codex.archiveThread", map[string]any{"threadId": id, "back": true}, nil)
	run("codex.resume", map[string]any{"threadId": id}, &copied)
	run("codex.deleteThread", map[string]any{"threadId": id, "confirmed": true}, nil)
	fails("codex.resume", map[string]any{"threadId": id}, "no saved conversation")
	run("codex.ask", map[string]any{"prompt": "third question", "wait": true}, &asked)
	if asked.ThreadID == id {
		t.Error("a deleted thread was asked")
	}
	fails("codex.listSessions", map[string]any{"foo": 1}, "the fields are cwd, all, archived, limit, after")
}
