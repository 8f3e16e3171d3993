package lsp

import (
	"fmt"
	"strings"

	"codex-lsp/agent"
)

// A stroke is one change to a chat document. It may be made more than once,
// each time on a page as the document is then.
type stroke func(*page)

// A script turns the events of a thread into strokes: what the model says goes
// in as it comes, what it does as short lines between.
type script struct {
	cwd    string
	saying bool              // a message is being said
	id     string            // its item
	text   string            // of it, so far
	shown  int               // bytes of text that are on the page
	held   []stroke          // what happened meanwhile, for when it is said
	asked  map[string]string // question id → its line
	usage  agent.UsageUpdated
}

// hear returns the strokes that an event makes.
func (w *script) hear(e agent.Event) []stroke {
	switch e := e.(type) {
	case agent.MessageDelta:
		return w.say(e.ItemID, e.Delta)
	case agent.ItemCompleted:
		return w.item(e.Item)
	case agent.ApprovalRequested:
		return w.ask(e.Question)
	case agent.ApprovalResolved:
		return w.answered(e.ID)
	case agent.UsageUpdated:
		w.usage = e
	case agent.TurnCompleted:
		return append(w.hush(), w.end(e.Result)...)
	}
	return nil
}

// say adds a piece of a message.
func (w *script) say(id, delta string) []stroke {
	strokes := w.turnTo(id)
	w.text += strings.ReplaceAll(delta, "\r", "")
	return append(strokes, w.show(false)...)
}

// turnTo makes the message with this id the one that is said.
func (w *script) turnTo(id string) []stroke {
	if w.saying && w.id == id {
		return nil
	}
	strokes := w.hush()
	w.saying, w.id = true, id
	return strokes
}

// said ends a message. Pieces of it that were lost on the way are in its end.
func (w *script) said(id, text string) []stroke {
	strokes := w.turnTo(id)
	if text = strings.ReplaceAll(text, "\r", ""); strings.HasPrefix(text, w.text) {
		w.text = text
	}
	return append(strokes, w.hush()...)
}

// show puts on the page what of the message is not there yet. A last line that
// may become a heading waits until it is whole.
func (w *script) show(whole bool) []stroke {
	end := len(w.text)
	last := strings.LastIndexByte(w.text, '\n') + 1
	if !whole && mayBeHeading(w.text[last:]) {
		end = last
	}
	first, piece := w.shown == 0, w.text[w.shown:end]
	if piece == "" {
		return nil
	}
	if first || w.text[w.shown-1] == '\n' {
		piece = escapeHeadings(piece)
	} else if line, rest, more := strings.Cut(piece, "\n"); more {
		piece = line + "\n" + escapeHeadings(rest)
	}
	w.shown = end
	if first {
		return []stroke{func(p *page) { p.block(piece) }}
	}
	return []stroke{func(p *page) { p.insert(piece) }}
}

func mayBeHeading(line string) bool {
	line = strings.TrimRight(line, " \t")
	return strings.HasPrefix(youHeading, line) || strings.HasPrefix(codexHeading, line)
}

// hush ends the message that is being said, and lets out what was held.
func (w *script) hush() []stroke {
	strokes := append(w.show(true), w.held...)
	w.saying, w.id, w.text, w.shown, w.held = false, "", "", 0, nil
	return strokes
}

// ask shows an open question, which the user may answer where it stands.
func (w *script) ask(q agent.Question) []stroke {
	if w.asked == nil {
		w.asked = make(map[string]string)
	}
	w.asked[q.ID] = approvalLine(q)
	return w.line(w.asked[q.ID])
}

func (w *script) answered(id string) []stroke {
	line, known := w.asked[id]
	if !known {
		return nil
	}
	delete(w.asked, id)
	return w.after(func(p *page) { p.strike(line) })
}

// line adds a paragraph, once the message being said is.
func (w *script) line(s string) []stroke {
	return w.after(func(p *page) { p.block(s) })
}

func (w *script) after(st stroke) []stroke {
	if w.saying {
		w.held = append(w.held, st)
		return nil
	}
	return []stroke{st}
}

