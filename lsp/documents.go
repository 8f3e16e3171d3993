package lsp

import (
	"context"
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// A document is an open document as it was at one moment. It never changes:
// the next moment is another document.
type document struct {
	uri      uri.URI // as the client spells it
	path     string  // absolute; "" if it is no file
	language string
	version  int32
	text     *text
	changed  time.Time // when the client last told of a change
	saved    *baseline // of its file; nil if it is none. A save brings another
}

// isSaved tells whether its file holds this text, as far as is known.
func (d *document) isSaved(ctx context.Context, text string) bool {
	if d.saved == nil {
		return false
	}
	saved, known := d.saved.get(ctx)
	return known && sameContent(saved, text)
}

// A view is all open documents as they were at one moment. It never changes.
type view map[docKey]*document

// documents mirrors what the client has open. Only the read loop changes it.
type documents struct {
	mu       sync.Mutex
	rules    rules
	open     view                  // guarded by mu; replaced, never modified
	news     chan struct{}         // guarded by mu; closed at the next change
	watchers map[*watcher]struct{} // guarded by mu
}

func newDocuments() *documents {
	return &documents{
		rules:    rules{encoding: utf16Units},
		open:     view{},
		news:     make(chan struct{}),
		watchers: make(map[*watcher]struct{}),
	}
}

// speak sets how the client counts. It is called once, before any document.
func (d *documents) speak(e encoding, loneCR bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rules = rules{e, loneCR}
}

// view returns all open documents.
func (d *documents) view() view {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open
}

// get returns the open document with this URI, or nil.
func (d *documents) get(u uri.URI) *document { return d.view()[keyOf(u)] }

// at returns the open document that is this file, or nil.
func (d *documents) at(path string) *document { return d.view().at(path) }

// at returns the document that is this file, or nil. A file that the client
// opened by another of its names (through a link) is found, too.
func (v view) at(path string) *document {
	if doc := v[keyOfPath(path)]; doc != nil {
		return doc
	}
	file, err := os.Stat(path)
	if err != nil {
		return nil
	}
	for _, doc := range v {
		if doc.path == "" {
			continue
		}
		if other, err := os.Stat(doc.path); err == nil && os.SameFile(file, other) {
			return doc
		}
	}
	return nil
}

// put makes doc the current state of its document, and hands it to those who
// wait for that. How it came to be goes to watchers.
func (d *documents) put(doc *document, steps ...step) {
	d.change(keyOf(doc.uri), doc, steps)
}

func (d *documents) remove(key docKey) { d.change(key, nil, nil) }

func (d *documents) change(key docKey, doc *document, steps []step) {
	d.mu.Lock()
	defer d.mu.Unlock()
	open := maps.Clone(d.open)
	if doc == nil {
		delete(open, key)
	} else {
		open[key] = doc
	}
	d.open = open
	for w := range d.watchers {
		if w.key == key {
			w.steps = append(w.steps, steps...)
		}
	}
	close(d.news)
	d.news = make(chan struct{})
}

// current returns the document with this key, or nil, and what is closed when
// any document changes after that.
func (d *documents) current(key docKey) (*document, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open[key], d.news
}

// wait returns once ready is true of the document, which is nil while it is
// not open, or when ctx ends.
func (d *documents) wait(ctx context.Context, key docKey, ready func(*document) bool) (*document, error) {
	for {
		doc, news := d.current(key)
		if ready(doc) {
			return doc, nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return doc, ctx.Err()
		}
	}
}

// A step is one of the changes of a didChange.
type step struct {
	before, after *text
	where         *protocol.Range // in before; nil for the whole text
	with          string
	joined        bool // told of together with the one before
}

// A watcher keeps every step that a document takes.
type watcher struct {
	docs  *documents
	key   docKey
	steps []step // guarded by docs.mu
}

// watch starts to keep the steps of a document.
func (d *documents) watch(key docKey) *watcher {
	w := &watcher{docs: d, key: key}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watchers[w] = struct{}{}
	return w
}

// seen returns the steps so far, oldest first.
func (w *watcher) seen() []step {
	w.docs.mu.Lock()
	defer w.docs.mu.Unlock()
	return w.steps
}

func (w *watcher) stop() {
	w.docs.mu.Lock()
	defer w.docs.mu.Unlock()
	delete(w.docs.watchers, w)
}

// DidOpen begins to mirror a document.
func (s *server) DidOpen(ctx context.Context, p *protocol.DidOpenTextDocumentParams) error {
	item := p.TextDocument
	doc := &document{
		uri:      spelling(ctx, item.URI),
		language: strings.Clone(string(item.LanguageID)),
		version:  item.Version,
		text:     newText(strings.Clone(item.Text), s.docs.rules),
		changed:  time.Now(),
	}
	if path, ok := pathOf(doc.uri); ok {
		doc.path = path
		doc.saved = newBaseline()
		s.spawn(func(context.Context) { doc.saved.load(path, doc.text) })
	}
	s.docs.put(doc)
	s.catchUp(doc)
	s.reviews.forget(keyOf(doc.uri))
	s.remark()
	return nil
}

// DidChange follows an open document. Changes apply one after the other, each
// to the text that the one before it made.
func (s *server) DidChange(_ context.Context, p *protocol.DidChangeTextDocumentParams) error {
	old := s.docs.get(p.TextDocument.URI)
	if old == nil {
		return fmt.Errorf("%s is not open", p.TextDocument.URI)
	}
	doc := *old
	doc.version, doc.changed = p.TextDocument.Version, time.Now()
	steps := make([]step, 0, len(p.ContentChanges))
	for i, c := range p.ContentChanges {
		next := step{before: doc.text, joined: i > 0}
		switch c := c.(type) {
		case *protocol.TextDocumentContentChangePartial:
			next.where, next.with = &c.Range, c.Text
			next.after = doc.text.replace(c.Range, c.Text)
		case *protocol.TextDocumentContentChangeWholeDocument:
			next.with = strings.Clone(c.Text)
			next.after = newText(next.with, doc.text.rules)
		}
		doc.text = next.after
		steps = append(steps, next)
	}
	s.docs.put(&doc, steps...)
	s.remark()
	return nil
}

// DidSave notes that the file holds what the document does.
func (s *server) DidSave(_ context.Context, p *protocol.DidSaveTextDocumentParams) error {
	old := s.docs.get(p.TextDocument.URI)
	if old == nil || old.saved == nil {
		return nil
	}
	doc := *old
	doc.saved = newBaseline()
	s.spawn(func(context.Context) { doc.saved.load(doc.path, doc.text) })
	s.docs.put(&doc)
	return nil
}

// DidClose forgets a document.
func (s *server) DidClose(_ context.Context, p *protocol.DidCloseTextDocumentParams) error {
	s.docs.remove(keyOf(p.TextDocument.URI))
	return nil
}

type viewKey struct{}

// withView gives a handler the documents as they were when its message came:
// positions in the message are about those, whatever arrived since.
func withView(ctx context.Context, v view) context.Context {
	return context.WithValue(ctx, viewKey{}, v)
}

// viewOf returns the documents as they were when the message that ctx belongs
// to arrived.
func viewOf(ctx context.Context) view {
	v, _ := ctx.Value(viewKey{}).(view)
	return v
}
