package lsp

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.lsp.dev/protocol"

	"codex-lsp/agent"
)

// CodeLens offers commands at the lines they are about.
func (s *server) CodeLens(ctx context.Context, p *protocol.CodeLensParams) ([]protocol.CodeLens, error) {
	lenses := []protocol.CodeLens{}
	doc := viewOf(ctx)[keyOf(p.TextDocument.URI)]
	switch {
	case doc == nil:
		return lenses, nil
	case isChat(doc.path):
		return append(lenses, s.chatLenses(doc)...), nil
	}
	for _, t := range s.threads.all() {
		for _, q := range s.agent.Ledger().Pending(t.ID()) {
			if slices.Contains(q.Files, doc.path) {
				lenses = append(lenses, s.answerLenses(firstChange(q.Detail, doc.path), q)...)
			}
		}
	}
	lenses = append(lenses, s.reviewLenses(doc)...)
	line := uint32(0)
	for text := range strings.SplitSeq(doc.text.String(), "\n") {
		if do := instruction(text); do != "" {
			lenses = append(lenses, s.lens(line, "▶ "+commentOffer(doc, line, do).title, commentOffer(doc, line, do)))
		}
		line++
	}
	return lenses, nil
}

// lens makes a lens of an offer.
func (s *server) lens(line uint32, title string, o offer) protocol.CodeLens {
	at := protocol.Position{Line: line}
	return protocol.CodeLens{
		Range:   protocol.Range{Start: at, End: at},
		Command: s.command(shortened(title, maxActionTitle), o.command, o.argument),
	}
}

// chatLenses are at the prompt that can be sent, at the answer that is being
// written, and at the questions that wait.
func (s *server) chatLenses(doc *document) []protocol.CodeLens {
	var lenses []protocol.CodeLens
	p := page{at: -1}.over(doc.text.String())
	_, start := p.last()
	line := uint32(strings.Count(p.text[:start], "\n"))
	if line > 0 {
		line-- // the heading, not what follows it
	}
	if p.prompt() != "" {
		lenses = append(lenses, s.lens(line, "▶ Send", sendOffer(doc, "")))
	}
	if c := s.threads.chatAt(doc.path); c != nil && c.thread.Status().TurnID != "" {
		lenses = append(lenses, s.lens(line, "■ Stop", offer{command: "interrupt", argument: threadArgument{c.thread.ID()}}))
	}
	for at, q := range s.questionsIn(doc) {
		lenses = append(lenses, s.answerLenses(at, q)...)
	}
	slices.SortStableFunc(lenses, func(a, b protocol.CodeLens) int { return int(a.Range.Start.Line) - int(b.Range.Start.Line) })
	return lenses
}

// A threadArgument is the argument of codex.interrupt as lenses write it.
type threadArgument struct {
	ThreadID string `json:"threadId"`
}

// answerLenses are a yes and a no at a line.
func (s *server) answerLenses(line uint32, q agent.Question) []protocol.CodeLens {
	var lenses []protocol.CodeLens
	for _, o := range answerOffers([]agent.Question{q}) {
		lenses = append(lenses, s.lens(line, o.title, o))
	}
	return lenses
}

// firstChange is the first line of a file that a unified diff changes, 0 if it
// does not say.
func firstChange(diff, path string) uint32 {
	inFile := false
	for line := range strings.SplitSeq(diff, "\n") {
		switch {
		case strings.HasPrefix(line, "--- ") || strings.HasPrefix(line, "+++ "):
			inFile = inFile && strings.HasPrefix(line, "+++ ") || strings.HasSuffix(strings.TrimRight(line, "\t\r"), path)
		case inFile && strings.HasPrefix(line, "@@ -"):
			digits, _, _ := strings.Cut(strings.TrimPrefix(line, "@@ -"), " ")
			digits, _, _ = strings.Cut(digits, ",")
			if n, err := strconv.ParseUint(digits, 10, 32); err == nil && n > 0 {
				return uint32(n - 1)
			}
			return 0
		}
	}
	return 0
}

// A refresh asks the client to look at the lenses again. While one is under
// way, one more is enough for all that happens meanwhile.
type refresh struct {
	mu      sync.Mutex
	running bool // guarded by mu
	again   bool // guarded by mu
}

// refreshLenses says that the lenses may have changed.
func (s *server) refreshLenses() {
	w := s.caps.Workspace
	if w == nil || w.CodeLens == nil || !isTrue(w.CodeLens.RefreshSupport) {
		return
	}
	r := &s.lenses
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running {
		r.again = true
		return
	}
	r.running = true
	s.spawn(func(ctx context.Context) {
		for more := true; more; more = r.next() {
			ctx, cancel := context.WithTimeout(ctx, replyPatience)
			if err := s.client.CodeLensRefresh(ctx); err != nil {
				s.log.Debug("lenses not refreshed", "err", err)
			}
			cancel()
		}
	})
}

// next tells whether to ask once more.
func (r *refresh) next() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running, r.again = r.again, false
	return r.running
}
