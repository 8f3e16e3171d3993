package rollout

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"
)

// maxExported is the longest line that an export reads, in bytes.
const maxExported = 64 << 20

// Export writes a thread as Markdown: what was said, which commands ran, what
// they printed, and which files were changed. It holds one line of the file at a
// time.
func (s *Store) Export(id string, w io.Writer) error {
	f, err := s.anywhere(id)
	if err != nil {
		return err
	}
	names, err := s.names()
	if err != nil {
		return err
	}
	there := measured([]saved{f})
	if len(there) == 0 {
		return absent(fmt.Sprintf("no saved conversation %s", id))
	}
	sum, err := summarise(there[0], names)
	if err != nil {
		return err
	}
	file, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer file.Close()
	e := &export{out: bufio.NewWriter(w)}
	e.head(sum)
	in := newLines(file, maxExported)
	defer in.close()
	for n := 1; in.next(); n++ {
		if in.cut {
			e.block("_Here is a line of %d bytes or more, which is left out._", maxExported)
			continue
		}
		l, err := parseLine(in.line)
		if err != nil {
			e.block("_Line %d of the file cannot be read and is left out._", n)
			continue
		}
		e.line(l)
	}
	return cmp.Or(in.err, e.out.Flush())
}

// An export is a thread on its way to Markdown.
type export struct{ out *bufio.Writer }

// block writes a paragraph. What cannot be written, the writer tells at its end.
func (e *export) block(format string, args ...any) { e.write(fmt.Sprintf(format+"\n\n", args...)) }

// write writes text in which nothing moves a terminal's cursor, or turns text
// around: what is exported is often looked at there.
func (e *export) write(text string) {
	for _, r := range strings.ReplaceAll(text, "\r\n", "\n") {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			fmt.Fprintf(e.out, "<U+%04X>", r)
			continue
		}
		e.out.WriteRune(r)
	}
}

func (e *export) head(s Summary) {
	e.block("# %s", cmp.Or(s.Title, "A conversation without a prompt"))
	rows := [][2]string{{"Folder", s.Cwd}, {"Begun", s.Begun.Local().Format(time.DateTime)}, {"Last", s.Written.Format(time.DateTime)}, {"By", s.Program + ", " + s.Source}, {"Id", s.ID}}
	for _, row := range rows {
		e.write("- " + row[0] + ": " + row[1] + "\n")
	}
	e.write("\n")
}

func (e *export) line(l line) {
	switch l.Type {
	case eventMsg:
		var ev Event
		if shown[EventType(typeOf(l.Payload))] && json.Unmarshal(l.Payload, &ev) == nil {
			e.event(ev)
		}
	case responseItem:
		e.item(l.Payload)
	case compacted:
		var c compaction
		if json.Unmarshal(l.Payload, &c) == nil && c.Message != "" {
			e.block("## Summary\n\n_The model goes on with this in place of what was said before._\n\n%s", c.Message)
		} else {
			e.block("_The summary was taken back._")
		}
	}
}

func (e *export) event(ev Event) {
	var r Record
	r.hear(ev)
	for _, said := range r.Said {
		who := "Codex"
		if said.User {
			who = "You"
		}
		e.block("## %s\n\n%s", who, said.Text)
	}
	for _, ed := range r.Edits {
		text := ed.Diff
		if ed.Content != nil {
			text = *ed.Content
		}
		what := map[string]string{"add": "created", "delete": "deleted"}[ed.Type]
		to := ""
		if ed.MoveTo != nil {
			to = " → `" + *ed.MoveTo + "`"
		}
		e.block("**%s** `%s`%s\n\n%s", cmp.Or(what, "changed"), ed.Path, to, fenced("diff", text))
	}
	switch ev.Type {
	case TurnAborted:
		e.block("_Interrupted._")
	case rolledBack:
		e.block("_The last %d turns are taken back._", ev.Turns)
	}
}

// item writes what the model ran, and what came of it.
func (e *export) item(raw json.RawMessage) {
	var it struct {
		Type, Name, Arguments, Input string
		Output                       json.RawMessage
	}
	if json.Unmarshal(raw, &it) != nil {
		return
	}
	switch it.Type {
	case "function_call":
		var args struct{ Cmd string }
		if json.Unmarshal([]byte(it.Arguments), &args) == nil && args.Cmd != "" {
			e.block("**ran**\n\n%s", fenced("sh", args.Cmd))
		} else {
			e.block("**called** `%s`\n\n%s", it.Name, fenced("json", it.Arguments))
		}
	case "custom_tool_call":
		e.block("**called** `%s`\n\n%s", it.Name, fenced("", it.Input))
	case "function_call_output", "custom_tool_call_output":
		e.block("%s", fenced("", outputText(it.Output)))
	}
}

// outputText is the text of a call's output: a string, or a list of parts.
func outputText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var parts []struct{ Type, Text string }
	if json.Unmarshal(raw, &parts) != nil {
		return string(raw)
	}
	var lines []string
	for _, p := range parts {
		lines = append(lines, cmp.Or(p.Text, "("+p.Type+")"))
	}
	return strings.Join(lines, "\n")
}

// fenced is a block of code, with a fence that is not in it.
func fenced(language, text string) string {
	longest := 2
	for line := range strings.Lines(text) {
		trimmed := strings.TrimLeft(line, " ")
		longest = max(longest, len(trimmed)-len(strings.TrimLeft(trimmed, "`")))
	}
	fence := string(slices.Repeat([]byte("`"), longest+1))
	return fence + language + "\n" + strings.TrimSuffix(text, "\n") + "\n" + fence
}
