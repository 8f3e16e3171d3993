package lsp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"codex-lsp/agent"
	"codex-lsp/patch"
)

const (
	// maxAttempts bounds how often an edit is made anew because the document
	// had changed under it. Between two attempts lies a change of the user's:
	// to somebody who types as fast as edits travel, every other one is lost.
	maxAttempts = 12
	// retryQuiet is the pause in the user's typing that is waited for before
	// another attempt: the first was overtaken by keys.
	retryQuiet = 300 * time.Millisecond
	// maxLull is how long that pause is waited for where an edit under the
	// user's hands costs no more than another attempt.
	maxLull = 500 * time.Millisecond
	// maxQuietWait is how long an edit waits for the user to pause.
	maxQuietWait = time.Minute
)

// A revision makes of what a document holds what it should hold. It is called
// again when the document changed before the edit could be made.
type revision func(current string) (goal string, err error)

// during ends ctx with the session, too: what waits for the client should not
// outlive it.
func (s *server) during(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(s.session, func() { cancel(errGone) })
	return ctx, func() { stop(); cancel(nil) }
}

// A revised is what became of a revision.
type revised struct {
	state  agent.State
	before string // what the document held when the edit was sent, without what went astray before
	after  string // what it holds now
	err    error  // why it did not land; nil if it did
}

var (
	errGone       = errors.New("the editor is gone")
	errClosed     = errors.New("the document was closed while it was edited")
	errUnanswered = errors.New("the editor did not answer; whether it makes the edit is not known")
	errStrayed    = errors.New("the edit landed in the wrong place, over what the user was typing, and could not be taken back")
	errBusyUser   = fmt.Errorf("the user has not paused typing in it for %v", maxQuietWait)
)

// revise edits an open document, one edit at a time, until what the client
// tells of it proves that the edit is there, or that it cannot be had.
func (s *server) revise(ctx context.Context, key docKey, label string, want revision) revised {
	free, err := s.pens.take(ctx, key)
	if err != nil {
		return revised{state: agent.NotLanded, err: err}
	}
	defer free()
	w := s.docs.watch(key)
	defer w.stop()
	var r revised
	var astray *stray // what is in the wrong place
	idle := 0         // attempts in which nothing came of it and nothing else happened
	for n := 0; n < maxAttempts; n++ {
		doc, err := s.upToDate(ctx, key, n)
		if err != nil {
			return astray.outcome(revised{state: agent.NotLanded, before: r.before, after: r.after, err: err})
		}
		a := &attempt{server: s, key: key, doc: doc, label: label, was: doc.text.String(), watcher: w, from: w.reached(doc.text)}
		if a.clean, err = astray.takenBack(a.was, w.seen()[:a.from]); err != nil {
			return revised{state: agent.Unclear, before: a.was, after: a.was, err: err}
		}
		var refused error // what went astray is taken back all the same
		if a.goal, refused = want(a.clean); refused != nil {
			a.goal = a.clean
		}
		again := false
		r = revised{state: agent.Landed, before: a.clean, after: a.was}
		if a.goal != a.was {
			r, again = a.make(ctx)
		}
		if r.state == agent.Landed {
			if refused != nil {
				r.state, r.err = agent.NotLanded, refused
			}
			return r
		}
		if a.found.strayed && again {
			astray = &stray{a.from + a.steps, a.found.mended}
		}
		if !a.moved {
			idle++
		}
		if !again || idle > 1 {
			break
		}
	}
	return astray.outcome(r)
}

// upToDate returns the document once what the user typed should be in it, for
// the first attempt or after others: the client was made to tell, or the user has
// paused.
func (s *server) upToDate(ctx context.Context, key docKey, attempts int) (*document, error) {
	again := attempts > 0
	if again && !s.profile.idle {
		// A pause as long as it takes one who types evenly to press the next key
		// would end with each of them, were it waited for every time.
		pause := retryQuiet
		if attempts%2 == 0 {
			pause /= 2
		}
		if err := s.lull(ctx, key, pause); err != nil {
			return nil, err
		}
	}
	rest := s.profile.quiet
	switch {
	case s.flush(ctx, key) || s.profile.idle:
		rest = 0
	case again && s.profile.stale:
		rest = max(rest, retryQuiet)
	}
	return s.quiet(ctx, key, rest)
}

