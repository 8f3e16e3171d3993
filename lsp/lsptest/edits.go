package lsptest

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// Open opens a file from disk, as a user does, and tells the server.
func (e *Editor) Open(path string) {
	e.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		e.t.Fatal(err)
	}
	e.OpenText(path, string(text))
}

// OpenText opens a buffer for a path that need not exist, with this text.
func (e *Editor) OpenText(path, text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open(fileURI(path), path, text)
}

// OpenURI opens a buffer that is no file.
func (e *Editor) OpenURI(uri, text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open(uri, "", text)
}

func (e *Editor) open(uri, path, text string) *buffer {
	b := &buffer{uri: uri, path: path, text: text, sent: text, version: 1, sentVersion: 1}
	if disk, err := os.ReadFile(path); err == nil {
		b.onDisk = string(disk)
	}
	e.buffers[key(uri)] = b
	e.send(message{Method: "textDocument/didOpen", Params: encode(map[string]any{"textDocument": map[string]any{
		"uri": uri, "languageId": "plaintext", "version": b.version, "text": text,
	}})})
	e.change()
	return b
}

// Close closes a buffer, saved or not.
func (e *Editor) Close(path string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.close(e.buffer(path))
}

func (e *Editor) close(b *buffer) {
	b.hold()
	delete(e.buffers, key(b.uri))
	e.send(message{Method: "textDocument/didClose", Params: encode(identifier(b.uri))})
	e.change()
}

// Type replaces the first old in a buffer, or inserts at its start for "".
func (e *Editor) Type(path, old, new string) {
	e.t.Helper()
	if !e.TryType(path, old, new) {
		e.t.Fatalf("%s holds no %q:\n%s", path, old, e.Text(path))
	}
}

// TryType is Type for a text that need not be there; it tells whether it was.
func (e *Editor) TryType(path, old, new string) bool {
	e.t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	b := e.buffer(path)
	at := strings.Index(b.text, old)
	if at < 0 {
		return false
	}
	b.splice(at, at+len(old), new, e.encoding)
	b.version++
	e.later(b, e.Profile.Debounce)
	e.change()
	return true
}

// Save writes a buffer to its file and tells the server.
func (e *Editor) Save(path string) {
	e.t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.save(e.buffer(path)); err != nil {
		e.t.Fatal(err)
	}
}

func (e *Editor) save(b *buffer) error {
	e.flush(b)
	if err := os.WriteFile(b.path, []byte(b.text), 0o644); err != nil {
		return err
	}
	b.onDisk = b.text
	e.send(message{Method: "textDocument/didSave", Params: encode(identifier(b.uri))})
	e.change()
	return nil
}

// Text returns what a buffer holds, which is named by its path or, if it is no
// file, by its URI.
func (e *Editor) Text(path string) string {
	e.t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.buffer(path).text
}

// IsOpen tells whether a path is open.
func (e *Editor) IsOpen(path string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.buffers[path] != nil
}

// AwaitText waits until a buffer holds this text.
func (e *Editor) AwaitText(path, want string) {
	e.t.Helper()
	var got string
	defer func() {
		if e.t.Failed() {
			e.t.Logf("%s holds:\n%s", path, got)
		}
	}()
	e.Until(fmt.Sprintf("%s to hold %q", path, want), func() bool {
		b := e.buffers[path]
		if b != nil {
			got = b.text
		}
		return b != nil && b.text == want
	})
}

func (e *Editor) buffer(path string) *buffer {
	e.t.Helper()
	if b := e.buffers[path]; b != nil {
		return b
	}
	e.t.Fatalf("%s is not open", path)
	return nil
}

// later sends didChange when the profile has it: at once, when the user has
// been idle for d, or, as Neovim does, d after the last one; the first one of
// a buffer waits for a pause.
func (e *Editor) later(b *buffer, d time.Duration) {
	if !e.Profile.Idle && !b.flushed.IsZero() {
		d = max(d-time.Since(b.flushed), 0)
	}
	if d == 0 {
		e.flush(b)
		return
	}
	b.hold()
	b.timer = time.AfterFunc(d, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if b.timer != nil {
			e.flush(b)
			e.change()
		}
	})
}

// flush tells the server what a buffer holds now.
func (e *Editor) flush(b *buffer) {
	b.hold()
	if b.version == b.sentVersion {
		return
	}
	e.send(message{Method: "textDocument/didChange", Params: encode(map[string]any{
		"textDocument":   map[string]any{"uri": b.uri, "version": b.version},
		"contentChanges": b.changes(e.Profile.Sync, e.encoding),
	})})
	b.sent, b.sentVersion, b.unsent = b.text, b.version, nil
	b.flushed = time.Now()
}

// flushAll is what editors do before they make a request.
func (e *Editor) flushAll() {
	for _, b := range e.buffers {
		e.flush(b)
	}
}

// hold stops the timer of a didChange that is due.
func (b *buffer) hold() {
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
}

func identifier(uri string) map[string]any {
	return map[string]any{"textDocument": map[string]any{"uri": uri}}
}

