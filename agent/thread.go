package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"codex-lsp/agent/config"
	"codex-lsp/agent/execpolicy"
	"codex-lsp/agent/journal"
	"codex-lsp/agent/rollout"
)

// A Thread is one conversation with the model about one folder. At most one
// turn runs at a time; what is said meanwhile steers it.
type Thread struct {
	id, cwd string
	agent   *Agent
	peers   peers
	grants  grants

	mu      sync.Mutex
	current *turn            // the turn that runs or ran last; guarded by mu
	turns   map[string]*turn // all, by id; guarded by mu
	order   []string         // their ids, oldest first; guarded by mu
	title   string           // guarded by mu
	usage   Usage            // of all turns; guarded by mu
	choice  Choice           // guarded by mu
	context int64            // tokens, as clients were told last; guarded by mu
	window  int64            // likewise; guarded by mu
	limits  []RateLimit      // that the provider told last; guarded by mu
	running sync.WaitGroup
	paused  bool     // files are put back, and no turn may begin; guarded by mu
	gone    bool     // it was put away, and no turn may begin; guarded by mu
	news    []string // what the model should know at the next turn; guarded by mu

	journal *journal.Journal // nil when nothing is kept
	blind   sync.Once        // the user has been told that it fails

	reviewing sync.Mutex // one decision after the other
	reviews   reviews
	watching  watching
	servers   servers

	// What is known of the time before it was resumed; constant.
	earlier []Item
	edited  []ChangedFile
	before  func() (*rollout.Record, error) // what was not read of it; nil for a new thread

	// The turn that runs owns these; turns do not overlap.
	history  []json.RawMessage
	tokens   int64 // that the model reads with it, about
	floor    int64 // how many there were when it was summarised last
	told     told
	warnedOf *config.Config // whose problems the user has been told
	// warnedRules is what the user has been told about files of rules.
	warnedRules []execpolicy.Problem
	warnedHooks []string // likewise about hooks that wait for their trust
	started     bool     // hooks know of it
	// warnedSkills is what the user has been told is wrong with skills.
	warnedSkills string
	calls        map[CallID]bool // ids in history
	partial      bool            // there were others, of what was not read when it was resumed
	notes        []string        // what the user should know at the next turn
	record       record
	compactions  []compaction // of this history, the last one last
}

// An Input is what the user says to a thread.
type Input struct {
	Text     string
	Mentions []Mention // files and selections that go with it
	Images   []string  // absolute paths of image files

	// Schema is the JSON schema that the answer must have; nil for any answer.
	// It holds for the turn that the input starts.
	Schema json.RawMessage

	compact bool // nothing is said: the conversation is summarised
}

// A Mention is a file, or a part of one, that the user points at.
type Mention struct {
	Path       string // absolute
	Start, End int    // 1-based lines, inclusive; 0, 0 for the whole file
	Text       string // those lines as the user sees them
}

// A Status is where a thread stands.
type Status struct {
	ThreadID string     `json:"threadId"`
	TurnID   string     `json:"turnId,omitempty"` // of the turn that runs
	Cwd      string     `json:"cwd"`
	Title    string     `json:"title"` // the first prompt's first line
	Model    string     `json:"model"`
	State    string     `json:"state"` // idle, running, waitingOnApproval
	Wait     WaitReason `json:"waitingFor,omitempty"`
	Usage    Usage      `json:"tokenUsage"`
	Context  int64      `json:"contextTokens,omitempty"`      // that the model reads with the next prompt, about
	Window   int64      `json:"modelContextWindow,omitempty"` // how many it can

	Limits []RateLimit `json:"rateLimits,omitempty"` // as the provider told last
}

// A ChangedFile is a file that a thread's turns changed.
type ChangedFile struct {
	Path   string `json:"path"`
	Kind   string `json:"kind"` // add, update, delete
	TurnID string `json:"turnId"`
}

var (
	// ErrNoTurn says that there is no turn to steer or interrupt.
	ErrNoTurn = errors.New("no turn is running; codex.ask starts one")
	errEmpty  = errors.New("the prompt is empty")
	errPaused = errors.New("files are being put back; ask again in a moment")
)

func newThread(a *Agent, cwd string) *Thread {
	return &Thread{
		id: newID(), cwd: cwd, agent: a, record: record{store: a.sessions},
		turns: make(map[string]*turn),
		calls: make(map[CallID]bool),
	}
}

// keepJournal opens the journal of what the thread does to files. Its id is
// known by now.
func (t *Thread) keepJournal() {
	if t.agent.journals != nil {
		t.journal = t.agent.journals.Thread(t.id)
	}
}

// ID is the thread's UUIDv7.
func (t *Thread) ID() string { return t.id }

// Cwd is the folder that the thread is about, absolute.
func (t *Thread) Cwd() string { return t.cwd }

// Attach adds a client: it hears every event from now on, is asked questions,
// and edits are made through the client that attached first and is still
// there. The returned detach waits until the client is left in peace.
func (t *Thread) Attach(p Peer) (detach func()) {
	leave := t.peers.add(p)
	silence := t.agent.ledger.Attach(t.id, p)
	return func() { leave(); silence() }
}