// item shows what was done.
func (w *script) item(it agent.Item) []stroke {
	switch it.Type {
	case agent.AgentMessage:
		return w.said(it.ID, it.Text)
	case agent.CommandExecution:
		return w.line(commandLine(it))
	case agent.FileChangeItem:
		return w.line(strings.Join(w.changeLines(it), "\n"))
	case agent.McpToolCall:
		return w.line(callLine(it))
	case agent.WebSearch:
		if it.Query != "" {
			return w.line("> searched the web: " + codeSpan(it.Query))
		}
	case agent.ImageView:
		return w.line("> looked at " + codeSpan(relative(w.cwd, it.Path)))
	case agent.ContextCompaction:
		return w.line(summaryLines(it))
	}
	return nil
}

// end shows how a turn ended, if not well.
func (w *script) end(r agent.Result) []stroke {
	var strokes []stroke
	switch r.Status {
	case agent.Failed:
		strokes = w.line(quoted("failed: " + r.Error))
	case agent.Interrupted:
		strokes = w.line("> interrupted")
	}
	if scarce := scarceText(w.usage); scarce != "" {
		strokes = append(strokes, w.line("> "+scarce)...)
	}
	w.usage = agent.UsageUpdated{}
	return append(strokes, (*page).next)
}

// approvalLine is how an open question stands in the document.
func approvalLine(q agent.Question) string { return "> waiting for approval: " + titleOf(q) }

// commandLine is how a command stands in the document.
func commandLine(it agent.Item) string {
	what := codeSpan(agent.Describe(it.Command))
	switch {
	case it.Status == agent.ItemDeclined:
		return "> declined " + what
	case it.Status == agent.ItemInProgress:
		return "> started " + what + ", which still runs"
	case it.ExitCode != nil && it.Denied != "":
		return quoted(fmt.Sprintf("ran %s (exit %d): %s", what, *it.ExitCode, it.Denied))
	case it.ExitCode != nil:
		return fmt.Sprintf("> ran %s (exit %d)", what, *it.ExitCode)
	}
	return quoted("could not run " + what + ": " + firstLine(it.Output))
}

// callLine is how a call of an MCP server stands in the document.
func callLine(it agent.Item) string {
	what := codeSpan(it.Tool) + " of " + codeSpan(it.Server)
	switch {
	case it.Status == agent.ItemDeclined:
		return "> declined " + what
	case it.Error != nil:
		return quoted("could not call " + what + ": " + firstLine(it.Error.Message))
	case it.Status == agent.ItemFailed:
		return "> called " + what + ", which failed"
	}
	return "> called " + what
}

// changeLines is how a patch stands in the document: a line for each file.
func (w *script) changeLines(it agent.Item) []string {
	done := map[string]string{"add": "created", "update": "edited", "delete": "deleted"}
	var lines []string
	for _, c := range it.Changes {
		name := relative(w.cwd, c.Path)
		if c.MoveTo != "" {
			name += " → " + relative(w.cwd, c.MoveTo)
		}
		added, removed := diffSize(c.Diff)
		switch {
		case it.Status == agent.ItemDeclined:
			lines = append(lines, "> declined: "+c.Kind+" "+name)
		case it.Status == agent.ItemFailed:
			lines = append(lines, "> could not "+c.Kind+" "+name)
		default:
			lines = append(lines, fmt.Sprintf("> %s %s +%d −%d", done[c.Kind], name, added, removed))
		}
	}
	return lines
}

// diffSize counts the lines that a unified diff of one file adds and removes.
func diffSize(diff string) (added, removed int) {
	_, hunks, _ := strings.Cut(diff, "\n@@")
	for line := range strings.SplitSeq(hunks, "\n") {
		switch {
		case strings.HasPrefix(line, "+"):
			added++
		case strings.HasPrefix(line, "-"):
			removed++
		}
	}
	return added, removed
}

// codeSpan is Markdown for text that is code.
func codeSpan(s string) string {
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		return fence + " " + s + " " + fence
	}
	return fence + s + fence
}

// quoted is Markdown for text that nobody in the conversation says.
func quoted(s string) string {
	return "> " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n> ")
}
