package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A scripted surface shows questions and does with each what the test says.
type scripted struct {
	mu    sync.Mutex
	shown []string // ids in the order shown; guarded by mu
	do    func(context.Context, *Ticket)
}

func (s *scripted) Show(ctx context.Context, t *Ticket) {
	s.mu.Lock()
	s.shown = append(s.shown, t.ID)
	s.mu.Unlock()
	if s.do != nil {
		s.do(ctx, t)
		return
	}
	<-ctx.Done()
}

func question(call CallID) Question {
	return Question{ThreadID: "t", TurnID: "u", CallID: call, Kind: AskCommand, Title: "Run?", Offers: []Decision{Approved, Declined, Abort}}
}

func open(t *testing.T, l *Ledger, call CallID) *Ticket {
	t.Helper()
	ticket, err := l.Open(question(call))
	if err != nil {
		t.Fatal(err)
	}
	return ticket
}

func answers(d Decision) func(context.Context, *Ticket) {
	return func(_ context.Context, t *Ticket) { t.Settle(Answer{Decision: d, By: ByUser}) }
}

func newTestLedger() *Ledger { return NewLedger(slog.New(slog.DiscardHandler)) }

func TestTakenIDIsRefusedNotReplaced(t *testing.T) {
	l := newTestLedger()
	first := open(t, l, "c1")
	if _, err := l.Open(question("c1")); !errors.Is(err, ErrTaken) {
		t.Fatalf("second Open of an open call: got %v, want ErrTaken", err)
	}
	first.Settle(Answer{Decision: Approved, By: ByUser})
	if _, err := l.Open(question("c1")); !errors.Is(err, ErrTaken) {
		t.Fatalf("Open of an answered call: got %v, want ErrTaken", err)
	}
	if a := first.Ask(context.Background()); a.Decision != Approved {
		t.Fatalf("the first question lost its answer: %+v", a)
	}
}

func TestFirstAnswerWinsAndLateOnesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLedger()
		defer l.Attach("t", &scripted{})()
		ticket := open(t, l, "c1")
		got := make(chan Answer, 1)
		go func() { got <- ticket.Ask(t.Context()) }()
		synctest.Wait()

		stand, ok, err := l.Answer(ticket.ID, Answer{Decision: Declined, By: ByUser, Message: "no network"})
		if err != nil || !ok || stand.Decision != Declined {
			t.Fatalf("first answer: %+v %v %v", stand, ok, err)
		}
		stand, ok, err = l.Answer(ticket.ID, Answer{Decision: Approved, By: ByUser})
		if err != nil || ok || stand.Decision != Declined {
			t.Fatalf("late answer: %+v accepted=%v %v", stand, ok, err)
		}
		if a := <-got; a.Decision != Declined || a.Message != "no network" {
			t.Fatalf("asker got %+v", a)
		}
		if _, _, err := l.Answer("t/other", Answer{Decision: Approved}); !errors.Is(err, ErrUnknown) {
			t.Fatalf("answer to a question never asked: %v", err)
		}
	})
}

func TestAnswerThatIsNotOfferedLeavesTheQuestionOpen(t *testing.T) {
	l := newTestLedger()
	ticket := open(t, l, "c1")
	if _, ok, err := l.Answer(ticket.ID, Answer{Decision: ApprovedWithRule}); ok || err == nil {
		t.Fatalf("accepted=%v err=%v", ok, err)
	}
	if n := len(l.Pending("t")); n != 1 {
		t.Fatalf("%d questions pending, want 1", n)
	}
}

func TestTwoSurfacesOneQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLedger()
		withdrawn := make(chan bool, 1)
		slow := &scripted{do: func(ctx context.Context, _ *Ticket) { <-ctx.Done(); withdrawn <- true }}
		quick := &scripted{do: func(_ context.Context, tk *Ticket) {
			time.Sleep(time.Second)
			tk.Settle(Answer{Decision: Approved, By: ByUser})
		}}
		defer l.Attach("t", slow)()
		defer l.Attach("t", quick)()
		if a := open(t, l, "c1").Ask(t.Context()); a.Decision != Approved {
			t.Fatalf("got %+v", a)
		}
		<-withdrawn // the other prompt is taken back
	})
}

