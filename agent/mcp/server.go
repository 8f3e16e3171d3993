package mcp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"codex-lsp/agent/config"
	"codex-lsp/agent/exec"
)

// A server is started again when it has ended or did not start, but not for
// ever: what fails so often in a row needs the user.
const maxStarts = 3

// healthy is how long a server must have lived for its failures before that to
// be forgotten.
const healthy = 10 * time.Minute

// handshake is the version that servers are greeted with. One that only speaks
// a later one says so, and is greeted with that.
const handshake = "2025-11-25"

// A server is one that the settings name, for as long as they stay the same.
// Its life is a goroutine of its own, which the Set waits for.
type server struct {
	set      *Set
	settings config.MCPServer
	with     Settings
	ctx      context.Context // ends at close
	stop     context.CancelFunc
	stderr   tail

	mu     sync.Mutex
	life   *life     // the last; guarded by mu
	starts int       // in a row that came to nothing; guarded by mu
	asking int       // questions that the user has not answered; guarded by mu
	asked  time.Time // when the last was answered; guarded by mu
}

// A life is one connection, from its start to its end.
type life struct {
	settled chan struct{} // closed when it is known whether it started
	ended   chan struct{} // closed when nothing is left of it

	// Set before settled is closed.
	session   *sdk.ClientSession
	about     string
	resources bool
	err       error // why it did not start

	mu      sync.Mutex
	tools   []Tool   // guarded by mu
	leftOut []string // guarded by mu
	stale   bool     // the server says that its tools have changed; guarded by mu
	gone    error    // why it ended after it had started; guarded by mu
}

func newServer(s *Set, c config.MCPServer, with Settings) *server {
	sv := &server{set: s, settings: c, with: with}
	sv.ctx, sv.stop = context.WithCancel(s.ctx)
	return sv
}

// same tells whether the settings are still those that the server runs by.
func (sv *server) same(c config.MCPServer, with Settings) bool {
	return reflect.DeepEqual(sv.settings, c) && sv.with.Home == with.Home && sv.with.Route == with.Route &&
		sv.with.Store == with.Store && reflect.DeepEqual(sv.with.Hidden, with.Hidden)
}

// start begins a life unless there is one, or there were too many. It returns
// the one to wait for, and whether it is worth waiting for: one that failed
// before is tried again on the side.
func (sv *server) start() (l *life, first bool) {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	if l := sv.life; l != nil && (!l.over() || sv.starts >= maxStarts || sv.ctx.Err() != nil) {
		return l, sv.starts == 0
	}
	first = sv.life == nil || sv.life.err == nil
	l = &life{settled: make(chan struct{}), ended: make(chan struct{})}
	sv.life = l
	sv.set.running.Go(func() { sv.live(l) })
	return l, first
}

// over tells whether a life has ended.
func (l *life) over() bool {
	select {
	case <-l.ended:
		return true
	default:
		return false
	}
}

// live takes a life from its start to its end.
func (sv *server) live(l *life) {
	defer close(l.ended)
	began := time.Now()
	t, err := sv.connect(l)
	if err != nil {
		l.err = sv.explain(err, t)
		sv.note(false)
		close(l.settled)
		end(t, nil)
		return
	}
	close(l.settled)
	gone := make(chan error, 1)
	sv.set.running.Go(func() { gone <- l.session.Wait() })
	select {
	case err = <-gone:
	case <-sv.ctx.Done():
		end(t, l.session)
		<-gone
		return
	}
	end(t, l.session)
	l.mu.Lock()
	l.gone = sv.explain(cmp.Or(err, errEnded), t)
	l.mu.Unlock()
	sv.note(time.Since(began) >= healthy)
	sv.set.options.Log.Warn("an MCP server has ended", "server", sv.settings.Name, "err", l.gone)
}

var errEnded = errors.New("it has ended")

// note counts the failures in a row.
func (sv *server) note(good bool) {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	if good {
		sv.starts = 0
	}
	sv.starts++
}

// end takes a connection down, with the program at its other side.
func end(t sdk.Transport, session *sdk.ClientSession) {
	if session != nil {
		closed := make(chan struct{})
		go func() { defer close(closed); session.Close() }()
		if p, ok := t.(*program); ok && p.process != nil {
			p.process.Stop()
		}
		<-closed
		return
	}
	if p, ok := t.(*program); ok && p.process != nil {
		p.process.Stop()
	}
}

// connect starts the server and asks what it offers, all within the time that
// the settings give it.
func (sv *server) connect(l *life) (t sdk.Transport, err error) {
	ctx, cancel := context.WithTimeoutCause(sv.ctx, sv.settings.StartupTimeout, errLate)
	defer cancel()
	for _, version := range []string{handshake, ""} { // "" is the latest
		if t, err = sv.transport(); err != nil {
			return t, err
		}
		l.session, err = sv.client(l).Connect(ctx, t, &sdk.ClientSessionOptions{ProtocolVersion: version})
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), "version") || ctx.Err() != nil {
			break
		}
		end(t, nil)
	}
	if err == nil {
		if err = sv.greeted(ctx, l); err != nil {
			end(t, l.session)
		}
	}
	if errors.Is(context.Cause(ctx), errLate) {
		err = errLate
	}
	return t, err
}

// greeted reads what the server is and what it offers.
func (sv *server) greeted(ctx context.Context, l *life) error {
	res := l.session.InitializeResult()
	if res == nil {
		return errors.New("it did not introduce itself")
	}
	l.about = shorten(res.Instructions, maxAbout)
	l.resources = res.Capabilities != nil && res.Capabilities.Resources != nil
	if res.Capabilities == nil || res.Capabilities.Tools == nil {
		return nil
	}
	return sv.list(ctx, l)
}

