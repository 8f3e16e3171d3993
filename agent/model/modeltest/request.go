package modeltest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// A Request is what the model was asked, as it came over the wire.
type Request struct {
	N      int    // from 1, among all requests of the server
	Turn   int    // from 1, among those of its thread
	Thread string // the prompt cache key, or the thread-id header
	Chat   bool   // asked over Chat Completions

	Header http.Header
	Query  string
	Body   []byte
	Model  string
	Input  []json.RawMessage // the items, or the messages of Chat
	Tools  []string          // the names of what is offered
}

// maxBody bounds a request: the largest context there is, with images.
const maxBody = 64 << 20

func readRequest(r *http.Request) (Request, error) {
	req := Request{Header: r.Header.Clone(), Query: r.URL.RawQuery}
	switch {
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/responses"):
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/chat/completions"):
		req.Chat = true
	default:
		return req, fmt.Errorf("%s %s: there is only POST /responses and /chat/completions", r.Method, r.URL.Path)
	}
	var err error
	if req.Body, err = io.ReadAll(io.LimitReader(r.Body, maxBody)); err != nil {
		return req, fmt.Errorf("read the request: %w", err)
	}
	var body struct {
		Model    string            `json:"model"`
		CacheKey string            `json:"prompt_cache_key"`
		Input    []json.RawMessage `json:"input"`
		Messages []json.RawMessage `json:"messages"`
		Tools    []toolName        `json:"tools"`
	}
	if err := json.Unmarshal(req.Body, &body); err != nil {
		return req, fmt.Errorf("request body: %w", err)
	}
	req.Model, req.Input, req.Thread = body.Model, body.Input, body.CacheKey
	if req.Chat {
		req.Input = body.Messages
	}
	if req.Thread == "" {
		req.Thread = r.Header.Get("thread-id")
	}
	for _, t := range body.Tools {
		req.Tools = append(req.Tools, t.Name+t.Function.Name)
	}
	return req, nil
}

// A toolName reads the name of a tool from where either wire puts it.
type toolName struct {
	Name     string `json:"name"`
	Function struct {
		Name string `json:"name"`
	} `json:"function"`
}

// Prompt is the text of the last message that the user wrote.
func (r Request) Prompt() string {
	for i := len(r.Input) - 1; i >= 0; i-- {
		if it := parse(r.Input[i]); it.Role == "user" {
			return textOf(it.Content)
		}
	}
	return ""
}

// Output is the text that the call with this id gave, and whether there is one.
func (r Request) Output(callID string) (string, bool) {
	for _, raw := range r.Input {
		it := parse(raw)
		switch {
		case it.isOutput() && it.CallID == callID:
			return textOf(it.Output), true
		case it.Role == "tool" && it.ToolCallID == callID:
			return textOf(it.Content), true
		}
	}
	return "", false
}

// Outputs are the texts of all calls' outputs, oldest first.
func (r Request) Outputs() []string {
	var texts []string
	for _, raw := range r.Input {
		switch it := parse(raw); {
		case it.isOutput():
			texts = append(texts, textOf(it.Output))
		case it.Role == "tool":
			texts = append(texts, textOf(it.Content))
		}
	}
	return texts
}

// LastOutput is the text of the newest output, "" if there is none.
func (r Request) LastOutput() string {
	if texts := r.Outputs(); len(texts) > 0 {
		return texts[len(texts)-1]
	}
	return ""
}

// Says tells whether this text is anywhere in a message or an output.
func (r Request) Says(text string) bool {
	for _, raw := range r.Input {
		it := parse(raw)
		if strings.Contains(textOf(it.Content), text) || strings.Contains(textOf(it.Output), text) {
			return true
		}
	}
	return false
}

// An item is the part of an input item, or of a Chat message, that is checked.
type item struct {
	Type       string          `json:"type"`
	Role       string          `json:"role"`
	CallID     string          `json:"call_id"`
	Content    json.RawMessage `json:"content"`
	Output     json.RawMessage `json:"output"`
	ToolCallID string          `json:"tool_call_id"`
	ToolCalls  []struct {
		ID string `json:"id"`
	} `json:"tool_calls"`
}

func (it item) isCall() bool   { return it.Type == "function_call" || it.Type == "custom_tool_call" }
func (it item) isOutput() bool { return strings.HasSuffix(it.Type, "_call_output") }

func parse(raw json.RawMessage) item {
	var it item
	_ = json.Unmarshal(raw, &it) // what does not fit is no call and no message
	return it
}

// textOf reads content that is a string or a list of parts.
func textOf(content json.RawMessage) string {
	var s string
	if json.Unmarshal(content, &s) == nil {
		return s
	}
	var parts []struct {
		Text string `json:"text"`
	}
	_ = json.Unmarshal(content, &parts) // neither: no text
	for _, p := range parts {
		s += p.Text
	}
	return s
}