// lull waits for a pause in the user's typing. Where none comes it waits for a
// key: then the next is furthest.
func (s *server) lull(ctx context.Context, key docKey, pause time.Duration) error {
	paused, cancel := context.WithTimeout(ctx, maxLull)
	defer cancel()
	doc, err := s.quiet(paused, key, pause)
	if err == nil || !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	doc, _ = s.docs.current(key)
	pressed, cancel := context.WithTimeout(ctx, retryQuiet)
	defer cancel()
	_, _ = s.docs.wait(pressed, key, func(now *document) bool { return now != doc })
	return context.Cause(ctx)
}

// quiet returns the document once it has not changed for so long.
func (s *server) quiet(ctx context.Context, key docKey, rest time.Duration) (*document, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, maxQuietWait, errBusyUser)
	defer cancel()
	for {
		doc := s.docs.view()[key]
		if doc == nil {
			return nil, errClosed
		}
		left := rest - time.Since(doc.changed)
		if left <= 0 {
			return doc, nil
		}
		select {
		case <-time.After(left):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// An attempt is one workspace/applyEdit and the search for its effect.
type attempt struct {
	server    *server
	key       docKey
	doc       *document // as it was when the edit was sent
	label     string
	was, goal string
	clean     string // what was there, without what earlier attempts put in the wrong place
	edits     []protocol.TextEdit
	watcher   *watcher
	from      int // the first of its steps that the attempt has not seen when it was made
	steps     int // since then
	texts     states
	found     finding
	moved     bool // the document is no longer the one that the edit was for
	told      bool // the client has told of changes since its reply
}

// A reply is how the client answered.
type reply struct {
	applied bool
	reason  string
}

// make sends the edit and watches the document. It says whether another
// attempt makes sense: the edit is certainly not there, and what it was made
// for has changed or the client may have had a bad moment.
func (a *attempt) make(ctx context.Context) (r revised, again bool) {
	s := a.server
	late := time.NewTimer(s.profile.editDeadline)
	defer late.Stop()
	answered := a.send()
	var said *reply
	heard := a.doc.version // the version when the reply came
	interrupted := ctx.Done()
	for {
		doc, news := s.docs.current(a.key)
		if doc == nil {
			return revised{state: agent.Unclear, before: a.clean, err: errClosed}, false
		}
		a.moved = doc.version != a.doc.version
		steps := a.watcher.seen()[a.from:]
		a.found, a.steps = a.examine(steps), len(steps)
		r = revised{before: a.clean, after: doc.text.String()}
		if a.found.all() && (said != nil || !a.removes()) {
			r.state = agent.Landed
			return r, false
		}
		// What the client tells after its reply includes what it replied to.
		if a.told = said != nil && doc.version != heard; a.told {
			return a.settle(r, said)
		}
		select {
		case <-news:
		case got := <-answered:
			said, heard = &got, doc.version
			answered = nil
			if !got.applied && a.moved {
				heard = a.doc.version // refused for a change that we know by now
			}
			if !got.applied && !s.profile.idle {
				late.Reset(min(s.profile.editDeadline, refusalGrace))
			}
			// The sooner it tells, the less of the user's comes with it.
			s.spawn(func(ctx context.Context) { s.flush(ctx, a.key) })
		case <-late.C:
			if a.found.all() {
				r.state = agent.Landed
				return r, false
			}
			return a.settle(r, said)
		case <-s.session.Done(): // nobody will tell
			r.state, r.err = agent.Unclear, errGone
			return r, false
		case <-interrupted: // what was sent may land all the same
			interrupted = nil
			late.Reset(min(s.profile.editDeadline, interruptGrace))
		}
	}
}

// interruptGrace is how long an edit that was sent is still looked for after
// its turn was interrupted.
const interruptGrace = 3 * time.Second

// refusalGrace is how long after a refusal the client may still tell of the
// change for which it refused.
const refusalGrace = time.Second

// removes tells whether all that the edit does is to remove. What is seen of it
// may be the user's own doing, until the client has replied.
func (a *attempt) removes() bool {
	return !slices.ContainsFunc(a.edits, func(e protocol.TextEdit) bool { return e.NewText != "" })
}

// settle decides on an edit that is not, or not all, to be seen.
func (a *attempt) settle(r revised, said *reply) (revised, bool) {
	switch {
	case said == nil:
		r.state, r.err = agent.Unclear, errUnanswered
	case a.found.unclear > 0 && (said.applied || a.found.landed > 0):
		r.state = agent.Unclear
		r.err = errors.New("the user was typing in the same lines; what became of the edit cannot be told")
	case said.applied && a.server.profile.idle && !a.told:
		r.state = agent.Unclear // an idle timer may be waiting for the next key
		r.err = errors.New("the editor said that it made the edit, and has not told of it yet")
	case said.applied:
		r.state, r.err = agent.NotLanded, errors.New("the editor said that it made the edit, and did not")
	default:
		r.state, r.err = agent.NotLanded, fmt.Errorf("the editor refused the edit: %s", said.reason)
		if !a.moved {
			return r, false // the same again would be refused the same
		}
	}
	return r, r.state == agent.NotLanded
}

// send asks the client to make the edit, and returns where the answer comes.
func (a *attempt) send() <-chan reply {
	s := a.server
	answered := make(chan reply, 1)
	a.edits = a.smallest()
	params := &protocol.ApplyWorkspaceEditParams{Label: ptr("Codex: " + a.label), Edit: a.edit()}
	s.spawn(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, replyPatience)
		defer cancel()
		res, err := s.client.ApplyEdit(ctx, params)
		switch {
		case err != nil && ctx.Err() != nil: // no answer
		case err != nil:
			answered <- reply{reason: err.Error()}
		case res == nil:
			answered <- reply{applied: true} // some answer null, whatever they did
		default:
			answered <- reply{res.Applied, reasonOf(res)}
		}
	})
	return answered
}

