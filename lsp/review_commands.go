package lsp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"codex-lsp/agent"
)

// acceptHunk is codex.acceptHunk, see [ReviewParams].
func (s *server) acceptHunk(ctx context.Context, p ReviewParams) (ReviewResult, error) {
	return s.decide(ctx, p, (*agent.Thread).Accept)
}

// rejectHunk is codex.rejectHunk, see [ReviewParams].
func (s *server) rejectHunk(ctx context.Context, p ReviewParams) (ReviewResult, error) {
	return s.decide(ctx, p, (*agent.Thread).Reject)
}

// decide does one thing with the hunks named, those at a place, or all.
func (s *server) decide(ctx context.Context, p ReviewParams, do func(*agent.Thread, context.Context, string, []string) (int, error)) (r ReviewResult, err error) {
	defer s.remark()
	if p.TextDocument == nil {
		for _, t := range s.threads.all() {
			paths, err := t.Touched()
			for _, path := range paths {
				n, failed := do(t, ctx, path, nil)
				r.Hunks += n
				err = errors.Join(err, failed)
			}
			if err != nil {
				return r, err
			}
		}
		return r, nil
	}
	path, err := localPath("textDocument", p.TextDocument.URI)
	if err != nil {
		return r, err
	}
	ids := p.Hunks
	if p.Position != nil {
		doc := viewOf(ctx).at(path)
		if doc == nil {
			return r, badField("position", "is in no open document: %s", path)
		}
		for _, m := range s.marksAt(doc, protocol.Range{Start: *p.Position, End: *p.Position}) {
			ids = append(ids, m.ID)
		}
		if len(ids) == 0 {
			return r, fmt.Errorf("no change of Codex's waits for review at line %d", p.Position.Line+1)
		}
	}
	var errs []error
	for _, t := range s.threads.all() {
		n, err := do(t, ctx, path, ids)
		r.Hunks += n
		errs = append(errs, err)
	}
	if r.Hunks == 0 {
		err = errors.Join(errs...)
	}
	return r, err
}

// nextHunk is codex.nextHunk, see [MoveParams].
func (s *server) nextHunk(ctx context.Context, p MoveParams) (*MoveResult, error) {
	return s.move(ctx, p, func(doc *document, from uint32) *mark {
		marks := s.marksIn(doc)
		for _, m := range marks {
			if m.place().Start.Line > from {
				return &m
			}
		}
		return first(marks)
	})
}

// previousHunk is codex.previousHunk, see [MoveParams].
func (s *server) previousHunk(ctx context.Context, p MoveParams) (*MoveResult, error) {
	return s.move(ctx, p, func(doc *document, from uint32) *mark {
		marks := s.marksIn(doc)
		slices.Reverse(marks)
		for _, m := range marks {
			if m.place().Start.Line < from {
				return &m
			}
		}
		return first(marks)
	})
}

func first(marks []mark) *mark {
	if len(marks) == 0 {
		return nil
	}
	return &marks[0]
}

// move shows the mark that find finds in the document, or else the first one of
// another document.
func (s *server) move(ctx context.Context, p MoveParams, find func(doc *document, from uint32) *mark) (*MoveResult, error) {
	path, err := localPath("textDocument", p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	doc := viewOf(ctx).at(path)
	var m *mark
	if doc != nil {
		m = find(doc, p.Position.Line)
	}
	if m == nil {
		doc, m = s.markElsewhere(path)
	}
	if m == nil {
		return nil, nil
	}
	r := m.place()
	if s.showsDocuments() {
		uri := doc.uri
		s.spawn(func(ctx context.Context) {
			_, _ = s.client.ShowDocument(ctx, &protocol.ShowDocumentParams{
				URI: uri, TakeFocus: ptr(true), Selection: &protocol.Range{Start: r.Start, End: r.Start},
			})
		})
	}
	return &MoveResult{URI: string(doc.uri), Range: r}, nil
}

// markElsewhere is the first mark of another open document.
func (s *server) markElsewhere(path string) (*document, *mark) {
	view := s.docs.view()
	docs := make([]*document, 0, len(view))
	for _, doc := range view {
		if doc.path != "" && doc.path != path {
			docs = append(docs, doc)
		}
	}
	slices.SortFunc(docs, func(a, b *document) int { return strings.Compare(a.path, b.path) })
	for _, doc := range docs {
		if m := first(s.marksIn(doc)); m != nil {
			return doc, m
		}
	}
	return nil, nil
}

// reviewOffers are what can be done with the marks at a place.
func (s *server) reviewOffers(doc *document, r protocol.Range) []offer {
	if doc.path == "" {
		return nil
	}
	all := s.marksIn(doc)
	id := &documentID{string(doc.uri)}
	var offers []offer
	for _, m := range all {
		if !m.covers(r.Start.Line) {
			continue
		}
		at := reviewArgument{TextDocument: id, Hunks: []string{m.ID}}
		explain := askAbout(doc, m.rangeOf(), "Explain this change of yours: what it does, why it is needed, and what could go wrong. Change nothing.\n\n"+m.diff())
		explain.Chat = true
		offers = append(offers,
			offer{kind: protocol.CodeActionKindQuickFix, title: "Keep: " + m.describe(), command: "acceptHunk", argument: at},
			offer{kind: protocol.CodeActionKindQuickFix, title: "Reject: " + m.describe(), command: "rejectHunk", argument: at},
			offer{kind: codexKind, title: "Codex: explain this change", command: "ask", argument: explain})
	}
	if len(offers) == 0 || len(all) < 2 {
		return offers
	}
	file := reviewArgument{TextDocument: id}
	return append(offers,
		offer{kind: codexKind, title: fmt.Sprintf("Keep all %d changes in this file", len(all)), command: "acceptHunk", argument: file},
		offer{kind: codexKind, title: fmt.Sprintf("Reject all %d changes in this file", len(all)), command: "rejectHunk", argument: file},
		offer{kind: codexKind, title: "Go to the next change", command: "nextHunk", argument: moveArgument{id, r.Start}})
}

// diff shows a mark as a diff does.
func (m mark) diff() string {
	var out string
	for line := range strings.Lines(m.Removed) {
		out += "-" + line
	}
	for line := range strings.Lines(m.Added) {
		out += "+" + line
	}
	return out
}

// A reviewArgument is the argument of codex.acceptHunk as actions write it.
type reviewArgument struct {
	TextDocument *documentID `json:"textDocument"`
	Hunks        []string    `json:"hunks,omitempty"`
}

// A moveArgument is the argument of codex.nextHunk as actions write it.
type moveArgument struct {
	TextDocument *documentID       `json:"textDocument"`
	Position     protocol.Position `json:"position"`
}

// maxReviewLenses keeps a file that is all new from being all lenses.
const maxReviewLenses = 50

// reviewLenses are a yes and a no at each mark.
func (s *server) reviewLenses(doc *document) []protocol.CodeLens {
	var lenses []protocol.CodeLens
	if doc.path == "" {
		return nil
	}
	marks := s.marksIn(doc)
	for _, m := range marks[:min(len(marks), maxReviewLenses)] {
		at := reviewArgument{TextDocument: &documentID{string(doc.uri)}, Hunks: []string{m.ID}}
		lenses = append(lenses,
			s.lens(m.place().Start.Line, "✓ Keep", offer{command: "acceptHunk", argument: at}),
			s.lens(m.place().Start.Line, "✗ Reject", offer{command: "rejectHunk", argument: at}))
	}
	return lenses
}
