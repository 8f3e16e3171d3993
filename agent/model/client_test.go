package model_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model"
	"codex-lsp/agent/model/modeltest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(int) { http.DefaultTransport.(*http.Transport).CloseIdleConnections() }))
}

// at is a provider that answers at this URL.
func at(url string) config.Provider {
	return config.Provider{ID: "test", Name: "Test", BaseURL: url, EnvKey: "TEST_KEY", Key: "sk-secret-123", RequestTries: 2, StreamTries: 3}
}

func user(text string) json.RawMessage {
	b, _ := json.Marshal(map[string]any{"type": "message", "role": "user", "content": []any{map[string]string{"type": "input_text", "text": text}}})
	return b
}

func ask(text string) model.Request {
	return model.Request{Model: "gpt-5.5", Input: []json.RawMessage{user(text)}, ThreadID: "th-1", TurnID: "tn-1", Parallel: true}
}

// collect takes a stream to its end.
func collect(t *testing.T, c *model.Client, r model.Request) ([]model.Event, error) {
	t.Helper()
	var events []model.Event
	for ev, err := range c.Stream(t.Context(), r) {
		if err != nil {
			return events, err
		}
		events = append(events, ev)
	}
	return events, nil
}

// lines writes events one a line, so that a test reads as a transcript.
func lines(events []model.Event) string {
	var b strings.Builder
	for _, ev := range events {
		switch ev := ev.(type) {
		case model.Connected:
			continue // which a transport of a test's own may not tell
		case model.CallStarted:
			b.WriteString("call " + ev.Name)
		case model.TextDelta:
			b.WriteString("text " + ev.ItemID + " " + ev.Text)
		case model.ReasoningDelta:
			b.WriteString("reasoning " + ev.ItemID + " " + ev.Text)
		case model.ItemDone:
			b.WriteString("item " + string(ev.Item))
		case model.Wait:
			b.WriteString("wait " + ev.Reason)
		case model.Done:
			b.WriteString("done " + ev.ResponseID)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestStreamYieldsDeltasAndItemsVerbatim(t *testing.T) {
	odd := `{ "type":"reasoning","id":"rs","summary":[], "encrypted_content":"gA<&>\u003c","future":{"b":12345678901234567890,"a":2} }`
	m := modeltest.Serve(t, modeltest.Turn{
		Items: []modeltest.Item{
			modeltest.Raw(odd),
			modeltest.Reasoning("thinking", "enc"),
			modeltest.Text("Hel", "lo"),
			modeltest.Custom("apply_patch", "*** Begin Patch\n"),
			modeltest.CallAs("c9", "exec_command", `{"cmd":"ls"}`),
		},
		Usage: modeltest.Usage{Input: 10, Cached: 4, Output: 5, Reasoning: 2},
		Header: http.Header{
			"x-codex-primary-used-percent":   {"12.5"},
			"x-codex-primary-window-minutes": {"300"},
			"x-codex-primary-reset-at":       {"1700000000"},
		},
	})
	events, err := collect(t, model.New(at(m.URL), model.Options{}), ask("hi"))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"item " + odd,
		"reasoning rs_2 thinking",
		`item {"encrypted_content":"enc","id":"rs_2","summary":[{"text":"thinking","type":"summary_text"}],"type":"reasoning"}`,
		"text msg_3 Hel",
		"text msg_3 lo",
		`item {"content":[{"annotations":[],"text":"Hello","type":"output_text"}],"id":"msg_3","role":"assistant","status":"completed","type":"message"}`,
		"call apply_patch",
		`item {"call_id":"call_5","id":"ctc_4","input":"*** Begin Patch\n","name":"apply_patch","status":"completed","type":"custom_tool_call"}`,
		"call exec_command",
		`item {"arguments":"{\"cmd\":\"ls\"}","call_id":"c9","id":"fc_6","name":"exec_command","status":"completed","type":"function_call"}`,
		"done resp_1\n",
	}, "\n")
	if diff := cmp.Diff(want, lines(events)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	done := events[len(events)-1].(model.Done)
	if want := (model.Usage{Input: 10, Cached: 4, Output: 5, Reasoning: 2, Total: 15}); done.Usage != want {
		t.Errorf("usage %+v, want %+v", done.Usage, want)
	}
	if len(done.Limits) != 1 || done.Limits[0].UsedPercent != 12.5 || done.Limits[0].Window.Hours() != 5 || done.Limits[0].ResetsAt.Unix() != 1700000000 {
		t.Errorf("limits %+v", done.Limits)
	}
}

func TestItemsAreSentBackByteForByte(t *testing.T) {
	odd := `{ "type":"reasoning","id":"rs","summary":[], "encrypted_content":"gA<&>\u003c","n":12345678901234567890,"z":1,"a":2 }`
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.Raw(odd), modeltest.CallAs("c1", "exec_command", `{"cmd":"a && b > c"}`)),
		modeltest.Says(modeltest.Text("done")))
	c := model.New(at(m.URL), model.Options{})
	r := ask("<hi> & bye")
	events, err := collect(t, c, r)
	if err != nil {
		t.Fatal(err)
	}
	for _, ev := range events {
		if it, ok := ev.(model.ItemDone); ok {
			r.Input = append(r.Input, it.Item)
		}
	}
	r.Input = append(r.Input, json.RawMessage(`{"type":"function_call_output","call_id":"c1","output":"x < y"}`))
	if _, err := collect(t, c, r); err != nil {
		t.Fatal(err)
	}
	sent := m.Requests()[1]
	if !strings.Contains(string(sent.Body), odd) {
		t.Errorf("the body\n%s\ndoes not hold\n%s", sent.Body, odd)
	}
	if diff := cmp.Diff(r.Input, sent.Input); diff != "" {
		t.Errorf("input (-want +got):\n%s", diff)
	}
}