// AttachHost adds a client that shows no questions. Where no other does, what
// would be asked about is declined at once.
func (t *Thread) AttachHost(h Host) (detach func()) { return t.peers.add(h) }

// Ask starts a turn, or steers the one that runs, and returns its id at once.
func (t *Thread) Ask(in Input) (turnID string, err error) {
	if strings.TrimSpace(in.Text) == "" && len(in.Images) == 0 {
		return "", errEmpty
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	compact := strings.TrimSpace(in.Text) == compactCommand
	if tn := t.current; tn.accepts() {
		if compact {
			return "", errBusy
		}
		tn.mail = append(tn.mail, in)
		return tn.id, nil
	}
	if in.compact = compact; !compact {
		t.name(in.Text)
	}
	return t.begin(in)
}

// begin starts a turn. mu is held, and none takes mail.
func (t *Thread) begin(in Input) (turnID string, err error) {
	switch {
	case t.agent.ctx.Err() != nil:
		return "", ErrClosed
	case t.paused:
		return "", errPaused
	case t.gone:
		return "", errPutAway
	}
	tn := newTurn(t, t.current)
	t.current = tn
	t.turns[tn.id] = tn
	t.order = append(t.order, tn.id)
	t.running.Go(func() { tn.run(in) })
	return tn.id, nil
}

// name makes the first prompt the thread's title. mu is held.
func (t *Thread) name(prompt string) {
	if t.title == "" {
		t.title, _, _ = strings.Cut(strings.TrimSpace(prompt), "\n")
	}
}

// Steer adds to the running turn; turnID must be its id.
func (t *Thread) Steer(turnID string, in Input) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	tn := t.current
	switch {
	case !tn.accepts():
		return ErrNoTurn
	case tn.id != turnID:
		return fmt.Errorf("the running turn is %s, not %s", tn.id, turnID)
	}
	tn.mail = append(tn.mail, in)
	return nil
}

// Interrupt ends the running turn: its commands are killed, its questions
// withdrawn. It reports whether a turn was running.
func (t *Thread) Interrupt() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.current.accepts() {
		return false
	}
	t.current.cancel()
	return true
}

// Wait returns how the turn ended, once it has.
func (t *Thread) Wait(ctx context.Context, turnID string) (Result, error) {
	t.mu.Lock()
	tn := t.turns[turnID]
	t.mu.Unlock()
	if tn == nil {
		return Result{}, fmt.Errorf("no turn %q in thread %s", turnID, t.id)
	}
	select {
	case <-tn.done:
		return tn.result, nil
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
}

// Status tells where the thread stands.
func (t *Thread) Status() Status {
	asked := len(t.agent.ledger.Pending(t.id)) > 0
	t.mu.Lock()
	defer t.mu.Unlock()
	s := Status{ThreadID: t.id, Cwd: t.cwd, Title: t.title, State: "idle", Usage: t.usage, Context: t.context, Window: t.window, Limits: t.limits}
	if c, err := t.agent.config(t.cwd); err == nil {
		s.Model = t.choice.over(c).Model
	}
	if tn := t.current; tn != nil && !tn.over {
		s.TurnID, s.State, s.Wait = tn.id, "running", tn.wait
		if asked {
			s.State, s.Wait = "waitingOnApproval", WaitApproval
		}
	}
	return s
}

// ChangedFiles lists what a turn changed, or all turns for "", oldest first.
func (t *Thread) ChangedFiles(turnID string) []ChangedFile {
	earlier := t.edited
	if turnID == "" || !t.knows(turnID) {
		earlier = append(t.changedBefore(), earlier...)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var files []ChangedFile
	for _, f := range earlier {
		if turnID == "" || turnID == f.TurnID {
			files = append(files, f)
		}
	}
	for _, id := range t.order {
		if turnID == "" || turnID == id {
			files = append(files, t.turns[id].changes.files(id)...)
		}
	}
	return files
}

// knows tells whether the turn is one of this process.
func (t *Thread) knows(turnID string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.turns[turnID] != nil
}

// close waits for the turns that Agent.Close interrupted, and leaves the
// rollout to others. The lock makes sure
// that an Ask which came before has started its turn.
func (t *Thread) close() {
	t.mu.Lock()
	//lint:ignore SA2001 an empty section is the point
	t.mu.Unlock()
	t.running.Wait()
	t.endHooks()
	if err := errors.Join(t.record.file.Close(), t.journal.Close()); err != nil {
		t.agent.log.Warn("close what a thread is kept in", "thread", t.id, "err", err)
	}
}

// addUsage counts the tokens of one response, and notes how long the
// conversation is, and how much of the account's limits is used.
func (t *Thread) addUsage(u Usage, context, window int64, limits []RateLimit) Usage {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.context, t.window = context, window
	if limits != nil {
		t.limits = limits
	}
	t.usage.add(u)
	return t.usage
}
