package agent

import (
	"encoding/json"
	"strings"
)

// An output is the little that we read of an item the model wrote.
type output struct {
	Type      string `json:"type"`
	ID        string `json:"id"`
	CallID    CallID `json:"call_id"`
	Namespace string `json:"namespace"` // of an MCP server's tool
	Name      string `json:"name"`
	Arguments string `json:"arguments"` // function_call: JSON in a string
	Input     string `json:"input"`     // custom_tool_call: free text
	Content   []part `json:"content"`
	Summary   []part `json:"summary"`
}

// A part is a piece of a message's content.
type part struct {
	Type     string `json:"type"`
	Text     string `json:"text,omitempty"`
	ImageURL string `json:"image_url,omitempty"`
}

// parseOutput reads what it can; an item of another shape is still history.
func parseOutput(raw json.RawMessage) output {
	var out output
	if json.Unmarshal(raw, &out) != nil { // one odd field must not hide the others
		var fields map[string]json.RawMessage
		_ = json.Unmarshal(raw, &fields)
		for name, to := range map[string]any{
			"type": &out.Type, "id": &out.ID, "call_id": &out.CallID, "name": &out.Name, "namespace": &out.Namespace,
			"arguments": &out.Arguments, "input": &out.Input,
		} {
			_ = json.Unmarshal(fields[name], to)
		}
		if obj := fields["arguments"]; len(obj) > 0 && obj[0] == '{' {
			out.Arguments = string(obj) // a model that does not encode twice
		}
	}
	return out
}

// text joins the readable parts of a message or a reasoning summary.
func (o output) text() string {
	var b strings.Builder
	for _, p := range append(o.Summary, o.Content...) {
		b.WriteString(p.Text)
	}
	return b.String()
}

// message makes an item of the given role.
func message(role string, parts ...part) json.RawMessage {
	return mustJSON(struct {
		Type    string `json:"type"`
		Role    string `json:"role"`
		Content []part `json:"content"`
	}{"message", role, parts})
}

func userMessage(text string) json.RawMessage {
	return message("user", part{Type: "input_text", Text: text})
}

func developerMessage(text string) json.RawMessage {
	return message("developer", part{Type: "input_text", Text: text})
}

// callOutput makes the item that answers a call; content is a string, or a
// list of parts.
func callOutput(custom bool, id CallID, content any) json.RawMessage {
	kind := "function_call_output"
	if custom {
		kind = "custom_tool_call_output"
	}
	return mustJSON(struct {
		Type   string `json:"type"`
		CallID CallID `json:"call_id"`
		Output any    `json:"output"`
	}{kind, id, content})
}

// mustJSON encodes values of our own types, which cannot fail.
func mustJSON(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("agent: encode an item of our own: " + err.Error())
	}
	return raw
}
