package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// A demoEditor is the editor of the demo: one open buffer and an LSP client,
// as small as an editor can be.
type demoEditor struct {
	in     io.Writer
	out    *bufio.Reader
	path   string // of the buffer's file, absolute
	screen *demoScreen

	mu      sync.Mutex // a frame at a time
	text    string     // of the buffer; the read loop's
	version int        // likewise
	replies map[int]chan []byte
	done    chan struct{} // closed when the server is gone
}

// A demoMessage is any JSON-RPC message.
type demoMessage struct {
	ID     json.RawMessage `json:"id,omitempty"`
	Method string          `json:"method,omitempty"`
	Params json.RawMessage `json:"params,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

type demoPosition struct {
	Line      int `json:"line"`
	Character int `json:"character"` // in bytes: the client offers utf-8 alone
}

type demoEdit struct {
	Range   struct{ Start, End demoPosition } `json:"range"`
	NewText string                            `json:"newText"`
}

func (e *demoEditor) uri() string { return fileURI(e.path) }

func fileURI(path string) string { return (&url.URL{Scheme: "file", Path: path}).String() }

func (e *demoEditor) send(m map[string]any) error {
	m["jsonrpc"] = "2.0"
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	_, err = fmt.Fprintf(e.in, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return err
}

func (e *demoEditor) notify(method string, params any) error {
	return e.send(map[string]any{"method": method, "params": params})
}

// call makes a request and waits for its result. Only one goroutine calls.
func (e *demoEditor) call(id int, method string, params, result any) error {
	reply := make(chan []byte, 1)
	e.mu.Lock()
	e.replies[id] = reply
	e.mu.Unlock()
	if err := e.send(map[string]any{"id": id, "method": method, "params": params}); err != nil {
		return err
	}
	var raw []byte
	select {
	case raw = <-reply:
	case <-e.done:
		return fmt.Errorf("%s: the server ended", method)
	}
	var m demoMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return err
	}
	if m.Error != nil {
		return fmt.Errorf("%s: %s", method, m.Error.Message)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(m.Result, result)
}

// read answers the server until it is gone.
func (e *demoEditor) read() {
	defer close(e.done)
	for {
		header, err := textproto.NewReader(e.out).ReadMIMEHeader()
		if err != nil {
			return
		}
		size, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil {
			return
		}
		body := make([]byte, size)
		if _, err := io.ReadFull(e.out, body); err != nil {
			return
		}
		var m demoMessage
		if err := json.Unmarshal(body, &m); err != nil {
			return
		}
		switch {
		case m.Method == "":
			e.reply(m.ID, body)
		case m.ID == nil:
			e.screen.notified(m.Method, m.Params)
		default:
			e.answer(m)
		}
	}
}

func (e *demoEditor) reply(rawID json.RawMessage, body []byte) {
	id, _ := strconv.Atoi(string(rawID))
	e.mu.Lock()
	defer e.mu.Unlock()
	if reply := e.replies[id]; reply != nil {
		delete(e.replies, id)
		reply <- body
	}
}

// answer does what the server asks an editor to do.
func (e *demoEditor) answer(m demoMessage) {
	var result any
	switch m.Method {
	case "workspace/applyEdit":
		result = map[string]bool{"applied": e.apply(m.Params)}
	case "window/showMessageRequest":
		result = e.prompt(m.Params)
	case "codex/saveDocuments":
		result = map[string]any{"unsaved": e.save()}
	}
	_ = e.send(map[string]any{"id": m.ID, "result": result}) // a server that is gone ends read
}

// prompt puts a question to the user. The first action is the plain yes; no
// action at all is a no.
func (e *demoEditor) prompt(params json.RawMessage) any {
	var p struct {
		Message string
		Actions []json.RawMessage
	}
	if json.Unmarshal(params, &p) != nil || len(p.Actions) == 0 || !e.screen.approve(p.Message) {
		return nil
	}
	return p.Actions[0]
}

// apply makes an edit in the buffer, last place first, and tells the server.
func (e *demoEditor) apply(params json.RawMessage) bool {
	var p struct {
		Edit struct {
			DocumentChanges []struct {
				TextDocument struct {
					URI     string
					Version *int // of the text that the edit is for
				}
				Edits []demoEdit
			}
		}
	}
	if json.Unmarshal(params, &p) != nil || len(p.Edit.DocumentChanges) != 1 {
		return false
	}
	if doc := p.Edit.DocumentChanges[0].TextDocument; doc.URI != e.uri() || doc.Version != nil && *doc.Version != e.version {
		return false
	}
	edits := p.Edit.DocumentChanges[0].Edits
	var changes []map[string]any
	for i := len(edits) - 1; i >= 0; i-- {
		ed := edits[i]
		e.text = e.text[:e.offset(ed.Range.Start)] + ed.NewText + e.text[e.offset(ed.Range.End):]
		changes = append(changes, map[string]any{"range": map[string]any{"start": ed.Range.Start, "end": ed.Range.End}, "text": ed.NewText})
	}
	e.version++
	_ = e.notify("textDocument/didChange", map[string]any{
		"textDocument": map[string]any{"uri": e.uri(), "version": e.version}, "contentChanges": changes,
	})
	e.screen.edited(e.version, edits)
	return true
}

func (e *demoEditor) offset(p demoPosition) int {
	at := 0
	for range p.Line {
		at += strings.IndexByte(e.text[at:], '\n') + 1
	}
	return at + p.Character
}

// save writes the buffer to its file; it returns what could not be saved.
func (e *demoEditor) save() []string {
	if err := os.WriteFile(e.path, []byte(e.text), 0o644); err != nil {
		return []string{e.uri()}
	}
	e.screen.saved(e.name())
	_ = e.notify("textDocument/didSave", map[string]any{"textDocument": map[string]string{"uri": e.uri()}})
	return []string{}
}

// open reads the file into the buffer, types unsaved text above it, and shows
// it to the server.
func (e *demoEditor) open(typed string) error {
	text, err := os.ReadFile(e.path)
	if err != nil {
		return err
	}
	e.text, e.version = typed+string(text), 1
	return e.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{
		"uri": e.uri(), "languageId": "shellscript", "version": e.version, "text": e.text,
	}})
}

func (e *demoEditor) name() string { return filepath.Base(e.path) }
