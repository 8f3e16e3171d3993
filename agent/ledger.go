package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// A Ledger holds the questions put to the user and not yet answered, of all
// threads of the process. A question is in the ledger before it is shown, so
// no answer, however fast, is a stranger: [Ledger.Open] is the only maker of a
// [*Ticket], and only a ticket can be asked.
type Ledger struct {
	log   *slog.Logger
	grace time.Duration

	mu      sync.Mutex
	open    map[string]*Ticket   // by question id; guarded by mu
	settled *recent              // what was decided lately; guarded by mu
	threads map[string]*audience // by thread id; guarded by mu
	closed  bool                 // guarded by mu; once set, nothing opens
	opened  int                  // how many questions so far; guarded by mu
}

// A Surface shows questions to a user: an editor's connection, a terminal.
type Surface interface {
	// Show puts the question to the user and hands the answer to t.Settle. It
	// returns when it has, or soon after ctx ends: the question is settled
	// elsewhere, or the surface was detached.
	Show(ctx context.Context, t *Ticket)
}

// A Ticket is a question that the ledger knows.
type Ticket struct {
	Question
	ledger *Ledger
	done   context.Context // ends when the question is settled
	settle context.CancelFunc
	number int         // of the question, as they came
	answer Answer      // written before done ends, constant after
	asked  bool        // guarded by ledger.mu
	lonely *time.Timer // runs while no surface is there; guarded by ledger.mu
}

var (
	// ErrTaken says that a question for this call is open or was answered.
	ErrTaken = errors.New("this call was already put to the user")
	// ErrUnknown says that no open or recent question has this id.
	ErrUnknown = errors.New("no such approval")
	// ErrClosed says that the ledger was closed.
	ErrClosed = errors.New("the session is over")
)

// gracePeriod is how long a question outlives its last surface: an editor
// that crashed and restarts is back within seconds.
const gracePeriod = 30 * time.Second

// NewLedger returns an empty ledger that logs refused and stray answers.
func NewLedger(log *slog.Logger) *Ledger {
	return &Ledger{
		log:     log,
		grace:   gracePeriod,
		open:    make(map[string]*Ticket),
		settled: newRecent(settledKept),
		threads: make(map[string]*audience),
	}
}

// Open enters a question and makes the ticket to ask it with. The id is
// derived from thread and call; one that is taken is refused, never replaced.
func (l *Ledger) Open(q Question) (*Ticket, error) {
	q.ID = q.ThreadID + "/" + string(q.CallID)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, ErrClosed
	}
	if _, answered := l.settled.get(q.ID); answered || l.open[q.ID] != nil {
		l.log.Error("approval refused: its call id is taken", "id", q.ID, "open", l.open[q.ID] != nil)
		return nil, fmt.Errorf("%s: %w", q.ID, ErrTaken)
	}
	l.opened++
	t := &Ticket{Question: q, ledger: l, number: l.opened}
	t.done, t.settle = context.WithCancel(context.Background())
	l.open[q.ID] = t
	return t, nil
}

// Ask shows the ticket on every surface of its thread, those that attach later
// too, and waits for the answer that stands. When ctx ends first, the question
// is withdrawn.
func (t *Ticket) Ask(ctx context.Context) Answer {
	t.ledger.show(t)
	select {
	case <-t.done.Done():
	case <-ctx.Done():
		t.Settle(Answer{Decision: Declined, By: ByInterrupt})
	}
	return t.answer
}

// Settle gives an answer. The first one wins; it returns the one that stands
// and whether it is this one.
func (t *Ticket) Settle(a Answer) (standing Answer, won bool) {
	l := t.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.done.Err() != nil {
		return t.answer, false
	}
	t.answer = a
	t.settle()
	delete(l.open, t.ID)
	l.settled.put(t.ID, a)
	if t.lonely != nil {
		t.lonely.Stop()
	}
	return a, true
}

// Done is closed when the question is settled.
func (t *Ticket) Done() <-chan struct{} { return t.done.Done() }

// Answer settles the question with this id for a caller that holds no ticket.
// A late caller gets the answer that stands and accepted false.
func (l *Ledger) Answer(id string, a Answer) (standing Answer, accepted bool, err error) {
	l.mu.Lock()
	t := l.open[id]
	standing, late := l.settled.get(id)
	l.mu.Unlock()
	switch {
	case t != nil && !slices.Contains(t.Offers, a.Decision):
		return Answer{}, false, fmt.Errorf("%s: %q is not offered; choose one of %q", id, a.Decision, t.Offers)
	case t != nil && t.Kind == AskForm && a.Decision.Yes():
		filled, err := t.Fill(a.filled())
		if err != nil {
			return Answer{}, false, fmt.Errorf("%s: %w", id, err)
		}
		standing, accepted = t.Settle(filled)
		return standing, accepted, nil
	case t != nil:
		standing, accepted = t.Settle(a)
		return standing, accepted, nil
	case late:
		return standing, false, nil
	}
	l.log.Warn("answer to an unknown approval", "id", id)
	return Answer{}, false, fmt.Errorf("%s: %w", id, ErrUnknown)
}

// Pending returns the open questions of a thread, or of all threads for "",
// the oldest first.
func (l *Ledger) Pending(threadID string) []Question {
	l.mu.Lock()
	defer l.mu.Unlock()
	var open []*Ticket
	for _, t := range l.open {
		if threadID == "" || t.ThreadID == threadID {
			open = append(open, t)
		}
	}
	slices.SortFunc(open, func(a, b *Ticket) int { return cmp.Compare(a.number, b.number) })
	var qs []Question
	for _, t := range open {
		qs = append(qs, t.Question)
	}
	return qs
}

// Close settles every open question as declined, since nobody is left to
// answer, and opens no more.
func (l *Ledger) Close() {
	l.mu.Lock()
	l.closed = true
	open := make([]*Ticket, 0, len(l.open))
	for _, t := range l.open {
		open = append(open, t)
	}
	l.mu.Unlock()
	for _, t := range open {
		t.Settle(Answer{Decision: Declined, By: ByDisconnect})
	}
}
