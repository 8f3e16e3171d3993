// Package modeltest is a scripted model over real HTTP: it speaks the streams
// of the Responses and Chat Completions APIs, and says what a script tells it.
//
//	m := modeltest.Serve(t,
//		modeltest.Says(modeltest.Call("exec_command", map[string]any{"cmd": "ls"})),
//		modeltest.Says(modeltest.Text("two ", "files")),
//	)
//	provider.BaseURL = m.URL
//
// It is strict where a real provider is: a request whose calls and outputs do
// not pair, whose call ids repeat, or which rewrites what the thread has said
// before is refused with status 400, and the refusal is kept for [Server.Err].
// Tests fail on it; the demo, which plays the same scripts, has none.
package modeltest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
)

// A Server is a scripted model. Its zero value is not usable; see [New].
type Server struct {
	// URL is the provider's base URL, set by Start and Serve.
	URL string

	script Script
	http   *http.Server
	play   sync.WaitGroup

	mu       sync.Mutex
	closed   bool              // guarded by mu; no request is taken any more
	requests []Request         // guarded by mu
	threads  map[string]thread // by id; guarded by mu
	ids      int               // made so far; guarded by mu
	errs     []error           // guarded by mu
}

// A thread is what the server remembers of one conversation.
type thread struct {
	turns int      // requests so far
	input []string // of the last good request
}

// New returns a model to mount in a server of one's own.
func New(script Script) *Server {
	return &Server{script: script, threads: make(map[string]thread)}
}

// Start serves a script on a port of its own on loopback.
func Start(script Script) (*Server, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the scripted model: %w", err)
	}
	s := New(script)
	s.URL = "http://" + ln.Addr().String() + "/v1"
	s.http = &http.Server{Handler: s}
	s.play.Go(func() { _ = s.http.Serve(ln) }) // always ErrServerClosed
	return s, nil
}

// T is the part of *testing.T that [Serve] needs.
type T interface {
	Helper()
	Cleanup(func())
	Fatal(...any)
	Error(...any)
}

// Serve starts a model that plays these turns for each thread, closes it at
// the test's end, and fails the test if a request was refused or some turn was
// never asked for.
func Serve(t T, turns ...Turn) *Server {
	t.Helper()
	s := serve(t, Turns(turns))
	t.Cleanup(func() {
		if n := s.longest(); n < len(turns) {
			t.Error("scripted model: only", n, "of", len(turns), "turns were asked for")
		}
	})
	return s
}

// ServeScript is [Serve] for a script that reacts to what it is asked.
func ServeScript(t T, script Script) *Server {
	t.Helper()
	return serve(t, script)
}

func serve(t T, script Script) *Server {
	t.Helper()
	s, err := Start(script)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		if err := s.Err(); err != nil {
			t.Error("scripted model:", err)
		}
	})
	return s
}

// Close ends all streams and returns when their handlers have.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	if s.http != nil {
		_ = s.http.Close() // the listener's error says nothing a caller could use
	}
	s.play.Wait()
}

// Requests returns all requests so far, refused ones included, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Err tells what was wrong with the requests, nil if nothing.
func (s *Server) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.errs...)
}

// Forget lets the next request of a thread begin differently from the last,
// as after a compaction.
func (s *Server) Forget(threadID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	th := s.threads[threadID]
	th.input = nil
	s.threads[threadID] = th
}

// ServeHTTP answers POST …/responses and …/chat/completions by the script.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		return
	}
	defer s.play.Done()
	req, err := readRequest(r)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return // an interrupted client hung up in the middle of it: it said nothing wrong
	}
	if err != nil {
		s.refuse(w, err)
		return
	}
	if err := s.admit(&req); err != nil {
		s.refuse(w, fmt.Errorf("request %d: %w", req.N, err))
		return
	}
	turn, err := s.script.Turn(req)
	if err != nil {
		s.refuse(w, fmt.Errorf("request %d: %w", req.N, err))
		return
	}
	s.answer(r.Context(), w, req, turn)
}

// enter lets Close wait for the handler, unless it came first.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.play.Add(1)
	}
	return !s.closed
}

// longest is the number of requests of the thread that made most.
func (s *Server) longest() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, th := range s.threads {
		n = max(n, th.turns)
	}
	return n
}

// admit numbers and records a request, and checks it.
func (s *Server) admit(req *Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	th := s.threads[req.Thread]
	th.turns++
	req.N, req.Turn = len(s.requests)+1, th.turns
	s.requests = append(s.requests, *req)
	err := check(*req, th.input)
	if err == nil {
		th.input = items(req.Input)
	}
	s.threads[req.Thread] = th
	return err
}

// refuse answers 400 and keeps the reason.
func (s *Server) refuse(w http.ResponseWriter, err error) {
	s.mu.Lock()
	s.errs = append(s.errs, err)
	s.mu.Unlock()
	writeError(w, http.StatusBadRequest, "invalid_request_error", err.Error())
}

// nextID makes an id that no other item of this server has.
func (s *Server) nextID(prefix string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids++
	return fmt.Sprintf("%s_%d", prefix, s.ids)
}

// answer plays one turn on the wire that the request came on.
func (s *Server) answer(ctx context.Context, w http.ResponseWriter, req Request, turn Turn) {
	if !pause(ctx, turn.Delay) {
		return
	}
	for name, values := range turn.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	if turn.Status != 0 {
		writeStatus(w, turn)
		return
	}
	st := newStream(ctx, w, turn)
	if req.Chat {
		playChat(s, st, req, turn)
		return
	}
	playResponses(s, st, req, turn)
}
