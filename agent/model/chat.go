package model

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/sashabaranov/go-openai"
)

// open implements wire.
func (w *chat) open(ctx context.Context, api *openai.Client) (source, error) {
	body, err := chatBody(w.x.request)
	if err != nil {
		return nil, err
	}
	w.x.body = body
	return api.CreateChatCompletionStream(ctx, openai.ChatCompletionRequest{})
}

// chatBody writes the request. What is not set is left out: servers of open
// models refuse what they do not know.
func chatBody(r Request) ([]byte, error) {
	facts := FactsOf(r.Model)
	body := openai.ChatCompletionRequest{
		Model: r.Model, Stream: true, StreamOptions: &openai.StreamOptions{IncludeUsage: true},
		Messages: chatMessages(r.Input), Tools: chatTools(r.Tools),
		ReasoningEffort: cmp.Or(r.Effort, facts.Effort), Verbosity: cmp.Or(r.Verbose, facts.Verbosity),
	}
	if len(r.Tools) > 0 && !r.Parallel {
		body.ParallelToolCalls = false
	}
	if r.Schema != nil {
		body.ResponseFormat = &openai.ChatCompletionResponseFormat{
			Type:       openai.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{Name: schemaName, Strict: true, Schema: r.Schema},
		}
	}
	b, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	return b, nil
}

// chatTools offers custom tools, which this wire does not have, as functions
// with one argument.
func chatTools(tools []Tool) []openai.Tool {
	list := make([]openai.Tool, 0, len(tools))
	for _, t := range tools {
		f := &openai.FunctionDefinition{Name: t.Full(), Description: t.Description, Parameters: t.Parameters}
		if t.Grammar != "" {
			f.Description += "\n\nThe input is plain text of this Lark grammar:\n" + t.Grammar
			f.Parameters = json.RawMessage(`{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}`)
		}
		list = append(list, openai.Tool{Type: openai.ToolTypeFunction, Function: f})
	}
	return list
}

// An inputItem is a Responses item on its way into a message.
type inputItem struct {
	Type      string `json:"type"`
	Role      string `json:"role"`
	Content   parts  `json:"content"`
	CallID    string `json:"call_id"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
	Input     string `json:"input"`
	Output    parts  `json:"output"`

	Action json.RawMessage `json:"action"` // local_shell_call
}

// A part is a piece of content; the wires' names for it differ.
type part struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	ImageURL string `json:"image_url"`
}

// parts are content that may be written as one string.
type parts []part

// UnmarshalJSON implements json.Unmarshaler.
func (p *parts) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(b, []byte(`"`)) {
		*p = parts{{}}
		return json.Unmarshal(b, &(*p)[0].Text)
	}
	return json.Unmarshal(b, (*[]part)(p))
}

// text are the texts without the images.
func (p parts) text() string {
	var s string
	for _, part := range p {
		s = paragraph(s, part.Text)
	}
	return s
}

// images are the images without the texts.
func (p parts) images() parts {
	var list parts
	for _, part := range p {
		if part.ImageURL != "" {
			list = append(list, part)
		}
	}
	return list
}

// paragraph puts text after what is there.
func paragraph(before, text string) string {
	if before == "" || text == "" {
		return before + text
	}
	return before + "\n\n" + text
}

// A transcript turns items into messages. Chat templates of open models are
// particular: one system message and first, roles that take turns, outputs
// right after their calls, no images in outputs.
type transcript struct {
	messages []openai.ChatCompletionMessage
	thought  string // reasoning whose message has not come
	images   parts  // of outputs, until all outputs are there
}

func chatMessages(input []json.RawMessage) []openai.ChatCompletionMessage {
	var t transcript
	for _, raw := range input {
		var it inputItem
		if json.Unmarshal(raw, &it) != nil {
			continue // an item of a kind that this wire cannot carry
		}
		t.add(it)
	}
	t.showImages()
	return t.messages
}

