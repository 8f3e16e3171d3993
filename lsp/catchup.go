package lsp

import (
	"context"
	"maps"
	"sync"
	"time"

	"codex-lsp/agent"
	"codex-lsp/patch"
)

// catchUpWindow is how soon after we wrote a file a didOpen with its old text
// means that the client had read it before, not that somebody put it back.
const catchUpWindow = 10 * time.Second

// recentWrites are the files written to disk a moment ago. That a file is not
// mirrored does not mean that no buffer shows it: the client may be about to
// tell of it.
type recentWrites struct {
	mu     sync.Mutex
	byPath map[string]written // guarded by mu
}

type written struct {
	patch.Change
	at time.Time
}

// note remembers changes that were written.
func (r *recentWrites) note(changes []patch.Change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byPath == nil {
		r.byPath = make(map[string]written)
	}
	now := time.Now()
	maps.DeleteFunc(r.byPath, func(_ string, w written) bool { return now.Sub(w.at) > catchUpWindow })
	for _, c := range changes {
		if c.Op == patch.Update && c.MoveTo == "" {
			r.byPath[c.Path] = written{c, now}
		}
	}
}

// missedBy returns the change that a document just opened does not show yet.
func (r *recentWrites) missedBy(doc *document) (patch.Change, bool) {
	r.mu.Lock()
	w, ok := r.byPath[doc.path]
	r.mu.Unlock()
	if !ok || time.Since(w.at) > catchUpWindow {
		return patch.Change{}, false
	}
	shown := doc.text.String()
	c := asShown(w.Change, shown)
	return c, shown == c.Before
}

// wrote is told of changes just written to disk. A document that was opened
// between the look at what is open and the write shows the old text, and nobody
// knew then that it would.
func (s *server) wrote(changes []patch.Change) {
	s.writes.note(changes)
	for _, c := range changes {
		if doc := s.docs.at(c.Path); doc != nil {
			s.catchUp(doc)
		}
	}
}

// catchUp makes in a document just opened the change that was written to its
// file while the client was opening it.
func (s *server) catchUp(doc *document) {
	if doc.path == "" || !s.takesEdits() {
		return
	}
	c, missed := s.writes.missedBy(doc)
	if !missed {
		return
	}
	s.spawn(func(ctx context.Context) {
		r := s.revise(ctx, keyOf(doc.uri), "catch up with the file", func(current string) (string, error) {
			if current == c.After { // it was told twice
				return current, nil
			}
			return rebased(c, current)
		})
		if r.state != agent.Landed {
			s.log.Warn("a file was written while it was being opened, and its buffer shows the old text", "path", doc.path, "err", r.err)
			s.warn("codex: " + doc.path + " was changed on disk while it was being opened; reload it")
		}
	})
}