// An applyEdit is the params of workspace/applyEdit.
type applyEdit struct {
	Label string
	Edit  struct {
		Changes         map[string][]textEdit
		DocumentChanges []documentChange
	}
}

type textEdit struct {
	Range   span
	NewText string
}

// A documentChange is a text edit, or for a Kind a file operation.
type documentChange struct {
	TextDocument struct {
		URI     string
		Version *int
	}
	Edits          []textEdit
	Kind           string
	URI            string
	OldURI, NewURI string
}

// applied is the result of workspace/applyEdit.
type applied struct {
	Applied       bool   `json:"applied"`
	FailureReason string `json:"failureReason,omitempty"`
}

// apply carries out workspace/applyEdit as the profile has it.
func (e *Editor) apply(id, params json.RawMessage) {
	var p applyEdit
	if err := json.Unmarshal(params, &p); err != nil {
		e.reply(id, nil, &Error{Code: -32602, Message: err.Error()})
		return
	}
	switch {
	case e.Profile.Reply == Silent:
		return
	case e.Profile.Reply == Denies:
		e.reply(id, applied{FailureReason: "not supported"}, nil)
		return
	case e.dropped < e.Profile.Drops:
		e.dropped++
		e.reply(id, applied{Applied: true}, nil)
		return
	}
	if e.OnEdit != nil {
		e.mu.Unlock()
		e.OnEdit()
		e.mu.Lock()
	}
	if e.Profile.Tells {
		e.flushAll()
	}
	done, err := e.applyAll(p)
	if e.Profile.Tells {
		e.flushAll()
	}
	if e.Profile.Reply == Null {
		e.reply(id, nil, nil)
		return
	}
	e.reply(id, done, err)
}

func (e *Editor) applyAll(p applyEdit) (applied, *Error) {
	for uri, edits := range p.Edit.Changes {
		e.applyText(e.shown(uri), edits)
	}
	for _, c := range p.Edit.DocumentChanges {
		if c.Kind != "" {
			if err := e.fileOp(c); err != nil {
				return applied{FailureReason: err.Error()}, nil
			}
			continue
		}
		b := e.shown(c.TextDocument.URI)
		known := b.version
		if e.Profile.SentOnly {
			known = b.sentVersion
		}
		if v := c.TextDocument.Version; v != nil && *v != known {
			switch e.Profile.Stale {
			case Dropped:
				continue
			case Failed:
				return applied{}, &Error{Code: -32603, Message: fmt.Sprintf("invalid edits: document version is %d, not %d", known, *v)}
			case Refused:
				return applied{FailureReason: "the document has changed"}, nil
			}
		}
		e.applyText(b, c.Edits)
	}
	return applied{Applied: true}, nil
}

// shown returns the buffer of a URI, opened if it was not.
func (e *Editor) shown(uri string) *buffer {
	if b := e.buffers[key(uri)]; b != nil {
		return b
	}
	text, _ := os.ReadFile(pathOf(uri))
	return e.open(uri, pathOf(uri), string(text))
}

// applyText makes the edits of one document: at the places that the ranges
// name in the text as it is now, whatever the server thought it was.
func (e *Editor) applyText(b *buffer, edits []textEdit) {
	places := make([]part, len(edits))
	for i, t := range edits {
		places[i] = part{offset(b.text, t.Range.Start, e.encoding), offset(b.text, t.Range.End, e.encoding), t.NewText}
	}
	slices.SortStableFunc(places, func(x, y part) int { return x.start - y.start })
	// An empty line at the end, which goes when all is done.
	spare := false
	for _, p := range slices.Backward(places) { // from the last to the first: offsets stay true
		if e.Profile.Sync == Events && p.end == len(b.text) && !spare {
			spare, p.text = true, p.text+"\n"
		}
		for _, d := range e.Profile.Sync.parts(b.text[p.start:p.end], p.text) {
			b.splice(p.start+d.start, p.start+d.end, d.text, e.encoding)
		}
		e.happened(b)
	}
	if spare {
		b.splice(len(b.text)-1, len(b.text), "", e.encoding)
		e.happened(b)
	}
	if e.Profile.Sync != Events {
		b.version++
		e.later(b, e.Profile.Debounce)
	}
}

// happened tells of a part of an edit by itself, if that is how the editor does.
func (e *Editor) happened(b *buffer) {
	if e.Profile.Sync == Events {
		b.version++
		e.flush(b)
	}
}

// fileOp creates, renames or deletes a file.
func (e *Editor) fileOp(c documentChange) error {
	switch c.Kind {
	case "create":
		return os.WriteFile(pathOf(c.URI), nil, 0o644)
	case "delete":
		if b := e.buffers[key(c.URI)]; b != nil {
			e.close(b)
		}
		return os.Remove(pathOf(c.URI))
	case "rename":
		if err := os.Rename(pathOf(c.OldURI), pathOf(c.NewURI)); err != nil {
			return err
		}
		if b := e.buffers[key(c.OldURI)]; b != nil {
			e.close(b)
			e.open(c.NewURI, pathOf(c.NewURI), b.text)
		}
		return nil
	}
	return fmt.Errorf("unknown operation %q", c.Kind)
}
