package model_test

import (
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model"
	"codex-lsp/agent/model/modeltest"
)

// fail asks a provider that is not to be asked twice, and returns its error.
func fail(t *testing.T, p config.Provider) *model.Error {
	t.Helper()
	p.RequestTries = 0
	events, err := collect(t, model.New(p, model.Options{}), ask("hi"))
	var e *model.Error
	if !errors.As(err, &e) {
		t.Fatalf("ended with %v after %q, want a *model.Error", err, lines(events))
	}
	if strings.Contains(e.Error(), string(p.Key)) && p.Key != "" {
		t.Errorf("the error tells the key: %v", e)
	}
	return e
}

func TestFailuresByStatus(t *testing.T) {
	tests := []struct {
		name  string
		turn  modeltest.Turn
		kind  model.ErrorKind
		after time.Duration
		text  string // a pattern for the whole of it
	}{
		{"key refused", modeltest.Refuses(401, `{"error":{"message":"Incorrect API key provided: sk-secret-123","code":"invalid_api_key"}}`), model.NoKey, 0,
			`^Test does not accept the API key \(401 Unauthorized: Incorrect API key provided: …\)\nset the environment variable TEST_KEY to a valid key where the editor is started$`},
		{"forbidden", modeltest.Refuses(403, `{"error":{"message":"country not supported"}}`), model.Refused, 0,
			`^Test refused the request \(403 Forbidden: country not supported\)\ncheck what the key may be used for$`},
		{"not found", modeltest.Refuses(404, `404 page not found`), model.Refused, 0,
			`^Test refused the request \(404 Not Found: 404 page not found\)\ncheck base_url and wire_api of the provider, and that it has the model$`},
		{"model not found", modeltest.Refuses(404, `{"error":{"message":"The model x does not exist","code":"model_not_found"}}`), model.Refused, 0,
			`check model and model_provider$`},
		{"bad request", modeltest.Refuses(400, `{"error":{"message":"Invalid type for input[3]","code":null,"type":"invalid_request_error"}}`), model.Refused, 0,
			`^Test refused the request \(400 Bad Request: Invalid type for input\[3\]\)$`},
		{"error is a string", modeltest.Refuses(400, `{"error":"unsupported field"}`), model.Refused, 0, `\(400 Bad Request: unsupported field\)`},
		{"error in detail", modeltest.Refuses(422, `{"detail":[{"loc":["body"],"msg":"no"}]}`), model.Refused, 0, `\(422 Unprocessable Entity: \[\{"loc":\["body"\],"msg":"no"\}\]\)`},
		{"no body", modeltest.Turn{Status: 405, Body: " "}, model.Refused, 0, `^Test refused the request \(405 Method Not Allowed\)$`},
		{"context full", modeltest.Refuses(400, `{"error":{"message":"too many tokens","code":"context_length_exceeded"}}`), model.TooLong, 0,
			`^the conversation no longer fits the model's context window \(400 Bad Request: too many tokens\)\nstart a new thread`},
		{"context full without a code", modeltest.Refuses(400, `{"message":"This model's maximum context length is 8192 tokens."}`), model.TooLong, 0, `no longer fits`},
		{"rate limit in seconds", modeltest.Turn{Status: 429, Body: `{"error":{"message":"slow down","code":"rate_limit_exceeded"}}`, Header: http.Header{"Retry-After": {"7"}}}, model.Limited, 7 * time.Second,
			`^Test limits the rate of requests \(429 Too Many Requests: slow down\); it resets at \d\d:\d\d \(in 7 s\)\n`},
		{"rate limit in prose", modeltest.Refuses(429, `{"error":{"message":"Please try again in 1.5s. More."}}`), model.Limited, 1500 * time.Millisecond, `in 1\.5 s`},
		{"rate limit in ms", modeltest.Turn{Status: 429, Body: `{}`, Header: http.Header{"Retry-After-Ms": {"250"}}}, model.Limited, 250 * time.Millisecond, `in 0\.25 s`},
		{"rate limit without an end", modeltest.Refuses(429, `{}`), model.Limited, 0, `^Test limits the rate of requests \(429 Too Many Requests\)\nwait, or ask less at once$`},
		{"usage limit", modeltest.Refuses(429, `{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","plan_type":"plus","resets_in_seconds":9000}}`), model.Limited, 9000 * time.Second,
			`^the usage limit at Test is reached \(429 .*\); it resets at \d\d:\d\d \(in 2 h\)\nwait until it resets`},
		{"quota", modeltest.Refuses(429, `{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}`), model.Limited, 0,
			`^the quota at Test is used up \(.*\)\ncheck the plan and billing details`},
		{"server error", modeltest.Refuses(503, `<html>busy</html>`), model.Internal, 0, `^Test failed \(503 Service Unavailable: the answer is a web page\)\ntry again in a while$`},
		{"server error that claims otherwise", modeltest.Refuses(500, `{"error":{"code":"invalid_request_error","message":"oops"}}`), model.Internal, 0, `Test failed \(500`},
		{"web page", modeltest.Turn{Status: 200, Body: "<!doctype html>", Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}}, model.Refused, 0,
			`^Test answered with a web page, not with a model's response\ncheck base_url: an API's usually ends in /v1$`},
		{"not streamed", modeltest.Turn{Status: 200, Body: `{"message":"hello"}`, Header: http.Header{"Content-Type": {"application/json"}}}, model.Refused, 0,
			`^Test answered with application/json, not with a stream: hello\n`},
		{"error under a good status", modeltest.Turn{Status: 200, Body: `{"error":{"code":"invalid_api_key","message":"no"}}`, Header: http.Header{"Content-Type": {"application/json"}}}, model.NoKey, 0, `does not accept`},
		{"moved", modeltest.Turn{Status: 308, Body: "x", Header: http.Header{"Location": {"https://elsewhere.example/v1"}}}, model.Refused, 0,
			`^Test sent the request elsewhere \(308 Permanent Redirect\)\nset base_url`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := modeltest.Serve(t, tt.turn)
			e := fail(t, at(m.URL))
			if e.Kind != tt.kind || e.After != tt.after {
				t.Errorf("kind %s after %v, want %s after %v", e.Kind, e.After, tt.kind, tt.after)
			}
			if want := tt.turn.Status; want != 200 && e.Status != want {
				t.Errorf("status %d, want %d", e.Status, want)
			}
			if !regexp.MustCompile(tt.text).MatchString(e.Error()) {
				t.Errorf("got  %s\nwant %s", e.Error(), tt.text)
			}
		})
	}
}

