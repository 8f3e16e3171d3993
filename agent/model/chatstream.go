package model

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"
)

// chat is the wire of Chat Completions. It has no items: they are put together
// from the pieces, and handed on when the response is complete.
type chat struct {
	x       *exchange
	id      string // of the response
	text    piecemeal
	thought piecemeal
	calls   []*chatCall
	usage   Usage
	finish  string // why the model ended; "" while it has not
}

func newChat(x *exchange) *chat { return &chat{x: x} }

// piecemeal is a text that arrives in pieces.
type piecemeal struct {
	id  string // of the item that it will be
	all strings.Builder
}

// add returns the id to report the piece under.
func (p *piecemeal) add(prefix, piece string) (id string) {
	if p.id == "" {
		p.id = newID(prefix)
	}
	p.all.WriteString(piece)
	return p.id
}

func newID(prefix string) string { return prefix + "_" + rand.Text() }

// A chatChunk is one event of the stream, as far as anybody agrees on it.
type chatChunk struct {
	ID      string `json:"id"`
	Choices []struct {
		Delta struct {
			Content          string         `json:"content"`
			Refusal          string         `json:"refusal"`
			ReasoningContent string         `json:"reasoning_content"`
			Reasoning        string         `json:"reasoning"`
			ToolCalls        []toolCallPart `json:"tool_calls"`
		} `json:"delta"`
		Finish string `json:"finish_reason"`
	} `json:"choices"`
	Usage *struct {
		Prompt        int64 `json:"prompt_tokens"`
		PromptDetails struct {
			Cached int64 `json:"cached_tokens"`
		} `json:"prompt_tokens_details"`
		Completion        int64 `json:"completion_tokens"`
		CompletionDetails struct {
			Reasoning int64 `json:"reasoning_tokens"`
		} `json:"completion_tokens_details"`
		Total int64 `json:"total_tokens"`
	} `json:"usage"`
	Error json.RawMessage `json:"error"`
}

// afterwards is how long the count of tokens may come after the answer.
const afterwards = 2 * time.Second

// event implements wire. Its last word comes with end: after the model has
// ended, the usage is still to come.
func (w *chat) event(raw []byte, emit func(Event)) (done bool, err error) {
	var c chatChunk
	var odd *json.UnmarshalTypeError
	if err := json.Unmarshal(raw, &c); err != nil && !errors.As(err, &odd) {
		return false, brokenEvent(raw, err)
	}
	if len(c.Error) > 0 && !bytes.Equal(c.Error, []byte("null")) {
		return false, streamFault(raw, w.x.client.provider)
	}
	w.id = cmp.Or(w.id, c.ID)
	if u := c.Usage; u != nil {
		w.usage = Usage{
			Input: u.Prompt, Cached: u.PromptDetails.Cached,
			Output: u.Completion, Reasoning: u.CompletionDetails.Reasoning,
			Total: cmp.Or(u.Total, u.Prompt+u.Completion),
		}
	}
	for _, choice := range c.Choices {
		d := choice.Delta
		if s := cmp.Or(d.ReasoningContent, d.Reasoning); s != "" {
			emit(ReasoningDelta{ItemID: w.thought.add("rs", s), Text: s})
		}
		if s := d.Content + d.Refusal; s != "" {
			emit(TextDelta{ItemID: w.text.add("msg", s), Text: s})
		}
		for _, p := range d.ToolCalls {
			calls := len(w.calls)
			c := w.callOf(p)
			c.add(p)
			if len(w.calls) > calls && c.name != "" {
				emit(CallStarted{Name: c.name})
			}
		}
		if choice.Finish != "" {
			w.finish = choice.Finish
			w.x.idle.shorten(afterwards)
		}
	}
	return false, nil
}

// end implements wire: the response is complete when the model said why it
// ended, or the server that it is done.
func (w *chat) end(err error, emit func(Event)) error {
	if w.finish == "" && !(errors.Is(err, io.EOF) && w.x.events.finished) {
		return broken(err)
	}
	switch w.finish {
	case "length", "content_filter":
		w.emitTexts(w.text.all.String(), emit)
		return cutShort(w.finish) // calls may be cut too: none is made
	case "error":
		return streamFault(nil, w.x.client.provider)
	}
	text, calls := w.text.all.String(), w.calls
	if len(calls) == 0 {
		text, calls = writtenCalls(text, w.x.request.Tools)
	}
	w.emitTexts(text, emit)
	taken := callIDs(w.x.request.Input)
	for _, c := range calls {
		emit(ItemDone{Item: c.item(w.x.request.Tools, taken)})
	}
	emit(Done{ResponseID: w.id, Usage: w.usage, Limits: limits(w.x.header)})
	return nil
}

// emitTexts hands on what the model thought and said.
func (w *chat) emitTexts(text string, emit func(Event)) {
	type content struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	if thought := w.thought.all.String(); thought != "" {
		emit(ItemDone{Item: encode(struct {
			Type    string    `json:"type"`
			ID      string    `json:"id"`
			Summary []content `json:"summary"`
			Content []content `json:"content"`
		}{"reasoning", w.thought.id, []content{}, []content{{"reasoning_text", thought}}})})
	}
	if strings.TrimSpace(text) != "" {
		emit(ItemDone{Item: encode(struct {
			Type    string    `json:"type"`
			ID      string    `json:"id"`
			Role    string    `json:"role"`
			Status  string    `json:"status"`
			Content []content `json:"content"`
		}{"message", w.text.id, "assistant", "completed", []content{{"output_text", text}}})})
	}
}

// callIDs are the ids that calls in the history have.
func callIDs(input []json.RawMessage) map[string]bool {
	taken := make(map[string]bool)
	for _, raw := range input {
		var it struct {
			CallID string `json:"call_id"`
		}
		if json.Unmarshal(raw, &it) == nil && it.CallID != "" {
			taken[it.CallID] = true
		}
	}
	return taken
}
