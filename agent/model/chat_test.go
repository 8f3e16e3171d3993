package model_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model"
	"codex-lsp/agent/model/modeltest"
)

func chatAt(url string) config.Provider {
	p := at(url)
	p.Wire = "chat"
	return p
}

// made are ids that the client makes up.
var made = regexp.MustCompile(`(msg|rs|fc|ctc|call)_[A-Z2-7]{26}`)

// chatLines is lines with the made ids taken out.
func chatLines(events []model.Event) string { return made.ReplaceAllString(lines(events), "$1") }

var chatTools = []model.Tool{
	{Name: "run", Parameters: json.RawMessage(`{"type":"object","properties":{"cmd":{"type":"string"},"ms":{"type":"integer"}}}`)},
	{Name: "edit", Grammar: "start: /(.|\\n)+/"},
}

func TestChatYieldsTheSameEvents(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Turn{
		Items: []modeltest.Item{
			modeltest.Reasoning("hmm", ""),
			modeltest.Text("Hel", "lo <&>"),
			modeltest.CallAs("c1", "run", `{"cmd":"ls && pwd"}`),
			modeltest.CustomAs("c2", "edit", "*** Begin Patch\n*** End Patch\n"),
		},
		Usage:  modeltest.Usage{Input: 10, Cached: 4, Output: 5, Reasoning: 2},
		Header: http.Header{"x-codex-primary-used-percent": {"12.5"}},
	})
	r := ask("hi")
	r.Tools = chatTools
	events, err := collect(t, model.New(chatAt(m.URL), model.Options{}), r)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"reasoning rs hmm",
		"text msg Hel",
		"text msg lo <&>",
		"call run",
		"call edit",
		`item {"type":"reasoning","id":"rs","summary":[],"content":[{"type":"reasoning_text","text":"hmm"}]}`,
		`item {"type":"message","id":"msg","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Hello <&>"}]}`,
		`item {"type":"function_call","id":"fc","call_id":"c1","name":"run","arguments":"{\"cmd\":\"ls && pwd\"}","status":"completed"}`,
		`item {"type":"custom_tool_call","id":"ctc","call_id":"c2","name":"edit","input":"*** Begin Patch\n*** End Patch\n","status":"completed"}`,
		"done chatcmpl_1\n",
	}, "\n")
	if diff := cmp.Diff(want, chatLines(events)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	done := events[len(events)-1].(model.Done)
	if want := (model.Usage{Input: 10, Cached: 4, Output: 5, Reasoning: 2, Total: 15}); done.Usage != want || len(done.Limits) != 1 {
		t.Errorf("usage %+v, want %+v; limits %v", done.Usage, want, done.Limits)
	}
}

const (
	image     = `{"type":"input_image","image_url":"data:image/png;base64,AA"}`
	sentImage = `{"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}`
)

// chatBody is what TestChatRequestOnTheWire sends. The last thought is not
// sent back, as the user has said something since: here is an image.
const chatBody = `{
	"model": "house-llm", "stream": true, "stream_options": {"include_usage": true}, "parallel_tool_calls": false,
	"reasoning_effort": "high", "verbosity": "low",
	"response_format": {"type": "json_schema", "json_schema": {"name": "codex_output_schema", "strict": true, "schema": {"type": "object"}}},
	"tools": [
		{"type": "function", "function": {"name": "run", "parameters": {"type":"object","properties":{"cmd":{"type":"string"},"ms":{"type":"integer"}}}}},
		{"type": "function", "function": {"name": "edit", "description": "\n\nThe input is plain text of this Lark grammar:\nstart: /(.|\\n)+/",
			"parameters": {"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}}}
	],
	"messages": [
		{"role": "system", "content": "be good\n\nand brief"},
		{"role": "user", "content": "<env>\n\nold prompt"},
		{"role": "assistant", "content": "old answer"},
		{"role": "user", "content": [{"type": "text", "text": "the date changed"}, {"type": "text", "text": "look"}, ` + sentImage + `]},
		{"role": "assistant", "content": "I run it", "tool_calls": [
			{"id": "c1", "type": "function", "function": {"name": "run", "arguments": "{\"cmd\":\"ls\"}"}},
			{"id": "c2", "type": "function", "function": {"name": "edit", "arguments": "{\"input\":\"a\\nb\"}"}},
			{"id": "c3", "type": "function", "function": {"name": "run", "arguments": "{\"malformed\":\"{\\\"cmd\\\":\"}"}},
			{"id": "c4", "type": "function", "function": {"name": "local_shell", "arguments": "{\"type\":\"exec\",\"command\":[\"ls\"]}"}}
		]},
		{"role": "tool", "tool_call_id": "c1", "content": "files"},
		{"role": "tool", "tool_call_id": "c2", "content": "here"},
		{"role": "tool", "tool_call_id": "c3", "content": "(no output)"},
		{"role": "tool", "tool_call_id": "c4", "content": "old files"},
		{"role": "user", "content": [` + sentImage + `]}
	]
}`