func TestStreamsThatEndBadly(t *testing.T) {
	hello := modeltest.Text("hello")
	tests := []struct {
		name  string
		turn  modeltest.Turn
		kind  model.ErrorKind
		after time.Duration
		text  string
	}{
		{"cut", modeltest.Says(hello, modeltest.Cut()), model.Broken, 0, `^the stream broke off before the response was complete \(unexpected EOF\)$`},
		{"cut in the first event", modeltest.Turn{CutAfter: 20}, model.Broken, 0, `^the stream `},
		{"ended in good order", modeltest.Turn{Items: []modeltest.Item{hello}, Endless: true}, model.Broken, 0, `^the stream ended before the response was complete$`},
		{"unreadable event", modeltest.Says(hello, modeltest.Event(`{"type":"response.output_item.done","item":{`)), model.Broken, 0, `unreadable event "\{\\"type\\":`},
		{"failed", modeltest.Turn{Failed: modeltest.Failure{Code: "server_error", Message: "oh dear"}}, model.Internal, 0, `^Test failed \(response failed: oh dear\)`},
		{"failed for its length", modeltest.Turn{Failed: modeltest.Failure{Code: "context_length_exceeded", Message: "too long"}}, model.TooLong, 0, `no longer fits`},
		{"failed for the rate", modeltest.Turn{Failed: modeltest.Failure{Code: "rate_limit_exceeded", Message: "Please try again in 2s"}}, model.Limited, 2 * time.Second, `limits the rate`},
		{"failed for the quota", modeltest.Turn{Failed: modeltest.Failure{Code: "insufficient_quota"}}, model.Limited, 0, `used up`},
		{"error event", modeltest.Says(modeltest.Event(`{"type":"error","code":"invalid_prompt","message":"not this"}`)), model.Refused, 0, `^Test refused the request \(response failed: not this\)$`},
		{"error event with a number", modeltest.Says(modeltest.Event(`{"type":"error","code":429,"message":"slow"}`)), model.Internal, 0, `slow`},
		{"bare error", modeltest.Says(hello, modeltest.Event(`{"error":{"code":"rate_limit_exceeded","message":"slow"}}`), hello), model.Limited, 0, `slow`},
		{"no output tokens left", modeltest.Turn{Incomplete: "max_output_tokens"}, model.Cut, 0, `^the answer is cut off: the model reached its limit of output tokens\nask`},
		{"filtered", modeltest.Turn{Incomplete: "content_filter"}, model.Cut, 0, `^the provider's content filter ended the answer\n`},
		{"incomplete for another reason", modeltest.Turn{Incomplete: "because"}, model.Cut, 0, `^the answer is incomplete: because$`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := modeltest.Serve(t, tt.turn)
			e := fail(t, at(m.URL))
			if e.Kind != tt.kind || e.After != tt.after {
				t.Errorf("kind %s after %v, want %s after %v", e.Kind, e.After, tt.kind, tt.after)
			}
			if !regexp.MustCompile(tt.text).MatchString(e.Error()) {
				t.Errorf("got  %s\nwant %s", e.Error(), tt.text)
			}
		})
	}
}

