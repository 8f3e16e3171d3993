package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.lsp.dev/protocol"

	"codex-lsp/agent"
	"codex-lsp/agent/disk"
	"codex-lsp/patch"
)

const (
	methodSave   = "codex/saveDocuments"
	methodReload = "codex/reloadDocuments"
	// savePatience is how long a client may take to save or reload: formatters
	// run on saving.
	savePatience = 10 * time.Second
)

// documentList is the params of codex/saveDocuments and codex/reloadDocuments.
type documentList struct {
	URIs []string `json:"uris"`
}

// saveResult is the result of codex/saveDocuments.
type saveResult struct {
	Unsaved []string `json:"unsaved"` // URIs
}

// Save lets the client write the buffers of these files, where it can, and
// returns those that the disk does not hold as the user sees them.
func (s *server) Save(ctx context.Context, paths []string) (unsaved []string) {
	ctx, done := s.during(ctx)
	defer done()
	ctx, cancel := context.WithTimeout(ctx, savePatience)
	defer cancel()
	dirty := s.dirty(paths)
	if len(dirty) > 0 && s.options.Capabilities.SaveDocuments {
		s.askToSave(ctx, dirty)
		dirty = s.dirty(paths) // the disk is the proof
	}
	for _, doc := range dirty {
		unsaved = append(unsaved, doc.path)
	}
	return unsaved
}

// dirty returns the open documents of these files that differ from the disk.
func (s *server) dirty(paths []string) []*document {
	var list []*document
	view := s.docs.view()
	for _, path := range paths {
		doc := view.at(path)
		if doc == nil {
			continue
		}
		file, err := disk.Read(doc.path)
		if err != nil || !sameContent(file.Text, doc.text.String()) {
			list = append(list, doc)
		}
	}
	return list
}

// askToSave asks the client, and waits for the didSave of what it saved, which
// may bring along what a formatter did.
func (s *server) askToSave(ctx context.Context, docs []*document) {
	var saved saveResult
	err := s.ask(ctx, methodSave, documentList{urisOf(docs)}, &saved)
	if err == nil {
		err = s.awaitSaves(ctx, docs, saved.Unsaved)
	}
	if err != nil {
		s.log.Warn("the client did not save", "err", err)
	}
}

// awaitSaves waits until the client has told of a save of each document but
// those that it left unsaved.
func (s *server) awaitSaves(ctx context.Context, docs []*document, unsaved []string) error {
	for _, doc := range docs {
		if slices.Contains(unsaved, string(doc.uri)) {
			continue
		}
		_, err := s.docs.wait(ctx, keyOf(doc.uri), func(now *document) bool {
			return now == nil || now.saved != doc.saved
		})
		if err != nil {
			return fmt.Errorf("%s: no didSave came: %w", doc.path, err)
		}
	}
	return nil
}

// saveEdited lets the client save what it edited, for users who expect an edit
// on disk. What they had not saved themselves before it stays unsaved: that is
// theirs to decide.
func (s *server) saveEdited(ctx context.Context, edited []*bufferStep) {
	if can := s.options.Capabilities; !can.SaveDocuments || !can.SaveEdits {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, savePatience)
	defer cancel()
	var clean []*document
	for _, b := range edited {
		if b.doc.isSaved(ctx, b.did.before) {
			clean = append(clean, b.doc)
		}
	}
	if len(clean) > 0 {
		s.askToSave(ctx, clean)
	}
}

// ask calls one of our own methods on the client.
func (s *server) ask(ctx context.Context, method string, params, result any) error {
	return protocol.Call(ctx, s.conn, method, params, result)
}

func urisOf(docs []*document) []string {
	uris := make([]string, len(docs))
	for i, doc := range docs {
		uris[i] = string(doc.uri)
	}
	return uris
}

// A baseline is what a file held when its document was last opened, saved or
// brought up to date: what tells, later, which of the two has changed since.
type baseline struct {
	loaded chan struct{} // closed once it is known

	mu   sync.Mutex
	text string // guarded by mu
	ok   bool   // guarded by mu; false when there was no file
}

func newBaseline() *baseline { return &baseline{loaded: make(chan struct{})} }

