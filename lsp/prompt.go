package lsp

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"codex-lsp/agent"
)

// A promptSize is how much text a prompt may have. The zero value says that
// the client scrolls or wraps any length.
type promptSize struct {
	rows, columns int
}

// A prompt shows a command whole where the client can, whatever its length:
// what is not seen should not be approved. Of a diff it shows a screen.
const maxDiffRows = 40

// maxReason is how many characters of a reason a prompt shows.
const maxReason = 240

// showAll is the action that shows what a prompt has no room for.
const showAll = "Show all of it"

// promptText is what a prompt says, and whether that is all.
func promptText(q agent.Question, size promptSize) (text string, whole bool) {
	title, foot := titleOf(q), ""
	if q.Cwd != "" {
		foot += "\nin " + size.tail(strings.ReplaceAll(agent.Visible(q.Cwd), "\n", "⏎")) // a folder's name must not look like lines of ours
	}
	if q.Reason != "" {
		foot += "\nReason: " + reasonLine(q.Reason, size)
	}
	if q.Policy != "" {
		foot += "\nPolicy: " + reasonLine(q.Policy, size)
	}
	if q.Undo != "" {
		foot += "\nUndo: " + reasonLine(q.Undo, size)
	}
	rules, note := q.Always() // each on a line, as a narrow client cuts lines off
	if rules != "" {
		foot += "\nAlways: " + reasonLine(rules, size)
	}
	if note != "" {
		foot += "\nThat is: " + reasonLine(note, size)
	}
	detail, most := detailOf(q), maxDiffRows
	if q.Kind != agent.AskPatch {
		most = strings.Count(detail, "\n") + 1
	}
	if size.rows > 0 {
		most = min(most, max(2, size.rows-size.count(title)-size.count(foot)-2))
	}
	if detail != "" {
		detail, whole = size.excerpt(detail, most)
		return title + "\n\n" + detail + "\n" + foot, whole
	}
	return title + foot, true
}

// detailOf is what a question is about, as far as its title does not say it
// already. A command is set in, so that no line of it can pass for one of ours.
func detailOf(q agent.Question) string {
	detail := strings.TrimRight(q.Detail, "\n")
	switch {
	case q.Kind == agent.AskPatch:
		return fileList(q) + visibleText(detail)
	case strings.Contains(q.Title, agent.Visible(detail)):
		return ""
	}
	return "  " + strings.ReplaceAll(agent.Visible(detail), "\n", "\n  ")
}

// count is how many rows of the screen a text takes.
func (s promptSize) count(text string) (rows int) {
	for line := range strings.SplitSeq(text, "\n") {
		rows++
		if s.columns > 0 {
			rows += max(0, len([]rune(line))-1) / s.columns
		}
	}
	return rows
}

// tail is the end of a line, if that is too long for the client.
func (s promptSize) tail(line string) string {
	if r := []rune(line); s.columns > 0 && len(r) > s.columns {
		return "…" + string(r[len(r)-s.columns:])
	}
	return line
}

// excerpt is the text up to so many rows, and whether that is all of it.
func (s promptSize) excerpt(text string, most int) (_ string, whole bool) {
	if s.count(text) <= most+1 { // the row that would say how much is left
		return text, true
	}
	lines := strings.Split(text, "\n")
	rows, n := 0, 0
	for ; n < len(lines) && rows+s.count(lines[n]) <= most; n++ {
		rows += s.count(lines[n])
	}
	shown := lines[:n]
	if n == 0 { // not even the first line has room
		shown = []string{string([]rune(lines[0])[:s.columns*(most-1)])}
	}
	rest := "the rest of the line"
	if left := len(lines) - max(n, 1); left > 0 {
		rest = plural(left, "more line")
	}
	return fmt.Sprintf("%s\n… %s; codex.listApprovals has it all", strings.Join(shown, "\n"), rest), false
}

// reasonLine is a reason in one line, since the model writes it, or what it
// quotes: with more it could draw a prompt of its own below the true one.
func reasonLine(reason string, size promptSize) string {
	most := maxReason
	if size.columns > 0 {
		most = size.columns
	}
	line := []rune(agent.Visible(strings.Join(strings.Fields(reason), " ")))
	if len(line) > most {
		return string(line[:most]) + "…"
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
	return strings.Join(names, ", ") + "\n\n"
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

// A wholeText is a question in a file, while it is open.
type wholeText struct {
	server *server
	q      agent.Question
	path   string // "" until it was shown
}

// open shows the file, beside which the prompt is shown again.
func (w *wholeText) open(ctx context.Context) {
	if w.path == "" {
		path, err := w.write()
		if err != nil {
			w.server.warn("codex: " + err.Error())
			return
		}
		w.path = path
	}
	w.server.showDocument(ctx, w.path)
}

func (w *wholeText) write() (string, error) {
	pattern := "command-*.txt"
	if w.q.Kind == agent.AskPatch {
		pattern = "change-*.diff"
	}
	f, err := os.CreateTemp("", "codex-"+pattern)
	if err != nil {
		return "", err
	}
	text, _ := promptText(agent.Question{Title: w.q.Title, Cwd: w.q.Cwd, Reason: w.q.Reason, Policy: w.q.Policy}, promptSize{})
	_, err = fmt.Fprintf(f, "%s\n\n%s\n", text, detailOf(w.q))
	return f.Name(), errors.Join(err, f.Close())
}

// discard removes the file.
func (w *wholeText) discard() {
	if w.path != "" {
		os.Remove(w.path)
	}
}
