package lsp

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"codex-lsp/agent"
)

const (
	// frame is how long the pieces of a text are gathered: a screen's refresh.
	frame = 16 * time.Millisecond
	// maxEvents bounds what waits for a client that does not read. It is far
	// more than a turn makes in the minute after which such a client counts as
	// gone.
	maxEvents = 20_000
	// maxDeltas bounds the bytes of streamed text among them. What is dropped
	// comes again with the item's end.
	maxDeltas = 4 << 20
)

// Report tells the client what happens in a thread. It never blocks: one
// goroutine of the session's takes the events from a queue.
func (s *server) Report(e agent.Event) {
	s.events.start.Do(func() { s.spawn(s.deliverAll) })
	if !s.events.put(e) {
		s.end(errStalled)
	}
}

// events are what the client is still to be told, in order.
type events struct {
	start sync.Once

	mu     sync.Mutex
	queue  []queued      // guarded by mu
	deltas int           // bytes of streamed text in queue; guarded by mu
	urgent bool          // something other than a delta waits; guarded by mu
	news   chan struct{} // guarded by mu; capacity 1
}

// A queued event may be a piece of a text, with more of the same text.
type queued struct {
	agent.Event
	more []byte
}

// put adds an event, or joins it with the last one if that is more of the same
// text. It is false when the queue is full.
func (q *events) put(e agent.Event) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	text, n := streamed(e)
	if n > 0 && q.deltas+n > maxDeltas {
		return true // dropped
	}
	if last := len(q.queue) - 1; last >= 0 && n > 0 {
		if before, _ := streamed(q.queue[last].Event); before.text == text.text {
			q.queue[last].more = append(q.queue[last].more, text.delta...)
			q.deltas += n
			return true
		}
	}
	if len(q.queue) >= maxEvents {
		return false
	}
	q.queue = append(q.queue, queued{Event: e})
	q.deltas += n
	q.urgent = q.urgent || n == 0
	select {
	case q.signal() <- struct{}{}:
	default:
	}
	return true
}

// take empties the queue.
func (q *events) take() []agent.Event {
	q.mu.Lock()
	list := q.queue
	q.queue, q.deltas, q.urgent = nil, 0, false
	q.mu.Unlock()
	taken := make([]agent.Event, len(list))
	for i, e := range list {
		taken[i] = e.whole()
	}
	return taken
}

func (q *events) isUrgent() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.urgent
}

// signal is the channel that says that something waits. mu is held.
func (q *events) signal() chan struct{} {
	if q.news == nil {
		q.news = make(chan struct{}, 1)
	}
	return q.news
}

func (q *events) waiting() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.signal()
}

// A piece is a bit of a text that streams.
type piece struct {
	text  textKey
	delta string
}

// A textKey names a text that streams.
type textKey struct {
	kind, item string
	agent.Ref
}

// streamed returns the piece that an event carries and its size, 0 if it is no
// such event.
func streamed(e agent.Event) (p piece, size int) {
	switch e := e.(type) {
	case agent.MessageDelta:
		p = piece{textKey{"message", e.ItemID, e.Ref}, e.Delta}
	case agent.ReasoningDelta:
		p = piece{textKey{"reasoning", e.ItemID, e.Ref}, e.Delta}
	case agent.OutputDelta:
		p = piece{textKey{"output", e.ItemID, e.Ref}, e.Delta}
	}
	return p, len(p.delta)
}

// whole is the event with all that was joined to it.
func (q queued) whole() agent.Event {
	if len(q.more) == 0 {
		return q.Event
	}
	switch e := q.Event.(type) {
	case agent.MessageDelta:
		e.Delta += string(q.more)
		return e
	case agent.ReasoningDelta:
		e.Delta += string(q.more)
		return e
	case agent.OutputDelta:
		e.Delta += string(q.more)
		return e
	}
	return q.Event
}

// deliverAll tells the client what waits, until the session ends. After a
// batch with streamed text it lets a frame's worth of it gather.
func (s *server) deliverAll(ctx context.Context) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-s.events.waiting():
		case <-ctx.Done():
			return
		}
		for waiting := true; waiting && !s.events.isUrgent(); {
			select {
			case <-pause.C:
				waiting = false
			case <-s.events.waiting():
			case <-ctx.Done():
				return
			}
		}
		for _, e := range s.events.take() {
			s.deliver(ctx, e)
		}
		pause.Reset(frame)
	}
}

