package mcp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"codex-lsp/agent/config"
	"codex-lsp/agent/exec"
)

// handedOn are the variables that every server sees: what a program needs to
// run at all. They are Codex's.
var handedOn = []string{"HOME", "LOGNAME", "PATH", "SHELL", "USER", "LANG", "LC_ALL", "TERM", "TMPDIR", "TZ"}

// environment is all that a server sees of ours and of the settings. The last
// word is the settings', but no name in hidden is ever taken from ours.
func environment(s config.MCPServer, getenv func(string) string, hidden []string) []string {
	var env []string
	for _, name := range slices.Concat(handedOn, s.EnvVars) {
		if v := getenv(name); v != "" && !slices.Contains(hidden, name) {
			env = append(env, name+"="+v)
		}
	}
	for name, v := range s.Env {
		env = append(env, name+"="+string(v))
	}
	return env
}

// program is the transport to a server that is a program here.
type program struct {
	services *exec.Services
	service  exec.Service
	process  *exec.Process // set by Connect
	guard    *guarded      // likewise
	out      *objects      // likewise
}

// Connect implements sdk.Transport.
func (p *program) Connect(ctx context.Context) (sdk.Connection, error) {
	if info, err := os.Stat(p.service.Dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("its cwd %s is no folder", p.service.Dir)
	}
	process, err := p.services.Start(p.service)
	if err != nil {
		return nil, err
	}
	p.process = process
	p.out = onlyObjects(process.Stdout)
	io := &sdk.IOTransport{Reader: p.out, Writer: process.Stdin, MaxLineLength: maxMessage}
	c, err := io.Connect(ctx)
	if err != nil {
		process.Stop()
		return nil, err
	}
	p.guard = &guarded{Connection: c}
	return p.guard, nil
}

// maxMessage bounds one message of a server: images come in them.
const maxMessage = 16 << 20

// onlyObjects leaves out the lines of a stream that are no messages: many
// programs print something when they start, and one line would end the
// connection.
func onlyObjects(r io.ReadCloser) *objects {
	return &objects{source: r, r: bufio.NewReaderSize(r, 64<<10), fresh: true}
}

type objects struct {
	source io.Closer
	r      *bufio.Reader
	fresh  bool // at the start of a line
	rest   []byte
	noise  int         // bytes left out since the last message
	noisy  atomic.Bool // there were too many
}

// maxNoise is how much a program may print between two messages that is none.
const maxNoise = 16 << 20

var errNoisy = fmt.Errorf("it printed more than %d MiB that is no message", maxNoise>>20)

// ignore counts what is left out.
func (o *objects) ignore(piece []byte) error {
	if o.noise += len(piece); o.noise > maxNoise {
		o.noisy.Store(true)
		return errNoisy
	}
	return nil
}

// Read implements io.Reader.
func (o *objects) Read(p []byte) (int, error) {
	for len(o.rest) == 0 {
		piece, err := o.r.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) && len(piece) == 0 {
			return 0, err
		}
		whole := err == nil
		if o.fresh && !isMessage(piece) {
			noisy := o.ignore(piece)
			for !whole && errors.Is(err, bufio.ErrBufferFull) && noisy == nil {
				piece, err = o.r.ReadSlice('\n')
				whole, noisy = err == nil, o.ignore(piece)
			}
			o.fresh = whole
			switch {
			case noisy != nil:
				return 0, noisy
			case !whole:
				return 0, err
			}
			continue
		}
		o.fresh, o.rest, o.noise = whole, piece, 0
	}
	n := copy(p, o.rest)
	o.rest = o.rest[n:]
	return n, nil
}

// Close implements io.Closer.
func (o *objects) Close() error { return o.source.Close() }

func isMessage(line []byte) bool {
	for _, c := range line {
		if c != ' ' && c != '\t' {
			return c == '{' || c == '['
		}
	}
	return false
}

// How much a server may say unasked. Nothing that is of use comes near it.
const (
	floodCount  = 20_000
	floodTime   = 10 * time.Second
	maxRequests = 32 // of a server that wait for an answer
)

// A guarded connection keeps what a server sends unasked from piling up: a
// notification that nobody listens to goes no further, and a server that floods
// or asks too much at once is cut off.
type guarded struct {
	sdk.Connection

	began time.Time // of the count; Read is called by one goroutine
	count int

	mu   sync.Mutex
	open map[jsonrpc.ID]bool // requests of the server; guarded by mu
	why  error               // it was cut off; guarded by mu
}

// Read implements sdk.Connection.
func (g *guarded) Read(ctx context.Context) (jsonrpc.Message, error) {
	for {
		msg, err := g.Connection.Read(ctx)
		if err != nil {
			return nil, err
		}
		req, ok := msg.(*jsonrpc.Request)
		if !ok {
			return msg, nil
		}
		if err := g.admit(req); err != nil {
			g.Connection.Close()
			return nil, err
		}
		if req.IsCall() || heard[req.Method] {
			return msg, nil
		}
	}
}

// heard are the notifications that mean something here.
var heard = map[string]bool{
	"notifications/tools/list_changed":   true,
	"notifications/cancelled":            true,
	"notifications/elicitation/complete": true,
}

// admit counts what comes unasked.
func (g *guarded) admit(req *jsonrpc.Request) error {
	if now := time.Now(); g.count == 0 || now.Sub(g.began) > floodTime {
		g.began, g.count = now, 0
	}
	g.count++
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.count > floodCount {
		g.why = fmt.Errorf("it sent more than %d messages within %v that nobody asked for", floodCount, floodTime)
		return g.why
	}
	if !req.IsCall() {
		return nil
	}
	if len(g.open) >= maxRequests {
		g.why = fmt.Errorf("it asked for more than %d things at once", maxRequests)
		return g.why
	}
	if g.open == nil {
		g.open = make(map[jsonrpc.ID]bool)
	}
	g.open[req.ID] = true
	return nil
}

// Write implements sdk.Connection.
func (g *guarded) Write(ctx context.Context, msg jsonrpc.Message) error {
	if res, ok := msg.(*jsonrpc.Response); ok {
		g.mu.Lock()
		delete(g.open, res.ID)
		g.mu.Unlock()
	}
	return g.Connection.Write(ctx, msg)
}

// cutOff says why the connection was ended from here, nil if it was not.
func (g *guarded) cutOff() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.why
}
