package lsp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"go.lsp.dev/protocol"

	"codex-lsp/agent"
	"codex-lsp/patch"
)

// chatSuffix marks the Markdown files that are chats.
const chatSuffix = ".codex.md"

func isChat(path string) bool { return strings.HasSuffix(path, chatSuffix) }

const (
	// strokeInterval is the least time between two edits of a chat document:
	// text flows, and the editor has little to undo.
	strokeInterval = 250 * time.Millisecond
	// maxMisses is how often in a row a document may refuse an edit, each time
	// with a new reason, before the chat leaves it alone.
	maxMisses = 8
	// maxMemory bounds the text of a chat that has no document.
	maxMemory = 1 << 20
	// maxEarlier bounds what a new thread is told of what a document says
	// already.
	maxEarlier = 64 << 10
)

// A chat is a thread's conversation as text: in memory, and in a document from
// the moment that the user wants to see it.
type chat struct {
	server *server
	thread *agent.Thread

	mu      sync.Mutex
	script  script   // guarded by mu
	echoes  []string // prompts sent from the document, until they are heard of; guarded by mu
	sending string   // the prompt whose answer has no place in the document yet; guarded by mu
	path    string   // of the document; "" while there is none; guarded by mu
	strokes []stroke // what is not in the document yet; guarded by mu
	opening bool     // the client was asked to open it and has not; guarded by mu
	wake    chan struct{}

	// page is the conversation, or the document as it was last written. It
	// is guarded by mu while there is no document; then the writer owns it.
	page page
}

func newChat(s *server, t *agent.Thread) *chat {
	c := &chat{
		server: s, thread: t, wake: make(chan struct{}, 1),
		script: script{cwd: t.Cwd()}, page: page{at: -1},
	}
	for _, item := range t.Earlier() {
		c.hear(agent.ItemCompleted{Item: item})
	}
	return c
}

// isAt tells whether this file is the chat's document.
func (c *chat) isAt(path string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.path == path
}

// isShown tells whether the user can see the conversation.
func (c *chat) isShown() bool {
	c.mu.Lock()
	path := c.path
	c.mu.Unlock()
	return path != "" && c.server.docs.at(path) != nil
}

// hear takes an event into the conversation.
func (c *chat) hear(e agent.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if prompt, ok := promptOf(e); ok {
		if i := slices.Index(c.echoes, prompt); i >= 0 {
			c.echoes = slices.Delete(c.echoes, i, i+1) // it stands there already
			return
		}
		c.draw(append(c.script.hush(), func(p *page) { p.quote(strings.ReplaceAll(prompt, "\r", "")) })...)
		return
	}
	c.draw(c.script.hear(e)...)
}

// promptOf returns what the user said, if that is what an event tells.
func promptOf(e agent.Event) (string, bool) {
	done, ok := e.(agent.ItemCompleted)
	if !ok || done.Item.Type != agent.UserMessage {
		return "", false
	}
	return done.Item.Text, true
}

// draw makes strokes: at once while the chat is in memory, in the document
// when the writer comes to it. mu is held.
func (c *chat) draw(strokes ...stroke) {
	if len(strokes) == 0 {
		return
	}
	if c.path == "" {
		for _, st := range strokes {
			st(&c.page)
		}
		c.page.forget(maxMemory)
		return
	}
	c.strokes = append(c.strokes, strokes...)
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// forget drops the beginning of a page that has become too long.
func (p *page) forget(most int) {
	if len(p.text) <= most || p.at < 0 {
		return
	}
	cut := min(len(p.text)-most/2, p.at)
	if i := strings.Index(p.text[cut:p.at], "\n"+youHeading+"\n"); i >= 0 {
		cut += i + 1
	}
	for cut < p.at && !utf8.RuneStart(p.text[cut]) {
		cut++
	}
	p.text, p.at = p.text[cut:], p.at-cut
}

// bind makes a file the chat's document. mu is held.
func (c *chat) bind(path string, p page) {
	c.path, c.page = path, p
	c.server.spawn(c.write)
}

// write keeps the document up to date, a few edits a second, until the session
// ends or the document is lost.
func (c *chat) write(ctx context.Context) {
	for misses := 0; ; {
		select {
		case <-c.wake:
		case <-ctx.Done():
			return
		}
		c.awaitOpen(ctx)
		strokes := c.take()
		err := c.put(ctx, strokes)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			misses = 0
		case misses < maxMisses && !errors.Is(err, fs.ErrNotExist):
			misses++
			c.giveBack(strokes)
		default:
			c.lose(ctx, strokes, err)
			return
		}
		select {
		case <-time.After(strokeInterval):
		case <-ctx.Done():
			return
		}
	}
}

// openPatience is how long a document that the client was asked to open may
// take to come.
const openPatience = 3 * time.Second

// awaitOpen waits for the client to open the document: what is written to the
// file while it does so, it might not read.
func (c *chat) awaitOpen(ctx context.Context) {
	c.mu.Lock()
	opening := c.opening
	c.opening = false
	c.mu.Unlock()
	if !opening {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	_, _ = c.server.docs.wait(ctx, keyOfPath(c.path), func(d *document) bool { return d != nil })
}

func (c *chat) take() []stroke {
	c.mu.Lock()
	defer c.mu.Unlock()
	strokes := c.strokes
	c.strokes = nil
	return strokes
}

func (c *chat) giveBack(strokes []stroke) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.strokes = append(strokes, c.strokes...)
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// put makes strokes in the document, whatever the user has typed since the
// last. Only an edit that certainly is not there is an error: one that may be
// is not made twice.
func (c *chat) put(ctx context.Context, strokes []stroke) error {
	var made page
	err := c.server.rewrite(ctx, c.path, "answer", func(document string) string {
		made = c.page.over(document)
		for _, st := range strokes {
			st(&made)
		}
		return made.document()
	})
	if err != nil {
		return err
	}
	c.page = made
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sending = ""
	return nil
}

// lose goes on in memory when the document cannot be written any more.
func (c *chat) lose(ctx context.Context, strokes []stroke, err error) {
	c.server.tell(ctx, protocol.MessageTypeWarning, fmt.Sprintf("Codex: the chat in %s is not continued: %v; codex.openChat opens another", c.path, err))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.path, c.sending = "", ""
	strokes = append(strokes, c.strokes...)
	c.strokes = nil
	c.draw(strokes...)
}

// rewrite edits a document of ours: in the client if it is open there, else on
// disk. The error says that the edit certainly was not made.
func (s *server) rewrite(ctx context.Context, path, label string, want func(text string) string) error {
	if doc := s.docs.at(path); doc != nil && s.takesEdits() {
		done := s.revise(ctx, keyOf(doc.uri), label, func(text string) (string, error) { return want(text), nil })
		if done.state == agent.NotLanded {
			return cmp.Or(done.err, errClosed)
		}
		return nil
	}
	snap, err := s.Read(ctx, path)
	if err != nil {
		return err
	}
	change := patch.Change{Op: patch.Update, Path: path, Before: snap.Text, After: want(snap.Text), Mode: snap.Mode}
	if change.Before == change.After {
		return nil
	}
	return s.Edit(ctx, agent.ChangeSet{Label: label, Changes: []patch.Change{change}}).Err
}
