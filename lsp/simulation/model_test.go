package simulation

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"codex-lsp/agent/exec"
)

// A wire carries HTTP to a handler without sockets, which fake time cannot
// wait for.
type wire struct{ handler http.Handler }

func (w wire) RoundTrip(req *http.Request) (*http.Response, error) {
	pr, pw := io.Pipe()
	rw := &responseWriter{header: make(http.Header), body: pw, ready: make(chan int, 1)}
	go func() {
		defer func() {
			if cause := recover(); cause != nil && cause != http.ErrAbortHandler {
				panic(cause)
			} else if cause != nil {
				pw.CloseWithError(io.ErrUnexpectedEOF)
			}
		}()
		w.handler.ServeHTTP(rw, req)
		rw.WriteHeader(http.StatusOK)
		pw.Close()
	}()
	select {
	case status := <-rw.ready:
		return &http.Response{
			StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: rw.header, Body: pr, ContentLength: -1, Request: req,
		}, nil
	case <-req.Context().Done():
		pr.Close()
		return nil, req.Context().Err()
	}
}

type responseWriter struct {
	header http.Header
	body   *io.PipeWriter
	ready  chan int
	once   sync.Once
}

func (w *responseWriter) Header() http.Header { return w.header }
func (w *responseWriter) Flush()              {}

func (w *responseWriter) WriteHeader(status int) {
	w.once.Do(func() { w.ready <- status })
}

func (w *responseWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// commands runs nothing, takes its time, and counts.
type commands struct {
	takes time.Duration

	mu  sync.Mutex
	ran map[string]int // by script; guarded by mu
}

func (r *commands) Run(ctx context.Context, c exec.Command) (exec.Result, error) {
	r.mu.Lock()
	r.ran[c.Script]++
	r.mu.Unlock()
	select {
	case <-time.After(r.takes):
		return exec.Result{Text: "ran " + c.Script}, nil
	case <-ctx.Done():
		return exec.Result{}, ctx.Err()
	}
}

func (r *commands) Write(context.Context, exec.Input) (exec.Result, error) {
	panic("no command is left running")
}

func (r *commands) Knows(string, int) error { return nil }

func (r *commands) Sessions() []exec.Session { return nil }

func (r *commands) Kill(int) error { panic("no session kills a terminal") }

func (r *commands) Close() {}

func (r *commands) count(script string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ran[script]
}