func TestSurfaceThatComesLateIsShownWhatIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLedger()
		detach := l.Attach("t", &scripted{})
		ticket := open(t, l, "c1")
		got := make(chan Answer, 1)
		go func() { got <- ticket.Ask(t.Context()) }()
		synctest.Wait()
		detach()
		time.Sleep(gracePeriod - time.Second) // the editor restarts
		defer l.Attach("t", &scripted{do: answers(Approved)})()
		if a := <-got; a.Decision != Approved {
			t.Fatalf("got %+v", a)
		}
	})
}

func TestQuestionEndsWithoutAnybody(t *testing.T) {
	for _, c := range []struct {
		name string
		want Settler
		act  func(l *Ledger, detach func(), interrupt func())
	}{
		{"its last surface leaves for good", ByDisconnect, func(_ *Ledger, detach, _ func()) { detach() }},
		{"its turn is interrupted", ByInterrupt, func(_ *Ledger, _, interrupt func()) { interrupt() }},
		{"the ledger is closed", ByDisconnect, func(l *Ledger, _, _ func()) { l.Close() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newTestLedger()
				detach := sync.OnceFunc(l.Attach("t", &scripted{}))
				defer detach()
				ctx, interrupt := context.WithCancel(t.Context())
				defer interrupt()
				ticket := open(t, l, "c1")
				got := make(chan Answer, 1)
				go func() { got <- ticket.Ask(ctx) }()
				synctest.Wait()
				c.act(l, detach, interrupt)
				if a := <-got; a.Decision != Declined || a.By != c.want {
					t.Fatalf("got %+v, want declined by %s", a, c.want)
				}
				if n := len(l.Pending("")); n != 0 {
					t.Fatalf("%d questions left open", n)
				}
			})
		})
	}
	t.Run("nobody was ever there", func(t *testing.T) {
		if a := open(t, newTestLedger(), "c1").Ask(t.Context()); a.By != ByNobody || a.Decision != Declined {
			t.Fatalf("got %+v", a)
		}
	})
}

// TestLedgerUnderLoad has 32 askers per thread, answered from every side at
// once: each question ends exactly once, with an answer that somebody gave.
func TestLedgerUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLedger()
		var won, got sync.Map // id → the answer that Settle said stands; that the asker got
		settle := func(tk *Ticket, a Answer) {
			if _, ok := tk.Settle(a); ok {
				if _, twice := won.LoadOrStore(tk.ID, a); twice {
					t.Errorf("%s won twice", tk.ID)
				}
			}
		}
		var wg sync.WaitGroup
		for thread := range 50 {
			id := fmt.Sprint("thread", thread)
			for range 2 {
				r := rand.New(rand.NewPCG(uint64(thread), 1))
				var mu sync.Mutex
				s := &scripted{do: func(ctx context.Context, tk *Ticket) {
					mu.Lock()
					wait := time.Duration(r.IntN(20)) * time.Millisecond
					yes := r.IntN(2) == 0
					mu.Unlock()
					select {
					case <-time.After(wait):
					case <-ctx.Done():
						return
					}
					d := Declined
					if yes {
						d = Approved
					}
					settle(tk, Answer{Decision: d, By: ByUser})
				}}
				detach := l.Attach(id, s)
				defer detach()
			}
			for call := range 32 {
				wg.Go(func() {
					q := question(CallID(fmt.Sprint(call)))
					q.ThreadID = id
					tk, err := l.Open(q)
					if err != nil {
						t.Error(err)
						return
					}
					got.Store(tk.ID, tk.Ask(t.Context()))
				})
			}
		}
		wg.Wait()
		synctest.Wait()
		asked := 0
		got.Range(func(id, answer any) bool {
			asked++
			if stands, ok := won.Load(id); !ok || stands != answer {
				t.Errorf("%s: asker got %+v, the winner gave %+v", id, answer, stands)
			}
			return true
		})
		if asked != 50*32 {
			t.Errorf("%d questions answered, want %d", asked, 50*32)
		}
		if n := len(l.Pending("")); n != 0 {
			t.Errorf("%d questions left", n)
		}
	})
}