func TestChatRequestOnTheWire(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("ok")))
	r := model.Request{
		Model: "house-llm", Effort: "high", Verbose: "low", Schema: json.RawMessage(`{"type":"object"}`),
		Tools: chatTools, ThreadID: "th",
	}
	for _, item := range []string{
		`{"type":"message","role":"developer","content":[{"type":"input_text","text":"be good"}]}`,
		`{"type":"message","role":"developer","content":"and brief"}`,
		`{"type":"message","role":"user","content":[{"type":"input_text","text":"<env>"}]}`,
		`{"type":"message","role":"user","content":[{"type":"input_text","text":"old prompt"}]}`,
		`{"type":"reasoning","content":[{"type":"reasoning_text","text":"old thought"}]}`,
		`{"type":"message","role":"assistant","content":[{"type":"output_text","text":"old answer"}]}`,
		`{"type":"message","role":"developer","content":[{"type":"input_text","text":"the date changed"}]}`,
		`{"type":"message","role":"user","content":[{"type":"input_text","text":"look"},` + image + `]}`,
		`{"type":"reasoning","encrypted_content":"x","summary":[]}`,
		`{"type":"reasoning","content":[{"type":"reasoning_text","text":"new thought"}]}`,
		`{"type":"message","role":"assistant","content":[{"type":"output_text","text":"I run it"}]}`,
		`{"type":"function_call","call_id":"c1","name":"run","arguments":"{\"cmd\":\"ls\"}"}`,
		`{"type":"custom_tool_call","call_id":"c2","name":"edit","input":"a\nb"}`,
		`{"type":"function_call","call_id":"c3","name":"run","arguments":"{\"cmd\":"}`,
		`{"type":"web_search_call","action":{"query":"x"}}`,
		`{"type":"local_shell_call","call_id":"c4","action":{"type":"exec","command":["ls"]}}`,
		`{"type":"function_call_output","call_id":"c1","output":"files"}`,
		`{"type":"custom_tool_call_output","call_id":"c2","output":[{"type":"input_text","text":"here"},` + image + `]}`,
		`{"type":"function_call_output","call_id":"c3","output":""}`,
		`{"type":"function_call_output","call_id":"c4","output":"old files"}`,
	} {
		r.Input = append(r.Input, json.RawMessage(item))
	}
	if _, err := collect(t, model.New(chatAt(m.URL), model.Options{}), r); err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal(m.Requests()[0].Body, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(chatBody), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

// Within a turn the model gets its thoughts back with its calls.
func TestChatRoundTrip(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.Reasoning("hmm", ""), modeltest.CallAs("c1", "run", `{"cmd":"ls"}`)),
		modeltest.Says(modeltest.CallAs("c1", "run", `{"cmd":"pwd"}`)), // the same id again
		modeltest.Says(modeltest.Text("done")))
	c := model.New(chatAt(m.URL), model.Options{})
	r := ask("hi")
	r.Tools = chatTools
	for range 2 {
		events, err := collect(t, c, r)
		if err != nil {
			t.Fatal(err)
		}
		for _, ev := range events {
			it, ok := ev.(model.ItemDone)
			if !ok {
				continue
			}
			r.Input = append(r.Input, it.Item)
			var call struct {
				CallID string `json:"call_id"`
			}
			if err := json.Unmarshal(it.Item, &call); err != nil {
				t.Fatal(err)
			}
			if call.CallID != "" {
				output, _ := json.Marshal(map[string]string{"type": "function_call_output", "call_id": call.CallID, "output": "x"})
				r.Input = append(r.Input, output)
			}
		}
	}
	if _, err := collect(t, c, r); err != nil {
		t.Fatal(err) // the server refuses ids that repeat
	}
	if body := string(m.Requests()[1].Body); !strings.Contains(body, `"reasoning_content":"hmm"`) {
		t.Errorf("the thought is not sent back:\n%s", body)
	}
}

