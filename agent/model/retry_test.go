package model_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model"
)

// A fakeNet answers requests without a network, so that time can be fake too.
type fakeNet struct {
	answers []answer
	at      []time.Time // when each request came
}

// An answer is what one request gets.
type answer struct {
	err    error
	status int
	header http.Header
	body   string
	hang   bool // after the body, or before the headers if there is none
}

func (n *fakeNet) RoundTrip(r *http.Request) (*http.Response, error) {
	n.at = append(n.at, time.Now())
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	a := n.answers[min(len(n.at), len(n.answers))-1]
	if a.err != nil {
		return nil, a.err
	}
	if a.hang && a.body == "" {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	if a.header == nil {
		a.header = http.Header{"Content-Type": {"text/event-stream"}}
	}
	body := io.Reader(strings.NewReader(a.body))
	if a.hang {
		body = io.MultiReader(body, hanging{r.Context()})
	}
	return &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(body), Request: r}, nil
}

// gaps are the waits between the requests, in tenths of a second.
func (n *fakeNet) gaps() string {
	var list []string
	for i := 1; i < len(n.at); i++ {
		list = append(list, fmt.Sprintf("%.1f", n.at[i].Sub(n.at[i-1]).Seconds()))
	}
	return strings.Join(list, " ")
}

// hanging is a body that gives nothing more.
type hanging struct{ ctx context.Context }

func (h hanging) Read([]byte) (int, error) {
	<-h.ctx.Done()
	return 0, h.ctx.Err()
}

const (
	created   = "data: {\"type\":\"response.created\",\"response\":{\"id\":\"r\"}}\n\n"
	completed = "data: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\"}}\n\n"
)

func good() answer { return answer{status: 200, body: created + completed} }

// try plays the answers to one Stream in a bubble and returns its transcript.
func try(t *testing.T, p config.Provider, answers ...answer) (net *fakeNet, log string, err error) {
	t.Helper()
	net = &fakeNet{answers: answers}
	synctest.Test(t, func(t *testing.T) {
		events, e := collect(t, model.New(p, model.Options{Transport: net}), ask("hi"))
		log, err = lines(events), e
	})
	return net, log, err
}

func TestRequestsAreTriedAgain(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	busy := answer{status: 503}
	tests := []struct {
		name    string
		answers []answer
		gaps    string
		log     string
		kind    model.ErrorKind // of the error; "" for none
	}{
		{"a server error once", []answer{busy, good()}, "0.2",
			"wait retry 1 of 2: Test failed (503 Service Unavailable)\ndone r\n", ""},
		{"doubling", []answer{busy, {err: io.ErrUnexpectedEOF}, good()}, "0.2 0.4",
			"wait retry 1 of 2: Test failed (503 Service Unavailable)\nwait retry 2 of 2: the connection to model.example broke (unexpected EOF)\ndone r\n", ""},
		{"until the tries are used up", []answer{busy}, "0.2 0.4",
			"wait retry 1 of 2: Test failed (503 Service Unavailable)\nwait retry 2 of 2: Test failed (503 Service Unavailable)\n", model.Internal},
		{"no connection", []answer{{err: refused}}, "0.2 0.4",
			"wait retry 1 of 2: cannot connect to model.example (connection refused)\nwait retry 2 of 2: cannot connect to model.example (connection refused)\n", model.Broken},
		{"after the time that it names", []answer{{status: 503, header: http.Header{"Retry-After": {"20"}}}, good()}, "20.0",
			"wait retry 1 of 2: Test failed (503 Service Unavailable)\ndone r\n", ""},
		{"but not after a long time", []answer{{status: 503, header: http.Header{"Retry-After": {"600"}}}}, "", "", model.Internal},
		{"not a bad request", []answer{{status: 400}}, "", "", model.Refused},
		{"not a rate limit", []answer{{status: 429}}, "", "", model.Limited},
		{"not a broken stream", []answer{{status: 200, body: created}}, "", "", model.Broken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			net, log, err := try(t, at("http://model.example/v1"), tt.answers...)
			var e *model.Error
			if errors.As(err, &e) != (tt.kind != "") || e != nil && e.Kind != tt.kind {
				t.Errorf("ended with %v, want kind %q", err, tt.kind)
			}
			if log != tt.log {
				t.Errorf("got\n%swant\n%s", log, tt.log)
			}
			if !about(net.gaps(), tt.gaps) {
				t.Errorf("waits %q, want %q give or take a tenth", net.gaps(), tt.gaps)
			}
		})
	}
}