// load reads the file. A text that the document shows is not held twice.
func (b *baseline) load(path string, shown *text) {
	defer close(b.loaded)
	file, err := disk.Read(path)
	if err != nil {
		return
	}
	if s := shown.String(); s == file.Text {
		file.Text = s
	}
	b.set(file.Text)
}

func (b *baseline) set(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text, b.ok = text, true
}

// get waits until the file was read.
func (b *baseline) get(ctx context.Context) (text string, ok bool) {
	select {
	case <-b.loaded:
	case <-ctx.Done():
		return "", false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text, b.ok
}

// Reload brings open documents up to date with files that a command changed.
// What the user has not saved is merged over the change; where both changed
// the same lines the buffer stays as it is, and the model is told.
func (s *server) Reload(ctx context.Context) string {
	ctx, done := s.during(ctx)
	defer done()
	var stale []*staleDocument
	for _, doc := range s.docs.view() {
		if st := s.staleness(ctx, doc); st != nil {
			stale = append(stale, st)
		}
	}
	slices.SortFunc(stale, func(x, y *staleDocument) int { return strings.Compare(x.doc.path, y.doc.path) })
	if s.options.Capabilities.ReloadDocuments {
		stale = s.askToReload(ctx, stale)
	}
	var notes []string
	for _, st := range stale {
		if note := s.refresh(ctx, st); note != "" {
			notes = append(notes, note)
		}
	}
	return strings.Join(notes, "\n")
}

// A staleDocument is an open document whose file has changed under it.
type staleDocument struct {
	doc    *document
	was    string // what the file held before
	onDisk string // what it holds now
}

func (st *staleDocument) clean() bool { return sameContent(st.was, st.doc.text.String()) }

// staleness finds out whether a document's file has changed under it.
func (s *server) staleness(ctx context.Context, doc *document) *staleDocument {
	if doc.saved == nil {
		return nil
	}
	was, known := doc.saved.get(ctx)
	if !known {
		return nil
	}
	file, err := disk.Read(doc.path)
	if err != nil || file.Text == was || sameContent(file.Text, doc.text.String()) {
		return nil // gone, as it was, or shown already
	}
	return &staleDocument{doc: doc, was: was, onDisk: file.Text}
}

// askToReload lets the client reload what is clean, and returns what is still
// stale after that.
func (s *server) askToReload(ctx context.Context, stale []*staleDocument) []*staleDocument {
	ctx, cancel := context.WithTimeout(ctx, savePatience)
	defer cancel()
	var clean []*document
	for _, st := range stale {
		if st.clean() {
			clean = append(clean, st.doc)
		}
	}
	if len(clean) == 0 {
		return stale
	}
	var result json.RawMessage
	if err := s.ask(ctx, methodReload, documentList{urisOf(clean)}, &result); err != nil {
		s.log.Warn("the client did not reload", "err", err)
		return stale
	}
	return slices.DeleteFunc(stale, func(st *staleDocument) bool {
		if !st.clean() {
			return false
		}
		now, err := s.docs.wait(ctx, keyOf(st.doc.uri), func(now *document) bool {
			return now == nil || sameContent(st.onDisk, now.text.String())
		})
		if err == nil && now != nil {
			now.saved.set(st.onDisk)
		}
		return err == nil
	})
}

// refresh merges what changed on disk into a document.
func (s *server) refresh(ctx context.Context, st *staleDocument) (note string) {
	path := st.doc.path
	c := asShown(patch.Change{Op: patch.Update, Path: path, Before: st.was, After: st.onDisk}, st.doc.text.String())
	if !s.takesEdits() {
		return fmt.Sprintf("%s changed on disk; the editor still shows the old text.", path)
	}
	r := s.revise(ctx, keyOf(st.doc.uri), "reload", func(current string) (string, error) { return rebased(c, current) })
	if r.state != agent.Landed {
		return fmt.Sprintf("%s changed on disk, but the editor's buffer, which has unsaved changes, was not updated: %v", path, r.err)
	}
	if !sameContent(st.was, r.before) {
		note = fmt.Sprintf("%s changed on disk; the change was merged into the editor's buffer, which has unsaved changes of the user.", path)
	}
	st.doc.saved.set(st.onDisk)
	return note
}
