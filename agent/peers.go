package agent

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// A Peer is a client of a thread: it holds files, hears what happens, and
// shows questions.
type Peer interface {
	Host
	Surface
}

// errNoPeer is what the model is told when the editor has left in mid-turn.
var errNoPeer = errors.New("no editor is connected to this thread")

// peers are the clients of one thread, in the order they came.
type peers struct {
	mu   sync.RWMutex
	list []*Host // guarded by mu; pointers, so that a peer may come twice
}

func (ps *peers) add(h Host) (leave func()) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	seat := &h
	ps.list = append(ps.list, seat)
	return func() {
		ps.mu.Lock()
		defer ps.mu.Unlock()
		ps.list = slices.DeleteFunc(slices.Clone(ps.list), func(other *Host) bool { return other == seat })
	}
}

// report tells every peer. The lock is held across the calls, which do not
// block, so that a peer hears nothing after it left.
func (ps *peers) report(e Event) {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	for _, p := range ps.list {
		(*p).Report(e)
	}
}

// host is the peer that edits are made through.
func (ps *peers) host() (Host, error) {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	if len(ps.list) == 0 {
		return nil, errNoPeer
	}
	return *ps.list[0], nil
}

func (ps *peers) read(ctx context.Context, path string) (Snapshot, error) {
	h, err := ps.host()
	if err != nil {
		return Snapshot{}, err
	}
	return h.Read(ctx, path)
}

func (ps *peers) edit(ctx context.Context, set ChangeSet) Outcome {
	h, err := ps.host()
	if err != nil {
		return Outcome{Err: err}
	}
	return h.Edit(ctx, set)
}

// save asks the host to write these files to disk. What could not be written
// is among unsaved afterwards.
func (ps *peers) save(ctx context.Context, paths []string) {
	if h, _ := ps.host(); h != nil && len(paths) > 0 {
		if s, ok := h.(Saver); ok {
			s.Save(ctx, paths)
		}
	}
}

// unsaved lists the files below folder that the disk holds otherwise than the
// user sees them.
func (ps *peers) unsaved(folder string) []string {
	if h, _ := ps.host(); h != nil {
		if c, ok := h.(Contexter); ok {
			return c.Unsaved(folder)
		}
	}
	return nil
}

// reload brings open buffers up to date after a command.
func (ps *peers) reload(ctx context.Context) (note string) {
	if h, _ := ps.host(); h != nil {
		if r, ok := h.(Reloader); ok {
			return r.Reload(ctx)
		}
	}
	return ""
}
