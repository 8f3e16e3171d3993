package lsp

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/lsp/lsptest"
)

// streaming makes a document the chat of a new thread, with a prompt that was
// just sent from it.
func (b *bench) streaming(name, prompt string) (*chat, agent.Ref) {
	b.t.Helper()
	th := b.thread()
	c := b.server.threads.chat(th.ID())
	p, err := b.server.pageAt(b.t.Context(), b.path(name))
	if err != nil {
		b.t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bind(b.path(name), p)
	c.draw(func(p *page) { p.open(prompt) })
	return c, agent.Ref{ThreadID: th.ID(), TurnID: "u"}
}

// TestChatWhileTyping: an answer streams in while the user types on, above it
// and into the next prompt. All of both must be there in the end, in every
// editor, and it took a few edits a second.
func TestChatWhileTyping(t *testing.T) {
	for _, p := range editing {
		t.Run(p.Name, func(t *testing.T) {
			lsptest.Bubble(t, func(t *testing.T) { chatWhileTyping(t, p) })
		})
	}
}

func chatWhileTyping(t *testing.T, p lsptest.Profile) {
	b := newBench(t, p, map[string]string{"x.codex.md": "NOTES\n\n## You\n\ngo\n\nDRAFT"})
	path := b.path("x.codex.md")
	b.Open(path)
	b.settled("x.codex.md")
	_, ref := b.streaming("x.codex.md", "go")
	b.AwaitText(path, "NOTES\n\n## You\n\ngo\n\n## Codex\n\n\n\n## You\n\nDRAFT")

	var answer, notes, next strings.Builder
	for i := range 30 {
		piece := fmt.Sprintf("word %d%s", i, []string{" ", "\n", "\n\n"}[i%3])
		answer.WriteString(piece)
		b.server.Report(agent.MessageDelta{Ref: ref, ItemID: "m", Delta: piece})
		time.Sleep(130 * time.Millisecond)
		if i%5 == 4 { // a burst of keys, then a pause
			for k := range 4 {
				key := fmt.Sprintf("%d.%d ", i, k)
				b.Type(path, "NOTES", key+"NOTES")
				b.Type(path, "DRAFT", key+"DRAFT")
				notes.WriteString(key)
				next.WriteString(key)
				time.Sleep(70 * time.Millisecond)
			}
			time.Sleep(900 * time.Millisecond)
		}
	}
	b.server.Report(agent.ItemCompleted{Ref: ref, Item: agent.Item{ID: "m", Type: agent.AgentMessage, Text: answer.String()}})
	b.server.Report(agent.TurnCompleted{Ref: ref, Result: agent.Result{Status: agent.Completed}})
	time.Sleep(time.Minute)
	synctest.Wait()

	want := notes.String() + "NOTES\n\n## You\n\ngo\n\n## Codex\n\n" + answer.String() + "\n\n## You\n\n" + next.String() + "DRAFT"
	if diff := cmp.Diff(want, b.Text(path)); diff != "" {
		t.Errorf("the document (-want +got):\n%s", diff)
	}
	if edits := len(b.Received("workspace/applyEdit")); edits > 60 {
		t.Errorf("%d edits for 10 seconds of text", edits)
	}
}

// TestChatGoesOn: the next prompt of a document goes to the same thread, what
// stood there before goes to a new one, and a prompt is not sent twice.
func TestChatGoesOn(t *testing.T) {
	speak := make(chan struct{})
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.Gate(speak), modeltest.Text("one")),
		modeltest.Says(modeltest.Text("two")))
	b := withModel(t, lsptest.Plain, m, map[string]string{"x.codex.md": "## You\n\nbefore\n\n## Codex\n\nlong ago\n\n## You\n\nfirst"})
	path := b.path("x.codex.md")
	b.Open(path)
	send := func() (r AskResult, err error) {
		err = b.Execute("codex.ask", map[string]any{"textDocument": map[string]any{"uri": string(uriOf(path))}}, &r)
		return r, err
	}
	first, err := send()
	if err != nil {
		t.Fatal(err)
	}
	old := "## You\n\nbefore\n\n## Codex\n\nlong ago\n\n## You\n\nfirst\n\n## Codex\n\n"
	b.AwaitText(path, old+"\n\n## You\n\n")
	var failed *lsptest.Error
	if _, err = send(); !errors.As(err, &failed) || !strings.Contains(failed.Message, "nothing stands under the last") {
		t.Errorf("an empty prompt is answered %v", err)
	}
	close(speak)
	b.AwaitText(path, old+"one\n\n## You\n\n")
	b.Type(path, "one\n\n## You\n\n", "one\n\n## You\n\nsecond\n")
	second, err := send()
	if err != nil {
		t.Fatal(err)
	}
	b.AwaitText(path, old+"one\n\n## You\n\nsecond\n\n## Codex\n\ntwo\n\n## You\n\n")
	if first.ThreadID != second.ThreadID || first.TurnID == second.TurnID {
		t.Errorf("first %+v, second %+v", first, second)
	}
	if body := string(m.Requests()[0].Body); strings.Count(body, "long ago") != 1 {
		t.Errorf("the new thread was not told what the document says: %s", body)
	}
	b.progressEnded(2)
}

