package exec

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
)

// maxSessions bounds the commands of an owner whose end has not been told, as
// with Codex; and likewise those that have left something in the background.
const maxSessions = 64

var (
	errClosed = errors.New("the server is shutting down")
	errFull   = fmt.Errorf("%d commands run already, and all are waited for; try again when one has ended", maxSessions)
)

func unknown(id int) error {
	//lint:ignore ST1005 these are Codex's words, and what models know
	return fmt.Errorf("Unknown process id %d", id)
}

// start makes room for a command and starts it. The session is the caller's
// to await, and to leave.
func (r *Runner) start(c Command) (*session, error) {
	r.sweep()
	s, oldest, err := r.enroll(c)
	if err != nil {
		return nil, err
	}
	defer r.starts.Done()
	if oldest != nil {
		oldest.kill()
		r.drop(oldest)
	}
	if err := r.launch(s); err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.sessions, s.id)
		return nil, err
	}
	return s, nil
}

// enroll makes a session. The oldest has lost its place to it if there were
// too many.
func (r *Runner) enroll(c Command) (s, oldest *session, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, nil, errClosed
	}
	if own := ownedBy(c.Owner, r.sessions); len(own) >= maxSessions {
		if oldest = oldestOf(own); oldest == nil {
			return nil, nil, errFull
		}
		delete(r.sessions, oldest.id)
	}
	s = newSession(r.freeID(), c)
	s.busy <- struct{}{}
	r.sessions[s.id] = s
	r.starts.Add(1)
	return s, oldest, nil
}

// freeID draws a number of five digits, as Codex does: one that a model does
// not take for a small counter or a real process. r.mu is held.
func (r *Runner) freeID() int {
	for {
		id := 10_000 + rand.IntN(90_000)
		if r.sessions[id] == nil && r.left[id] == nil {
			return id
		}
	}
}

// ownedBy are the sessions of one owner. r.mu is held.
func ownedBy(owner string, sessions map[int]*session) []*session {
	all := slices.Collect(maps.Values(sessions))
	return slices.DeleteFunc(all, func(s *session) bool { return s.command.Owner != owner })
}

// oldestOf picks the session to give up: one that has ended before one that
// runs, then the one that was waited for longest ago; none that is now.
func oldestOf(sessions []*session) *session {
	idle := slices.DeleteFunc(slices.Clone(sessions), func(s *session) bool { return len(s.busy) > 0 })
	if len(idle) == 0 {
		return nil
	}
	return slices.MinFunc(idle, func(a, b *session) int {
		if a.hasEnded() != b.hasEnded() {
			if a.hasEnded() {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.used, b.used)
	})
}

// take finds an owner's session and waits until nobody else awaits it.
func (r *Runner) take(ctx context.Context, owner string, id int) (*session, error) {
	s := r.session(id)
	if s == nil || s.command.Owner != owner {
		return nil, unknown(id)
	}
	select {
	case s.busy <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if r.session(id) != s { // its end was told meanwhile
		<-s.busy
		return nil, unknown(id)
	}
	return s, nil
}

// Knows says what is wrong when an owner has no session of this id.
func (r *Runner) Knows(owner string, id int) error {
	if s := r.session(id); s == nil || s.command.Owner != owner {
		return unknown(id)
	}
	return nil
}

func (r *Runner) session(id int) *session {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sessions[id]
}

// leave lets others await the session.
func (r *Runner) leave(s *session) {
	r.mu.Lock()
	r.uses++
	s.used = r.uses
	r.mu.Unlock()
	<-s.busy
}

// forget ends a session whose end was told. What it has left in the background
// stays on record, to be killed at Close.
func (r *Runner) forget(s *session) {
	if !s.lingers() {
		r.drop(s)
		return
	}
	if oldest := r.putAside(s); oldest != nil {
		oldest.kill()
		r.drop(oldest)
	}
}

// putAside moves a session to those with something in the background, and
// returns one that there is no room for.
func (r *Runner) putAside(s *session) (oldest *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sessions[s.id] != s {
		return nil // Close has it
	}
	delete(r.sessions, s.id)
	if own := ownedBy(s.command.Owner, r.left); len(own) >= maxSessions {
		oldest = oldestOf(own)
	}
	r.left[s.id] = s
	return oldest
}

// sweep drops the sessions whose background is gone.
func (r *Runner) sweep() {
	r.mu.Lock()
	left := slices.Collect(maps.Values(r.left))
	r.mu.Unlock()
	for _, s := range left {
		if !s.lingers() {
			r.drop(s)
		}
	}
}

// drop forgets a session of which nothing runs any more, or nothing that can
// be killed.
func (r *Runner) drop(s *session) {
	r.mu.Lock()
	delete(r.sessions, s.id)
	delete(r.left, s.id)
	r.mu.Unlock()
	s.dropped.Do(func() {
		r.guard.release(s.group.pid)
		s.group.close()
		s.out.Close()
	})
}
