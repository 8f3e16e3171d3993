package mcp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A Set is the servers of one conversation. They start with its first turn, and
// follow the settings from turn to turn.
type Set struct {
	options Options
	ctx     context.Context // ends at Close
	stop    context.CancelFunc
	running sync.WaitGroup // all goroutines

	mu      sync.Mutex
	servers []*server // by name; guarded by mu
	closed  bool      // guarded by mu
}

// NewSet returns a Set without servers.
func NewSet(o Options) *Set {
	s := &Set{options: o}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// Use brings the servers in line with the settings: those that are new, were
// changed or have ended are started, all at once, and those that are gone are
// stopped. It waits until each has started or failed, but not longer than the
// settings allow for one that is not required, and not at all for one that
// failed before. An error says which required server is not there.
func (s *Set) Use(ctx context.Context, with Settings) error {
	lives, old := s.adopt(with)
	for _, sv := range old {
		sv.stop()
	}
	var grace <-chan time.Time
	if with.Grace > 0 {
		t := time.NewTimer(with.Grace)
		defer t.Stop()
		grace = t.C
	}
	late := false
	for _, b := range lives {
		wait := grace
		switch {
		case b.server.settings.Required:
			wait = nil
		case !b.first || late:
			continue
		}
		select {
		case <-b.life.settled:
		case <-wait:
			late = true
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	var missing []error
	for _, b := range lives {
		if b.life.settledNow() {
			b.server.refresh(ctx, b.life)
		}
		if err := b.life.failed(); err != nil && b.server.settings.Required {
			missing = append(missing, fmt.Errorf("%w. It is required; required = false in [mcp_servers.%s] lets turns begin without it", err, b.server.settings.Name))
		}
	}
	return errors.Join(missing...)
}

// A begun life is one to wait for.
type begun struct {
	server *server
	life   *life
	first  bool
}

// adopt makes the servers those of the settings, and starts those that do not
// run. It returns the ones that are of no more use.
func (s *Set) adopt(with Settings) (lives []begun, old []*server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil
	}
	old = s.servers
	s.servers = nil
	for _, c := range with.Servers {
		if c.Disabled {
			continue
		}
		var sv *server
		for i, o := range old {
			if o.settings.Name == c.Name && o.same(c, with) {
				sv, old = o, slices.Delete(slices.Clone(old), i, i+1)
				break
			}
		}
		if sv == nil {
			sv = newServer(s, c, with)
		}
		s.servers = append(s.servers, sv)
		l, first := sv.start()
		lives = append(lives, begun{sv, l, first})
	}
	// Those that must be there are waited for first.
	slices.SortStableFunc(lives, func(a, b begun) int { return cmp.Compare(rank(a), rank(b)) })
	return lives, old
}

func rank(b begun) int {
	if b.server.settings.Required {
		return 0
	}
	return 1
}

func (l *life) settledNow() bool {
	select {
	case <-l.settled:
		return l.err == nil
	default:
		return false
	}
}

// failed is why a life is of no use, nil if it is, or may be yet.
func (l *life) failed() error {
	select {
	case <-l.settled:
	default:
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return cmp.Or(l.err, l.gone)
}

// Namespaces are the tools of all servers that are there, by name.
func (s *Set) Namespaces() []Namespace {
	var list []Namespace
	for _, sv := range s.all() {
		l := sv.current()
		if !l.settledNow() || l.failed() != nil {
			continue
		}
		l.mu.Lock()
		n := Namespace{Name: namespaceOf(sv.settings.Name), Server: sv.settings.Name, About: l.about, Tools: l.tools}
		l.mu.Unlock()
		if len(n.Tools) > 0 && !slices.ContainsFunc(list, func(o Namespace) bool { return o.Name == n.Name }) {
			list = append(list, n)
		}
	}
	return list
}

// Status tells where all servers stand, by name.
func (s *Set) Status() []Status {
	var list []Status
	for _, sv := range s.all() {
		list = append(list, sv.status())
	}
	return list
}

func (s *Set) all() []*server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.servers)
}

func (sv *server) current() *life {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	return sv.life
}

// find returns a server that can be called, or says why there is none. One that
// has ended is started again for it.
func (s *Set) find(ctx context.Context, name string) (*server, *life, error) {
	for _, sv := range s.all() {
		if sv.settings.Name != name {
			continue
		}
		l, _ := sv.start()
		select {
		case <-l.settled:
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
		if err := l.failed(); err != nil {
			return nil, nil, &CallError{Message: err.Error()}
		}
		return sv, l, nil
	}
	return nil, nil, &CallError{Message: fmt.Sprintf("there is no MCP server `%s`", name)}
}

// Close stops all servers and waits until nothing is left of them.
func (s *Set) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.running.Wait()
}
