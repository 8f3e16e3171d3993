package model

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/sashabaranov/go-openai"
)

// responses is the wire of the Responses API.
type responses struct {
	x    *exchange
	last event               // to know a doubled one
	done map[string]struct{} // items handed on, verbatim
}

func newResponses(x *exchange) *responses {
	return &responses{x: x, done: make(map[string]struct{})}
}

// An event has the fields that matter, and items as they came: go-openai's own
// types lose what they do not know, and refuse an event for one odd field.
type event struct {
	Type     string          `json:"type"`
	Sequence *int64          `json:"sequence_number"`
	ItemID   string          `json:"item_id"`
	Part     int             `json:"summary_index"`
	Delta    string          `json:"delta"`
	Item     json.RawMessage `json:"item"`
	Response json.RawMessage `json:"response"`
	Error    json.RawMessage `json:"error"`

	raw []byte
}

// open implements wire.
func (w *responses) open(ctx context.Context, api *openai.Client) (source, error) {
	body, err := responsesBody(w.x.request)
	if err != nil {
		return nil, err
	}
	w.x.body = body
	return api.CreateResponseStream(ctx, openai.CreateResponseRequest{})
}

// responsesBody writes the request. Input is spliced in byte for byte: a JSON
// encoder would drop blanks and escape characters, and with them go the prompt
// cache and, for encrypted content, the right to be sent back at all.
func responsesBody(r Request) ([]byte, error) {
	type fields openai.CreateResponseRequest // without its MarshalJSON, which has no place for metadata
	facts := FactsOf(r.Model)
	no := false
	head, err := json.Marshal(struct {
		fields
		Input    any               `json:"input,omitempty"` // hides the embedded one
		Metadata map[string]string `json:"client_metadata,omitempty"`
	}{
		fields: fields{
			Model: r.Model, Stream: true, Store: &no,
			Tools: append(searchTool(r.Search), responsesTools(r.Tools)...), ToolChoice: "auto", ParallelToolCalls: &r.Parallel,
			Reasoning: reasoning(r, facts), Include: include(r, facts),
			PromptCacheKey: r.ThreadID, Text: textConfig(r, facts),
		},
		Metadata: metadata(r),
	})
	if err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	var b bytes.Buffer
	b.Write(head[:len(head)-1])
	b.WriteString(`,"input":[`)
	for i, item := range r.Input {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(item)
	}
	b.WriteString("]}")
	return b.Bytes(), nil
}

// responsesTools offers the tools of a namespace in one piece, where the first of
// them stands.
func responsesTools(tools []Tool) []openai.ResponseTool {
	list := make([]openai.ResponseTool, 0, len(tools))
	spaces := make(map[string]map[string]any)
	for _, t := range tools {
		if t.Namespace == "" {
			list = append(list, responsesTool(t))
			continue
		}
		space := spaces[t.Namespace]
		if space == nil {
			space = map[string]any{"name": t.Namespace, "description": t.About, "tools": []openai.ResponseTool(nil)}
			spaces[t.Namespace] = space
			list = append(list, openai.ResponseTool{Type: "namespace", Parameters: space})
		}
		space["tools"] = append(space["tools"].([]openai.ResponseTool), responsesTool(t))
	}
	return list
}

func responsesTool(t Tool) openai.ResponseTool {
	fields := map[string]any{"name": t.Name, "description": t.Description}
	typ := openai.ToolTypeFunction
	if t.Grammar != "" {
		typ = openai.ToolTypeCustom
		fields["format"] = map[string]string{"type": "grammar", "syntax": "lark", "definition": t.Grammar}
	} else {
		fields["parameters"] = t.Parameters
		fields["strict"] = false // the API's default is true, which forbids optional arguments
	}
	return openai.ResponseTool{Type: typ, Parameters: fields}
}

// searchTool offers the search of the web, in the fields that Codex uses: without
// external access the provider answers from what it has kept.
func searchTool(s *Search) []openai.ResponseTool {
	if s == nil {
		return nil
	}
	fields := map[string]any{"external_web_access": s.Live || s.Indexed}
	if s.Indexed {
		fields["indexed_web_access"] = true
	}
	if s.Options.Size != "" {
		fields["search_context_size"] = s.Options.Size
	}
	filters := make(map[string][]string)
	if s.Options.Domains != nil {
		filters["allowed_domains"] = s.Options.Domains
	}
	if s.Options.Blocked != nil {
		filters["blocked_domains"] = s.Options.Blocked
	}
	if len(filters) > 0 {
		fields["filters"] = filters
	}
	at := map[string]string{"type": "approximate"}
	for name, v := range map[string]string{
		"country": s.Options.Location.Country, "region": s.Options.Location.Region,
		"city": s.Options.Location.City, "timezone": s.Options.Location.Timezone,
	} {
		if v != "" {
			at[name] = v
		}
	}
	if len(at) > 1 {
		fields["user_location"] = at
	}
	return []openai.ResponseTool{{Type: "web_search", Parameters: fields}}
}

// reasoning is nil for a model that does not reason.
func reasoning(r Request, f Facts) *openai.ResponseReasoning {
	effort, summary := cmp.Or(r.Effort, f.Effort), cmp.Or(r.Summary, f.Summary)
	if summary == "none" {
		summary = ""
	}
	if effort == "" && summary == "" {
		return nil
	}
	return &openai.ResponseReasoning{Effort: effort, Summary: summary}
}

