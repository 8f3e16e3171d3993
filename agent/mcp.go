package agent

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"codex-lsp/agent/config"
	"codex-lsp/agent/mcp"
	"codex-lsp/agent/model"
)

// maxServerSets is how many threads have their MCP servers running. What a
// server keeps, a browser for instance, is its thread's own, so threads share
// none; but an editor has many threads, and most of them are over.
const maxServerSets = 8

// servers are the MCP servers of a thread.
type servers struct {
	mu    sync.Mutex
	set   *mcp.Set           // nil until a turn needs them, and after they were stopped; guarded by mu
	calls map[string][]*call // that run, by server; guarded by mu
	found []string           // full names of tools that the model has looked up, in order; guarded by mu
	told  map[string]string  // what the user has been told of each server; guarded by mu
	asked int                // questions of servers so far; guarded by mu
}

// startServers brings the thread's MCP servers in line with the settings and
// waits for those that start. An error ends the turn.
func (tn *turn) startServers() error {
	t, c := tn.thread, tn.config
	active := slices.ContainsFunc(c.MCP.Servers, func(s config.MCPServer) bool { return !s.Disabled })
	if !active && t.servers.current() == nil {
		return nil
	}
	set := t.serverSet()
	tn.waits(WaitServers, "")
	err := set.Use(tn.ctx, serverSettings(c))
	tn.waits("", "")
	if tn.ctx.Err() != nil {
		return tn.ctx.Err()
	}
	tn.tellOfServers(set)
	tn.addServers(tn.tools)
	return err
}

// tellOfServers warns once of each server that is of no use, and of tools that
// cannot be used.
func (tn *turn) tellOfServers(set *mcp.Set) {
	s := &tn.thread.servers
	now := make(map[string]string)
	for _, st := range set.Status() {
		switch {
		case st.Error != "":
			now[st.Name] = st.Error
		case st.State == mcp.Starting:
			now[st.Name] = fmt.Sprintf("MCP server `%s` has not started yet; the turn begins without it", st.Name)
		case len(st.LeftOut) > 0:
			now[st.Name] = fmt.Sprintf("MCP server `%s`: the model does not get %d of its tools: %s", st.Name, len(st.LeftOut), st.LeftOut[0])
		}
	}
	s.mu.Lock()
	before := s.told
	s.told = now
	s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if before[name] != now[name] {
			tn.report(Warning{Ref: tn.ref(), Message: now[name]})
		}
	}
}

func (s *servers) current() *mcp.Set {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set
}

// serverSet is the thread's servers. Those of the thread that was asked longest
// ago make room.
func (t *Thread) serverSet() *mcp.Set {
	a := t.agent
	a.mu.Lock()
	a.serving = append(slices.DeleteFunc(a.serving, func(o *Thread) bool { return o == t }), t)
	var idle []*Thread
	for _, o := range a.serving[:max(0, len(a.serving)-maxServerSets)] {
		if !o.isRunning() {
			idle = append(idle, o)
		}
	}
	a.serving = slices.DeleteFunc(a.serving, func(o *Thread) bool { return slices.Contains(idle, o) })
	a.mu.Unlock()
	for _, o := range idle {
		o.servers.close()
	}
	t.servers.mu.Lock()
	defer t.servers.mu.Unlock()
	if t.servers.set == nil {
		t.servers.set = mcp.NewSet(mcp.Options{
			Log: a.log, Version: a.modelOptions.Version, Dir: t.cwd, Getenv: a.safely, Services: a.services, Ask: t.askFor,
		})
	}
	return t.servers.set
}

func (t *Thread) isRunning() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.current != nil && !t.current.over
}

// close stops the servers; the next turn starts them again.
func (s *servers) close() {
	s.mu.Lock()
	set := s.set
	s.set = nil
	s.mu.Unlock()
	if set != nil {
		set.Close()
	}
}

// closeServers stops the servers of all threads, at once.
func (a *Agent) closeServers() {
	var all sync.WaitGroup
	for _, t := range a.Threads() {
		all.Go(t.servers.close)
	}
	all.Wait()
	a.services.Close()
}

// Servers tells where the thread's MCP servers stand.
func (t *Thread) Servers() []mcp.Status {
	if set := t.servers.current(); set != nil {
		return set.Status()
	}
	return nil
}

// begin notes that a call of a server runs; end is called when it does not.
func (s *servers) begin(server string, c *call) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls == nil {
		s.calls = make(map[string][]*call)
	}
	s.calls[server] = append(s.calls[server], c)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls[server] = slices.DeleteFunc(s.calls[server], func(o *call) bool { return o == c })
	}
}

