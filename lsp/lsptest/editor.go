// Package lsptest is an editor for tests: it speaks LSP from the client's side,
// holds buffers, applies edits, answers prompts by script, and does so with the
// habits and the defects of real editors; see [Profile].
//
// It shares no code with the server that it tests, the encoding of messages
// and the counting of positions least of all.
package lsptest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for what it expects. It is only ever used
// up by a test that fails, or for a moment under a fake clock.
const patience = time.Minute

// An Editor is a client of a language server.
type Editor struct {
	Profile Profile
	// OnPrompt answers the prompts; nil dismisses every one. It is called on a
	// goroutine of its own for each.
	OnPrompt func(Prompt) Reaction
	// OnEdit is called before each applyEdit is carried out: it may type.
	OnEdit func()
	// Settings are what workspace/configuration gives for the section codex.
	Settings any

	t      testing.TB
	out    *outbox
	gone   chan struct{} // closed when the server closed the connection
	served chan error    // what serve returned; nil unless Start made it
	rwc    io.ReadWriteCloser

	mu       sync.Mutex
	news     chan struct{}      // guarded by mu; closed at the next change of anything here
	buffers  map[string]*buffer // guarded by mu; by path or else URI
	encoding string             // guarded by mu; as negotiated
	pulls    bool               // guarded by mu; the server has diagnostics to pull
	nextID   int                // guarded by mu
	calls    map[string]chan message
	received []Received // guarded by mu; requests and notifications, in order
	modal    int        // guarded by mu; prompts that hold up everything
	held     []message  // guarded by mu; what came meanwhile
	prompts  []*prompt  // guarded by mu; open ones
	dropped  int        // guarded by mu; edits dropped so far
}

// A Received is a request or notification that the server sent.
type Received struct {
	Method string
	Params json.RawMessage
	Call   bool
}

// Start serves one end of a pipe and connects an editor with this profile to
// the other, initialized for the folders. The editor leaves when the test ends.
func Start(t testing.TB, p Profile, serve func(context.Context, io.ReadWriteCloser) error, folders ...string) *Editor {
	t.Helper()
	server, client := net.Pipe()
	e := Connect(t, p, client)
	ctx, cancel := context.WithCancel(context.Background())
	e.served = make(chan error, 1)
	go func() { e.served <- serve(ctx, server) }()
	t.Cleanup(func() {
		e.Leave()
		cancel()
	})
	e.Initialize(folders...)
	return e
}

// Connect makes an editor on a stream to a server, which the test initializes.
func Connect(t testing.TB, p Profile, rwc io.ReadWriteCloser) *Editor {
	e := &Editor{
		Profile: p, t: t, rwc: rwc,
		out: newOutbox(), gone: make(chan struct{}),
		news: make(chan struct{}), buffers: make(map[string]*buffer),
		calls: make(map[string]chan message), encoding: "utf-16",
	}
	go e.out.run(rwc)
	go e.read()
	return e
}

// Initialize does the handshake and returns the server's answer.
func (e *Editor) Initialize(folders ...string) json.RawMessage {
	e.t.Helper()
	var result json.RawMessage
	if err := e.Call("initialize", e.Profile.initializeParams(folders), &result); err != nil {
		e.t.Fatalf("initialize: %v", err)
	}
	var r struct {
		Capabilities struct {
			PositionEncoding   string
			DiagnosticProvider json.RawMessage
		}
	}
	if err := json.Unmarshal(result, &r); err != nil {
		e.t.Fatalf("initialize: %v", err)
	}
	e.mu.Lock()
	if enc := r.Capabilities.PositionEncoding; enc != "" {
		e.encoding = enc
	}
	e.pulls = r.Capabilities.DiagnosticProvider != nil
	e.mu.Unlock()
	e.Notify("initialized", struct{}{})
	return result
}

// Leave says shutdown and exit, and waits until the server has closed.
func (e *Editor) Leave() {
	if !e.Gone() {
		_ = e.Call("shutdown", nil, nil)
		e.Notify("exit", nil)
		select {
		case <-e.gone:
		case <-time.After(patience):
			e.t.Errorf("the server is still there after exit")
		}
	}
	e.Hangup()
}

// Hangup closes the connection without a word, as a crash does.
func (e *Editor) Hangup() {
	e.rwc.Close()
	<-e.gone
	e.out.close()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, b := range e.buffers {
		b.hold()
	}
}

// Gone tells whether the connection is closed.
func (e *Editor) Gone() bool {
	select {
	case <-e.gone:
		return true
	default:
		return false
	}
}

// Served waits until the server has ended and returns what it ended with.
func (e *Editor) Served() error {
	err := <-e.served
	e.served <- err
	return err
}

// read takes what the server sends until the connection is closed.
func (e *Editor) read() {
	defer close(e.gone)
	defer e.failCalls()
	in := bufio.NewReader(e.rwc)
	for {
		body, err := readFrame(in)
		if err != nil {
			return
		}
		var m message
		if err := json.Unmarshal(body, &m); err != nil {
			e.t.Errorf("the server sent %q: %v", body, err)
			return
		}
		e.mu.Lock()
		e.take(m)
		e.change()
		e.mu.Unlock()
	}
}

