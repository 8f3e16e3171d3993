package lsp

import (
	"cmp"
	"context"
	"path/filepath"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"codex-lsp/agent"
)

// askCommand is codex.ask, see [AskParams].
func (s *server) askCommand(ctx context.Context, p *protocol.ExecuteCommandParams) (any, error) {
	var ask AskParams
	if err := decodeArgument(p.Arguments, &ask); err != nil {
		return nil, err
	}
	thread, start, err := s.prepare(ctx, ask)
	if err != nil {
		return nil, err
	}
	if ask.Chat && !s.options.Capabilities.Events { // who draws the events has a better place
		if _, err := s.showChat(s.follow(thread), ""); err != nil {
			return nil, err
		}
	}
	turnID, err := s.threads.start(thread, start, ask.Wait)
	if err != nil {
		return nil, err
	}
	result := AskResult{ThreadID: thread.ID(), TurnID: turnID, Cwd: thread.Cwd()}
	if ask.Wait {
		err = s.await(ctx, thread, p.WorkDoneToken, &result)
	}
	return result, err
}

// prepare finds the thread of an ask, and what starts the turn.
func (s *server) prepare(ctx context.Context, ask AskParams) (*agent.Thread, func() (string, error), error) {
	prompt := strings.TrimSpace(ask.Prompt)
	if ask.TextDocument != nil {
		if path, ok := pathOf(uri.URI(ask.TextDocument.URI)); ok && isChat(path) {
			return s.prepareChat(ctx, path, prompt, ask)
		}
	}
	if prompt == "" && len(ask.Images) == 0 {
		return nil, nil, badField("prompt", "is missing: say what to do, or name a chat document (*%s) in textDocument to send what it says", chatSuffix)
	}
	thread, err := s.threadFor(ctx, ask.ThreadID, ask.Cwd, ask.TextDocument)
	if err != nil {
		return nil, nil, err
	}
	in, err := s.input(ctx, thread.Cwd(), ask)
	if err != nil {
		return nil, nil, err
	}
	s.follow(thread)
	return thread, func() (string, error) { return thread.Ask(in) }, nil
}

// input gathers what goes to the model.
func (s *server) input(ctx context.Context, cwd string, ask AskParams) (agent.Input, error) {
	in := agent.Input{Text: ask.Prompt}
	for _, image := range ask.Images {
		if !filepath.IsAbs(image) && !strings.HasPrefix(image, "file:") {
			image = filepath.Join(cwd, image)
		}
		path, err := localPath("images", image)
		if err != nil {
			return in, err
		}
		in.Images = append(in.Images, path)
	}
	switch {
	case ask.TextDocument != nil:
		m, err := s.mention(ctx, ask.TextDocument.URI, ask.Range)
		if err != nil {
			return in, err
		}
		in.Mentions = append(in.Mentions, m)
	case ask.Range != nil:
		return in, badField("range", "needs a textDocument that it is a part of")
	}
	return in, nil
}

// mention points the model at a document, or at the whole lines that a range
// touches, as the user saw them when the command was sent.
func (s *server) mention(ctx context.Context, docURI string, r *protocol.Range) (agent.Mention, error) {
	u, err := uri.Parse(docURI)
	if err != nil {
		return agent.Mention{}, badField("textDocument", "has no valid uri: %v", err)
	}
	path, onDisk := pathOf(u)
	m := agent.Mention{Path: cmp.Or(path, string(u))}
	doc := viewOf(ctx)[keyOf(u)]
	switch {
	case doc == nil && !onDisk:
		return m, badField("textDocument", "is neither open nor a file: %s", docURI)
	case r == nil && onDisk:
		return m, nil // the model can read it as it is
	case doc == nil:
		snap, err := s.Read(ctx, path)
		if err != nil {
			return m, badField("textDocument", "cannot be read: %v", err)
		}
		doc = &document{text: newText(snap.Text, s.docs.rules)}
	case r == nil:
		m.Text = doc.text.String()
		return m, nil
	}
	m.Start, m.End, m.Text = doc.text.lines(*r)
	return m, nil
}

// lines returns the lines that a range touches: 1-based and inclusive, as
// people count, and their text.
func (t *text) lines(r protocol.Range) (start, end int, text string) {
	from, to := r.Start, r.End
	if to.Line < from.Line || to.Line == from.Line && to.Character < from.Character {
		from, to = to, from
	}
	if to.Line > from.Line && to.Character == 0 {
		to.Line-- // a selection of whole lines ends at the start of the next
	}
	begin := t.offset(protocol.Position{Line: from.Line})
	stop := t.offset(protocol.Position{Line: to.Line, Character: ^uint32(0) >> 1})
	return int(from.Line) + 1, int(to.Line) + 1, t.String()[begin:stop]
}

// await holds a reply until the turn ends. Who cancels the request wants the
// turn to stop; who just left does not.
func (s *server) await(ctx context.Context, t *agent.Thread, token protocol.ProgressToken, result *AskResult) error {
	if token != nil {
		bar := s.bars.begin(s, barOptions{token: token, turnID: result.TurnID, title: "Codex", stop: func() { t.Interrupt() }})
		defer func() { s.bars.end(s, bar, string(result.Status)) }()
	}
	end, err := t.Wait(ctx, result.TurnID)
	if err != nil {
		if s.session.Err() == nil && t.Status().TurnID == result.TurnID {
			t.Interrupt()
		}
		return err
	}
	result.Status, result.Answer, result.Error, result.ChangedFiles = end.Status, end.Answer, end.Error, end.Files
	return nil
}

// steer is codex.steer, see [SteerParams].
func (s *server) steer(_ context.Context, p SteerParams) (TurnRef, error) {
	if strings.TrimSpace(p.Prompt) == "" {
		return TurnRef{}, badField("prompt", "is missing")
	}
	t, err := s.threadOrLast(p.ThreadID)
	if err != nil {
		return TurnRef{}, err
	}
	turnID := cmp.Or(p.TurnID, t.Status().TurnID)
	return TurnRef{t.ID(), turnID}, t.Steer(turnID, agent.Input{Text: p.Prompt})
}

// threadOrLast is the thread named, or the one asked last.
func (s *server) threadOrLast(id string) (*agent.Thread, error) {
	if id != "" {
		return s.namedThread(id)
	}
	if t := s.threads.last(); t != nil {
		return t, nil
	}
	return nil, agent.ErrNoTurn
}

// interrupt is codex.interrupt, see [ThreadParams].
func (s *server) interrupt(_ context.Context, p ThreadParams) (InterruptResult, error) {
	list := s.threads.all()
	if p.ThreadID != "" {
		t, err := s.namedThread(p.ThreadID)
		if err != nil {
			return InterruptResult{}, err
		}
		list = []*agent.Thread{t}
	}
	result := InterruptResult{ThreadIDs: []string{}}
	for _, t := range list {
		if t.Interrupt() {
			result.ThreadIDs = append(result.ThreadIDs, t.ID())
		}
	}
	result.Interrupted = len(result.ThreadIDs) > 0
	return result, nil
}

// newThread is codex.newThread, see [NewThreadParams].
func (s *server) newThread(ctx context.Context, p NewThreadParams) (ThreadRef, error) {
	folder, err := s.folderFor(p.Cwd, nil)
	if err != nil {
		return ThreadRef{}, err
	}
	s.threads.mu.Lock()
	t, err := s.startThread(ctx, folder)
	s.threads.mu.Unlock()
	if err != nil {
		return ThreadRef{}, err
	}
	s.follow(t)
	return ThreadRef{t.ID(), t.Cwd()}, nil
}
