package lsp

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	return &chat{
		server: s, thread: t, wake: make(chan struct{}, 1),
		script: script{cwd: t.Cwd()}, page: page{at: -1},
	}
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

// prepareChat finds the thread of a chat document, and what sends the prompt
// that it holds.
func (s *server) prepareChat(ctx context.Context, path, prompt string, ask AskParams) (*agent.Thread, func() (string, error), error) {
	c, err := s.chatFor(ctx, path, ask)
	if err != nil {
		return nil, nil, err
	}
	if prompt != "" { // said elsewhere, about this conversation
		ask.TextDocument, ask.Range = nil, nil
		in, err := s.input(ctx, c.thread.Cwd(), ask)
		return c.thread, func() (string, error) { return c.thread.Ask(in) }, err
	}
	p, err := s.pageAt(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	if prompt = p.prompt(); prompt == "" {
		return nil, nil, badField("prompt", "is missing: nothing stands under the last %q of %s", youHeading, path)
	}
	in := agent.Input{Text: prompt, Mentions: s.mentionsIn(ctx, c.thread.Cwd(), prompt)}
	if earlier := p.earlier(); earlier != "" && c.thread.Status().Title == "" {
		in.Mentions = append([]agent.Mention{{Path: path, Text: earlier}}, in.Mentions...)
	}
	return c.thread, func() (string, error) { return c.send(in) }, nil
}

// pageAt is a chat document as it was when the command was sent.
func (s *server) pageAt(ctx context.Context, path string) (page, error) {
	if doc := viewOf(ctx).at(path); doc != nil {
		return page{at: -1}.over(doc.text.String()), nil
	}
	snap, err := s.Read(ctx, path)
	if err != nil {
		return page{}, badField("textDocument", "cannot be read: %v", err)
	}
	return page{at: -1}.over(snap.Text), nil
}

// earlier is what a document says before the last prompt: what a thread that
// is new to it should know.
func (p page) earlier() string {
	title, start := p.last()
	if title == "" {
		return ""
	}
	text := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(p.text[:start]), youHeading))
	if len(text) > maxEarlier {
		text = strings.ToValidUTF8(text[len(text)-maxEarlier:], "")
	}
	return text
}

// chatFor returns the chat whose document a file is. One that is none yet
// becomes that of a new thread, or of the thread named.
func (s *server) chatFor(ctx context.Context, path string, ask AskParams) (*chat, error) {
	if c := s.threads.chatAt(path); c != nil {
		if ask.ThreadID != "" && ask.ThreadID != c.thread.ID() {
			return nil, badField("threadId", "is %s, but %s is the chat of thread %s", ask.ThreadID, path, c.thread.ID())
		}
		return c, nil
	}
	t, err := s.chatThread(path, ask)
	if err != nil {
		return nil, err
	}
	p, err := s.pageAt(ctx, path)
	if err != nil {
		return nil, err
	}
	c := s.follow(t)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.path {
	case "":
		c.bind(path, p)
	case path:
	default:
		return nil, badField("threadId", "is %s, whose chat is %s, not %s", t.ID(), c.path, path)
	}
	return c, nil
}

func (s *server) chatThread(path string, ask AskParams) (*agent.Thread, error) {
	if ask.ThreadID != "" {
		return s.threadFor(ask.ThreadID, ask.Cwd, nil)
	}
	if ask.Cwd != "" {
		folder, err := s.folderFor(ask.Cwd, nil)
		if err != nil {
			return nil, err
		}
		return s.agent.NewThread(folder)
	}
	return s.agent.NewThread(s.folderOf(path))
}

var errSending = errors.New("this prompt is being sent already")

// send asks what stands in the document, and opens the place for the answer.
func (c *chat) send(in agent.Input) (turnID string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sending == in.Text {
		return "", errSending
	}
	if turnID, err = c.thread.Ask(in); err != nil {
		return "", err
	}
	c.sending = in.Text
	c.echoes = append(c.echoes, in.Text)
	c.draw(append(c.script.hush(), func(p *page) { p.open(in.Text) })...)
	return turnID, nil
}

// openChat is codex.openChat, see [OpenChatParams].
func (s *server) openChat(_ context.Context, p OpenChatParams) (OpenChatResult, error) {
	t := s.threads.last()
	if t == nil || p.ThreadID != "" || p.Cwd != "" && p.Cwd != t.Cwd() {
		var err error
		if t, err = s.threadFor(p.ThreadID, p.Cwd, nil); err != nil {
			return OpenChatResult{}, err
		}
	}
	path, err := s.showChat(s.follow(t), p.Draft)
	return OpenChatResult{ThreadRef{t.ID(), t.Cwd()}, string(uriOf(path))}, err
}

// showChat asks the client to show a chat's document, which is made if there
// is none.
func (s *server) showChat(c *chat, draft string) (path string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.path == "" {
		p := c.page
		if p.text == "" {
			p.text = "# Codex in " + c.thread.Cwd() + "\n\n" + youHeading + "\n\n"
		}
		path, err := s.newChatFile(p.document())
		if err != nil {
			return "", err
		}
		c.bind(path, p)
	}
	if draft != "" {
		c.draw(func(p *page) { p.draft(draft) })
	}
	path = c.path
	c.opening = s.showsDocuments() && s.docs.at(path) == nil
	s.spawn(func(ctx context.Context) { s.showDocument(ctx, path) })
	return path, nil
}

// draft adds to the prompt that is being written.
func (p *page) draft(s string) {
	sep := "\n"
	if title, start := p.last(); title == codexHeading {
		sep = "\n\n" + youHeading + "\n\n"
	} else if strings.TrimSpace(p.text[start:]) == "" {
		sep = "\n\n"
	}
	p.text = strings.TrimRight(p.text, " \t\n")
	p.at = min(p.at, len(p.text))
	p.text += sep + s
}

// newChatFile makes the file of a new chat: in Codex's folder, or where
// temporary files go. Nobody else may read it.
func (s *server) newChatFile(text string) (string, error) {
	dir := filepath.Join(cmp.Or(s.home, filepath.Join(os.TempDir(), "codex-lsp")), "chats")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make a folder for chats: %w", err)
	}
	name := time.Now().Format("2006-01-02-150405-") + strings.ToLower(rand.Text()[:6]) + chatSuffix
	path := filepath.Join(dir, name)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("make the chat's file: %w", err)
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return "", fmt.Errorf("write the chat's file: %w", err)
	}
	return path, nil
}

// showDocument asks the client to show a file, or tells the user where it is.
func (s *server) showDocument(ctx context.Context, path string) {
	if s.showsDocuments() {
		ctx, cancel := context.WithTimeout(ctx, replyPatience)
		defer cancel()
		shown, err := s.client.ShowDocument(ctx, &protocol.ShowDocumentParams{URI: uriOf(path), TakeFocus: ptr(true)})
		if err == nil && shown != nil && shown.Success || ctx.Err() != nil {
			return
		}
	}
	s.tell(ctx, protocol.MessageTypeInfo, "Codex: the chat is in "+path)
}

func (s *server) showsDocuments() bool {
	w := s.caps.Window
	return w != nil && w.ShowDocument != nil && w.ShowDocument.Support
}

// Completion completes files, commands and skills in a chat document.
func (s *server) Completion(ctx context.Context, p *protocol.CompletionParams) (protocol.CompletionResult, error) {
	return nil, nil
}