func TestChatStreamsThatEndBadly(t *testing.T) {
	hello := modeltest.Text("hello")
	tests := []struct {
		name string
		turn modeltest.Turn
		kind model.ErrorKind
		text string
	}{
		{"cut", modeltest.Says(hello, modeltest.Cut()), model.Broken, `broke off`},
		{"ended in good order", modeltest.Turn{Items: []modeltest.Item{hello}, Endless: true}, model.Broken, `ended before`},
		{"unreadable", modeltest.Says(modeltest.Event(`{"choices":[`)), model.Broken, `unreadable event`},
		{"error object", modeltest.Turn{Items: []modeltest.Item{hello}, Failed: modeltest.Failure{Code: "context_length_exceeded", Message: "m"}}, model.TooLong, `no longer fits`},
		{"error among others", modeltest.Says(modeltest.Event(`{"id":"x","error":{"message":"upstream failed","code":502},"choices":[]}`)), model.Internal, `upstream failed`},
		{"out of tokens", modeltest.Turn{Items: []modeltest.Item{hello, modeltest.Call("run", `{"cmd":`)}, Incomplete: "max_output_tokens"}, model.Cut, `limit of output tokens`},
		{"filtered", modeltest.Turn{Items: []modeltest.Item{hello}, Incomplete: "content_filter"}, model.Cut, `content filter`},
		{"refused", modeltest.Refuses(400, `{"error":{"message":"no"}}`), model.Refused, `no`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := modeltest.Serve(t, tt.turn)
			p := chatAt(m.URL)
			p.RequestTries = 0
			events, err := collect(t, model.New(p, model.Options{}), ask("hi"))
			var e *model.Error
			if !errors.As(err, &e) || e.Kind != tt.kind || !strings.Contains(e.Message, tt.text) {
				t.Errorf("ended with %v, want %s: %s", err, tt.kind, tt.text)
			}
			if got := lines(events); strings.Contains(got, "function_call") || strings.Contains(got, "done") {
				t.Errorf("a call or an end came all the same:\n%s", got)
			}
		})
	}
}

// chunk is an event with this delta.
func chunk(delta string) modeltest.Item {
	return modeltest.Event(`{"id":"x","choices":[{"delta":` + delta + `}]}`)
}