// about compares waits that stray by a tenth.
func about(got, want string) bool {
	g, w := strings.Fields(got), strings.Fields(want)
	if len(g) != len(w) {
		return false
	}
	for i := range g {
		var x, y float64
		fmt.Sscan(g[i], &x)
		fmt.Sscan(w[i], &y)
		if x < 0.89*y-0.05 || x > 1.11*y+0.05 {
			return false
		}
	}
	return true
}

func TestSilenceEnds(t *testing.T) {
	p := at("http://model.example/v1")
	p.RequestTries, p.StreamTimeout = 0, time.Minute
	tests := []struct {
		name   string
		answer answer
	}{
		{"before the headers", answer{hang: true}},
		{"after an event", answer{status: 200, body: created, hang: true}},
		{"in the body of a failure", answer{status: 500, body: "{", hang: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, err := collect(t, model.New(p, model.Options{Transport: &fakeNet{answers: []answer{tt.answer}}}), ask("hi"))
				var e *model.Error
				if !errors.As(err, &e) || e.Kind != model.Broken || e.Message != "no word from Test for 1m0s" {
					t.Errorf("ended with %v", err)
				}
				if took := time.Since(start); took != time.Minute {
					t.Errorf("after %v, want a minute", took)
				}
			})
		})
	}
}

// Chat servers that neither count tokens nor hang up are not waited for.
func TestSilenceAfterAChatAnswer(t *testing.T) {
	p := at("http://model.example/v1")
	p.Wire = "chat"
	body := `data: {"id":"x","choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}` + "\n\n"
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		n := &fakeNet{answers: []answer{{status: 200, body: body, hang: true}}}
		events, err := collect(t, model.New(p, model.Options{Transport: n}), ask("hi"))
		if err != nil || !strings.HasSuffix(lines(events), "done x\n") {
			t.Errorf("%v after\n%s", err, lines(events))
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("it took %v of fake time", took)
		}
	})
}

// The clock of silence runs while the stream is read, not while its events
// are made use of.
func TestSlowReaderIsNotSilence(t *testing.T) {
	p := at("http://model.example/v1")
	p.StreamTimeout = time.Minute
	delta := `data: {"type":"response.output_text.delta","delta":"x"}` + "\n\n"
	synctest.Test(t, func(t *testing.T) {
		n := &fakeNet{answers: []answer{{status: 200, body: delta + delta + completed}}}
		for _, err := range model.New(p, model.Options{Transport: n}).Stream(t.Context(), ask("hi")) {
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour) // fake
		}
	})
}

func TestCancelDuringAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := &fakeNet{answers: []answer{{status: 503}}}
		var last error
		for ev, err := range model.New(at("http://model.example/v1"), model.Options{Transport: n}).Stream(ctx, ask("hi")) {
			if w, ok := ev.(model.Wait); ok {
				if d := time.Until(w.Until); d < 180*time.Millisecond || d > 220*time.Millisecond {
					t.Errorf("the wait ends in %v", d)
				}
				cancel()
			}
			last = err
		}
		if !errors.Is(last, context.Canceled) || len(n.at) != 1 {
			t.Errorf("ended with %v after %d requests", last, len(n.at))
		}
	})
}

func TestRetry(t *testing.T) {
	kind := func(k model.ErrorKind, after time.Duration) error {
		return fmt.Errorf("turn: %w", &model.Error{Kind: k, After: after})
	}
	tests := []struct {
		name     string
		err      error
		failures int
		wait     time.Duration // 0: not again
	}{
		{"broken", kind(model.Broken, 0), 0, 200 * time.Millisecond},
		{"broken again", kind(model.Broken, 0), 2, 800 * time.Millisecond},
		{"broken too often", kind(model.Broken, 0), 3, 0},
		{"provider failed", kind(model.Internal, 0), 1, 400 * time.Millisecond},
		{"offline", kind(model.Offline, 0), 0, 200 * time.Millisecond},
		{"offline for long", kind(model.Offline, 0), 1000, 30 * time.Second},
		{"limited for a moment", kind(model.Limited, 5*time.Second), 0, 5 * time.Second},
		{"limited for hours", kind(model.Limited, 5*time.Hour), 0, 0},
		{"limited", kind(model.Limited, 0), 0, 0},
		{"refused", kind(model.Refused, 0), 0, 0},
		{"no key", kind(model.NoKey, 0), 0, 0},
		{"too long", kind(model.TooLong, 0), 0, 0},
		{"cut", kind(model.Cut, 0), 0, 0},
		{"cancelled", context.Canceled, 0, 0},
		{"another error", io.EOF, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wait, again := model.Retry(tt.err, tt.failures, 3)
			if again != (tt.wait > 0) || wait < tt.wait*89/100 || wait > tt.wait*111/100 {
				t.Errorf("wait %v, again %t; want about %v", wait, again, tt.wait)
			}
		})
	}
}
