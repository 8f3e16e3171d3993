package lsp

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
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
	{agent.ApprovedWithRule, "Always approve", true},
	{agent.Declined, "Decline", false},
	{agent.Abort, "Decline and stop", true},
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
	params := &protocol.ShowMessageRequestParams{
		Type:    protocol.MessageTypeWarning,
		Message: promptText(t.Question),
		Actions: s.actionsFor(t.Question),
	}
	picked, err := s.client.ShowMessageRequest(ctx, params)
	if ctx.Err() != nil || s.session.Err() != nil {
		return // settled elsewhere, or nobody is there: neither is an answer
	}
	answer, understood := s.answerOf(t.Question, picked, err)
	if !understood && s.options.Capabilities.Approvals {
		return // closed, not answered: codex.approve will
	}
	t.Settle(answer)
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

// A prompt shows a command whole, whatever its length: what is not seen must
// not be approved. Of a diff it shows a screen.
const maxPromptLines = 40

// promptText is what a prompt says.
func promptText(q agent.Question) string {
	var b strings.Builder
	b.WriteString(titleOf(q))
	detail := strings.TrimRight(q.Detail, "\n")
	switch {
	case q.Kind == agent.AskPatch:
		b.WriteString(fileList(q))
		fmt.Fprintf(&b, "\n\n%s\n", excerptLines(visibleText(detail), maxPromptLines, "codex.listApprovals has the whole diff"))
	case !strings.Contains(q.Title, agent.Visible(detail)):
		fmt.Fprintf(&b, "\n\n%s\n", agent.Visible(detail))
	}
	if q.Cwd != "" {
		fmt.Fprintf(&b, "\nin %s", agent.Visible(q.Cwd))
	}
	if q.Reason != "" {
		fmt.Fprintf(&b, "\nReason: %s", reasonLine(q.Reason))
	}
	return b.String()
}

// maxReason is how many characters of a reason a prompt shows.
const maxReason = 240

// reasonLine is a reason in one line, since the model writes it: with more it
// could draw a prompt of its own below the true one.
func reasonLine(reason string) string {
	line := []rune(agent.Visible(strings.Join(strings.Fields(reason), " ")))
	if len(line) > maxReason {
		return string(line[:maxReason]) + "…"
	}
	return string(line)
}

// fileList names every file of a patch that has several, since its diff may be
// too long to be shown.
func fileList(q agent.Question) string {
	if len(q.Files) < 2 {
		return ""
	}
	names := make([]string, len(q.Files))
	for i, path := range q.Files {
		names[i] = path
		if name, err := filepath.Rel(q.Cwd, path); err == nil && filepath.IsLocal(name) {
			names[i] = name
		}
		names[i] = agent.Visible(names[i])
	}
	return "\n\n" + strings.Join(names, ", ")
}

// titleOf is a question in one line, in which everything can be seen.
func titleOf(q agent.Question) string {
	return strings.ReplaceAll(agent.Visible(strings.TrimSpace(q.Title)), "\n", " ")
}

// visibleText is agent.Visible for text in which tabs and line endings are
// what they are.
func visibleText(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		fields := strings.Split(strings.TrimSuffix(line, "\r"), "\t")
		for j, f := range fields {
			fields[j] = agent.Visible(f)
		}
		lines[i] = strings.Join(fields, "\t")
	}
	return strings.Join(lines, "\n")
}

// excerptLines is the first lines of a text, and where the rest is.
func excerptLines(text string, most int, rest string) string {
	lines := strings.Split(text, "\n")
	if len(lines) <= most {
		return text
	}
	return fmt.Sprintf("%s\n… %s; %s", strings.Join(lines[:most], "\n"), plural(len(lines)-most, "more line"), rest)
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
