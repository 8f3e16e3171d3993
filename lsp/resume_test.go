package lsp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/model/modeltest"
	"codex-lsp/lsp/lsptest"
)

// TestResume: after the server ended, the next one goes on with the last
// conversation of the folder, and the chat shows what was said before. The one
// after that goes on in the same document.
func TestResume(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("first answer")), modeltest.Says(modeltest.Text("second answer")),
		modeltest.Says(modeltest.Text("third answer")))
	home, dir := t.TempDir(), t.TempDir()
	b := restarted(t, lsptest.WithPlugin, m, home, dir, nil)
	var asked AskResult
	if err := b.Execute("codex.ask", map[string]any{"prompt": "first question", "wait": true}, &asked); err != nil {
		t.Fatal(err)
	}
	b.server.agent.Close()

	b = restarted(t, lsptest.WithPlugin, m, home, dir, nil)
	var r ResumeResult
	if err := b.Execute("codex.resume", map[string]any{}, &r); err != nil {
		t.Fatal(err)
	}
	if r != (ResumeResult{ThreadRef{asked.ThreadID, dir}, "first question"}) {
		t.Errorf("resumed %+v, asked %+v", r, asked)
	}
	if err := b.Execute("codex.ask", map[string]any{"prompt": "second question", "wait": true}, &asked); err != nil {
		t.Fatal(err)
	}
	if asked.ThreadID != r.ThreadID || !m.Requests()[1].Says("first answer") {
		t.Errorf("asked %+v; the model reads %s", asked, m.Requests()[1].Body)
	}
	var chat OpenChatResult
	if err := b.Execute("codex.openChat", map[string]any{}, &chat); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(chat.URI, "file://")
	b.Open(path)
	const all = "## You\n\nfirst question\n\n## Codex\n\nfirst answer\n\n## You\n\nsecond question\n\n## Codex\n\nsecond answer\n\n## You\n\n"
	b.AwaitText(path, all)
	b.Save(path)
	b.server.agent.Close()

	b = restarted(t, lsptest.WithPlugin, m, home, dir, nil)
	b.Open(path)
	if err := b.Execute("codex.resume", map[string]any{}, &r); err != nil {
		t.Fatal(err)
	}
	if err := b.Execute("codex.ask", map[string]any{"prompt": "third question"}, nil); err != nil {
		t.Fatal(err)
	}
	b.AwaitText(path, all+"third question\n\n## Codex\n\nthird answer\n\n## You\n\n")
}

// TestResumeByChat: a prompt in the chat document of an ended conversation goes
// on with it.
func TestResumeByChat(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("first answer")), modeltest.Says(modeltest.Text("second answer")))
	home, dir := t.TempDir(), t.TempDir()
	b := restarted(t, lsptest.Plain, m, home, dir, nil)
	var first, second AskResult
	var chat OpenChatResult
	if err := b.Execute("codex.openChat", nil, &chat); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(chat.URI, "file://")
	b.Open(path)
	if err := b.Execute("codex.ask", map[string]any{"prompt": "first question"}, &first); err != nil {
		t.Fatal(err)
	}
	b.AwaitText(path, "# Codex in "+dir+"\n\n## You\n\nfirst question\n\n## Codex\n\nfirst answer\n\n## You\n\n")
	b.Type(path, "answer\n\n## You\n\n", "answer\n\n## You\n\nsecond question")
	before := "# Codex in " + dir + "\n\n## You\n\nfirst question\n\n## Codex\n\nfirst answer\n\n## You\n\nsecond question"
	b.AwaitText(path, before)
	b.Save(path)
	b.server.agent.Close()

	b = restarted(t, lsptest.Plain, m, home, dir, nil)
	b.Open(path)
	if err := b.Execute("codex.ask", map[string]any{"textDocument": map[string]any{"uri": chat.URI}, "wait": true}, &second); err != nil {
		t.Fatal(err)
	}
	if second.ThreadID != first.ThreadID || !m.Requests()[1].Says("first answer") || strings.Count(string(m.Requests()[1].Body), "first question") != 1 {
		t.Errorf("first %+v, then %+v; the model reads %s", first, second, m.Requests()[1].Body)
	}
	b.AwaitText(path, before+"\n\n## Codex\n\nsecond answer\n\n## You\n\n")
}

// TestResumeElsewhere: a conversation whose folder is gone goes on about another
// one, which must be named.
func TestResumeElsewhere(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("first answer")))
	home, old, dir := t.TempDir(), t.TempDir(), t.TempDir()
	b := restarted(t, lsptest.Plain, m, home, dir, nil)
	var asked AskResult
	if err := b.Execute("codex.ask", map[string]any{"prompt": "go", "cwd": old, "wait": true}, &asked); err != nil {
		t.Fatal(err)
	}
	b.server.agent.Close()
	if err := os.Remove(old); err != nil {
		t.Fatal(err)
	}
	b = restarted(t, lsptest.Plain, m, home, dir, nil)
	err := b.Execute("codex.resume", map[string]any{"threadId": asked.ThreadID}, nil)
	if want := `"cwd" is needed: conversation ` + asked.ThreadID + " is about " + old; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	var r ResumeResult
	if err := b.Execute("codex.resume", map[string]any{"threadId": asked.ThreadID, "cwd": dir}, &r); err != nil {
		t.Fatal(err)
	}
	if r != (ResumeResult{ThreadRef{asked.ThreadID, dir}, "go"}) {
		t.Errorf("resumed %+v", r)
	}
}

// TestResumeNothing: what cannot be resumed is said with its cause.
func TestResumeNothing(t *testing.T) {
	b := withModel(t, lsptest.Plain, modeltest.Serve(t), nil)
	for argument, want := range map[string]string{
		"":         `"cwd" has no saved conversation: ` + b.dir,
		"nonsense": `"threadId" is unknown: no saved conversation nonsense`,
		"a/b":      `"a/b" is no thread's id`,
	} {
		err := b.Execute("codex.resume", map[string]any{"threadId": argument, "cwd": b.dir}, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", argument, err, want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(b.server.home, "sessions", "*")); len(left) > 0 {
		t.Errorf("made %v", left)
	}
}