func (t *transcript) add(it inputItem) {
	switch it.Type {
	case "function_call_output", "custom_tool_call_output":
		t.images = append(t.images, it.Output.images()...)
		// An output without content would be one that is missing.
		text := cmp.Or(it.Output.text(), "(no output)")
		t.messages = append(t.messages, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleTool, ToolCallID: it.CallID, Content: text})
		return
	}
	t.showImages()
	switch it.Type {
	case "reasoning":
		t.thought = it.Content.text()
	case "function_call":
		t.call(it, validArguments(it.Arguments))
	case "local_shell_call": // of an older Codex
		it.Name = "local_shell"
		t.call(it, string(it.Action))
	case "custom_tool_call":
		t.call(it, string(encode(map[string]string{"input": it.Input})))
	case "message", "":
		t.message(it)
	}
}

func (t *transcript) message(it inputItem) {
	switch it.Role {
	case "assistant":
		m := t.assistant()
		m.Content = paragraph(m.Content, it.Content.text())
	case "developer", "system":
		switch {
		case len(t.messages) == 0:
			t.messages = append(t.messages, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleSystem, Content: it.Content.text()})
		case len(t.messages) == 1 && t.messages[0].Role == openai.ChatMessageRoleSystem:
			t.messages[0].Content = paragraph(t.messages[0].Content, it.Content.text())
		default:
			t.user(it.Content)
		}
	case "user":
		t.user(it.Content)
	}
}

// user adds to the user's message. What the model thought before it is of no
// use any more, and some providers refuse to have it back.
func (t *transcript) user(p parts) {
	for i := range t.messages {
		t.messages[i].ReasoningContent = ""
	}
	t.thought = ""
	if n := len(t.messages); n == 0 || t.messages[n-1].Role != openai.ChatMessageRoleUser {
		t.messages = append(t.messages, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleUser})
	}
	m := &t.messages[len(t.messages)-1]
	if len(p.images()) == 0 && m.MultiContent == nil {
		m.Content = paragraph(m.Content, p.text())
		return
	}
	if m.Content != "" {
		m.MultiContent = []openai.ChatMessagePart{{Type: openai.ChatMessagePartTypeText, Text: m.Content}}
		m.Content = ""
	}
	for _, part := range p {
		if part.ImageURL != "" {
			m.MultiContent = append(m.MultiContent, openai.ChatMessagePart{Type: openai.ChatMessagePartTypeImageURL, ImageURL: &openai.ChatMessageImageURL{URL: part.ImageURL}})
		} else if part.Text != "" {
			m.MultiContent = append(m.MultiContent, openai.ChatMessagePart{Type: openai.ChatMessagePartTypeText, Text: part.Text})
		}
	}
}

// assistant is the message that the model's items go into.
func (t *transcript) assistant() *openai.ChatCompletionMessage {
	if n := len(t.messages); n == 0 || t.messages[n-1].Role != openai.ChatMessageRoleAssistant {
		t.messages = append(t.messages, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleAssistant})
	}
	m := &t.messages[len(t.messages)-1]
	m.ReasoningContent = paragraph(m.ReasoningContent, t.thought)
	t.thought = ""
	return m
}

func (t *transcript) call(it inputItem, arguments string) {
	m := t.assistant()
	m.ToolCalls = append(m.ToolCalls, openai.ToolCall{
		ID: it.CallID, Type: openai.ToolTypeFunction,
		Function: openai.FunctionCall{Name: Full(it.Namespace, it.Name), Arguments: arguments},
	})
}

// showImages has the user show the images of the outputs so far.
func (t *transcript) showImages() {
	if len(t.images) > 0 {
		images := t.images
		t.images = nil
		t.user(images)
	}
}

// validArguments keeps a call that was malformed from being refused each time
// it is sent back: many servers parse the arguments again.
func validArguments(s string) string {
	if json.Valid([]byte(s)) {
		return s
	}
	return string(encode(map[string]string{"malformed": s}))
}

// encode is json.Marshal without the escapes that only HTML needs.
func encode(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // strings and maps of them: it cannot fail
	return bytes.TrimRight(b.Bytes(), "\n")
}