// replyPatience is how long an answer may take before the request is
// cancelled. It outlasts every profile's deadline: cancelling is of no use to
// the edit, and keeps no goroutine.
const replyPatience = time.Minute

func reasonOf(r *protocol.ApplyWorkspaceEditResult) string {
	if r.FailureReason == nil || *r.FailureReason == "" {
		return "no reason given"
	}
	return *r.FailureReason
}

// smallest are the edits from the old text to the new. A client that may make
// them in another text gets whole lines: half a word in the wrong line could
// not be found again.
func (a *attempt) smallest() []protocol.TextEdit {
	if a.server.profile.stale {
		return a.doc.text.edits(lineEdits(a.was, a.goal))
	}
	return a.doc.text.edits(patch.Edits(a.was, a.goal))
}

// edit is the change in the client's terms.
func (a *attempt) edit() protocol.WorkspaceEdit {
	if !a.server.profile.versioned {
		return protocol.WorkspaceEdit{Changes: map[uri.URI][]protocol.TextEdit{a.doc.uri: a.edits}}
	}
	elements := make([]protocol.TextDocumentEditElement, len(a.edits))
	for i := range a.edits {
		elements[i] = &a.edits[i]
	}
	return protocol.WorkspaceEdit{DocumentChanges: []protocol.DocumentChange{&protocol.TextDocumentEdit{
		TextDocument: protocol.OptionalVersionedTextDocumentIdentifier{
			TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: a.doc.uri},
			Version:                &a.doc.version,
		},
		Edits: elements,
	}}}
}

// pens are held by who edits a document: one edit at a time, or each would
// take the other's for the user's.
type pens struct {
	mu  sync.Mutex
	out map[docKey]*pen // guarded by mu
}

// A pen waits in its own channel while nobody holds it.
type pen struct {
	rests chan struct{} // capacity 1
	users int           // guarded by pens.mu; those who hold it or wait for it
}

// take waits for the document's pen.
func (p *pens) take(ctx context.Context, key docKey) (free func(), err error) {
	p.mu.Lock()
	if p.out == nil {
		p.out = make(map[docKey]*pen)
	}
	it := p.out[key]
	if it == nil {
		it = &pen{rests: make(chan struct{}, 1)}
		it.rests <- struct{}{}
		p.out[key] = it
	}
	it.users++
	p.mu.Unlock()
	leave := func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if it.users--; it.users == 0 {
			delete(p.out, key)
		}
	}
	select {
	case <-it.rests:
		return func() { it.rests <- struct{}{}; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, context.Cause(ctx)
	}
}
