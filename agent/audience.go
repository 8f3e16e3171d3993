package agent

import (
	"context"
	"sync"
	"time"
)

// An audience is the surfaces of one thread.
type audience struct {
	seats map[*seat]struct{}
}

// A seat is one surface's place in one audience.
type seat struct {
	surface Surface
	ctx     context.Context // ends when the surface is detached
	leave   context.CancelFunc
	shows   sync.WaitGroup
}

// Attach lets a surface show the questions of a thread, those already open
// included. The returned detach withdraws its prompts, waits for them to
// return, and leaves other surfaces alone. Call it once.
func (l *Ledger) Attach(threadID string, s Surface) (detach func()) {
	ctx, leave := context.WithCancel(context.Background())
	st := &seat{surface: s, ctx: ctx, leave: leave}
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.audience(threadID)
	a.seats[st] = struct{}{}
	for _, t := range l.open {
		if t.ThreadID == threadID && t.asked {
			t.accompany()
			st.show(t)
		}
	}
	return func() { l.detach(threadID, st) }
}

func (l *Ledger) detach(threadID string, st *seat) {
	l.mu.Lock()
	a := l.threads[threadID]
	delete(a.seats, st)
	if len(a.seats) == 0 {
		for _, t := range l.open {
			if t.ThreadID == threadID && t.asked {
				t.abandon(l.grace)
			}
		}
	}
	l.mu.Unlock()
	st.leave()
	st.shows.Wait()
}

// show puts a ticket before its audience.
func (l *Ledger) show(t *Ticket) {
	if !l.seat(t) {
		t.Settle(Answer{Decision: Declined, By: ByNobody})
	}
}

// attended tells whether a surface shows the questions of a thread now.
func (l *Ledger) attended(threadID string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.threads[threadID]
	return a != nil && len(a.seats) > 0
}

// seat shows t on every seat of its thread. It is false when the thread never
// had a surface; one whose surfaces left may see them return.
func (l *Ledger) seat(t *Ticket) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[t.ID] != t {
		return true // settled before it was asked
	}
	t.asked = true
	a := l.threads[t.ThreadID]
	if a == nil {
		return false
	}
	for st := range a.seats {
		st.show(t)
	}
	if len(a.seats) == 0 {
		t.abandon(l.grace)
	}
	return true
}

// audience returns the thread's audience, made at first use. l.mu is held.
func (l *Ledger) audience(threadID string) *audience {
	a := l.threads[threadID]
	if a == nil {
		a = &audience{seats: make(map[*seat]struct{})}
		l.threads[threadID] = a
	}
	return a
}

// show starts showing t on this seat; detach waits for it. l.mu is held, so a
// seat that was left is not shown anything more.
func (st *seat) show(t *Ticket) {
	st.shows.Go(func() {
		ctx, cancel := context.WithCancel(st.ctx)
		defer cancel()
		defer context.AfterFunc(t.done, cancel)() // settled elsewhere
		st.surface.Show(ctx, t)
	})
}

// abandon starts the clock of a ticket that nobody can answer. l.mu is held.
func (t *Ticket) abandon(grace time.Duration) {
	t.lonely = time.AfterFunc(grace, func() {
		t.Settle(Answer{Decision: Declined, By: ByDisconnect})
	})
}

// accompany stops that clock. l.mu is held.
func (t *Ticket) accompany() {
	if t.lonely != nil {
		t.lonely.Stop()
		t.lonely = nil
	}
}

// settledKept is how many settled questions a late answer can still be told
// of: more than any thread has open at once, and a few hundred bytes each.
const settledKept = 4096

// recent maps the last n ids to their answers.
type recent struct {
	answers map[string]Answer
	order   []string // a ring; order[next] is the oldest once it is full
	next    int
}

func newRecent(n int) *recent {
	return &recent{answers: make(map[string]Answer), order: make([]string, n)}
}

func (r *recent) get(id string) (Answer, bool) {
	a, ok := r.answers[id]
	return a, ok
}

func (r *recent) put(id string, a Answer) {
	delete(r.answers, r.order[r.next])
	r.answers[id] = a
	r.order[r.next] = id
	r.next = (r.next + 1) % len(r.order)
}