// caller is the call that a server's question must be about, nil if it has none
// to ask about: the last that began.
func (s *servers) caller(server string) (c *call, number int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.calls[server]
	if len(list) == 0 {
		return nil, 0
	}
	s.asked++
	return list[len(list)-1], s.asked
}

// askFor puts a server's question to the user. One that comes while none of its
// tools is called has nobody to answer it.
func (t *Thread) askFor(ctx context.Context, server string, q mcp.Question) mcp.Reply {
	c, number := t.servers.caller(server)
	if c == nil {
		return mcp.Reply{Action: "cancel"}
	}
	tn := c.turn
	if tn.config.MCP.Silent || refusesQuestions(tn.config.Approval) != "" {
		return mcp.Reply{Action: "decline"}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(tn.ctx, cancel)()
	question := Question{
		CallID: CallID(fmt.Sprintf("%s/asks-%d", c.id, number)), Kind: AskForm, Detail: q.Message, Form: q.Fields,
		Title: fmt.Sprintf("The MCP server %s asks you something.", Describe(server)), Offers: []Decision{Approved, Declined},
		Policy: "the server sees what you answer; give it no password or key",
	}
	if q.URL != "" {
		question.Kind, question.URL = AskURL, q.URL
		question.Title = fmt.Sprintf("Open a page for the MCP server %s?", Describe(server))
		question.Detail = q.Message + "\n" + q.URL
		question.Policy = "look where it leads before you sign in or pay there"
	}
	a := tn.ask(ctx, question)
	switch {
	case a.Decision.Yes():
		return mcp.Reply{Action: "accept", Content: a.filled()}
	case a.By == ByInterrupt || a.By == ByTimeout:
		return mcp.Reply{Action: "cancel"}
	}
	return mcp.Reply{Action: "decline"} // a client that has gone, too
}

// What the model is offered of MCP servers in full. It reads all of it with each
// request; what does not fit in, it looks up.
const (
	maxOfferedTools = 80
	maxOfferedBytes = 48 << 10
)

// addServers adds the tools of MCP servers to the box. Servers are offered whole
// or not at all, those with few tools first.
func (tn *turn) addServers(box toolbox) {
	set := tn.thread.servers.current()
	if set == nil {
		return
	}
	spaces := set.Namespaces()
	size := func(n mcp.Namespace) (bytes int) {
		for _, t := range n.Tools {
			bytes += len(t.Schema) + len(t.Description) + len(t.Local)
		}
		return bytes
	}
	slices.SortStableFunc(spaces, func(a, b mcp.Namespace) int { return size(a) - size(b) })
	tools, bytes := 0, 0
	search := searchTool{servers: &tn.thread.servers}
	for _, n := range spaces {
		tools, bytes = tools+len(n.Tools), bytes+size(n)
		deferred := tools > maxOfferedTools || bytes > maxOfferedBytes
		for _, t := range n.Tools {
			box[t.Full()] = mcpTool{tool: t, about: aboutServer(n), deferred: deferred}
		}
		if deferred {
			search.spaces = append(search.spaces, n)
		}
	}
	if search.spaces != nil {
		box[searchName] = search
	}
	if set.HasResources() {
		for _, r := range []tool{resourcesTool{}, resourcesTool{templates: true}, resourceTool{}} {
			box[r.offer().Full()] = r
		}
	}
}

func aboutServer(n mcp.Namespace) string {
	if n.About != "" {
		return n.About
	}
	return fmt.Sprintf("Tools of the MCP server %s.", n.Server)
}

// offeredTools lists the tools in an order that changes only at its end: ours,
// those of MCP servers, then those that the model has looked up.
func (tn *turn) offeredTools() []model.Tool {
	s := &tn.thread.servers
	s.mu.Lock()
	found := slices.Clone(s.found)
	s.mu.Unlock()
	var ours, theirs []model.Tool
	for _, name := range slices.Sorted(maps.Keys(tn.tools)) {
		switch t := tn.tools[name].(type) {
		case mcpTool:
			if !t.deferred {
				theirs = append(theirs, t.offer())
			}
		default:
			ours = append(ours, t.offer())
		}
	}
	all := append(ours, theirs...)
	for _, name := range found {
		if t, ok := tn.tools[name].(mcpTool); ok && t.deferred {
			all = append(all, t.offer())
		}
	}
	return all
}

// failed is what a call of a server came to that has no result.
func failed(err error) (text string) {
	if errors.Is(err, context.Canceled) {
		return "the turn was interrupted"
	}
	return err.Error()
}
