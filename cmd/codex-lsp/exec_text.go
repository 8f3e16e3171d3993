package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"codex-lsp/agent"
	"codex-lsp/agent/config"
)

// A transcript reports a turn to people: what happens on the log, the answer
// alone on out.
type transcript struct {
	out, log io.Writer
	color    bool
	said     string // the model's last message, until it is known whether it is the answer
	usage    agent.Usage
	cause    string // of the last retry
}

func newTranscript(out, log io.Writer, color bool) *transcript {
	return &transcript{out: out, log: log, color: color}
}

// begin implements reporter.
func (t *transcript) begin(threadID, dir string, c *config.Config) {
	t.line(bold, "codex-lsp "+version)
	for _, row := range [][2]string{
		{"folder", dir}, {"model", c.Model + " at " + c.Provider.Name},
		{"sandbox", string(c.Sandbox)}, {"approval", string(c.Approval) + ": nobody can be asked here"}, {"thread", threadID},
	} {
		t.line(faint, fmt.Sprintf("%-9s %s", row[0], row[1]))
	}
	for _, p := range c.Problems {
		if p.File != "" {
			continue // the turn says so
		}
		t.line(yellow, "warning: "+p.Error())
	}
}

// event implements reporter.
func (t *transcript) event(e agent.Event) {
	switch e := e.(type) {
	case agent.ItemStarted:
		if e.Item.Type == agent.CommandExecution {
			t.section(bold, "$ "+agent.Visible(e.Item.Command))
		}
	case agent.ItemCompleted:
		t.item(e.Item)
	case agent.PlanUpdated:
		t.plan(e)
	case agent.UsageUpdated:
		t.usage = e.Usage
	case agent.Warning:
		t.section(yellow, "warning: "+e.Message)
	case agent.Waiting:
		if e.Reason == agent.WaitRetry || e.Reason == agent.WaitLimit {
			t.retry(e.Detail)
		}
	}
}

// retry says why the model is asked again, once for each cause: there may be
// dozens of attempts.
func (t *transcript) retry(detail string) {
	_, cause, found := strings.Cut(detail, ": ")
	if !found {
		cause = detail
	}
	if cause != t.cause {
		t.cause = cause
		t.line(yellow, cause+"; trying again")
	}
}

func (t *transcript) item(it agent.Item) {
	if it.Status == agent.ItemFailed && (it.Type == agent.AgentMessage || it.Type == agent.Reasoning) {
		return // it broke off, and is said anew
	}
	switch it.Type {
	case agent.AgentMessage:
		t.flush()
		t.said = it.Text
	case agent.Reasoning:
		if it.Text != "" {
			t.section(faint, it.Text)
		}
	case agent.CommandExecution:
		t.command(it)
	case agent.FileChangeItem:
		t.patch(it)
	case agent.McpToolCall:
		t.call(it)
	case agent.WebSearch:
		if it.Query != "" {
			t.section(faint, "searched the web: "+agent.Visible(it.Query))
		}
	case agent.ImageView:
		t.section(faint, "looked at "+it.Path)
	case agent.ContextCompaction:
		t.section(faint, it.Text)
	}
}

// maxOutputLines of a command are shown, the last ones: there its result is.
const maxOutputLines = 40

// command shows how one ended. Others may have begun since, so it is named
// again.
func (t *transcript) command(it agent.Item) {
	color, end := green, "done"
	switch {
	case it.Status == agent.ItemDeclined:
		t.section(red, "refused "+agent.Describe(it.Command)+"\n"+it.Output)
		return
	case it.Status == agent.ItemInProgress:
		color, end = yellow, "still running"
	case it.ExitCode == nil:
		color, end = red, "not run"
	case *it.ExitCode != 0:
		color, end = red, fmt.Sprintf("exit %d", *it.ExitCode)
	}
	t.section(color, fmt.Sprintf("%s: %s (%d ms)", agent.Describe(it.Command), end, it.Millis))
	output := plain(it.Output)
	lines := strings.Split(strings.TrimRight(output, "\n"), "\n")
	if n := len(lines) - maxOutputLines; n > 0 {
		t.line(faint, fmt.Sprintf("… %d lines more", n))
		lines = lines[n:]
	}
	if output != "" {
		t.line("", strings.Join(lines, "\n"))
	}
	if it.Denied != "" {
		t.line(red, it.Denied)
	}
}

