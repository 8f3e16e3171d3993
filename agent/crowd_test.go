package agent

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model/modeltest"
)

// A crowdUser answers the questions of one thread in a way of their own.
type crowdUser struct {
	*peer
	habit string

	mu     sync.Mutex
	shown  []*Ticket     // guarded by mu
	all    chan struct{} // closed when every question of the turn is shown
	expect int
}

const crowdCalls = 4

func newCrowdUser(habit string) *crowdUser {
	return &crowdUser{peer: newPeer(nil), habit: habit, all: make(chan struct{}), expect: crowdCalls}
}

// Show implements [Surface].
func (u *crowdUser) Show(ctx context.Context, t *Ticket) {
	u.mu.Lock()
	u.shown = append(u.shown, t)
	last := len(u.shown) == u.expect
	u.mu.Unlock()
	if last {
		close(u.all)
	}
	switch u.habit {
	case "twice":
		t.Settle(Answer{Decision: Approved, By: ByUser})
		t.Settle(Answer{Decision: Declined, By: ByUser})
	case "in reverse":
		if last {
			u.reverse()
		}
	}
	<-ctx.Done()
}

// reverse approves all, the last first.
func (u *crowdUser) reverse() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, t := range slices.Backward(u.shown) {
		t.Settle(Answer{Decision: Approved, By: ByUser})
	}
}

// TestCrowd has a hundred threads ask at once, of users who answer in reverse,
// twice, never, or who leave and come back. Each command runs once, and nobody
// waits for those who are silent.
func TestCrowd(t *testing.T) {
	const threads = 100
	m := modeltest.ServeScript(t, modeltest.Func(func(r modeltest.Request) []modeltest.Item {
		if r.Turn > 1 {
			return []modeltest.Item{modeltest.Text("Done.")}
		}
		var calls []modeltest.Item
		for i := range crowdCalls {
			calls = append(calls, modeltest.CallAs(fmt.Sprintf("c%d", i), "exec_command",
				map[string]any{"cmd": fmt.Sprintf("echo ran >> out%d", i), "login": false, "yield_time_ms": 30000}))
		}
		return calls
	}))
	a := newTestAgent(t, m, nil, func(c *config.Config) { c.Approval, c.Sandbox = config.Untrusted, config.FullAccess })
	habits := []string{"in reverse", "twice", "never", "comes back"}
	var all []*member
	for i := range threads {
		all = append(all, join(t, a, habits[i%len(habits)]))
	}
	for _, mb := range all {
		mb.start(t)
	}
	var silent sync.WaitGroup
	for _, mb := range all {
		if mb.user.habit == "never" {
			silent.Go(func() { <-mb.user.all })
			continue
		}
		if mb.user.habit == "comes back" {
			mb.comeBack(t)
		}
		mb.finish(t)
	}
	silent.Wait()
	if open, want := len(a.Ledger().Pending("")), threads/len(habits)*crowdCalls; open != want {
		t.Errorf("%d questions are open when only the silent have not answered, want %d", open, want)
	}
	for _, mb := range all {
		if mb.user.habit == "never" {
			mb.user.reverse()
			mb.finish(t)
		}
	}
}

// A member of the crowd is a thread and its user.
type member struct {
	thread *Thread
	user   *crowdUser
	detach func()
	turn   string
}

func join(t *testing.T, a *Agent, habit string) *member {
	t.Helper()
	th, err := a.NewThread(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	u := newCrowdUser(habit)
	return &member{thread: th, user: u, detach: th.Attach(u)}
}

func (mb *member) start(t *testing.T) {
	t.Helper()
	var err error
	if mb.turn, err = mb.thread.Ask(Input{Text: "go"}); err != nil {
		t.Fatal(err)
	}
}

// comeBack lets the user leave with every question open, and come back.
func (mb *member) comeBack(t *testing.T) {
	t.Helper()
	<-mb.user.all
	mb.detach()
	mb.user = newCrowdUser("in reverse")
	mb.detach = mb.thread.Attach(mb.user)
}

// finish waits for the end and looks at what was done.
func (mb *member) finish(t *testing.T) {
	t.Helper()
	if res, err := mb.thread.Wait(t.Context(), mb.turn); err != nil || res.Status != Completed || res.Answer != "Done." {
		t.Errorf("%s: %+v, %v", mb.user.habit, res, err)
	}
	mb.detach()
	for i := range crowdCalls {
		text, err := os.ReadFile(filepath.Join(mb.thread.Cwd(), fmt.Sprintf("out%d", i)))
		if runs := strings.Count(string(text), "ran\n"); err != nil || runs != 1 {
			t.Errorf("%s: call %d ran %d times, %v", mb.user.habit, i, runs, err)
		}
	}
}
