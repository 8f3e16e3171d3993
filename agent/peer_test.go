package agent

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"codex-lsp/agent/config"
	"codex-lsp/agent/mcp/mcptest"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/agent/rollout"
	"codex-lsp/agent/sandbox"
	"codex-lsp/patch"
)

func TestMain(m *testing.M) {
	sandbox.Main() // the test is the program that its sandboxes start
	if mcptest.Main() {
		return
	}
	if n, err := strconv.Atoi(os.Getenv("KILLED_AT")); err == nil {
		killed(os.Getenv("KILLED_HOME"), os.Getenv("KILLED_DIR"), n)
		return
	}
	goleak.VerifyTestMain(m)
}

var discard = slog.New(slog.DiscardHandler)

// A peer is a client whose files are in memory and whose user is a function.
type peer struct {
	answer func(Question) Decision // nil: the user never answers
	stuck  bool                    // edits are never made

	mu     sync.Mutex
	files  map[string]string // guarded by mu
	events []Event           // guarded by mu
	heard  chan Event        // every event too; buffered, dropped when full
}

func newPeer(answer func(Question) Decision) *peer {
	return &peer{answer: answer, files: make(map[string]string), heard: make(chan Event, 1024)}
}

func always(d Decision) func(Question) Decision { return func(Question) Decision { return d } }

func (p *peer) Read(_ context.Context, path string) (Snapshot, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text, ok := p.files[path]
	if !ok {
		return Snapshot{}, fs.ErrNotExist
	}
	return Snapshot{File: patch.File{Text: text}}, nil
}

func (p *peer) Edit(ctx context.Context, set ChangeSet) Outcome {
	if p.stuck {
		<-ctx.Done()
		return Outcome{Err: ctx.Err()}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var o Outcome
	for _, ch := range set.Changes {
		delete(p.files, ch.Path)
		if ch.Op != patch.Delete {
			p.files[ch.Target()] = ch.After
		}
		o.Files = append(o.Files, FileOutcome{Path: ch.Target(), State: Landed, Text: ch.After})
	}
	return o
}

func (p *peer) Report(e Event) {
	p.mu.Lock()
	p.events = append(p.events, e)
	p.mu.Unlock()
	select {
	case p.heard <- e:
	default:
	}
}

func (p *peer) Show(ctx context.Context, t *Ticket) {
	if p.answer == nil {
		<-ctx.Done()
		return
	}
	t.Settle(Answer{Decision: p.answer(t.Question), By: ByUser})
}

// of returns the peer's events of one kind.
func of[E Event](p *peer) []E {
	p.mu.Lock()
	defer p.mu.Unlock()
	var es []E
	for _, e := range p.events {
		if e, ok := e.(E); ok {
			es = append(es, e)
		}
	}
	return es
}

// wait returns the next event of a kind.
func wait[E Event](t *testing.T, p *peer) E {
	t.Helper()
	for {
		select {
		case e := <-p.heard:
			if e, ok := e.(E); ok {
				return e
			}
		case <-t.Context().Done():
			t.Fatal("the test ended first")
		}
	}
}

// newTestThread starts an agent with one thread in a new folder, which asks
// the scripted model and has p attached.
func newTestThread(t *testing.T, m *modeltest.Server, p *peer, change func(*config.Config)) *Thread {
	t.Helper()
	th, err := newTestAgent(t, m, nil, change).NewThread(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if p != nil {
		t.Cleanup(th.Attach(p))
	}
	return th
}

// newTestAgent starts an agent that asks the scripted model and keeps threads
// in sessions, which may be nil.
func newTestAgent(t testing.TB, m *modeltest.Server, sessions *rollout.Store, change func(*config.Config)) *Agent {
	t.Helper()
	cfg, err := config.Load(config.Options{Home: t.TempDir(), Getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	c := *cfg
	c.Provider.BaseURL, c.Provider.Key = m.URL, "test"
	if change != nil {
		change(&c)
	}
	a := New(Options{
		Config: func(string) (*config.Config, error) { return &c, nil }, Log: slog.New(slog.DiscardHandler),
		Sessions: sessions, Source: rollout.FromEditor, Version: "test",
	})
	t.Cleanup(a.Close)
	return a
}

func askAndWait(t *testing.T, th *Thread, prompt string) Result {
	t.Helper()
	id, err := th.Ask(Input{Text: prompt})
	if err != nil {
		t.Fatal(err)
	}
	res, err := th.Wait(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return res
}
