package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"codex-lsp/agent/model"
)

// maxBreaks is how many streams of one response may break after their calls,
// each of which is progress that the model is paid for.
const maxBreaks = 20

// respond gets one response of the model into the history, its calls run and
// answered. A stream that breaks is continued, never replayed: items that were
// complete stay, and what they called has run once.
func (tn *turn) respond() (called bool, err error) {
	offline, breaks := false, 0
	for failures := 0; ; failures++ {
		r := newResponse(tn)
		err := r.stream()
		r.settle(err)
		switch {
		case tn.ctx.Err() != nil:
			return false, tn.ctx.Err()
		case r.aborted():
			return false, errAborted
		case err == nil: // calls of broken attempts were answered in this one
			return len(r.calls) > 0, nil
		}
		was := offline
		if offline = isOffline(err); len(r.calls) > 0 || was && !offline {
			failures = 0 // calls were answered, or the network is back: what comes next is a first try
		}
		if len(r.calls) > 0 {
			if breaks++; breaks == maxBreaks {
				return false, err
			}
		}
		if err := tn.backOff(err, failures); err != nil {
			return false, err
		}
	}
}

// backOff waits until a broken stream may be tried again, or returns why not.
func (tn *turn) backOff(err error, failures int) error {
	tries := tn.config.Provider.StreamTries
	wait, again := model.Retry(err, failures, tries)
	if !again || isOffline(err) && (tn.thread.agent.unattended || tn.config.Features.GiveUp) && failures >= tries {
		return err
	}
	tn.waits(retryWait(err, wait, failures+1, tries))
	select {
	case <-time.After(wait):
		return nil
	case <-tn.ctx.Done():
		return tn.ctx.Err()
	}
}

// retryWait names the wait before a retry: for a limit to end, or only a while.
// A missing network is waited for without end.
func retryWait(err error, wait time.Duration, n, tries int) (WaitReason, string) {
	which := fmt.Sprintf("retry %d of %d: %s", n, tries, brief(err))
	var e *model.Error
	switch errors.As(err, &e); {
	case isOffline(err):
		which = fmt.Sprintf("retry %d: %s", n, brief(err))
	case e != nil && e.Kind == model.Limited:
		return WaitLimit, "until " + time.Now().Add(wait).Format(time.TimeOnly) + ", " + which
	}
	return WaitRetry, which
}

func isOffline(err error) bool {
	var e *model.Error
	return errors.As(err, &e) && e.Kind == model.Offline
}

// brief is an error without its remedy: what is tried again may need none.
func brief(err error) string {
	var e *model.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}

// A response is one streamed answer of the model and the calls in it.
type response struct {
	tn       *turn
	calls    []*call
	thoughts []json.RawMessage // that nothing has followed yet
	texts    map[string]text   // messages whose end has not come, by item id
}

// A text is a message in the making.
type text struct {
	kind  ItemType
	sofar []byte
}

func newResponse(tn *turn) *response {
	return &response{tn: tn, texts: make(map[string]text)}
}

// stream reads the response. Each call starts when its item is complete,
// before the response is.
func (r *response) stream() error {
	r.tn.waits(WaitConnect, r.tn.config.Provider.Name)
	silent := true
	for ev, err := range r.tn.client.Stream(r.tn.ctx, r.tn.request()) {
		if err != nil {
			return err
		}
		switch ev := ev.(type) {
		case model.Wait:
			r.tn.waits(WaitRetry, ev.Reason)
			silent = true
			continue
		case model.Connected:
			r.tn.waits(WaitModel, "")
			silent = true
			continue
		case model.CallStarted:
			r.tn.waits(WaitStream, ev.Name)
			silent = false
			continue
		}
		if silent {
			silent = false
			r.tn.waits(WaitStream, "")
		}
		r.event(ev)
	}
	return nil
}

