package lsp

import (
	"context"
	"errors"
	"strings"

	"codex-lsp/agent"
)

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
	t, err := s.chatThread(ctx, path, ask)
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

func (s *server) chatThread(ctx context.Context, path string, ask AskParams) (*agent.Thread, error) {
	if ask.ThreadID != "" {
		return s.threadFor(ctx, ask.ThreadID, ask.Cwd, nil)
	}
	if ask.Cwd != "" {
		folder, err := s.folderFor(ask.Cwd, nil)
		if err != nil {
			return nil, err
		}
		return s.agent.NewThread(folder)
	}
	if t := s.savedThread(path); t != nil {
		return t, nil
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
