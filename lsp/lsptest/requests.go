package lsptest

import (
	"encoding/json"
	"os"
	"slices"
	"time"
)

// A Prompt is a window/showMessageRequest.
type Prompt struct {
	Message string
	Titles  []string // of the actions, in order
}

// A Reaction is how a user reacts to a prompt.
type Reaction struct {
	title string
	kind  string
}

// Pick chooses the action with this title, offered or not.
func Pick(title string) Reaction { return Reaction{title, "pick"} }

// Dismiss closes the prompt.
func Dismiss() Reaction { return Reaction{kind: "dismiss"} }

// Fail makes the editor answer with an error.
func Fail() Reaction { return Reaction{kind: "fail"} }

// Ignore leaves the prompt open until the test ends.
func Ignore() Reaction { return Reaction{kind: "ignore"} }

// A prompt is one that is open.
type prompt struct {
	id json.RawMessage
	Prompt
}

// request answers what the server asks. mu is held.
func (e *Editor) request(id json.RawMessage, method string, params json.RawMessage) {
	switch method {
	case "workspace/applyEdit":
		e.afterLag(func() { e.apply(id, params) })
	case "window/showMessageRequest":
		e.prompt(id, params)
	case "window/workDoneProgress/create", "client/registerCapability", "client/unregisterCapability",
		"workspace/codeLens/refresh", "workspace/inlayHint/refresh":
		e.reply(id, nil, nil)
	case "workspace/diagnostic/refresh":
		e.afterLag(func() { e.pull(id) })
	case "workspace/configuration":
		e.configuration(id, params)
	case "window/showDocument":
		e.showDocument(id, params)
	case "codex/saveDocuments":
		e.saveDocuments(id, params)
	case "codex/reloadDocuments":
		e.reloadDocuments(id, params)
	default:
		e.unknown(id, method)
	}
}

// afterLag calls f with mu held, now or when the profile's lag has passed.
func (e *Editor) afterLag(f func()) {
	if e.Profile.Lag == 0 {
		f()
		return
	}
	time.AfterFunc(e.Profile.Lag, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		f()
		e.change()
	})
}

func (e *Editor) unknown(id json.RawMessage, method string) {
	if e.Profile.Nulls {
		e.reply(id, nil, nil)
		return
	}
	e.reply(id, nil, &Error{Code: -32601, Message: "unknown method " + method})
}

// prompt shows a prompt and lets the user react. mu is held.
func (e *Editor) prompt(id, params json.RawMessage) {
	var p struct {
		Message string
		Actions []struct{ Title string }
	}
	if err := json.Unmarshal(params, &p); err != nil {
		e.reply(id, nil, &Error{Code: -32602, Message: err.Error()})
		return
	}
	shown := &prompt{id: id, Prompt: Prompt{Message: p.Message}}
	for _, a := range p.Actions {
		shown.Titles = append(shown.Titles, a.Title)
	}
	if e.Profile.Evicts {
		e.prompts = nil
	}
	e.prompts = append(e.prompts, shown)
	if e.Profile.Modal {
		e.modal++
	}
	go func() {
		react := Dismiss()
		if e.OnPrompt != nil {
			react = e.OnPrompt(shown.Prompt)
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		e.reacted(shown, react)
		e.change()
	}()
}

// reacted ends a prompt. One that was evicted meanwhile is never answered.
func (e *Editor) reacted(p *prompt, r Reaction) {
	open := slices.Contains(e.prompts, p)
	if r.kind == "ignore" {
		return
	}
	e.prompts = slices.DeleteFunc(e.prompts, func(other *prompt) bool { return other == p })
	if open {
		switch {
		case r.kind == "fail":
			e.reply(p.id, nil, &Error{Code: -32603, Message: "the prompt could not be shown"})
		case r.kind == "dismiss", e.Profile.OneAction && r.title != p.Titles[0]:
			e.reply(p.id, nil, nil)
		default:
			e.reply(p.id, map[string]any{"title": r.title}, nil)
		}
	}
	if e.Profile.Modal {
		e.modal--
	}
	for e.modal == 0 && len(e.held) > 0 {
		next := e.held[0]
		e.held = e.held[1:]
		e.take(next)
	}
}

// React lets the user react to the oldest prompt that is open; false when
// there is none.
func (e *Editor) React(r Reaction) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.prompts) == 0 {
		return false
	}
	e.reacted(e.prompts[0], r)
	e.change()
	return true
}

// Prompts returns the prompts that are open, oldest first.
func (e *Editor) Prompts() []Prompt {
	e.mu.Lock()
	defer e.mu.Unlock()
	var open []Prompt
	for _, p := range e.prompts {
		open = append(open, p.Prompt)
	}
	return open
}

// cancelled closes nothing: no real editor withdraws a prompt that the server
// cancels. The server must bear the answer that comes all the same.
func (e *Editor) cancelled(json.RawMessage) {}

// pull asks for the diagnostics of all buffers, if there are any to be had.
func (e *Editor) pull(id json.RawMessage) {
	if e.pulls {
		for _, b := range e.buffers {
			e.begin("textDocument/diagnostic", identifier(b.uri))
		}
	}
	e.reply(id, nil, nil)
}

func (e *Editor) configuration(id, params json.RawMessage) {
	var p struct{ Items []struct{ Section string } }
	_ = json.Unmarshal(params, &p)
	values := make([]any, len(p.Items))
	for i, item := range p.Items {
		if item.Section == "codex" {
			values[i] = e.Settings
		}
	}
	e.reply(id, values, nil)
}

func (e *Editor) showDocument(id, params json.RawMessage) {
	var p struct{ URI string }
	_ = json.Unmarshal(params, &p)
	if path := pathOf(p.URI); path != "" {
		e.shown(p.URI)
	}
	e.reply(id, map[string]any{"success": true}, nil)
}

type documentList struct {
	URIs []string `json:"uris"`
}

func (e *Editor) saveDocuments(id, params json.RawMessage) {
	if !e.Profile.Saves {
		e.unknown(id, "codex/saveDocuments")
		return
	}
	var p documentList
	_ = json.Unmarshal(params, &p)
	unsaved := []string{}
	for _, uri := range p.URIs {
		if b := e.buffers[key(uri)]; b == nil || e.save(b) != nil {
			unsaved = append(unsaved, uri)
		}
	}
	e.reply(id, map[string]any{"unsaved": unsaved}, nil)
}

func (e *Editor) reloadDocuments(id, params json.RawMessage) {
	if !e.Profile.Reloads {
		e.unknown(id, "codex/reloadDocuments")
		return
	}
	var p documentList
	_ = json.Unmarshal(params, &p)
	for _, uri := range p.URIs {
		b := e.buffers[key(uri)]
		if b == nil || b.text != b.onDisk {
			continue // not open, or modified: the editor keeps what the user has
		}
		disk, err := os.ReadFile(b.path)
		if err != nil {
			continue
		}
		b.splice(0, len(b.text), string(disk), e.encoding)
		b.version++
		b.onDisk = string(disk)
		e.later(b, e.Profile.Debounce)
	}
	e.reply(id, struct{}{}, nil)
}