// include asks for the reasoning in a form that can be sent back, as nothing
// is stored. Models that do not reason refuse to be asked.
func include(r Request, f Facts) []openai.ResponseInclude {
	if reasoning(r, f) == nil {
		return nil
	}
	return []openai.ResponseInclude{openai.ResponseIncludeReasoningEncryptedContent}
}

func textConfig(r Request, f Facts) *openai.ResponseTextConfig {
	t := openai.ResponseTextConfig{Verbosity: cmp.Or(r.Verbose, f.Verbosity)}
	if r.Schema != nil {
		t.Format = &openai.ResponseTextFormat{Type: "json_schema", Name: schemaName, Strict: true, Schema: r.Schema}
	}
	if t == (openai.ResponseTextConfig{}) {
		return nil
	}
	return &t
}

// schemaName is what an output schema is called on either wire.
const schemaName = "codex_output_schema"

func metadata(r Request) map[string]string {
	m := make(map[string]string)
	if r.ThreadID != "" {
		m["session_id"], m["thread_id"] = r.ThreadID, r.ThreadID
	}
	if r.TurnID != "" {
		m["turn_id"] = r.TurnID
	}
	return m
}

// event implements wire.
func (w *responses) event(raw []byte, emit func(Event)) (done bool, err error) {
	ev, err := parseEvent(raw)
	if err != nil {
		return false, err
	}
	if w.repeated(ev) {
		return false, nil
	}
	switch ev.Type {
	case "response.output_text.delta", "response.refusal.delta":
		emit(TextDelta{ItemID: ev.ItemID, Text: ev.Delta})
	case "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
		emit(ReasoningDelta{ItemID: ev.ItemID, Text: ev.Delta})
	case "response.reasoning_summary_part.added":
		if ev.Part > 0 {
			emit(ReasoningDelta{ItemID: ev.ItemID, Text: "\n\n"})
		}
	case "response.output_item.added":
		name, searches := calledIn(ev.Item)
		if name != "" {
			emit(CallStarted{Name: name})
		}
		if searches != "" {
			emit(Searching{ItemID: searches})
		}
	case "response.output_item.done":
		if _, known := w.done[string(ev.Item)]; !known && len(ev.Item) > 0 {
			w.done[string(ev.Item)] = struct{}{}
			emit(ItemDone{Item: ev.Item})
		}
	case "response.completed", "response.done":
		emit(w.completed(ev.Response))
		return true, nil
	case "response.failed", "response.incomplete":
		return false, w.failed(ev.Response)
	case "error":
		return false, streamFault(raw, w.x.client.provider)
	case "":
		if len(ev.Error) > 0 {
			return false, streamFault(raw, w.x.client.provider)
		}
	}
	return false, nil
}

// calledIn is the name of the tool that an item calls, "" if it is no call; and
// the item's id, if it is a search of the provider's.
func calledIn(item json.RawMessage) (name, searches string) {
	var call struct{ Type, Name, ID string }
	if json.Unmarshal(item, &call) != nil {
		return "", ""
	}
	switch call.Type {
	case "function_call", "custom_tool_call":
		return call.Name, ""
	case "web_search_call":
		return "", call.ID
	}
	return "", ""
}

// parseEvent reads the fields that have the right type and leaves the others.
func parseEvent(raw []byte) (event, error) {
	ev := event{raw: raw}
	var odd *json.UnmarshalTypeError
	if err := json.Unmarshal(raw, &ev); err != nil && !errors.As(err, &odd) {
		return ev, brokenEvent(raw, err)
	}
	return ev, nil
}

// repeated tells whether the event came before. Only a number can say so: the
// same text twice may be what the model wrote.
func (w *responses) repeated(ev event) bool {
	if ev.Sequence == nil {
		return false
	}
	again := w.last.Sequence != nil && *ev.Sequence == *w.last.Sequence && bytes.Equal(ev.raw, w.last.raw)
	w.last = ev
	return again
}

// completed reads what the last event tells of the response.
func (w *responses) completed(response json.RawMessage) Done {
	var r struct {
		ID    string `json:"id"`
		Usage struct {
			Input        int64 `json:"input_tokens"`
			InputDetails struct {
				Cached int64 `json:"cached_tokens"`
				Write  int64 `json:"cache_write_tokens"`
			} `json:"input_tokens_details"`
			Output        int64 `json:"output_tokens"`
			OutputDetails struct {
				Reasoning int64 `json:"reasoning_tokens"`
			} `json:"output_tokens_details"`
			Total int64 `json:"total_tokens"`
		} `json:"usage"`
	}
	_ = json.Unmarshal(response, &r) // a count of the wrong type is no reason to lose an answer
	u := r.Usage
	return Done{
		ResponseID: r.ID,
		Usage: Usage{
			Input: u.Input, Cached: u.InputDetails.Cached, CacheWrite: u.InputDetails.Write,
			Output: u.Output, Reasoning: u.OutputDetails.Reasoning,
			Total: cmp.Or(u.Total, u.Input+u.Output),
		},
		Limits: limits(w.x.header),
	}
}

// end implements wire: only response.completed is a good end.
func (w *responses) end(err error, _ func(Event)) error { return broken(err) }