func TestRequestOnTheWire(t *testing.T) {
	schema := json.RawMessage(`{"type":"object"}`)
	tests := []struct {
		name    string
		request model.Request
		want    string // the body without its input
	}{
		{"everything", model.Request{
			Model: "gpt-5.5", Parallel: true, Effort: "high", Summary: "detailed", Verbose: "medium",
			Schema: schema, ThreadID: "th", TurnID: "tn",
			Tools: []model.Tool{
				{Name: "exec_command", Description: "runs", Parameters: schema},
				{Name: "apply_patch", Description: "edits", Grammar: "start: x"},
			},
		}, `{
			"model": "gpt-5.5", "stream": true, "store": false,
			"tools": [
				{"type": "function", "name": "exec_command", "description": "runs", "parameters": {"type": "object"}, "strict": false},
				{"type": "custom", "name": "apply_patch", "description": "edits", "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"}}
			],
			"tool_choice": "auto", "parallel_tool_calls": true,
			"reasoning": {"effort": "high", "summary": "detailed"}, "include": ["reasoning.encrypted_content"],
			"prompt_cache_key": "th",
			"text": {"verbosity": "medium", "format": {"type": "json_schema", "name": "codex_output_schema", "strict": true, "schema": {"type": "object"}}},
			"client_metadata": {"session_id": "th", "thread_id": "th", "turn_id": "tn"}
		}`},
		{"what the model's family wants", model.Request{Model: "gpt-5.5", ThreadID: "th"}, `{
			"model": "gpt-5.5", "stream": true, "store": false, "tool_choice": "auto", "parallel_tool_calls": false,
			"reasoning": {"effort": "medium"}, "include": ["reasoning.encrypted_content"], "text": {"verbosity": "low"},
			"prompt_cache_key": "th", "client_metadata": {"session_id": "th", "thread_id": "th"}
		}`},
		{"an unknown model", model.Request{Model: "house-llm", ThreadID: "th"}, `{
			"model": "house-llm", "stream": true, "store": false, "tool_choice": "auto", "parallel_tool_calls": false,
			"reasoning": {"summary": "auto"}, "include": ["reasoning.encrypted_content"],
			"prompt_cache_key": "th", "client_metadata": {"session_id": "th", "thread_id": "th"}
		}`},
		{"a model that does not reason", model.Request{Model: "openai/gpt-4.1-mini", ThreadID: "th"}, `{
			"model": "openai/gpt-4.1-mini", "stream": true, "store": false, "tool_choice": "auto", "parallel_tool_calls": false,
			"prompt_cache_key": "th", "client_metadata": {"session_id": "th", "thread_id": "th"}
		}`},
		{"no summary, please", model.Request{Model: "house-llm", Summary: "none", ThreadID: "th"}, `{
			"model": "house-llm", "stream": true, "store": false, "tool_choice": "auto", "parallel_tool_calls": false,
			"prompt_cache_key": "th", "client_metadata": {"session_id": "th", "thread_id": "th"}
		}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := modeltest.Serve(t, modeltest.Says())
			tt.request.Input = []json.RawMessage{user("hi")}
			if _, err := collect(t, model.New(at(m.URL), model.Options{}), tt.request); err != nil {
				t.Fatal(err)
			}
			var got, want map[string]any
			if err := json.Unmarshal(m.Requests()[0].Body, &got); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			delete(got, "input")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHeadersAndQuery(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says())
	p := at(m.URL)
	p.Headers = map[string]config.Secret{"X-House": "h"}
	p.Query = map[string]config.Secret{"api-version": "v1 2"}
	if _, err := collect(t, model.New(p, model.Options{Version: "1.2"}), ask("hi")); err != nil {
		t.Fatal(err)
	}
	r := m.Requests()[0]
	got := map[string]string{"query": r.Query}
	for _, h := range []string{"Authorization", "Session-Id", "Thread-Id", "X-Client-Request-Id", "Originator", "X-House", "Accept", "Content-Type"} {
		got[h] = r.Header.Get(h)
	}
	want := map[string]string{
		"query": "api-version=v1+2", "Authorization": "Bearer sk-secret-123",
		"Session-Id": "th-1", "Thread-Id": "th-1", "X-Client-Request-Id": "th-1", "Originator": "codex-lsp",
		"X-House": "h", "Accept": "text/event-stream", "Content-Type": "application/json",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if ua := r.Header.Get("User-Agent"); !strings.HasPrefix(ua, "codex-lsp/1.2 (") {
		t.Errorf("user agent %q", ua)
	}
}

// A connection that serves the next request too saves its set-up.
func TestConnectionIsUsedAgain(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("a")), modeltest.Says(modeltest.Text("b")), modeltest.Says(modeltest.Text("c")))
	count := &dialCounter{}
	c := model.New(at(m.URL), model.Options{Transport: count.transport(t)})
	for range 3 {
		if _, err := collect(t, c, ask("hi")); err != nil {
			t.Fatal(err)
		}
	}
	if n := count.n.Load(); n != 1 {
		t.Errorf("%d connections for three responses, want 1", n)
	}
}

func TestLeavingTheLoopEndsTheRequest(t *testing.T) {
	open := make(chan struct{})
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("a", "b"), modeltest.Gate(open)))
	for ev, err := range model.New(at(m.URL), model.Options{}).Stream(t.Context(), ask("hi")) {
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := ev.(model.TextDelta); ok {
			break
		}
	}
	// Serve's clean-up waits for the handler, which waits for us to be gone.
}

func TestCancelAtAnyInstant(t *testing.T) {
	m := modeltest.ServeScript(t, modeltest.Func(func(modeltest.Request) []modeltest.Item {
		return []modeltest.Item{modeltest.Reasoning("r", "e"), modeltest.Text("a", "b"), modeltest.Call("x", "{}"), modeltest.Stall()}
	}))
	c := model.New(at(m.URL), model.Options{})
	const events = 6 // before the stall
	for after := range events + 1 {
		ctx, cancel := context.WithCancel(t.Context())
		if after == 0 {
			cancel()
		}
		n := 0
		var last error
		for _, err := range c.Stream(ctx, ask("hi")) {
			if last != nil {
				t.Errorf("cancelled after %d events: something came after %v", after, last)
			}
			if last = err; err != nil {
				continue
			}
			if n++; n == after {
				cancel()
			}
		}
		if !errors.Is(last, context.Canceled) {
			t.Errorf("cancelled after %d events: ended with %v", after, last)
		}
		cancel()
	}
}

// A dialCounter counts the connections that are made.
type dialCounter struct{ n atomic.Int32 }

func (d *dialCounter) transport(t *testing.T) *http.Transport {
	tr := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		d.n.Add(1)
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}