func (r *response) event(ev model.Event) {
	tn := r.tn
	switch ev := ev.(type) {
	case model.TextDelta:
		r.grow(ev.ItemID, AgentMessage, ev.Text)
		tn.report(MessageDelta{Ref: tn.ref(), ItemID: ev.ItemID, Delta: ev.Text})
	case model.ReasoningDelta:
		r.grow(ev.ItemID, Reasoning, ev.Text)
		tn.report(ReasoningDelta{Ref: tn.ref(), ItemID: ev.ItemID, Delta: ev.Text})
	case model.Searching:
		r.grow(ev.ItemID, WebSearch, "")
	case model.ItemDone:
		r.item(ev.Item)
	case model.Done:
		u := Usage(ev.Usage)
		tn.result.Usage.add(u)
		if u.Total > 0 {
			tn.thread.tokens = u.Total
		}
		tn.reportUsage(u, limitsOf(ev.Limits))
		if len(r.calls) == 0 { // which have waits of their own
			tn.waits("", "")
		}
	}
}

// grow adds to a message whose item has not come yet.
func (r *response) grow(id string, kind ItemType, delta string) {
	t, known := r.texts[id]
	if !known {
		t.kind = kind
		r.tn.report(ItemStarted{Ref: r.tn.ref(), Item: Item{ID: id, Type: kind, Status: ItemInProgress}})
	}
	t.sofar = append(t.sofar, delta...)
	r.texts[id] = t
}

// item takes a completed output item into the history and acts on it.
func (r *response) item(raw json.RawMessage) {
	tn := r.tn
	out := parseOutput(raw)
	delete(r.texts, out.ID)
	switch out.Type {
	case "message":
		r.remember(raw)
		tn.result.Answer = out.text()
		tn.report(ItemCompleted{Ref: tn.ref(), Item: Item{ID: out.ID, Type: AgentMessage, Status: ItemCompletedS, Text: out.text(), Raw: raw}})
	case "reasoning":
		r.thoughts = append(r.thoughts, raw)
		tn.report(ItemCompleted{Ref: tn.ref(), Item: Item{ID: out.ID, Type: Reasoning, Status: ItemCompletedS, Text: out.text(), Raw: raw}})
	case "function_call", "custom_tool_call":
		c, raw := newCall(tn, out, raw)
		c.kept = r.remember(raw)
		r.start(c)
	case "web_search_call":
		r.remember(raw)
		tn.report(ItemCompleted{Ref: tn.ref(), Item: searched(out, raw)})
	default: // hosted tools and what is still to be invented: history, verbatim
		r.remember(raw)
	}
}

// remember takes items into the history, after the thoughts that led to them.
// A thought that nothing follows is kept back: providers refuse a history with
// one, so it goes if the stream breaks there. It tells whether the last is kept.
func (r *response) remember(items ...json.RawMessage) (kept bool) {
	for _, item := range append(r.thoughts, items...) {
		kept = r.tn.remember(item)
	}
	r.thoughts = nil
	return kept
}

// start runs a call as far as order allows: patches stand alone, commands run
// side by side, and none overtakes a patch that the model wrote before it.
func (r *response) start(c *call) {
	var before []*call
	for _, other := range r.calls {
		if c.alone || other.alone {
			before = append(before, other)
		}
	}
	r.calls = append(r.calls, c)
	go c.run(before)
}

// settle waits for the calls and appends their outputs in the order in which
// the model made them. Messages that broke off are closed for the viewer. err
// is how the stream ended.
func (r *response) settle(err error) {
	if err == nil {
		r.remember()
	}
	for _, c := range r.calls {
		<-c.done
		r.tn.remember(c.output)
	}
	for _, c := range r.calls {
		r.tn.addContext(c.context)
	}
	for _, id := range slices.Sorted(maps.Keys(r.texts)) {
		t := r.texts[id]
		r.tn.report(ItemCompleted{Ref: r.tn.ref(), Item: Item{ID: id, Type: t.kind, Status: ItemFailed, Text: string(t.sofar)}})
	}
}

// aborted tells whether the user answered one of the calls with Abort.
func (r *response) aborted() bool {
	for _, c := range r.calls {
		if c.aborted {
			return true
		}
	}
	return false
}

func (u *Usage) add(v Usage) {
	u.Input += v.Input
	u.Cached += v.Cached
	u.CacheWrite += v.CacheWrite
	u.Output += v.Output
	u.Reasoning += v.Reasoning
	u.Total += v.Total
}