func TestItemsBeforeABreakAreYielded(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.CallAs("c1", "exec_command", "{}"), modeltest.Text("more"), modeltest.Cut()))
	events, err := collect(t, model.New(at(m.URL), model.Options{}), ask("hi"))
	var e *model.Error
	if !errors.As(err, &e) || e.Kind != model.Broken {
		t.Fatalf("ended with %v", err)
	}
	if got := lines(events); !strings.Contains(got, `"call_id":"c1"`) || !strings.Contains(got, "text msg_3 more") {
		t.Errorf("events before the break:\n%s", got)
	}
}

func TestOddStreamsThatEndWell(t *testing.T) {
	hello := modeltest.Text("hel", "lo")
	plain := "text msg_2 hel\ntext msg_2 lo\n" +
		`item {"content":[{"annotations":[],"text":"hello","type":"output_text"}],"id":"msg_2","role":"assistant","status":"completed","type":"message"}` + "\ndone resp_1\n"
	tests := []struct {
		name string
		turn modeltest.Turn
		want string
	}{
		{"every event twice", modeltest.Turn{Items: []modeltest.Item{hello}, Twice: true}, plain},
		{"the same text twice", modeltest.Says(modeltest.Event(`{"type":"response.output_text.delta","item_id":"m","delta":"ha"}`), modeltest.Event(`{"type":"response.output_text.delta","item_id":"m","delta":"ha"}`)),
			"text m ha\ntext m ha\ndone resp_1\n"},
		{"an item again under another number", modeltest.Says(modeltest.Raw(`{"type":"x","id":"1"}`), modeltest.Raw(`{"type":"x","id":"1"}`)), "item {\"type\":\"x\",\"id\":\"1\"}\ndone resp_1\n"},
		{"unknown events and odd fields", modeltest.Says(
			modeltest.Event(`{"type":"response.brand_new","payload":1}`),
			modeltest.Event(`{"type":"response.output_text.delta","item_id":7,"delta":{"a":1}}`),
			modeltest.Event(`{"type":"response.output_text.delta","item_id":"m","delta":"x","sequence_number":1.5}`)),
			"text  \ntext m x\ndone resp_1\n"},
		{"parts of a summary", modeltest.Says(
			modeltest.Event(`{"type":"response.reasoning_summary_text.delta","item_id":"r","delta":"one"}`),
			modeltest.Event(`{"type":"response.reasoning_summary_part.added","item_id":"r","summary_index":1}`),
			modeltest.Event(`{"type":"response.reasoning_summary_text.delta","item_id":"r","summary_index":1,"delta":"two"}`)),
			"reasoning r one\nreasoning r \n\n\nreasoning r two\ndone resp_1\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := modeltest.Serve(t, tt.turn)
			events, err := collect(t, model.New(at(m.URL), model.Options{}), ask("hi"))
			if err != nil {
				t.Fatal(err)
			}
			if got := lines(events); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

func TestMissingKeyAsksNobody(t *testing.T) {
	m := modeltest.Serve(t)
	p := at(m.URL)
	p.Key = ""
	e := fail(t, p)
	if e.Kind != model.NoKey || !strings.Contains(e.Message, "TEST_KEY is not set") {
		t.Errorf("%s: %v", e.Kind, e)
	}
	p.KeyHint = "get one at the front desk"
	if e := fail(t, p); e.Remedy != p.KeyHint {
		t.Errorf("remedy %q, want the provider's hint", e.Remedy)
	}
	if n := len(m.Requests()); n != 0 {
		t.Errorf("%d requests without a key", n)
	}
}

func TestNoNetwork(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	e := fail(t, at("http://"+addr+"/v1?key=sk-secret-123"))
	if want := "cannot connect to " + addr + " (connection refused)"; e.Kind != model.Broken || e.Message != want {
		t.Errorf("%s: %q, want %q", e.Kind, e.Message, want)
	}
}

func TestNetworkErrorsInWords(t *testing.T) {
	refused := errors.New("connect: connection refused")
	tests := []struct {
		name string
		err  error
		kind model.ErrorKind
		text string
	}{
		{"no such host", &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "model.example"}}, model.Offline,
			"cannot find model.example (no such host)\ncheck the network, and base_url of the provider"},
		{"refused", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, model.Broken,
			"cannot connect to model.example (connection refused)\ncheck that the server runs, and base_url of the provider"},
		{"unreachable", &net.OpError{Op: "dial", Err: syscall.ENETUNREACH}, model.Offline,
			"cannot connect to model.example (network is unreachable)\ncheck the network, and that the server runs"},
		{"no answer", &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}, model.Offline,
			"cannot connect to model.example (it does not answer)\ncheck the network, and that the server runs"},
		{"no proxy", &net.OpError{Op: "proxyconnect", Err: refused}, model.Offline,
			"cannot reach model.example through the proxy (connect: connection refused)\ncheck HTTPS_PROXY and NO_PROXY, or the proxy in the editor's settings"},
		{"broken", io.ErrUnexpectedEOF, model.Broken, "the connection to model.example broke (unexpected EOF)"},
		{"with the key in its text", errors.New("bad header sk-secret-123"), model.Broken, "the connection to model.example broke (bad header …)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := at("http://model.example/v1")
			p.RequestTries = 0
			_, err := collect(t, model.New(p, model.Options{Transport: &fakeNet{answers: []answer{{err: tt.err}}}}), ask("hi"))
			var e *model.Error
			if !errors.As(err, &e) || e.Kind != tt.kind || e.Error() != tt.text {
				t.Errorf("got %v\nwant %s: %s", err, tt.kind, tt.text)
			}
		})
	}
}