// call shows a call of an MCP server.
func (t *transcript) call(it agent.Item) {
	what := fmt.Sprintf("%s of %s", agent.Describe(it.Tool), agent.Describe(it.Server))
	switch {
	case it.Status == agent.ItemDeclined:
		t.section(red, "refused "+what)
	case it.Error != nil:
		t.section(red, "could not call "+what+": "+agent.Visible(it.Error.Message))
	case it.Status == agent.ItemFailed:
		t.section(red, fmt.Sprintf("called %s, which failed (%d ms)", what, it.Millis))
	default:
		t.section(green, fmt.Sprintf("called %s (%d ms)", what, it.Millis))
	}
}

func (t *transcript) patch(it agent.Item) {
	color, what := green, "changed"
	switch it.Status {
	case agent.ItemDeclined:
		color, what = red, "refused to change"
	case agent.ItemFailed:
		color, what = red, "could not change"
	}
	for _, c := range it.Changes {
		name := c.Path
		if c.MoveTo != "" {
			name += " → " + c.MoveTo
		}
		t.section(color, fmt.Sprintf("%s %s (%s)", what, name, c.Kind))
		if it.Status == agent.ItemCompletedS {
			t.diff(c.Diff)
		}
	}
	if it.Status != agent.ItemCompletedS {
		t.line(red, it.Output)
	}
}

func (t *transcript) diff(text string) {
	for line := range strings.Lines(text) {
		color := ""
		switch line[0] {
		case '+':
			color = green
		case '-':
			color = red
		case '@':
			color = cyan
		}
		t.line(color, strings.TrimSuffix(line, "\n"))
	}
}

func (t *transcript) plan(p agent.PlanUpdated) {
	t.section(bold, strings.TrimSuffix("plan: "+p.Explanation, ": "))
	marks := map[string]string{"pending": "[ ] ", "in_progress": "[>] ", "completed": "[x] "}
	for _, s := range p.Plan {
		t.line("", marks[s.Status]+s.Step)
	}
}

// end implements reporter. What the model said last is the answer if the turn
// came to its end, and part of the story otherwise.
func (t *transcript) end(res agent.Result) error {
	if res.Status == agent.Completed {
		t.said = ""
	}
	t.section(faint, fmt.Sprintf("%d tokens in (%d of them cached), %d out", t.usage.Input, t.usage.Cached, t.usage.Output))
	switch res.Status {
	case agent.Interrupted:
		t.line(yellow, "interrupted: commands were killed, edits that were made stay")
		return nil
	case agent.Failed:
		t.line(red, "error: "+res.Error)
		return nil
	}
	answer := res.Answer
	if isTerminal(t.out) {
		answer = plain(answer)
	}
	if _, err := fmt.Fprintln(t.out, answer); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// flush shows a message that was not the last.
func (t *transcript) flush() {
	said := t.said
	t.said = ""
	if said != "" {
		t.section("", said)
	}
}

// section begins something new.
func (t *transcript) section(color, text string) {
	t.flush()
	fmt.Fprintln(t.log)
	t.line(color, text)
}

// line writes text of any origin. An error is not reported: there is no place
// left to report it to.
func (t *transcript) line(color, text string) {
	text = plain(text)
	if t.color && color != "" && text != "" {
		text = "\x1b[" + color + "m" + text + "\x1b[0m"
	}
	fmt.Fprintln(t.log, text)
}

// plain takes out what would command a terminal instead of being shown by it.
// A carriage return ends a line too, so that progress is not run together.
func plain(s string) string {
	s = carriageReturns.Replace(strings.TrimRight(s, "\r"))
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s)
}

var carriageReturns = strings.NewReplacer("\r\n", "\n", "\r", "\n")