// TestSendingTwice: a prompt whose answer has no place yet is not sent again.
func TestSendingTwice(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("ok")))
	b := withModel(t, lsptest.Plain, m, nil)
	c, _ := b.chatInMemory()
	if _, err := c.send(agent.Input{Text: "go"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.send(agent.Input{Text: "go"}); !errors.Is(err, errSending) {
		t.Errorf("the second is answered %v, want %v", err, errSending)
	}
	b.progressEnded(1)
}

func (b *bench) chatInMemory() (*chat, *agent.Thread) {
	th := b.thread()
	return b.server.threads.chat(th.ID()), th
}

// TestOpenChat: a conversation that began elsewhere can be read, and gone on
// with, in a document that is shown to the user.
func TestOpenChat(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("one")), modeltest.Says(modeltest.Text("two")), modeltest.Says(modeltest.Text("three")))
	b := withModel(t, lsptest.VSCode, m, nil)
	ask := func(argument map[string]any) {
		t.Helper()
		argument["wait"] = true
		if err := b.Execute("codex.ask", argument, nil); err != nil {
			t.Fatal(err)
		}
	}
	ask(map[string]any{"prompt": "first"})
	b.progressEnded(1) // and so the chat has heard of it
	var opened OpenChatResult
	if err := b.Execute("codex.openChat", map[string]any{"draft": "In @a.go:3 "}, &opened); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(opened.URI, "file://")
	if !isChat(path) || filepath.Dir(path) != filepath.Join(b.server.home, "chats") || opened.Cwd != b.dir {
		t.Errorf("opened %+v", opened)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the chat's file: %v, %v", info, err)
	}
	b.AwaitText(path, "## You\n\nfirst\n\n## Codex\n\none\n\n## You\n\nIn @a.go:3 ")

	ask(map[string]any{"prompt": "from elsewhere"})
	b.AwaitText(path, "## You\n\nfirst\n\n## Codex\n\none\n\n## You\n\nfrom elsewhere\n\n## Codex\n\ntwo\n\n## You\n\nIn @a.go:3 ")
	b.Type(path, "In @a.go:3 ", "bye")
	ask(map[string]any{"textDocument": map[string]any{"uri": opened.URI}})
	b.AwaitText(path, "## You\n\nfirst\n\n## Codex\n\none\n\n## You\n\nfrom elsewhere\n\n## Codex\n\ntwo\n\n## You\n\nbye\n\n## Codex\n\nthree\n\n## You\n\n")

	var again OpenChatResult
	if err := b.Execute("codex.openChat", nil, &again); err != nil || again != opened {
		t.Errorf("opened again: %+v, %v", again, err)
	}
	if n := len(b.Received("window/showMessage")); n != 0 {
		t.Errorf("%d messages for what the document shows", n)
	}
}

// TestChatInAClosedDocument: what is not open is written to disk; what is gone
// is not made again, and the conversation stays in memory.
func TestChatInAClosedDocument(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.Plain, map[string]string{"x.codex.md": "## You\r\n\r\ngo\r\n"})
		path := b.path("x.codex.md")
		c, ref := b.streaming("x.codex.md", "go")
		b.server.Report(agent.MessageDelta{Ref: ref, ItemID: "m", Delta: "hello\nyou"})
		time.Sleep(time.Second)
		if got, want := b.onDisk("x.codex.md"), "## You\r\n\r\ngo\r\n\r\n## Codex\r\n\r\nhello\r\nyou\r\n\r\n## You\r\n\r\n"; got != want {
			t.Errorf("the file holds %q, want %q", got, want)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		b.server.Report(agent.MessageDelta{Ref: ref, ItemID: "m", Delta: " there"})
		b.Await("window/showMessage", 1)
		b.server.Report(agent.MessageDelta{Ref: ref, ItemID: "m", Delta: " again"})
		time.Sleep(time.Second)
		if _, err := os.Stat(path); err == nil {
			t.Error("the file is back")
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if got, want := c.page.text, "## You\n\ngo\n\n## Codex\n\nhello\nyou there again\n\n## You\n\n"; got != want || c.path != "" {
			t.Errorf("in memory at %q: %q, want %q", c.path, got, want)
		}
	})
}

// TestChatThatTakesNoEdits: an editor that refuses edits is not asked for
// ever, and the user is told where the answer is not.
func TestChatThatTakesNoEdits(t *testing.T) {
	for _, p := range []lsptest.Profile{lsptest.Kate, lsptest.ALE} {
		t.Run(p.Name, func(t *testing.T) {
			lsptest.Bubble(t, func(t *testing.T) {
				b := newBench(t, p, map[string]string{"x.codex.md": "## You\n\ngo\n"})
				path := b.path("x.codex.md")
				b.Open(path)
				b.Type(path, "go\n", "go, unsaved\n")
				b.settled("x.codex.md")
				_, ref := b.streaming("x.codex.md", "go, unsaved")
				b.server.Report(agent.MessageDelta{Ref: ref, ItemID: "m", Delta: "hello"})
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				if n := len(b.Received("window/showMessage")); n != 1 {
					t.Errorf("the user was told %d times", n)
				}
				if n := len(b.Received("workspace/applyEdit")); n > 2*(maxMisses+1) {
					t.Errorf("%d edits were tried", n)
				}
			})
		})
	}
}

func TestMentions(t *testing.T) {
	b := newBench(t, lsptest.Plain, map[string]string{"a.go": lines, "b.go": lines, "note.": "x\n"})
	b.Open(b.path("a.go"))
	b.Type(b.path("a.go"), "two\n", "zwei\n")
	b.settled("a.go")
	ctx := withView(t.Context(), b.server.docs.view())
	got := b.server.mentionsIn(ctx, b.dir, "Look at @a.go:2-3 and (@b.go:7), @b.go. Not me@b.go, @none.go, @"+b.path("b.go")+":0 or @note.")
	want := []agent.Mention{
		{Path: b.path("a.go"), Start: 2, End: 3, Text: "zwei\nthree"},
		{Path: b.path("b.go"), Start: 7, End: 7, Text: "seven"},
		{Path: b.path("b.go")},
		{Path: b.path("b.go")},
		{Path: b.path("note.")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mentions (-want +got):\n%s", diff)
	}
}
