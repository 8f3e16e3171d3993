package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"codex-lsp/agent"
	"codex-lsp/agent/demo"
)

// A demoScreen writes what an editor would show. Until the turn has ended, all
// but opening are called on the client's read loop, one after the other.
type demoScreen struct {
	out   io.Writer
	keys  *bufio.Reader // of the user; nil to approve everything
	slow  bool          // at a human pace
	color bool

	interrupted <-chan struct{} // closed when the user wants it to end

	ended    chan agent.Result // of the one turn
	asked    []note            // of the editor, and not shown yet
	exits    []int             // of the commands so far
	tokens   int64
	files    []string
	declined bool // the user said no to something
}

// A note is what the server asked of the editor. Its requests may overtake its
// notifications, so a note is shown with the item that it belongs to.
type note struct {
	label string
	lines []string
}

// The colours of the sixteen that every terminal has.
const (
	bold   = "1"
	faint  = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

func (s *demoScreen) paint(color, text string) string {
	if !s.color || text == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// block writes lines beside a label, after a pause.
func (s *demoScreen) block(label, color string, lines ...string) {
	s.pause()
	fmt.Fprintln(s.out)
	for i, line := range lines {
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(s.out, "%s %s\n", s.paint(color, fmt.Sprintf("%7s", label)), line)
	}
}

// pace is the time to read a block.
const pace = 700 * time.Millisecond

func (s *demoScreen) pause() {
	if !s.slow {
		return
	}
	select {
	case <-time.After(pace):
	case <-s.interrupted:
	}
}

func (s *demoScreen) opening(file string) {
	fmt.Fprintf(s.out, "\n%s %s\n", s.paint(bold, "codex-lsp demo"), s.paint(faint, "· the model's words are scripted, everything else is real"))
	s.block("open", faint, s.paint(bold, file)+s.paint(faint, " with a line that was typed and not saved:"),
		s.paint(green, strings.TrimSuffix(unsavedLine, "\n")))
	s.block("you", bold, demo.Prompt)
}

// notified shows the server's notifications.
func (s *demoScreen) notified(method string, params json.RawMessage) {
	switch method {
	case "codex/item/completed":
		var e agent.ItemCompleted
		if json.Unmarshal(params, &e) == nil {
			s.item(e.Item)
		}
	case "codex/turn/plan/updated":
		var e agent.PlanUpdated
		if json.Unmarshal(params, &e) == nil {
			s.plan(e.Plan)
		}
	case "codex/thread/tokenUsage/updated":
		var e agent.UsageUpdated
		if json.Unmarshal(params, &e) == nil {
			s.tokens = e.Usage.Total
		}
	case "codex/turn/completed":
		var e agent.TurnCompleted
		if json.Unmarshal(params, &e) == nil {
			s.ended <- e.Result
		}
	}
}

func (s *demoScreen) item(it agent.Item) {
	switch it.Type {
	case agent.AgentMessage:
		s.block("codex", cyan, fold(it.Text, 70)...)
	case agent.CommandExecution:
		s.ran(it)
	case agent.FileChangeItem:
		for _, c := range it.Changes {
			s.diff(c)
		}
	}
}

func (s *demoScreen) plan(steps []agent.PlanStep) {
	var lines []string
	for _, step := range steps {
		switch step.Status {
		case "completed":
			lines = append(lines, s.paint(green, "✓ ")+s.paint(faint, step.Step))
		case "in_progress":
			lines = append(lines, s.paint(yellow, "▸ "+step.Step))
		default:
			lines = append(lines, s.paint(faint, "· "+step.Step))
		}
	}
	s.block("plan", faint, lines...)
}

func (s *demoScreen) ran(it agent.Item) {
	s.showNotes()
	if it.ExitCode == nil {
		s.block("ran", faint, s.paint(bold, it.Command)+"  "+s.paint(yellow, string(it.Status)))
		return
	}
	s.exits = append(s.exits, *it.ExitCode)
	verdict := s.paint(green, "exit 0")
	if *it.ExitCode != 0 {
		verdict = s.paint(red, fmt.Sprint("exit ", *it.ExitCode))
	}
	lines := []string{s.paint(bold, it.Command) + "  " + verdict + s.paint(faint, fmt.Sprintf(" · %d ms", it.Millis))}
	for line := range strings.Lines(it.Output) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "FAIL") {
			line = s.paint(red, line)
		}
		lines = append(lines, s.paint(faint, "│ ")+line)
	}
	s.block("ran", faint, lines...)
}

