// Package lsp is the language server: the agent's face to an editor.
//
// One [Serve] is one client. It mirrors the documents that the client has
// open, makes the agent's edits in them and proves that they landed, puts the
// agent's questions to the user, and tells what happens. The agent outlives
// its clients and is shared by them.
//
// Who writes what: the mirror of documents is written on the connection's read
// loop and nowhere else; what initialize negotiated never changes afterwards;
// everything that waits for the client runs on a goroutine of its own, which
// ends with the session.
package lsp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"codex-lsp/agent"
	"codex-lsp/agent/config"
)

// Options are what a server needs of its surroundings.
type Options struct {
	Agent   *agent.Agent
	Log     *slog.Logger
	Version string // of codex-lsp, told to the client
	Home    string // Codex's folder, for chat documents; "" for a temporary one
	Chats   string // where chat documents go; "" for chats in Home

	// Configure takes the client's settings, the JSON object that is the
	// section "codex", and returns what is wrong with them. May be nil.
	Configure func(settings []byte) []config.Problem

	// UseProxy takes the proxy of the client's machine. May be nil.
	UseProxy func(config.Proxy)
}

// ErrNoShutdown says that the client left without saying shutdown first. The
// protocol wants a process to end with exit code 1 then.
var ErrNoShutdown = errors.New("the client left without a shutdown request")

// drain is how long Serve waits, after the session ended, for what still runs.
// Only a blocked read of standard input, which closing does not wake, takes
// longer; the process ends then.
const drain = 2 * time.Second

// Serve answers one client on rwc until it says exit, goes away, or ctx ends,
// and closes rwc. It returns nil after an orderly shutdown.
func Serve(ctx context.Context, rwc io.ReadWriteCloser, o Options) error {
	return start(ctx, rwc, o).wait()
}

// start begins to read what the client sends.
func start(ctx context.Context, rwc io.ReadWriteCloser, o Options) *server {
	session, end := context.WithCancelCause(ctx)
	s := newServer(session, end, o)
	s.wire = newWire(session, end, rwc, o.Log)
	s.conn = jsonrpc2.NewConn(jsonrpc2.NewStream(s.wire), jsonrpc2.WithCodec(codec{}))
	s.client = protocol.ClientDispatcher(s.conn)
	// The read loop's context never ends: cancelling it would also drop the
	// replies not yet written. The bytes end instead.
	s.conn.Go(context.WithoutCancel(ctx), s.route(protocol.ServerHandler(s, nil)))
	return s
}

// wait returns when the session is over and nothing of it runs any more.
func (s *server) wait() error {
	defer s.end(nil)
	<-s.session.Done()
	s.wire.Close() // first, or whoever is blocked in a write could not leave
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		s.leave()
		<-s.conn.Done()
	}()
	select {
	case <-gone:
	case <-time.After(drain):
		s.log.Debug("a read or write of the client's bytes could not be woken")
	}
	return s.verdict(context.Cause(s.session))
}

// A server is one client's session.
type server struct {
	protocol.UnimplementedServer
	agent     *agent.Agent
	log       *slog.Logger
	version   string
	configure func([]byte) []config.Problem
	useProxy  func(config.Proxy)

	wire     *wire
	conn     jsonrpc2.Conn
	client   protocol.Client
	session  context.Context // ends when the client is gone: the parent of all done for it
	end      context.CancelCauseFunc
	docs     *documents
	arrivals atomic.Uint64 // messages so far
	pens     pens
	pulls    pulls
	writes   recentWrites
	calls    inFlight
	phase    phase // touched only on the read loop

	home    string
	chats   string
	threads threads
	desk    desk
	events  events
	bars    bars
	lenses  refresh
	reviews reviews
	logins  logins

	background sync.WaitGroup
	mu         sync.Mutex
	left       bool     // guarded by mu; once set, nothing is spawned
	farewells  []func() // guarded by mu; run when the session is over

	negotiated // by initialize; constant afterwards
	folders    folders
}

func newServer(session context.Context, end context.CancelCauseFunc, o Options) *server {
	return &server{
		agent: o.Agent, log: o.Log, version: o.Version, home: o.Home, chats: o.Chats, configure: o.Configure, useProxy: o.UseProxy,
		session: session, end: end,
		docs: newDocuments(), reviews: reviews{wake: make(chan struct{}, 1)},
	}
}

// spawn runs f on a goroutine that the session waits for at its end. It must
// return soon after its context ends.
func (s *server) spawn(f func(ctx context.Context)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.left {
		s.background.Go(func() { f(s.session) })
	}
}

// atEnd registers what must happen when the session is over; at once, if it is.
func (s *server) atEnd(f func()) {
	s.mu.Lock()
	left := s.left
	if !left {
		s.farewells = append(s.farewells, f)
	}
	s.mu.Unlock()
	if left {
		f()
	}
}

// leave runs the farewells, last registered first, and waits for what was
// spawned.
func (s *server) leave() {
	s.mu.Lock()
	s.left = true
	farewells := s.farewells
	s.mu.Unlock()
	for i := len(farewells) - 1; i >= 0; i-- {
		farewells[i]()
	}
	s.background.Wait()
}
