package lsp

import (
	"context"
	"strings"
	"sync"
	"time"

	"go.lsp.dev/protocol"

	"codex-lsp/agent"
)

const (
	// createPatience is how long the client may take to make a progress
	// display. Without one the turn goes on unseen.
	createPatience = 30 * time.Second
	// reportInterval is the least time between two reports of a bar. What
	// happens faster than that nobody can read.
	reportInterval = 100 * time.Millisecond
	// maxPromptTitle is how much of the prompt a bar's title shows.
	maxPromptTitle = 50
)

// bars are the progress displays of the turns that run.
type bars struct {
	mu      sync.Mutex
	byTurn  map[string][]*bar               // guarded by mu
	byToken map[protocol.ProgressToken]*bar // guarded by mu
}

// barOptions describe a bar.
type barOptions struct {
	token  protocol.ProgressToken
	turnID string
	title  string
	create bool   // the token is ours: the client must be asked first
	stop   func() // what the client's cancel button does
}

// A bar is one progress display. Its goroutine begins it once and ends it
// once, whatever happens in between.
type bar struct {
	barOptions
	wake chan struct{} // capacity 1
	done chan struct{} // closed when nothing more is sent

	mu    sync.Mutex
	says  string // guarded by mu
	ended bool   // guarded by mu
}

// hear keeps the bars up to date.
func (bs *bars) hear(s *server, e agent.Event) {
	ref := agent.RefOf(e)
	switch e := e.(type) {
	case agent.TurnStarted:
		if s.showsProgress() {
			bs.begin(s, barOptions{
				token: protocol.String("codex/" + e.TurnID), turnID: e.TurnID, create: true,
				title: barTitle(e.Prompt), stop: func() { s.stopTurn(ref) },
			})
		}
	case agent.TurnCompleted:
		for _, b := range bs.of(e.TurnID) {
			b.end(endText(e.Result))
		}
		bs.forget(e.TurnID)
	case agent.Waiting:
		bs.say(e.TurnID, waitText(e))
	case agent.ItemStarted:
		if e.Item.Type == agent.WebSearch {
			bs.say(e.TurnID, "searching the web")
		}
	case agent.MessageDelta:
		bs.say(e.TurnID, "answering")
	case agent.ReasoningDelta:
		bs.say(e.TurnID, "thinking")
	}
}

func (s *server) showsProgress() bool {
	return s.caps.Window != nil && isTrue(s.caps.Window.WorkDoneProgress)
}

// stopTurn interrupts a turn, if it still runs.
func (s *server) stopTurn(ref agent.Ref) {
	if t, err := s.agent.Thread(ref.ThreadID); err == nil && t.Status().TurnID == ref.TurnID {
		t.Interrupt()
	}
}

// begin starts a bar.
func (bs *bars) begin(s *server, o barOptions) *bar {
	b := &bar{barOptions: o, wake: make(chan struct{}, 1), done: make(chan struct{})}
	bs.mu.Lock()
	if bs.byTurn == nil {
		bs.byTurn = make(map[string][]*bar)
		bs.byToken = make(map[protocol.ProgressToken]*bar)
	}
	bs.byTurn[o.turnID] = append(bs.byTurn[o.turnID], b)
	bs.byToken[o.token] = b
	bs.mu.Unlock()
	s.spawn(func(ctx context.Context) { b.run(ctx, s) })
	return b
}

// end ends a bar and returns when the client was told, or is gone.
func (bs *bars) end(s *server, b *bar, says string) {
	b.end(says)
	select {
	case <-b.done:
	case <-s.session.Done():
	}
	bs.mu.Lock()
	defer bs.mu.Unlock()
	delete(bs.byToken, b.token)
}

func (bs *bars) of(turnID string) []*bar {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	return bs.byTurn[turnID]
}

func (bs *bars) say(turnID, says string) {
	for _, b := range bs.of(turnID) {
		b.say(says)
	}
}

func (bs *bars) forget(turnID string) {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	for _, b := range bs.byTurn[turnID] {
		delete(bs.byToken, b.token)
	}
	delete(bs.byTurn, turnID)
}

// WorkDoneProgressCancel interrupts the turn whose bar the user cancelled.
func (s *server) WorkDoneProgressCancel(_ context.Context, p *protocol.WorkDoneProgressCancelParams) error {
	s.bars.mu.Lock()
	b := s.bars.byToken[p.Token]
	s.bars.mu.Unlock()
	if b != nil {
		b.stop()
	}
	return nil
}

