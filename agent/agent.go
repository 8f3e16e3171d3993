// Package agent is the coding agent itself: threads and their turns, the items
// of a conversation, the tools the model may call, and the ledger of questions
// put to the user.
//
// It knows no editor, no terminal and no wire. Its surroundings reach it
// through the interfaces it declares: a [Host] holds the files and hears what
// happens, a [Surface] shows questions. The language server implements both
// for an editor, the exec command for a terminal, so that one turn loop runs
// everywhere.
//
// Invariants, as absences: nothing in here formats for a screen; no tool
// writes a file except through Host.Edit; no question is asked that the ledger
// does not know; no goroutine outlives Agent.Close.
package agent

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"codex-lsp/agent/auth"
	"codex-lsp/agent/config"
	"codex-lsp/agent/exec"
	"codex-lsp/agent/hooks"
	"codex-lsp/agent/journal"
	"codex-lsp/agent/model"
	"codex-lsp/agent/rollout"
	"codex-lsp/agent/sandbox"
	"codex-lsp/agent/watch"
)

// An Agent is the threads of one process and the ledger they share.
type Agent struct {
	config func(dir string) (*config.Config, error)
	log    *slog.Logger
	ledger *Ledger
	runner Runner
	hooks  *hooks.Runner

	services *exec.Services        // MCP servers, hooks
	probe    func() sandbox.Report // nil without a sandbox

	trustAsked   trustAsked
	unattended   bool
	sessions     *rollout.Store // nil: threads are not kept
	journals     *journal.Store // nil: their changes are not either
	cut          []CutChange
	source       rollout.Source
	keepPrompts  bool
	resuming     sync.Mutex // held while a thread is read from disk
	modelOptions model.Options
	account      *auth.Account // nil: providers have keys of their own

	ctx  context.Context // ends at Close: every turn's parent
	stop context.CancelFunc

	mu      sync.Mutex
	threads map[string]*Thread      // by id; guarded by mu
	names   map[string]*watch.Names // by folder; guarded by mu
	serving []*Thread               // whose MCP servers run, the one asked last behind; guarded by mu
	scratch *journal.Journal        // of names; guarded by mu
}

// Options configure an Agent.
type Options struct {
	// Config returns the settings in force for a folder, or what is wrong with
	// them; it is called at each turn's start.
	Config  func(dir string) (*config.Config, error)
	Log     *slog.Logger
	Version string // of codex-lsp, for the provider's logs

	// Unattended says that nobody watches: a missing network ends a turn as any
	// other failure does, instead of being waited for.
	Unattended bool

	// Sessions is where threads are kept, and Journals what they do to files;
	// nil to keep none. Source says how threads come to be.
	Sessions *rollout.Store
	Journals *journal.Store
	Source   rollout.Source

	// KeepPrompts says that users type what is asked, and want to find it again.
	KeepPrompts bool

	// Account is the user's sign-in, for providers without a key; nil for none.
	// Whoever made it closes it, after the agent.
	Account *auth.Account

	Transport http.RoundTripper // to the model; nil for the process's own
	Runner    Runner            // of commands; nil for one that runs them for real

	// Sandbox tells which layers of the sandbox hold, as sandbox.Probe does, for
	// a program whose main calls sandbox.Main. Without it every command asks.
	Sandbox func() sandbox.Report
}

// A Runner runs commands; [exec.Runner] is one.
type Runner interface {
	Run(context.Context, exec.Command) (exec.Result, error)
	Write(context.Context, exec.Input) (exec.Result, error)
	Knows(owner string, session int) error // what is wrong when there is no such session
	Sessions() []exec.Session
	Kill(id int) error
	Close()
}

// New returns an agent without threads.
func New(o Options) *Agent {
	if o.Runner == nil {
		o.Runner = exec.NewRunner(exec.Options{Log: o.Log})
	}
	ctx, stop := context.WithCancel(context.Background())
	a := &Agent{
		config: o.Config, log: o.Log,
		modelOptions: model.Options{Version: o.Version, Transport: o.Transport},
		account:      o.Account,
		ledger:       NewLedger(o.Log),
		runner:       o.Runner,
		services:     exec.NewServices(o.Log),
		probe:        o.Sandbox,
		unattended:   o.Unattended,
		sessions:     o.Sessions, journals: o.Journals, source: o.Source,
		keepPrompts: o.KeepPrompts,
		ctx:         ctx, stop: stop,
		threads: make(map[string]*Thread),
	}
	a.hooks = hooks.NewRunner(a.services, a.safeEnv)
	a.takeBackCuts()
	return a
}

// Ledger holds the open questions of all threads.
func (a *Agent) Ledger() *Ledger { return a.ledger }

// NewThread starts a conversation about the folder cwd, which must be absolute.
func (a *Agent) NewThread(cwd string) (*Thread, error) {
	if !filepath.IsAbs(cwd) {
		return nil, fmt.Errorf("cwd %q is not an absolute path", cwd)
	}
	t := newThread(a, filepath.Clean(cwd))
	t.keepJournal()
	a.admit(t)
	return t, nil
}

func (a *Agent) admit(t *Thread) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.threads[t.id] = t
}

// Thread returns the thread with this id.
func (a *Agent) Thread(id string) (*Thread, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.threads[id]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("no thread %q in this session; codex.listThreads names those there are", id)
}

// Threads returns all threads, oldest first.
func (a *Agent) Threads() []*Thread {
	a.mu.Lock()
	defer a.mu.Unlock()
	ts := make([]*Thread, 0, len(a.threads))
	for _, t := range a.threads {
		ts = append(ts, t)
	}
	slices.SortFunc(ts, func(x, y *Thread) int { return strings.Compare(x.id, y.id) }) // UUIDv7: by time
	return ts
}

// Close interrupts every turn, waits until all have ended, settles what is
// still open in the ledger, and kills the commands left running.
func (a *Agent) Close() {
	a.stop()
	a.ledger.Close()
	for _, t := range a.Threads() {
		t.close()
	}
	a.runner.Close()
	a.hooks.Close()
	a.closeServers()
	if err := a.scratch.Discard(); err != nil {
		a.log.Warn("remove what was kept of folders", "err", err)
	}
}
