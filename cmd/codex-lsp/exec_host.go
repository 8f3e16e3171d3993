package main

import (
	"context"
	"errors"
	"io/fs"
	"sync"

	"codex-lsp/agent"
	"codex-lsp/agent/config"
	"codex-lsp/agent/disk"
	"codex-lsp/patch"
)

// A reporter tells the user what happens. Its methods are called one after
// the other.
type reporter interface {
	begin(threadID, dir string, c *config.Config)
	event(agent.Event)
	end(agent.Result) error // what could not be written, if anything
}

// A diskHost is the host of a thread whose files nobody has open.
type diskHost struct {
	out     reporter
	telling sync.WaitGroup
	wake    chan struct{} // capacity 1: something is queued, or closed

	mu     sync.Mutex
	queue  []agent.Event // guarded by mu; bounded by the items of a turn, as deltas stay out
	closed bool          // guarded by mu
}

var _ agent.Host = (*diskHost)(nil)

// newDiskHost starts a host; close ends it.
func newDiskHost(out reporter) *diskHost {
	h := &diskHost{out: out, wake: make(chan struct{}, 1)}
	h.telling.Go(h.tell)
	return h
}

// Read implements agent.Host.
func (h *diskHost) Read(_ context.Context, path string) (agent.Snapshot, error) {
	file, err := disk.Read(path)
	return agent.Snapshot{File: file}, err
}

// Edit implements agent.Host.
func (h *diskHost) Edit(ctx context.Context, set agent.ChangeSet) agent.Outcome {
	if err := ctx.Err(); err != nil {
		return agent.Outcome{Err: err}
	}
	err := disk.Commit(set.Changes)
	o := agent.Outcome{Err: err}
	stuck := false
	for _, ch := range set.Changes {
		state := agent.Landed
		if err != nil {
			state = stateOf(ch)
		}
		stuck = stuck || state != agent.NotLanded
		o.Files = append(o.Files, agent.FileOutcome{Path: ch.Target(), State: state, Text: ch.After})
	}
	if !stuck {
		o.Files = nil
	}
	return o
}

// stateOf looks what became of a change whose set came to nothing. Files are
// written whole, so one that does not hold the new text was not written.
func stateOf(ch patch.Change) agent.State {
	moved := ch.MoveTo != ""
	var old, made bool
	switch {
	case ch.Op == patch.Add:
		old, made = holds(ch.Path, ch.Overwrites), holds(ch.Path, &patch.File{Text: ch.After})
	case ch.Op == patch.Delete:
		made = holds(ch.Path, nil)
	case moved:
		old, made = holds(ch.MoveTo, ch.Overwrites), holds(ch.MoveTo, &patch.File{Text: ch.After})
	default:
		old, made = holds(ch.Path, &patch.File{Text: ch.Before}), holds(ch.Path, &patch.File{Text: ch.After})
	}
	switch {
	case old || !made:
		return agent.NotLanded
	case moved && !holds(ch.Path, nil):
		return agent.Unclear // both names have a text
	}
	return agent.Landed
}

// holds tells whether a path has the text of a file, or nothing.
func holds(path string, want *patch.File) bool {
	got, err := disk.Read(path)
	if want == nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	return err == nil && got.Text == want.Text
}

// Report implements agent.Host. It does not wait for the reporter: a pipe that
// nobody reads must not hold up the turn, nor its interrupt.
func (h *diskHost) Report(e agent.Event) {
	switch e.(type) {
	case agent.MessageDelta, agent.ReasoningDelta, agent.OutputDelta, agent.DiffUpdated:
		return // the items that they belong to come whole
	}
	h.mu.Lock()
	h.queue = append(h.queue, e)
	h.mu.Unlock()
	h.nudge()
}

// close tells what is queued, and ends.
func (h *diskHost) close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.nudge()
	h.telling.Wait()
}

func (h *diskHost) nudge() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

func (h *diskHost) tell() {
	for {
		h.mu.Lock()
		events, closed := h.queue, h.closed
		h.queue = nil
		h.mu.Unlock()
		for _, e := range events {
			h.out.event(e)
		}
		if closed {
			return
		}
		<-h.wake
	}
}