// say replaces what the bar shows.
func (b *bar) say(says string) { b.set(says, false) }

// end makes these the bar's last words.
func (b *bar) end(says string) { b.set(says, true) }

func (b *bar) set(says string, end bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return
	}
	b.says, b.ended = says, end
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (b *bar) state() (says string, ended bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.says, b.ended
}

// run begins the bar, shows what it says as it changes, and ends it.
func (b *bar) run(ctx context.Context, s *server) {
	defer close(b.done)
	if b.create && !s.createBar(ctx, b.token) {
		return
	}
	shown, ended := b.state()
	begin := &protocol.WorkDoneProgressBegin{Kind: "begin", Title: b.title, Cancellable: ptr(true)}
	if shown != "" && !ended {
		begin.Message = &shown
	}
	s.progress(ctx, b.token, begin)
	rest := time.NewTimer(reportInterval)
	defer rest.Stop()
	for rested := false; ; {
		says, ended := b.state()
		switch {
		case ended:
			s.progress(ctx, b.token, &protocol.WorkDoneProgressEnd{Kind: "end", Message: &says})
			return
		case says != shown && rested:
			shown, rested = says, false
			s.progress(ctx, b.token, &protocol.WorkDoneProgressReport{Kind: "report", Cancellable: ptr(true), Message: &says})
			rest.Reset(reportInterval)
		}
		select {
		case <-b.wake:
		case <-rest.C:
			rested = true
		case <-ctx.Done():
			return
		}
	}
}

// createBar asks the client for a progress display.
func (s *server) createBar(ctx context.Context, token protocol.ProgressToken) bool {
	ctx, cancel := context.WithTimeout(ctx, createPatience)
	defer cancel()
	err := s.client.WorkDoneProgressCreate(ctx, &protocol.WorkDoneProgressCreateParams{Token: token})
	if err != nil {
		s.log.Debug("no progress display", "err", err)
	}
	return err == nil
}

func (s *server) progress(ctx context.Context, token protocol.ProgressToken, value any) {
	raw, err := protocol.Marshal(value)
	if err == nil {
		err = s.client.Progress(ctx, &protocol.ProgressParams{Token: token, Value: raw})
	}
	if err != nil {
		s.log.Debug("progress not sent", "err", err)
	}
}

// barTitle names a turn by the beginning of its prompt.
func barTitle(prompt string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(prompt), "\n")
	if line == "" {
		return "Codex"
	}
	return "Codex: " + shortened(line, maxPromptTitle)
}

// shortened is at most n characters of a line.
func shortened(line string, n int) string {
	if r := []rune(line); len(r) > n {
		return strings.TrimSpace(string(r[:n-1])) + "…"
	}
	return line
}

// waitTexts are what a turn waits for, in words. What is told beside it follows.
var waitTexts = map[agent.WaitReason]string{
	agent.WaitConnect:  "connecting to",
	agent.WaitModel:    "waiting for the model's first word",
	agent.WaitStream:   "answering",
	agent.WaitRetry:    "waiting to try again:",
	agent.WaitLimit:    "rate limited",
	agent.WaitApproval: "waiting for approval:",
	agent.WaitCommand:  "running",
	agent.WaitEdit:     "editing:",
	agent.WaitServers:  "starting MCP servers",
	agent.WaitHook:     "running hooks:",
}

// waitText names what a turn waits for.
func waitText(w agent.Waiting) string {
	text, known := waitTexts[w.Reason]
	if !known {
		return "working"
	}
	detail := firstLine(w.Detail)
	switch {
	case w.Reason == agent.WaitModel && detail != "":
		return detail
	case w.Reason == agent.WaitStream && detail != "":
		return "writing a call of " + detail
	}
	return strings.TrimRight(text+" "+detail, " :")
}

// endText is a bar's last words.
func endText(r agent.Result) string {
	switch {
	case r.Status == agent.Failed:
		return "failed: " + firstLine(r.Error)
	case r.Status == agent.Interrupted:
		return "interrupted"
	case len(r.Files) > 0:
		return "done, " + plural(len(r.Files), "file") + " changed"
	}
	return "done"
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
