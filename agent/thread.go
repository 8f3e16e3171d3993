package agent

import (
	"context"
	"errors"
)

// A Peer is a client of a thread: it holds files and shows questions.
type Peer interface {
	Host
	Surface
}

// An Input is what the user says to a thread.
type Input struct {
	Text     string
	Mentions []Mention // files and selections that go with it
	Images   []string  // absolute paths of image files
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
}

// A ChangedFile is a file that a thread's turns changed.
type ChangedFile struct {
	Path   string `json:"path"`
	Kind   string `json:"kind"` // add, update, delete, over all the turns asked about
	TurnID string `json:"turnId"`
}

// A Thread is one conversation with the model about one folder.
type Thread struct{ id, cwd string }

func newThread(a *Agent, cwd string) *Thread { return &Thread{cwd: cwd} }

// ID is the thread's UUIDv7; Cwd its folder.
func (t *Thread) ID() string  { return t.id }
func (t *Thread) Cwd() string { return t.cwd }

// Attach adds a client: it hears every event from now on, is asked questions,
// and edits are made through the client that attached first and is still
// there. The returned detach waits until the client is left in peace.
func (t *Thread) Attach(p Peer) (detach func()) { return func() {} }

// Ask starts a turn, or steers the one that runs, and returns its id at once.
func (t *Thread) Ask(in Input) (turnID string, err error) { return "", errors.ErrUnsupported }

// Steer adds to the running turn; turnID must be its id.
func (t *Thread) Steer(turnID string, in Input) error { return errors.ErrUnsupported }

// Interrupt ends the running turn: its commands are killed, its questions
// withdrawn. It reports whether a turn was running.
func (t *Thread) Interrupt() bool { return false }

// Wait returns how the turn ended, once it has.
func (t *Thread) Wait(ctx context.Context, turnID string) (Result, error) {
	return Result{}, errors.ErrUnsupported
}

// Status tells where the thread stands.
func (t *Thread) Status() Status { return Status{} }

// ChangedFiles lists what a turn changed, or all turns for "".
func (t *Thread) ChangedFiles(turnID string) []ChangedFile { return nil }

func (t *Thread) close() {}
