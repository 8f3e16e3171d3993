package exec

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// How long a call waits, and how much it shows, are Codex's numbers: models
// are trained on them.
const (
	defaultTokens = 10_000
	defaultYield  = 10 * time.Second
	minYield      = 250 * time.Millisecond
	maxYield      = 30 * time.Second
	minPoll       = 5 * time.Second // without input: what one polls for takes time
	maxPoll       = 300 * time.Second
)

// Options configure a Runner.
type Options struct {
	Log       *slog.Logger // nil for slog.Default()
	MaxTokens int          // the most that one result shows the model; 0 for 10,000
}

// A Runner runs commands and keeps those that are left running.
type Runner struct {
	maxTokens int
	thread    thread
	guard     *guard
	profiles  profiles       // what login shells' start-up files leave
	running   sync.WaitGroup // the readers and reapers of all sessions
	starts    sync.WaitGroup // commands about to start; grows only under mu, until closed

	mu       sync.Mutex
	sessions map[int]*session // commands whose end has not been told; guarded by mu
	left     map[int]*session // ended, but something of them still runs; guarded by mu
	uses     uint64           // counts waits, to tell which session is oldest; guarded by mu
	closed   bool             // guarded by mu
}

// NewRunner returns a Runner. Close it, or it leaves a thread behind.
func NewRunner(o Options) *Runner {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.MaxTokens <= 0 {
		o.MaxTokens = defaultTokens
	}
	return &Runner{
		maxTokens: o.MaxTokens, thread: newThread(), guard: &guard{log: o.Log},
		profiles: profiles{log: o.Log, patience: profileTime},
		sessions: make(map[int]*session), left: make(map[int]*session),
	}
}

// Run starts a command and waits until it ends or its yield is over. If ctx
// ends first, the command is killed, and its group is gone when Run returns;
// the Result then holds what it printed. A command that cannot start is an
// error in the words the model reads.
func (r *Runner) Run(ctx context.Context, c Command) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	c, err := r.prepare(ctx, c)
	if err != nil {
		return Result{}, err
	}
	began := time.Now()
	s, err := r.start(c)
	if err != nil {
		return Result{}, err
	}
	defer r.leave(s)
	err = s.await(ctx, between(minYield, cmp.Or(c.Yield, defaultYield), maxYield), c.Output)
	if err != nil {
		s.kill()
	}
	res := r.tell(s, began, c.MaxTokens, c.Output)
	if !res.Running && s.failed != nil && err == nil {
		return Result{}, wallsError(s.failed)
	}
	return res, err
}

// Write types into a command that was left running, or only waits, until the
// command ends or the yield is over. The end of ctx ends the wait, not the
// command: it was left running on purpose.
func (r *Runner) Write(ctx context.Context, in Input) (Result, error) {
	began := time.Now()
	s, err := r.take(ctx, in.Owner, in.SessionID)
	if err != nil {
		return Result{}, err
	}
	defer r.leave(s)
	longest := cmp.Or(in.MaxYield, maxPoll)
	yield := between(min(minPoll, longest), in.Yield, longest)
	if in.Chars != "" {
		yield = between(minYield, in.Yield, maxYield)
		if err := s.enter(in.Chars, yield); err != nil {
			return Result{}, err
		}
	}
	if err := s.await(ctx, yield, in.Output); err != nil {
		return Result{}, err
	}
	return r.tell(s, began, in.MaxTokens, in.Output), nil
}

func between(low, d, high time.Duration) time.Duration { return max(low, min(d, high)) }

// tell makes the result of a wait. A session whose end is told is over.
func (r *Runner) tell(s *session, began time.Time, maxTokens int, output func([]byte)) Result {
	if maxTokens <= 0 || maxTokens > r.maxTokens {
		maxTokens = r.maxTokens
	}
	res := s.tell(began, maxTokens, output)
	if !res.Running {
		r.forget(s)
	}
	return res
}

// Sessions lists the commands that were left running and what finished ones
// have left in the background, oldest first.
func (r *Runner) Sessions() []Session {
	r.sweep()
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []Session
	for _, s := range r.sessions {
		if s.used > 0 {
			state := Running
			if s.hasEnded() {
				state = Ended
			}
			all = append(all, s.describe(state))
		}
	}
	for _, s := range r.left {
		all = append(all, s.describe(Background))
	}
	slices.SortFunc(all, func(a, b Session) int { return a.Started.Compare(b.Started) })
	return all
}

func (s *session) describe(state State) Session {
	return Session{ID: s.id, Owner: s.command.Owner, Script: s.command.Script, Dir: s.command.Dir, TTY: s.command.TTY, Started: s.started, State: state, Confinement: s.command.Confinement}
}

// Kill ends a session that Sessions lists. The model learns of it when it asks
// for the session next.
func (r *Runner) Kill(id int) error {
	r.mu.Lock()
	s := cmp.Or(r.sessions[id], r.left[id])
	r.mu.Unlock()
	if s == nil {
		return unknown(id)
	}
	s.kill()
	r.sweep()
	return nil
}

// Close kills all commands and waits until they are gone, which only one that
// hangs in the kernel can delay. Nothing starts any more.
func (r *Runner) Close() {
	r.mu.Lock()
	again := r.closed
	r.closed = true
	r.mu.Unlock()
	if again {
		return
	}
	r.starts.Wait()
	r.mu.Lock()
	all := slices.AppendSeq(slices.Collect(maps.Values(r.sessions)), maps.Values(r.left))
	r.mu.Unlock()
	var dying sync.WaitGroup
	for _, s := range all {
		dying.Go(s.kill)
	}
	dying.Wait()
	r.running.Wait()
	for _, s := range all {
		r.drop(s)
	}
	r.thread.close()
	r.guard.close()
}