// list asks for the tools, page by page.
func (sv *server) list(ctx context.Context, l *life) error {
	l.mu.Lock()
	l.stale = false
	l.mu.Unlock()
	var all []*sdk.Tool
	params := &sdk.ListToolsParams{}
	more := false
	for len(all) < maxTools {
		res, err := l.session.ListTools(ctx, params)
		if err != nil {
			return fmt.Errorf("list its tools: %w", err)
		}
		all = append(all, res.Tools...)
		if more = res.NextCursor != "" && len(res.Tools) > 0; !more {
			break
		}
		params = &sdk.ListToolsParams{Cursor: res.NextCursor}
	}
	tools, leftOut := offered(sv.settings, all[:min(len(all), maxTools)])
	if more || len(all) > maxTools {
		leftOut = append(leftOut, fmt.Sprintf("all behind the first %d; enabled_tools chooses", maxTools))
	}
	l.mu.Lock()
	l.tools, l.leftOut = tools, leftOut
	l.mu.Unlock()
	return nil
}

// refresh asks for the tools again if they have changed.
func (sv *server) refresh(ctx context.Context, l *life) {
	l.mu.Lock()
	stale := l.stale
	l.mu.Unlock()
	if !stale {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, sv.settings.StartupTimeout)
	defer cancel()
	if err := sv.list(ctx, l); err != nil {
		sv.set.options.Log.Warn("an MCP server does not list its tools any more", "server", sv.settings.Name, "err", err)
	}
}

// transport is how the server is reached.
func (sv *server) transport() (sdk.Transport, error) {
	c, o := sv.settings, sv.set.options
	if c.URL != "" {
		r, err := newRemote(c, sv.with, o.Getenv)
		if err != nil {
			return nil, err
		}
		return r, nil
	}
	dir := c.Cwd
	if rest, ok := strings.CutPrefix(dir, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			dir = filepath.Join(home, rest)
		}
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(o.Dir, dir)
	}
	return &program{services: o.Services, service: exec.Service{
		Path: c.Command, Args: c.Args, Dir: dir, Env: environment(c, o.Getenv, sv.with.Hidden), Stderr: &sv.stderr,
	}}, nil
}

// client answers what the server asks.
func (sv *server) client(l *life) *sdk.Client {
	o := sv.set.options
	caps := &sdk.ClientCapabilities{Elicitation: &sdk.ElicitationCapabilities{Form: &sdk.FormElicitationCapabilities{}, URL: &sdk.URLElicitationCapabilities{}}}
	return sdk.NewClient(&sdk.Implementation{Name: "codex-mcp-client", Title: "codex-lsp", Version: o.Version}, &sdk.ClientOptions{
		Capabilities: caps,
		ElicitationHandler: func(ctx context.Context, req *sdk.ElicitRequest) (*sdk.ElicitResult, error) {
			return sv.elicit(ctx, req.Params)
		},
		ToolListChangedHandler: func(context.Context, *sdk.ToolListChangedRequest) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.stale = true
		},
	})
}

var errLate = errors.New("it is late")

// explain says why a server did not start, or ended: the cause and, as far as
// there is one, the remedy.
func (sv *server) explain(err error, t sdk.Transport) error {
	c := sv.settings
	if errors.Is(err, errLate) {
		return fmt.Errorf("MCP client for `%s` timed out after %v seconds. Add or adjust `startup_timeout_sec` in [mcp_servers.%s] of config.toml if it needs longer%s",
			c.Name, c.StartupTimeout.Seconds(), c.Name, sv.printed())
	}
	p, ok := t.(*program)
	if ok && p.guard != nil && p.guard.cutOff() != nil {
		return fmt.Errorf("MCP server `%s` was stopped: %w", c.Name, p.guard.cutOff())
	}
	if ok && p.out != nil && p.out.noisy.Load() {
		return fmt.Errorf("MCP server `%s` was stopped: %w", c.Name, errNoisy)
	}
	if ok && p.process != nil {
		p.process.Stop()
		if how := p.process.Err(); how != nil {
			return fmt.Errorf("MCP server `%s` has ended: %v%s", c.Name, how, sv.printed())
		}
		if errors.Is(err, sdk.ErrConnectionClosed) || errors.Is(err, errEnded) {
			return fmt.Errorf("MCP server `%s` has ended%s", c.Name, sv.printed())
		}
	}
	return fmt.Errorf("MCP server `%s`: %w%s", c.Name, err, sv.printed())
}

// printed is the last line that the program wrote to stderr.
func (sv *server) printed() string {
	if last := sv.stderr.last(); last != "" {
		return "; it printed: " + last
	}
	return ""
}

// status tells where the server stands.
func (sv *server) status() Status {
	sv.mu.Lock()
	l, starts := sv.life, sv.starts
	sv.mu.Unlock()
	st := Status{Name: sv.settings.Name, State: Starting, Stderr: sv.stderr.String()}
	select {
	case <-l.settled:
	default:
		return st
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := cmp.Or(l.err, l.gone); err != nil {
		st.State, st.Error = Failed, err.Error()
		if starts >= maxStarts {
			st.Error += fmt.Sprintf(". It failed %d times and is not started again until its settings change", starts)
		}
		return st
	}
	st.State, st.LeftOut, st.Resources = Ready, l.leftOut, l.resources
	for _, t := range l.tools {
		st.Tools = append(st.Tools, t.Name)
	}
	return st
}