func TestTLS(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of our refusal
	srv.StartTLS()
	defer srv.Close()
	e := fail(t, at(srv.URL))
	if e.Kind != model.Refused || !strings.Contains(e.Message, `is signed by "O=Acme Co", which this machine does not trust`) || !strings.Contains(e.Remedy, "CODEX_CA_CERTIFICATE") {
		t.Errorf("%s: %v", e.Kind, e)
	}
	p := at(srv.URL)
	p.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	if e := fail(t, p); e.Kind != model.Refused || !strings.Contains(e.Message, "no such file") {
		t.Errorf("%s: %v", e.Kind, e)
	}
	write := func(text []byte) {
		if err := os.WriteFile(p.CAFile, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write([]byte("no certificate"))
	if e := fail(t, p); e.Kind != model.Refused || !strings.Contains(e.Message, "holds no certificate") {
		t.Errorf("%s: %v", e.Kind, e)
	}
	write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}))
	if e := fail(t, p); e.Status != 404 {
		t.Errorf("with its certificate trusted: %s: %v", e.Kind, e)
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	e = fail(t, at(strings.Replace(plain.URL, "http:", "https:", 1)))
	if e.Kind != model.Refused || !strings.Contains(e.Message, "does not speak TLS") {
		t.Errorf("%s: %v", e.Kind, e)
	}
}