func TestChatEnds(t *testing.T) {
	stop := modeltest.Event(`{"choices":[{"delta":{},"finish_reason":"stop"}]}`)
	tests := []struct {
		name  string
		items []modeltest.Item
	}{
		{"with a reason only", []modeltest.Item{chunk(`{"content":"a"}`), stop}},
		{"with a reason, then a break", []modeltest.Item{chunk(`{"content":"a"}`), stop, modeltest.Cut()}},
		{"with the server's word only", []modeltest.Item{chunk(`{"content":"a"}`), modeltest.Event("[DONE]")}},
		{"with a reason in the last piece", []modeltest.Item{modeltest.Event(`{"choices":[{"delta":{"content":"a"},"finish_reason":"eos"}]}`)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := modeltest.Serve(t, modeltest.Turn{Items: tt.items, Endless: true})
			events, err := collect(t, model.New(chatAt(m.URL), model.Options{}), ask("hi"))
			if err != nil {
				t.Fatal(err)
			}
			if got := chatLines(events); !strings.HasPrefix(got, "text msg a\nitem {") || !strings.HasSuffix(got, "\ndone chatcmpl_1\n") && !strings.HasSuffix(got, "\ndone x\n") {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

func TestChatMendsCalls(t *testing.T) {
	calls := func(pieces ...string) []modeltest.Item {
		var items []modeltest.Item
		for _, p := range pieces {
			items = append(items, chunk(`{"tool_calls":[`+p+`]}`))
		}
		return items
	}
	run := func(id, arguments string) string { return "function_call " + id + " run " + arguments + "\n" }
	tests := []struct {
		name  string
		items []modeltest.Item
		want  string
	}{
		{"in pieces", calls(`{"index":0,"id":"a","function":{"name":"run","arguments":""}}`, `{"index":0,"function":{"arguments":"{\"cmd\""}}`, `{"index":0,"function":{"arguments":":\"ls\"}"}}`), run("a", `{"cmd":"ls"}`)},
		{"interleaved", calls(`{"index":0,"id":"a","function":{"name":"run","arguments":"{\"cmd\":"}},{"index":1,"id":"b","function":{"name":"run","arguments":"{"}}`, `{"index":0,"function":{"arguments":"\"x\"}"}},{"index":1,"function":{"arguments":"}"}}`),
			run("a", `{"cmd":"x"}`) + run("b", "{}")},
		{"no ids", calls(`{"index":0,"function":{"name":"run","arguments":"{}"}}`, `{"index":1,"function":{"name":"run","arguments":"{}"}}`), run("call", "{}") + run("call", "{}")},
		{"no index", calls(`{"id":"a","function":{"name":"run","arguments":"{}"}}`, `{"id":"b","function":{"name":"run","arguments":"{"}}`, `{"function":{"arguments":"}"}}`), run("a", "{}") + run("b", "{}")},
		{"neither", calls(`{"function":{"name":"run","arguments":"{\"cmd\":"}}`, `{"function":{"arguments":"\"x\"}"}}`, `{"function":{"name":"run","arguments":"{}"}}`), run("call", `{"cmd":"x"}`) + run("call", "{}")},
		{"one index for all", calls(`{"index":0,"id":"a","function":{"name":"run","arguments":"{}"}}`, `{"index":0,"id":"b","function":{"name":"run","arguments":"{}"}}`), run("a", "{}") + run("b", "{}")},
		{"a new id in every piece", calls(`{"index":0,"id":"a","function":{"name":"run","arguments":""}}`, `{"index":0,"id":"b","function":{"name":"","arguments":"{\"cmd\":"}}`, `{"index":0,"id":"c","function":{"arguments":"\"ls\"}"}}`), run("a", `{"cmd":"ls"}`)},
		{"one index for all, by turns", calls(`{"index":0,"id":"a","function":{"name":"run","arguments":"{\"cmd\":"}}`, `{"index":0,"id":"b","function":{"name":"run","arguments":"{"}}`, `{"index":0,"id":"a","function":{"arguments":"\"ls\"}"}}`, `{"index":0,"id":"b","function":{"arguments":"}"}}`), run("a", `{"cmd":"ls"}`) + run("b", "{}")},
		{"the name in every piece", calls(`{"index":0,"id":"a","function":{"name":"run","arguments":"{\"cmd\":"}}`, `{"index":0,"id":"a","function":{"name":"run","arguments":"\"x\"}"}}`), run("a", `{"cmd":"x"}`)},
		{"doubled ids", calls(`{"index":0,"id":"a","function":{"name":"run","arguments":"{}"}}`, `{"index":1,"id":"a","function":{"name":"run","arguments":"{}"}}`), run("a", "{}") + run("call", "{}")},
		{"an id of the history", calls(`{"index":0,"id":"old","function":{"name":"run","arguments":"{}"}}`), run("call", "{}")},
		{"arguments as an object", calls(`{"index":0,"id":"a","function":{"name":"run","arguments":{"cmd":"ls"}}}`), run("a", `{"cmd":"ls"}`)},
		{"no arguments", calls(`{"index":0,"id":"a","function":{"name":"run","arguments":null}}`), run("a", "{}")},
		{"fenced", calls(`{"index":0,"id":"a","function":{"name":"run","arguments":"` + "```json\\n{\\\"cmd\\\":\\\"ls\\\"}\\n```" + `"}}`), run("a", `{"cmd":"ls"}`)},
		{"quoted once more", calls(`{"index":0,"id":"a","function":{"name":"run","arguments":"\"{\\\"cmd\\\":\\\"ls\\\"}\""}}`), run("a", `{"cmd":"ls"}`)},
		{"doubled arguments", calls(`{"index":0,"id":"a","function":{"name":"run","arguments":"{\"cmd\":\"ls\"}{\"cmd\":\"ls\"}"}}`), run("a", `{"cmd":"ls"}`)},
		{"two different arguments", calls(`{"index":0,"id":"a","function":{"name":"run","arguments":"{\"cmd\":\"ls\"}{\"cmd\":\"pwd\"}"}}`), run("a", `{"cmd":"ls"}{"cmd":"pwd"}`)},
		{"a brace too many", calls(`{"index":0,"id":"a","function":{"name":"run","arguments":"{\"cmd\":\"ls\"}}"}}`), run("a", `{"cmd":"ls"}`)},
		{"cut arguments", calls(`{"index":0,"id":"a","function":{"name":"run","arguments":"{\"cmd\":\"l"}}`), run("a", `{"cmd":"l`)},
		{"a name with a namespace", calls(`{"index":0,"id":"a","function":{"name":"functions.run","arguments":"{}"}}`), run("a", "{}")},
		{"a name with a token behind", calls(`{"index":0,"id":"a","function":{"name":"run<|channel|>commentary","arguments":"{}"}}`), run("a", "{}")},
		{"an unknown tool", calls(`{"index":0,"id":"a","function":{"name":"what","arguments":"{}"}}`), "function_call a what {}\n"},
		{"free text as it is", calls(`{"index":0,"id":"a","function":{"name":"edit","arguments":"*** Begin Patch"}}`), "custom_tool_call a edit *** Begin Patch\n"},
		{"free text under another name", calls(`{"index":0,"id":"a","function":{"name":"edit","arguments":"{\"patch\":\"*** Begin Patch\"}"}}`), "custom_tool_call a edit *** Begin Patch\n"},
		{"free text as a string", calls(`{"index":0,"id":"a","function":{"name":"edit","arguments":"\"*** Begin Patch\""}}`), "custom_tool_call a edit *** Begin Patch\n"},
		{"fenced free text", calls(`{"index":0,"id":"a","function":{"name":"edit","arguments":"` + "```\\n*** Begin Patch\\n```" + `"}}`), "custom_tool_call a edit *** Begin Patch\n"},

		{"tagged", []modeltest.Item{modeltest.Text("I look.\n<tool_call>\n{\"name\": \"run\", \"arguments\": {\"cmd\": \"ls\"}}\n</tool_call>")}, "message I look.\n" + run("call", `{"cmd": "ls"}`)},
		{"tagged twice and not closed", []modeltest.Item{modeltest.Text(`<tool_call>{"name":"run","arguments":{}}</tool_call><tool_call>{"name":"run","arguments":{"cmd":"x"}}`)}, run("call", "{}") + run("call", `{"cmd":"x"}`)},
		{"in XML", []modeltest.Item{modeltest.Text("<tool_call>\n<function=run>\n<parameter=cmd>\nls\n-l\n</parameter>\n<parameter=ms>\n5\n</parameter>\n</function>\n</tool_call>")}, run("call", `{"cmd":"ls\n-l","ms":5}`)},
		{"bracketed", []modeltest.Item{modeltest.Text(`[TOOL_CALLS][{"name":"run","arguments":{"cmd":"a]b"}}]`)}, run("call", `{"cmd":"a]b"}`)},
		{"fenced at the end", []modeltest.Item{modeltest.Text("So:\n```json\n{\"name\":\"run\",\"parameters\":{\"cmd\":\"ls\"}}\n```\n")}, "message So:\n" + run("call", `{"cmd":"ls"}`)},
		{"bare", []modeltest.Item{modeltest.Text(`{"name":"edit","arguments":{"input":"*** Begin Patch"}}`)}, "custom_tool_call call edit *** Begin Patch\n"},
		{"an example in the middle", []modeltest.Item{modeltest.Text("Write <tool_call>{\"name\":\"run\",\"arguments\":{}}</tool_call> to call.")}, "message Write <tool_call>{\"name\":\"run\",\"arguments\":{}}</tool_call> to call.\n"},
		{"JSON that is no call", []modeltest.Item{modeltest.Text(`{"name":"run"}`)}, "message {\"name\":\"run\"}\n"},
		{"a call of nothing offered", []modeltest.Item{modeltest.Text(`{"name":"what","arguments":{}}`)}, "message {\"name\":\"what\",\"arguments\":{}}\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := modeltest.Serve(t, modeltest.Says(tt.items...))
			r := ask("hi")
			r.Tools = chatTools
			r.Input = append(r.Input,
				json.RawMessage(`{"type":"function_call","call_id":"old","name":"run","arguments":"{}"}`),
				json.RawMessage(`{"type":"function_call_output","call_id":"old","output":"x"}`))
			events, err := collect(t, model.New(chatAt(m.URL), model.Options{}), r)
			if err != nil {
				t.Fatal(err)
			}
			if got := summary(t, events); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

// summary shows the items only, as far as a call or a message matters.
func summary(t *testing.T, events []model.Event) string {
	var b strings.Builder
	for _, ev := range events {
		done, ok := ev.(model.ItemDone)
		if !ok {
			continue
		}
		var it struct {
			Type, Name, Arguments, Input string
			CallID                       string `json:"call_id"`
			Content                      []struct{ Text string }
		}
		if err := json.Unmarshal(done.Item, &it); err != nil {
			t.Fatal(err)
		}
		b.WriteString(it.Type)
		for _, s := range []string{made.ReplaceAllString(it.CallID, "$1"), it.Name, it.Arguments, it.Input} {
			if s != "" {
				b.WriteString(" " + s)
			}
		}
		for _, c := range it.Content {
			b.WriteString(" " + c.Text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
