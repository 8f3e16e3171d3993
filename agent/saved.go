package agent

import (
	"context"
	"errors"
	"fmt"
	"io"

	"codex-lsp/agent/journal"
	"codex-lsp/agent/rollout"
)

// ErrRunning says that a thread has a turn that runs.
var ErrRunning = errors.New("a turn of this conversation is running; interrupt it first")

// errPutAway ends what somebody still wants of a thread that was put away.
var errPutAway = errors.New("this conversation was archived or deleted; codex.newThread starts another")

// Saved lists the threads that are kept, the one that was written last first.
func (a *Agent) Saved(ctx context.Context, q rollout.Query) (rollout.Page, error) {
	if a.sessions == nil {
		return rollout.Page{}, ErrNotKept
	}
	return a.sessions.List(ctx, q)
}

// Search finds threads by what was said in them.
func (a *Agent) Search(ctx context.Context, text string, q rollout.Query) (rollout.Found, error) {
	if a.sessions == nil {
		return rollout.Found{}, ErrNotKept
	}
	return a.sessions.Search(ctx, text, q)
}

// Export writes a thread as Markdown.
func (a *Agent) Export(id string, w io.Writer) error {
	if a.sessions == nil {
		return ErrNotKept
	}
	return a.sessions.Export(id, w)
}

// Rename gives a thread a name, whoever has it open.
func (a *Agent) Rename(id, name string) (fullID string, err error) {
	if a.sessions == nil {
		return "", ErrNotKept
	}
	if id, err = a.sessions.Rename(id, name); err != nil {
		return "", err
	}
	if t := a.open(id); t != nil {
		t.mu.Lock()
		t.title = a.sessions.Name(id)
		t.mu.Unlock()
	}
	return id, nil
}

// Fork begins a thread that is a copy of another's first turns, or for 0 of all,
// and opens it, about the folder cwd as [Agent.Resume] has it.
func (a *Agent) Fork(id string, turns int, cwd string) (*Thread, error) {
	if a.sessions == nil {
		return nil, ErrNotKept
	}
	fork, err := ForkSaved(a.sessions, id, turns)
	if err != nil {
		return nil, err
	}
	return a.Resume(fork, cwd)
}

// ForkSaved makes that copy and does not open it.
func ForkSaved(sessions *rollout.Store, id string, turns int) (forkID string, err error) {
	forkID = newID()
	return forkID, sessions.Fork(id, forkID, turns)
}

// Archive takes a thread out of the list, and brings it back if away is false.
func (a *Agent) Archive(id string, away bool) (fullID string, err error) {
	if !away && a.sessions != nil {
		return a.sessions.Unarchive(id)
	}
	return a.putAway(id, func() (string, error) { return a.sessions.Archive(id) })
}

// Delete removes a thread for good, and the journal by which its changes could be
// undone.
func (a *Agent) Delete(id string) (fullID string, err error) {
	return a.putAway(id, func() (string, error) { return DeleteSaved(a.sessions, a.journals, id) })
}

// DeleteSaved removes a thread and its journal, which may be nil. A chat document
// is the user's, and stays.
func DeleteSaved(sessions *rollout.Store, journals *journal.Store, id string) (fullID string, err error) {
	id, err = sessions.Delete(id)
	if err == nil && journals != nil {
		err = journals.Remove(id)
	}
	return id, err
}

// putAway closes a thread, if it is open here, and does something to its files.
// Of one whose files stay as they are, nothing is lost: it is resumed when it is
// wanted again.
func (a *Agent) putAway(id string, do func() (string, error)) (fullID string, err error) {
	if a.sessions == nil {
		return "", ErrNotKept
	}
	if id, err = a.sessions.Resolve(id); err != nil {
		return "", err
	}
	a.resuming.Lock()
	defer a.resuming.Unlock()
	if t := a.open(id); t != nil {
		if err := t.leave(); err != nil {
			return "", fmt.Errorf("conversation %s: %w", t.id, err)
		}
		a.mu.Lock()
		delete(a.threads, t.id)
		a.mu.Unlock()
	}
	return do()
}

// leave closes what the thread is kept in, unless a turn runs. None begins any
// more.
func (t *Thread) leave() error {
	t.mu.Lock()
	if t.current != nil && !t.current.over {
		t.mu.Unlock()
		return ErrRunning
	}
	t.gone = true
	t.mu.Unlock()
	t.close()
	return nil
}

// PutAway tells whether the thread was archived or deleted while it was open.
func (t *Thread) PutAway() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.gone
}
