package patch

import (
	"encoding/json"
	"strings"
)

// An envelope is what stands between the marks Begin Patch and End Patch.
type envelope struct {
	lines []string
	first int // the number of lines[0] in the text, from 1
}

// envelopes finds the patches in a text. Whatever stands around them is passed
// over: talk, fences, a shell command with its heredoc. A patch without its
// end is an error, for the rest of it may be missing.
func envelopes(text string) ([]envelope, error) {
	all := strings.Split(unwrap(text), "\n")
	var found []envelope
	for at := 0; at < len(all); at++ {
		if m, _ := markOf(all[at]); m != beginMark {
			continue
		}
		end := endOf(all, at)
		if end < 0 {
			return nil, &ParseError{Line: len(all), Reason: "the patch begins and never ends; it may have been cut off", Expected: "*** End Patch as the last line"}
		}
		found = append(found, newEnvelope(all, at, end))
		at = end
	}
	if len(found) == 0 {
		return nil, &ParseError{Line: 1, Reason: "there is no patch in this text", Expected: "*** Begin Patch as the first line"}
	}
	return found, nil
}

// unwrap takes off what a patch may arrive in: a byte order mark, or a JSON
// string, be it alone or the only one of an object.
func unwrap(text string) string {
	text = strings.TrimPrefix(text, "\ufeff")
	var value any
	switch trimmed := strings.TrimSpace(text); {
	case !strings.HasPrefix(trimmed, "{") && !strings.HasPrefix(trimmed, `"`):
		return text
	case json.Unmarshal([]byte(trimmed), &value) != nil:
		return text
	}
	if object, is := value.(map[string]any); is && len(object) == 1 {
		for _, value = range object {
		}
	}
	if s, is := value.(string); is {
		return s
	}
	return text
}

// endOf finds the end mark that belongs to the begin mark at line begin. One
// that is indented deeper counts only as the last word, for otherwise it is a
// line of context that quotes a patch.
func endOf(all []string, begin int) int {
	margin := indentOf(all[begin])
	last := -1
	for i := begin + 1; i < len(all); i++ {
		m, _ := markOf(all[i])
		switch {
		case m == endMark && strings.HasPrefix(margin, indentOf(all[i])):
			return i
		case m == endMark:
			last = i
		case m == beginMark && !indented(all[i]):
			return last
		case last >= 0 && !blank(all[i]) && !closes(all[i]):
			last = -1
		}
	}
	return last
}

// closes tells whether a line can follow a patch as the end of its wrapping:
// a fence, or the word of a heredoc.
func closes(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "```") || !strings.ContainsAny(line, " \t+-@*")
}

func newEnvelope(all []string, begin, end int) envelope {
	margin := indentOf(all[begin])
	e := envelope{lines: all[begin+1 : end], first: begin + 2}
	if strings.HasSuffix(all[begin], "\r") {
		e.lines = mapLines(e.lines, func(s string) string { return strings.TrimSuffix(s, "\r") })
	}
	if margin != "" && e.shares(margin) {
		e.lines = mapLines(e.lines, func(s string) string { return strings.TrimPrefix(s, margin) })
	}
	e.unfence()
	return e
}

// shares tells whether the whole patch is indented, as in a list.
func (e *envelope) shares(margin string) bool {
	for _, line := range e.lines {
		if !blank(line) && !strings.HasPrefix(line, margin) {
			return false
		}
	}
	return true
}

// unfence drops a fence that stands inside the marks.
func (e *envelope) unfence() {
	for len(e.lines) > 0 && blank(e.lines[0]) {
		e.lines, e.first = e.lines[1:], e.first+1
	}
	if len(e.lines) == 0 || !strings.HasPrefix(e.lines[0], "```") {
		return
	}
	e.lines, e.first = e.lines[1:], e.first+1
	for n := len(e.lines); n > 0; n = len(e.lines) {
		last := e.lines[n-1]
		if !blank(last) && !strings.HasPrefix(last, "```") {
			return
		}
		e.lines = e.lines[:n-1]
		if !blank(last) {
			return
		}
	}
}

func mapLines(in []string, f func(string) string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = f(s)
	}
	return out
}

// indentOf is the blank beginning of a line.
func indentOf(line string) string {
	return line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}
