package agent

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"codex-lsp/agent/config"
	"codex-lsp/agent/exec"
	"codex-lsp/agent/model/modeltest"
)

// A bubble is a thread and a scripted model that talk HTTP over pipes in
// memory, so that the clock of a synctest bubble stands for the real one: five
// minutes of silence pass at once, and every wait has its real length.
type bubble struct {
	*Thread
	model     *modeltest.Server
	peer      *peer
	runner    *countingRunner
	unplugged int           // connections without a network before one is made
	fault     syscall.Errno // what is wrong then
	mute      bool          // nothing answers to a connection
}

// newBubble must be called in a bubble, and ended in it.
func newBubble(t *testing.T, script modeltest.Script, change func(*config.Config)) *bubble {
	t.Helper()
	b := &bubble{model: modeltest.New(script), peer: newPeer(always(Approved)), runner: &countingRunner{}, fault: syscall.ENETUNREACH}
	pipes := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: b.model, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)}
	go server.Serve(pipes)
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		if b.mute {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		if b.unplugged > 0 {
			b.unplugged--
			return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", b.fault)}
		}
		return pipes.dial(ctx)
	}}
	c, err := config.Load(config.Options{Home: t.TempDir(), Getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	c.Provider.BaseURL, c.Provider.Key = "http://model.test/v1", "test"
	if change != nil {
		change(c)
	}
	a := New(Options{
		Config: func(string) (*config.Config, error) { return c, nil }, Log: slog.New(slog.DiscardHandler),
		Transport: transport, Runner: b.runner,
	})
	if b.Thread, err = a.NewThread(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	leave := b.Attach(b.peer)
	t.Cleanup(func() {
		leave()
		a.Close()
		transport.CloseIdleConnections()
		server.Close()
		if err := b.model.Err(); err != nil {
			t.Error("scripted model:", err)
		}
	})
	return b
}

// pipes is a network in memory.
type pipes struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (p *pipes) dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{} }

// A countingRunner runs nothing and remembers what it should have run.
type countingRunner struct {
	mu  sync.Mutex
	ran []string // guarded by mu

	endless bool // a command runs until it is killed
}

func (r *countingRunner) Run(ctx context.Context, c exec.Command) (exec.Result, error) {
	if r.endless {
		<-ctx.Done()
		return exec.Result{}, ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ran = append(r.ran, c.Script)
	return exec.Result{Text: "ran " + c.Script, Output: "ran " + c.Script}, nil
}

func (*countingRunner) Write(context.Context, exec.Input) (exec.Result, error) {
	panic("no test types into a command")
}

func (*countingRunner) Knows(string, int) error { return nil }

func (*countingRunner) Sessions() []exec.Session { return nil }

func (*countingRunner) Kill(int) error { panic("no test kills a terminal") }

func (*countingRunner) Close() {}

// retries are the details of the waits before further attempts.
func (b *bubble) retries() []string {
	var details []string
	for _, w := range of[Waiting](b.peer) {
		switch w.Reason {
		case WaitRetry:
			details = append(details, w.Detail)
		case WaitLimit:
			until, retry, _ := strings.Cut(w.Detail, ", ")
			if _, err := time.Parse("until "+time.TimeOnly, until); err != nil {
				retry = w.Detail // which is not what is wanted
			}
			details = append(details, retry)
		}
	}
	return details
}
