package lsp

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"go.lsp.dev/protocol"

	"codex-lsp/agent"
)

// What the agent changed is marked until somebody has accepted it: as
// diagnostics and lenses, or by the client itself, which is told where.

// A mark is a hunk that waits for review, in a document as it is.
type mark struct {
	agent.Hunk
	thread *agent.Thread
	last   int // the document's last line with text
}

// rangeOf are the lines of a mark; a removal is the line that it was before.
func (m mark) rangeOf() protocol.Range {
	return protocol.Range{Start: protocol.Position{Line: uint32(m.Start)}, End: protocol.Position{Line: uint32(m.End)}}
}

// place is where a mark is shown. A removal at the end is before a line that not
// every editor has.
func (m mark) place() protocol.Range {
	if m.Start <= m.last {
		return m.rangeOf()
	}
	end := protocol.Position{Line: uint32(m.last)}
	return protocol.Range{Start: end, End: end}
}

// covers tells whether a line is one of the mark's, or the one beside a removal.
func (m mark) covers(line uint32) bool {
	r := m.place()
	return r.Start.Line <= line && line < max(r.End.Line, r.Start.Line+1)
}

// marksIn finds the marks of a document, from its top.
func (s *server) marksIn(doc *document) []mark {
	var list []mark
	text := doc.text.String()
	last := max(countLines(text)-1, 0)
	for _, t := range s.threads.all() {
		hunks, err := t.Review(doc.path, text)
		if err != nil {
			s.log.Warn("changes cannot be reviewed", "path", doc.path, "err", err)
		}
		for _, h := range hunks {
			list = append(list, mark{h, t, last})
		}
	}
	slices.SortStableFunc(list, func(a, b mark) int { return cmp.Compare(a.Start, b.Start) })
	return list
}

// marksAt are those that a range touches.
func (s *server) marksAt(doc *document, r protocol.Range) []mark {
	return slices.DeleteFunc(s.marksIn(doc), func(m mark) bool {
		for line := r.Start.Line; line <= r.End.Line; line++ {
			if m.covers(line) {
				return false
			}
		}
		return true
	})
}

// reviewDelay is how long marks may lag behind the text.
const reviewDelay = 200 * time.Millisecond

// reviews says when marks may have moved.
type reviews struct {
	start sync.Once
	wake  chan struct{} // capacity 1

	mu    sync.Mutex
	shown map[docKey][]shownMark           // what the client knows; guarded by mu
	pull  map[docKey][]protocol.Diagnostic // what it is told when it pulls; guarded by mu
}

type shownMark struct {
	id string
	at protocol.Range
}

// remark has the marks looked at again, soon.
func (s *server) remark() {
	s.reviews.start.Do(func() { s.spawn(s.remarkAll) })
	select {
	case s.reviews.wake <- struct{}{}:
	default:
	}
}

// remarkAll keeps the client up to date about the marks of open documents.
func (s *server) remarkAll(ctx context.Context) {
	for {
		select {
		case <-s.reviews.wake:
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(reviewDelay):
		case <-ctx.Done():
			return
		}
		touched := make(map[string]bool)
		for _, t := range s.threads.all() {
			paths, err := t.Touched()
			if err != nil {
				s.log.Warn("changes cannot be reviewed", "thread", t.ID(), "err", err)
			}
			for _, path := range paths {
				touched[path] = true
			}
		}
		news := false
		for key, doc := range s.docs.view() {
			if doc.path != "" && (touched[doc.path] || s.reviews.has(key) || s.isHeeded(doc)) {
				news = s.show(ctx, key, doc) || news
			}
		}
		if news {
			s.refreshLenses()
		}
	}
}

func (r *reviews) has(key docKey) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.shown[key]) > 0
}

// forget has the client told again: a document that is opened has no marks yet.
func (r *reviews) forget(key docKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.shown, key)
	delete(r.pull, key)
}

// found returns the diagnostics of a document that were found last, if they were.
func (r *reviews) found(key docKey) ([]protocol.Diagnostic, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list, ok := r.pull[key]
	return list, ok
}

// show tells the client of a document's marks, and whether they are others than
// before. Not every client moves them itself while the user types.
func (s *server) show(ctx context.Context, key docKey, doc *document) (news bool) {
	marks, problems := s.marksIn(doc), s.problemsIn(doc)
	var are []shownMark
	for _, m := range marks {
		are = append(are, shownMark{m.ID, m.rangeOf()})
	}
	for _, p := range problems {
		are = append(are, shownMark{diagnosticText(p), p.Range})
	}
	r := &s.reviews
	r.mu.Lock()
	if r.shown == nil {
		r.shown, r.pull = make(map[docKey][]shownMark), make(map[docKey][]protocol.Diagnostic)
	}
	news = !slices.Equal(r.shown[key], are)
	r.shown[key], r.pull[key] = are, s.diagnosticsOf(marks, problems)
	r.mu.Unlock()
	if !news {
		return false
	}
	var drawn, told error
	if s.options.Capabilities.Review {
		drawn = s.conn.Notify(ctx, MethodReviewMarks, reviewMarks(doc, marks))
	}
	switch {
	case s.options.Capabilities.Review && !s.isHeeded(doc):
	case s.profile.pulls:
		s.flush(ctx, key)
	case s.showsDiagnostics():
		told = s.client.PublishDiagnostics(ctx, &protocol.PublishDiagnosticsParams{
			URI: doc.uri, Version: protocol.NewOptional(doc.version), Diagnostics: s.diagnosticsOf(marks, problems),
		})
	}
	if err := errors.Join(drawn, told); err != nil {
		s.log.Debug("marks not shown", "err", err)
	}
	return true
}

func (s *server) showsDiagnostics() bool {
	t := s.caps.TextDocument
	return t != nil && t.PublishDiagnostics != nil
}

// markSource is where marks that are diagnostics say they come from.
const markSource = "codex"

// diagnosticsOf are problems, and marks for a client that knows nothing of them.
func (s *server) diagnosticsOf(marks []mark, problems []protocol.Diagnostic) []protocol.Diagnostic {
	list := append([]protocol.Diagnostic{}, problems...)
	if s.options.Capabilities.Review {
		return list
	}
	for _, m := range marks {
		list = append(list, protocol.Diagnostic{
			Range: m.place(), Severity: protocol.DiagnosticSeverityHint,
			Source: protocol.NewOptional(markSource), Message: protocol.String(m.describe()),
		})
	}
	return list
}

// describe says what a mark is in a few words.
func (m mark) describe() string {
	added, removed := plural(m.End-m.Start, "line"), plural(countLines(m.Removed), "line")
	switch {
	case m.Removed == "":
		return "Codex added " + added
	case m.Added == "":
		return "Codex removed " + removed
	}
	return "Codex changed " + removed
}

// countLines counts lines, the last one whether it is ended or not.
func countLines(s string) int { return len(slices.Collect(strings.Lines(s))) }

func reviewMarks(doc *document, marks []mark) ReviewMarks {
	p := ReviewMarks{URI: string(doc.uri), Version: doc.version, Hunks: []ReviewHunk{}}
	for _, m := range marks {
		p.Hunks = append(p.Hunks, ReviewHunk{Hunk: m.Hunk, ThreadID: m.thread.ID(), Range: m.rangeOf()})
	}
	return p
}
