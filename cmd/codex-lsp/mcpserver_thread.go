package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"codex-lsp/agent"
	"codex-lsp/agent/auth"
	"codex-lsp/agent/config"
	"codex-lsp/agent/journal"
	"codex-lsp/agent/rollout"
	"codex-lsp/agent/sandbox"
)

// codexArgs are the arguments of the tool codex.
type codexArgs struct {
	Prompt       string         `json:"prompt"`
	Cwd          string         `json:"cwd"`
	Model        string         `json:"model"`
	Profile      string         `json:"profile"`
	Sandbox      string         `json:"sandbox"`
	Approval     string         `json:"approval-policy"`
	Config       map[string]any `json:"config"`
	Base         string         `json:"base-instructions"`
	Instructions string         `json:"developer-instructions"`
}

// A served conversation has settings of its own, and so an agent of its own.
type served struct {
	server  *mcpServer
	agent   *agent.Agent
	account *auth.Account
	thread  *agent.Thread
	host    *diskHost
	detach  func()
	base    string // a file with instructions, to be removed; "" for none

	mu   sync.Mutex
	call *servedCall // that waits for the thread's turn; nil if none does; guarded by mu
}

// A servedCall is one call of a tool.
type servedCall struct {
	turnID string
	req    *sdk.CallToolRequest
	steps  int // events told as progress; touched only where events are told
}

// maxServed is how many conversations are kept going. The one that was begun
// first makes room; as it is saved, a reply finds it again.
const maxServed = 32

// settingsFor are the settings with what the client wants in their place.
func (s *mcpServer) settingsFor(args codexArgs) (*settings, string, error) {
	o := s.options
	o.Profile = cmp.Or(args.Profile, o.Profile)
	o.Flags = slices.Clone(o.Flags)
	var base string
	if args.Base != "" {
		f, err := os.CreateTemp("", "codex-base-*.md")
		if err != nil {
			return nil, "", err
		}
		base = f.Name()
		if _, err := f.WriteString(args.Base); err != nil {
			return nil, base, errors.Join(err, f.Close())
		}
		if err := f.Close(); err != nil {
			return nil, base, err
		}
	}
	for _, e := range flattened("", args.Config) {
		o.Overrides = append(slices.Clip(o.Overrides), e)
	}
	for _, f := range [][2]string{
		{"model", args.Model}, {"sandbox_mode", args.Sandbox}, {"approval_policy", args.Approval},
		{"model_instructions_file", base}, {"developer_instructions", args.Instructions},
	} {
		if f[1] != "" {
			o.Flags = append(o.Flags, f[0]+"="+jsonText(f[1]))
		}
	}
	return &settings{options: o}, base, nil
}

// flattened are settings as -c has them.
func flattened(path string, values map[string]any) (list []string) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		key := name
		if !bareKey().MatchString(name) {
			key = jsonText(name) // TOML takes a JSON string
		}
		if path != "" {
			key = path + "." + key
		}
		switch v := values[name].(type) {
		case nil:
		case map[string]any:
			list = append(list, flattened(key, v)...)
		default:
			list = append(list, key+"="+jsonText(v))
		}
	}
	return list
}

func jsonText(v any) string {
	b, _ := json.Marshal(v) // it came from JSON
	return string(b)
}

// begin makes a conversation.
func (s *mcpServer) begin(args codexArgs) (*served, error) {
	dir, err := folderAt(cmp.Or(args.Cwd, "."))
	if err != nil {
		return nil, err
	}
	set, base, err := s.settingsFor(args)
	if err != nil {
		return nil, err
	}
	return s.open(set, base, dir, func(a *agent.Agent) (*agent.Thread, error) { return a.NewThread(dir) })
}

// find returns a conversation that is known, or one that is saved.
func (s *mcpServer) find(id string) (*served, error) {
	s.mu.Lock()
	t := s.threads[id]
	s.mu.Unlock()
	if t != nil {
		return t, nil
	}
	if id == "" {
		return nil, errors.New("threadId is missing; codex returns it")
	}
	set, _, err := s.settingsFor(codexArgs{})
	if err != nil {
		return nil, err
	}
	return s.open(set, "", "", func(a *agent.Agent) (*agent.Thread, error) { return a.Resume(id, "") })
}

// open makes the agent of a conversation, and the conversation.
func (s *mcpServer) open(set *settings, base, dir string, thread func(*agent.Agent) (*agent.Thread, error)) (_ *served, err error) {
	t := &served{server: s, base: base, detach: func() {}}
	defer func() {
		if err != nil {
			t.close()
		}
	}()
	c, err := set.current(dir)
	if err != nil {
		return nil, err
	}
	t.account = auth.New(auth.Options{Home: c.Home, Log: s.log, Version: version})
	t.agent = agent.New(agent.Options{
		Config: set.current, Log: s.log, Version: version, Account: t.account, Sandbox: sandbox.Probe,
		Sessions: rollout.NewStore(c.Home), Journals: journal.NewStore(c.Home), Source: rollout.FromExec,
	})
	if t.thread, err = thread(t.agent); err != nil {
		return nil, err
	}
	t.host = newDiskHost(t)
	t.detach = t.thread.Attach(t)
	t.begin(t.thread.ID(), t.thread.Cwd(), c)
	return t, s.keep(t)
}

// keep enters a conversation, and has the oldest one that waits make room.
func (s *mcpServer) keep(t *served) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("the server ends")
	}
	for _, id := range slices.Sorted(maps.Keys(s.threads)) { // ids are in the order of time
		if o := s.threads[id]; len(s.threads) >= maxServed && !o.isBusy() {
			delete(s.threads, id)
			s.closing.Go(o.close)
		}
	}
	if len(s.threads) >= maxServed {
		return fmt.Errorf("%d conversations are going on already", maxServed)
	}
	s.threads[t.thread.ID()] = t
	return nil
}

// close ends all conversations.
func (s *mcpServer) close() {
	s.mu.Lock()
	s.closed = true
	threads := s.threads
	s.threads = make(map[string]*served)
	s.mu.Unlock()
	var all sync.WaitGroup
	for _, t := range threads {
		all.Go(t.close)
	}
	all.Wait()
	s.closing.Wait()
}

func (t *served) close() {
	if t.agent != nil {
		t.agent.Close()
		t.detach()
		t.account.Close()
	}
	if t.host != nil {
		t.host.close()
	}
	if t.base != "" {
		os.Remove(t.base)
	}
}

// follow makes a call the one that hears of the thread until done is called.
func (t *served) follow(c *servedCall) (done func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.call = c
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.call == c {
			t.call = nil
		}
	}
}

func (t *served) isBusy() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.call != nil
}

// current is the call that hears of the thread.
func (t *served) current() *servedCall {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.call
}

var _ reporter = (*served)(nil)

// begin implements reporter.
func (t *served) begin(threadID, dir string, c *config.Config) {
	t.send("", map[string]any{"type": "session_configured", "session_id": threadID, "model": c.Model, "cwd": dir, "approval_policy": c.Approval, "sandbox_mode": c.Sandbox})
}

// end implements reporter.
func (t *served) end(agent.Result) error { return nil }
