package lsp

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"codex-lsp/agent"
)

// choices are the actions of a prompt, in the order in which they are offered.
// No two titles are alike, since an answer is known by its title alone.
var choices = []struct {
	decision agent.Decision
	title    string
	rare     bool // left out where there is room for few
}{
	{agent.Approved, "Approve", false},
	{agent.ApprovedForSession, "Approve for this session", false},
	{agent.ApprovedWithRule, "Approve always", true},
	{agent.Declined, "Decline", false},
	{agent.Abort, "Decline and stop", true},
	{agent.Distrusted, "Never trust", true},
}

// Show puts a question to the user as a prompt, and again at the user's next
// action if it stayed unanswered and had to make room for others. It runs on a
// goroutine of the ledger's own: here a client may be slow.
func (s *server) Show(ctx context.Context, t *agent.Ticket) {
	var prompts sync.WaitGroup
	defer prompts.Wait() // ctx has ended
	if limit := s.profile.approvalTimeout; limit > 0 {
		late := time.AfterFunc(limit, func() { t.Settle(agent.Answer{Decision: agent.Declined, By: agent.ByTimeout}) })
		defer late.Stop()
	}
	for s.desk.take(ctx, s.profile.manyPrompts) {
		answered := make(chan struct{})
		prompts.Go(func() { defer close(answered); s.prompt(ctx, t) })
		shelved := time.NewTimer(s.profile.patience)
		select {
		case <-answered:
		case <-shelved.C:
		case <-ctx.Done():
		}
		shelved.Stop()
		reopened := s.desk.free(s.profile.manyPrompts)
		if s.options.Capabilities.Approvals {
			reopened = nil // it draws what is open itself
		}
		if t.Kind == agent.AskForm {
			reopened = nil // the user may be filling it in
		}
		select {
		case <-reopened:
		case <-ctx.Done():
			return
		}
	}
}

// prompt asks once and settles the question by the answer. A prompt that was
// shelved stays open, and may be answered all the same.
func (s *server) prompt(ctx context.Context, t *agent.Ticket) {
	if t.Kind == agent.AskForm {
		if !s.options.Capabilities.Forms {
			s.fill(ctx, t)
		}
		return
	}
	picked, err := s.pick(ctx, t.Question)
	if ctx.Err() != nil || s.session.Err() != nil {
		return // settled elsewhere, or nobody is there: neither is an answer
	}
	answer, understood := s.answerOf(t.Question, picked, err)
	if !understood && s.options.Capabilities.Approvals {
		return // closed, not answered: codex.approve will
	}
	if t.Kind == agent.AskURL && answer.Decision.Yes() {
		s.openPage(ctx, t.URL)
	}
	t.Settle(answer)
}

// pick shows the prompt until something is picked that is an answer.
func (s *server) pick(ctx context.Context, q agent.Question) (*protocol.MessageActionItem, error) {
	text, whole := promptText(q, s.profile.prompt)
	params := &protocol.ShowMessageRequestParams{Type: protocol.MessageTypeWarning, Message: text, Actions: s.actionsFor(q)}
	if !whole && s.showsDocuments() {
		params.Actions = append(params.Actions, protocol.MessageActionItem{Title: showAll})
	}
	if s.profile.prefills {
		params.Actions = slices.Insert(params.Actions, 0, protocol.MessageActionItem{})
	}
	shown := &wholeText{server: s, q: q}
	defer shown.discard()
	for {
		picked, err := s.client.ShowMessageRequest(ctx, params)
		switch {
		case err != nil || ctx.Err() != nil || picked == nil:
			return nil, err
		case picked.Title == showAll:
			shown.open(ctx)
		case picked.Title != "" || !s.profile.prefills:
			return picked, nil
		}
	}
}

// actionsFor are the answers offered to a question.
func (s *server) actionsFor(q agent.Question) []protocol.MessageActionItem {
	var items []protocol.MessageActionItem
	for _, c := range choices {
		if offers(q, c.decision) && !(c.rare && s.profile.fewButtons) {
			items = append(items, protocol.MessageActionItem{Title: c.title})
		}
	}
	return items
}

func offers(q agent.Question, d agent.Decision) bool {
	for _, offer := range q.Offers {
		if offer == d {
			return true
		}
	}
	return false
}

// answerOf reads a client's answer. Only the exact title of an offered action
// is understood; anything else is a no.
func (s *server) answerOf(q agent.Question, picked *protocol.MessageActionItem, err error) (a agent.Answer, understood bool) {
	switch {
	case errors.Is(err, jsonrpc2.ErrMethodNotFound):
		s.log.Warn("the client shows no prompts; approvals need codex.approve", "id", q.ID)
		return agent.Answer{Decision: agent.Declined, By: agent.ByNobody}, false
	case err != nil:
		s.log.Warn("prompt failed", "id", q.ID, "err", err)
		return agent.Answer{Decision: agent.Declined, By: agent.ByUser}, false
	case picked == nil:
		return agent.Answer{Decision: agent.Declined, By: agent.ByUser}, false
	}
	for _, c := range choices {
		if c.title == picked.Title && offers(q, c.decision) {
			return agent.Answer{Decision: c.decision, By: agent.ByUser}, true
		}
	}
	s.log.Warn("answer with a title that was not offered", "id", q.ID, "title", picked.Title)
	return agent.Answer{Decision: agent.Declined, By: agent.ByUser}, false
}

// A desk has room for one prompt at a time: in most editors a second one hides
// the first, or evicts it unanswered.
type desk struct {
	mu       sync.Mutex
	place    chan struct{} // guarded by mu; holds one token while a prompt is shown
	reopened chan struct{} // guarded by mu; closed at the user's next action
}

// take waits for the place, unless the client has room for many; false when
// ctx ended first.
func (d *desk) take(ctx context.Context, many bool) bool {
	if many {
		return ctx.Err() == nil
	}
	select {
	case d.seat() <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// free gives the place back. What it returns is closed when the user acts
// again, which is when a shelved question may ask for attention once more.
func (d *desk) free(many bool) (reopened <-chan struct{}) {
	if !many {
		<-d.seat()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.reopened == nil {
		d.reopened = make(chan struct{})
	}
	return d.reopened
}

// reopen says that the user is there.
func (d *desk) reopen() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.reopened != nil {
		close(d.reopened)
		d.reopened = nil
	}
}

func (d *desk) seat() chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.place == nil {
		d.place = make(chan struct{}, 1)
	}
	return d.place
}