// diff shows the hunks of a change.
func (s *demoScreen) diff(c agent.FileChange) {
	file := filepath.Base(c.Path)
	s.files = append(s.files, file)
	lines := []string{s.paint(bold, file)}
	for line := range strings.Lines(c.Diff) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "---"), strings.HasPrefix(line, "+++"), strings.HasPrefix(line, "diff "), strings.HasPrefix(line, "index "):
			continue
		case strings.HasPrefix(line, "@@"):
			line = s.paint(cyan, line)
		case strings.HasPrefix(line, "-"):
			line = s.paint(red, line)
		case strings.HasPrefix(line, "+"):
			line = s.paint(green, line)
		}
		lines = append(lines, line)
	}
	s.block("diff", faint, lines...)
	s.showNotes()
}

// edited tells of a workspace/applyEdit that arrived in the buffer.
func (s *demoScreen) edited(version int, edits []demoEdit) {
	for _, e := range edits {
		from, to := e.Range.Start, e.Range.End
		s.note("edit", fmt.Sprintf("workspace/applyEdit: %d:%d to %d:%d becomes %q", from.Line+1, from.Character+1, to.Line+1, to.Character+1, e.NewText),
			s.paint(faint, fmt.Sprintf("The buffer is at version %d now, and your unsaved line still in it.", version)))
	}
}

func (s *demoScreen) note(label string, lines ...string) {
	s.asked = append(s.asked, note{label, lines})
}

func (s *demoScreen) showNotes() {
	for _, n := range s.asked {
		s.block(n.label, faint, n.lines...)
	}
	s.asked = nil
}

// saved tells that the server had the buffer written to its file.
func (s *demoScreen) saved(file string) {
	s.note("save", file+s.paint(faint, ", at the server's request: commands see the disk"))
}

// approve asks the user, or says that nobody was asked.
func (s *demoScreen) approve(question string) bool {
	lines := strings.Split(strings.TrimSpace(question), "\n")
	if s.keys == nil {
		s.block("asks", yellow, append(lines, s.paint(faint, "approved, since nobody is there to ask (--yes)"))...)
		return true
	}
	s.block("asks", yellow, lines...)
	fmt.Fprintf(s.out, "%8s%s ", "", s.paint(bold, "[Enter] approve   [n] decline >"))
	yes := s.answer()
	s.declined = s.declined || !yes
	return yes
}

// answer reads a line: Enter, y and yes are a yes; anything else, the end of
// input and an interrupt are a no.
func (s *demoScreen) answer() bool {
	answered := make(chan bool, 1)
	go func() { // a read of a terminal cannot be woken: after an interrupt it ends with the process
		line, err := s.keys.ReadString('\n')
		said := strings.ToLower(strings.TrimSpace(line))
		answered <- err == nil && (said == "" || said == "y" || said == "yes")
	}()
	select {
	case yes := <-answered:
		return yes
	case <-s.interrupted:
		return false
	}
}

// closing sums up.
func (s *demoScreen) closing() {
	s.block("done", green,
		fmt.Sprintf("%s changed, for %d tokens", strings.Join(s.files, ", "), s.tokens),
		s.paint(faint, "In your editor, one undo takes the edit back."))
}

func (s *demoScreen) farewell() {
	fmt.Fprintf(s.out, `
%s
  a model   export OPENAI_API_KEY=…   or use your ~/.codex/config.toml
  Neovim    add editors/neovim to the runtimepath, then vim.lsp.enable('codex')
  Helix     [language-server.codex] command = "codex-lsp"
  Emacs     (with-eval-after-load 'eglot
              (add-to-list 'eglot-server-programs '(text-mode . ("codex-lsp"))))
`, s.paint(bold, "To go on with a real model and your editor:"))
}

// fold breaks a text into lines of at most width characters, at blanks.
func fold(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