// take handles one message, now or when no prompt holds it up. mu is held.
func (e *Editor) take(m message) {
	switch {
	case m.Method == "":
		if m.ID != nil {
			if ch := e.calls[string(*m.ID)]; ch != nil {
				delete(e.calls, string(*m.ID))
				ch <- m
			}
		}
	case e.modal > 0 && m.Method != "$/cancelRequest":
		e.held = append(e.held, m)
	default:
		e.received = append(e.received, Received{m.Method, m.Params, m.ID != nil})
		if m.ID != nil {
			e.request(*m.ID, m.Method, m.Params)
		} else if m.Method == "$/cancelRequest" {
			e.cancelled(m.Params)
		}
	}
}

// change wakes who waits. mu is held.
func (e *Editor) change() {
	close(e.news)
	e.news = make(chan struct{})
}

// failCalls answers what the server never will.
func (e *Editor) failCalls() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, ch := range e.calls {
		delete(e.calls, id)
		ch <- message{Error: &Error{Message: "connection closed"}}
	}
	e.change()
}

// Call makes a request and waits for its answer. An error of the server's is
// an [*Error].
func (e *Editor) Call(method string, params, result any) error {
	return e.Begin(method, params)(result)
}

// Begin makes a request and returns what waits for its answer.
func (e *Editor) Begin(method string, params any) (wait func(result any) error) {
	e.mu.Lock()
	ch := e.begin(method, params)
	e.mu.Unlock()
	return func(result any) error {
		select {
		case m := <-ch:
			if m.Error != nil {
				return m.Error
			}
			if result == nil || len(m.Result) == 0 {
				return nil
			}
			return json.Unmarshal(m.Result, result)
		case <-e.gone:
			return io.EOF
		}
	}
}

// begin sends a request, and before it what is held back. mu is held.
func (e *Editor) begin(method string, params any) <-chan message {
	e.nextID++
	id := json.RawMessage(fmt.Sprint(e.nextID))
	ch := make(chan message, 1)
	e.calls[string(id)] = ch
	e.flushAll()
	e.send(message{ID: &id, Method: method, Params: encode(params)})
	return ch
}

// Execute runs one of the server's commands.
func (e *Editor) Execute(command string, argument, result any) error {
	return e.Call("workspace/executeCommand", map[string]any{"command": command, "arguments": []any{argument}}, result)
}

// Notify sends a notification.
func (e *Editor) Notify(method string, params any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.send(message{Method: method, Params: encode(params)})
}

// Raw sends a body as it is, in a frame.
func (e *Editor) Raw(body string) { e.out.put(frame([]byte(body))) }

// Bytes sends bytes as they are.
func (e *Editor) Bytes(b string) { e.out.put([]byte(b)) }

// send puts a message into the outbox. mu is held, for the order.
func (e *Editor) send(m message) {
	m.Version = "2.0"
	body, err := json.Marshal(m)
	if err != nil {
		panic(err) // a test's own value
	}
	e.out.put(frame(body))
}

// reply answers a request. mu is held.
func (e *Editor) reply(id json.RawMessage, result any, err *Error) {
	if e.Profile.Mute {
		return
	}
	m := message{ID: &id, Error: err}
	if err == nil {
		m.Result = encode(result)
		if m.Result == nil {
			m.Result = json.RawMessage("null")
		}
	}
	e.send(m)
}

func encode(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // a test's own value
	}
	return bytes.TrimSpace(b.Bytes())
}

// Until waits until ok is true, which is called with the editor's state at
// rest, and fails the test when that takes too long.
func (e *Editor) Until(what string, ok func() bool) {
	e.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		e.mu.Lock()
		done, news := ok(), e.news
		e.mu.Unlock()
		if done {
			return
		}
		select {
		case <-news:
		case <-late.C:
			e.t.Fatalf("still waiting for %s; received so far:\n%s", what, e.summary())
		}
	}
}

// Await waits until the server has sent n messages of this method since the
// start, and returns them all.
func (e *Editor) Await(method string, n int) []Received {
	e.t.Helper()
	var got []Received
	e.Until(fmt.Sprintf("%d× %s", n, method), func() bool {
		got = e.ofMethod(method)
		return len(got) >= n
	})
	return got
}

// Received returns what the server has sent of this method so far; of all
// methods for "".
func (e *Editor) Received(method string) []Received {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ofMethod(method)
}

func (e *Editor) ofMethod(method string) []Received {
	if method == "" {
		return slices.Clone(e.received)
	}
	var got []Received
	for _, r := range e.received {
		if r.Method == method {
			got = append(got, r)
		}
	}
	return got
}

func (e *Editor) summary() string {
	var b bytes.Buffer
	for _, r := range e.Received("") {
		fmt.Fprintf(&b, "  %s %s\n", r.Method, r.Params)
	}
	return b.String()
}
