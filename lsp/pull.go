package lsp

import (
	"context"
	"sync"
	"time"

	"go.lsp.dev/protocol"
)

// A client that holds back didChange for a while sends it before any request
// of its own, and pulls diagnostics when it is told that they have changed.
// That is the way to have it tell at once what the user typed.

// pullPatience is how long a client may take to pull. It is told to only
// where it is known to do it at once.
const pullPatience = 500 * time.Millisecond

// pulls are waited for by those who want a document up to date.
type pulls struct {
	mu      sync.Mutex
	waiting map[docKey]chan struct{} // guarded by mu; closed at the next pull
}

// next returns what is closed when the client pulls for a document.
func (p *pulls) next(key docKey) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == nil {
		p.waiting = make(map[docKey]chan struct{})
	}
	if p.waiting[key] == nil {
		p.waiting[key] = make(chan struct{})
	}
	return p.waiting[key]
}

func (p *pulls) came(key docKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ch := p.waiting[key]; ch != nil {
		close(ch)
		delete(p.waiting, key)
	}
}

// Diagnostic answers a pull with the marks that wait for review, and what is wrong with a
// file of rules, as far as that is known: it takes long to find out for each key, and the
// client is told to pull again when it is others. Often the pull is for what the client
// sends before it.
func (s *server) Diagnostic(_ context.Context, p *protocol.DocumentDiagnosticParams) (protocol.DocumentDiagnosticReport, error) {
	key := keyOf(p.TextDocument.URI)
	s.pulls.came(key)
	items, known := s.reviews.found(key)
	if doc := s.docs.view()[key]; !known && doc != nil && doc.path != "" {
		items = s.diagnosticsOf(s.marksIn(doc), s.problemsIn(doc))
	}
	return &protocol.RelatedFullDocumentDiagnosticReport{
		FullDocumentDiagnosticReport: protocol.FullDocumentDiagnosticReport{Kind: "full", Items: append([]protocol.Diagnostic{}, items...)},
	}, nil
}

// flush makes the client tell of what it holds back of a document. It reports
// whether that is certain.
func (s *server) flush(ctx context.Context, key docKey) bool {
	if !s.profile.pulls {
		return false
	}
	pulled := s.pulls.next(key)
	ctx, cancel := context.WithTimeout(ctx, pullPatience)
	defer cancel()
	s.spawn(func(context.Context) {
		if err := s.client.DiagnosticRefresh(ctx); err != nil && ctx.Err() == nil {
			s.log.Debug("the client was not told to pull", "err", err)
		}
	})
	select {
	case <-pulled:
		return true
	case <-ctx.Done():
		return false
	}
}