// deliver tells one event in all the ways that this client takes.
func (s *server) deliver(ctx context.Context, e agent.Event) {
	if s.options.Capabilities.Events {
		if err := s.conn.Notify(ctx, methodOf(e), jsonrpc2.RawMessage(mustJSON(e))); err != nil {
			s.log.Debug("event not sent", "method", methodOf(e), "err", err)
		}
	}
	s.bars.hear(s, e)
	chat := s.threads.chat(agent.RefOf(e).ThreadID)
	if chat != nil {
		chat.hear(e)
	}
	switch e := e.(type) {
	case agent.ItemCompleted:
		if e.Item.Type == agent.FileChangeItem {
			s.remark()
		}
	case agent.Warning:
		s.tell(ctx, protocol.MessageTypeWarning, e.Message)
	case agent.TurnCompleted:
		s.tellEnd(ctx, e, s.threads.ended(e.TurnID) || s.options.Capabilities.Events || chat != nil && chat.isShown())
		s.refreshLenses()
	case agent.ApprovalResolved:
		s.tellUnanswered(ctx, e)
		s.refreshLenses()
	case agent.TurnStarted, agent.ApprovalRequested:
		s.refreshLenses()
	}
}

// methodOf is the notification that carries an event.
func methodOf(e agent.Event) string {
	switch e.(type) {
	case agent.TurnStarted:
		return MethodTurnStarted
	case agent.TurnCompleted:
		return MethodTurnCompleted
	case agent.ItemStarted:
		return MethodItemStarted
	case agent.ItemCompleted:
		return MethodItemCompleted
	case agent.MessageDelta:
		return MethodMessageDelta
	case agent.ReasoningDelta:
		return MethodReasoningDelta
	case agent.OutputDelta:
		return MethodOutputDelta
	case agent.PlanUpdated:
		return MethodPlanUpdated
	case agent.DiffUpdated:
		return MethodDiffUpdated
	case agent.UsageUpdated:
		return MethodUsageUpdated
	case agent.Waiting:
		return MethodTurnWaiting
	case agent.Warning:
		return MethodWarning
	case agent.ApprovalRequested:
		return MethodApprovalRequested
	case agent.ApprovalResolved:
		return MethodApprovalResolved
	}
	panic(fmt.Sprintf("lsp: no notification for %T", e)) // the agent has a new event
}

// tell shows the user a message, in the order of events.
func (s *server) tell(ctx context.Context, kind protocol.MessageType, message string) {
	if err := s.client.ShowMessage(ctx, &protocol.ShowMessageParams{Type: kind, Message: visibleText(message)}); err != nil {
		s.log.Debug("message not shown", "message", message, "err", err)
	}
}

// maxAnswer is how much of an answer a message shows, in characters: about
// what editors show of one without cutting it themselves.
const maxAnswer = 600

// tellEnd tells why a turn failed; and its answer, where nothing else shows it.
func (s *server) tellEnd(ctx context.Context, e agent.TurnCompleted, seen bool) {
	switch {
	case e.Status == agent.Failed:
		s.tell(ctx, protocol.MessageTypeError, "Codex: "+e.Error)
	case e.Status == agent.Completed && !seen && strings.TrimSpace(e.Answer) != "":
		answer := []rune(strings.TrimSpace(e.Answer))
		if len(answer) > maxAnswer {
			answer = append(answer[:maxAnswer], []rune("… (codex.openChat shows it all)")...)
		}
		s.tell(ctx, protocol.MessageTypeInfo, "Codex: "+string(answer))
	}
}

// tellUnanswered says so when a question was declined for want of an answer.
func (s *server) tellUnanswered(ctx context.Context, e agent.ApprovalResolved) {
	const how = "answer with a code action, or codex.approve"
	switch e.Answer.By {
	case agent.ByTimeout:
		s.tell(ctx, protocol.MessageTypeWarning, fmt.Sprintf("Codex: declined, since nobody answered within %v; %s", s.profile.approvalTimeout, how))
	case agent.ByNobody:
		s.tell(ctx, protocol.MessageTypeWarning, "Codex: declined, since this editor shows no prompts; "+how)
	}
}
