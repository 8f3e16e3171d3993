package patch

import (
	"fmt"
	"strconv"
	"strings"
)

// contextLines is how much a unified diff shows around a change.
const contextLines = 3

// Diff returns the unified diff between two texts of one file, "" if they are
// equal. It begins with git's header lines.
func Diff(path, before, after string) string {
	return Unified(Change{Op: Update, Path: path, Before: before, After: after})
}

// Unified returns a change as git would print it, moves included. What an Add
// or a move overwrites is not shown as removed.
func Unified(c Change) string {
	from, to := cleanPath(c.Path), cleanPath(c.Target())
	var head strings.Builder
	old, now := quotePath("a/"+from), quotePath("b/"+to)
	fmt.Fprintf(&head, "diff --git %s %s\n", old, now)
	switch {
	case c.Op == Add:
		fmt.Fprintf(&head, "new file mode 100%03o\n", c.mode())
		old = "/dev/null"
	case c.Op == Delete:
		fmt.Fprintf(&head, "deleted file mode 100%03o\n", c.mode())
		now = "/dev/null"
	case from != to:
		fmt.Fprintf(&head, "rename from %s\nrename to %s\n", quotePath(from), quotePath(to))
	}
	body := hunksText(c)
	switch {
	case body == "" && c.Op == Update && from == to:
		return ""
	case body == "":
		return head.String()
	}
	return fmt.Sprintf("%s--- %s\n+++ %s\n%s", head.String(), withTab(old), withTab(now), body)
}

// mode is what git calls the file: executable or not.
func (c Change) mode() int {
	if c.Mode&0o100 != 0 {
		return 0o755
	}
	return 0o644
}

// hunksText is the part of a unified diff below the headers.
func hunksText(c Change) string {
	before, after := readable(c.Before), readable(c.After)
	if before == c.Before && before != "" {
		after = c.After // one that was no UTF-16 has not become it
	}
	if c.Op == Add {
		before = ""
	}
	a, b := cut(before), cut(after)
	hunks := c.Hunks
	if len(hunks) == 0 || hunks[len(hunks)-1].Before.End > a.len() || hunks[len(hunks)-1].After.End > b.len() {
		hunks = compare(a, b)
	}
	var out strings.Builder
	for len(hunks) > 0 {
		n := 1
		for n < len(hunks) && hunks[n].Before.Start-hunks[n-1].Before.End <= 2*contextLines {
			n++
		}
		writeHunk(&out, a, b, hunks[:n])
		hunks = hunks[n:]
	}
	return out.String()
}

// writeHunk writes changes that share their context as one hunk.
func writeHunk(out *strings.Builder, a, b lines, hunks []Hunk) {
	first, last := hunks[0], hunks[len(hunks)-1]
	start := max(first.Before.Start-contextLines, 0)
	end := min(last.Before.End+contextLines, a.len())
	lead, tail := first.Before.Start-start, end-last.Before.End
	fmt.Fprintf(out, "@@ -%s +%s @@\n", rangeOf(Span{start, end}),
		rangeOf(Span{first.After.Start - lead, last.After.End + tail}))
	at := start
	for _, h := range hunks {
		writeLines(out, " ", a, Span{at, h.Before.Start})
		writeLines(out, "-", a, h.Before)
		writeLines(out, "+", b, h.After)
		at = h.Before.End
	}
	writeLines(out, " ", a, Span{at, end})
}

func writeLines(out *strings.Builder, prefix string, l lines, s Span) {
	for i := s.Start; i < s.End; i++ {
		raw := l.raw(i)
		out.WriteString(prefix)
		out.WriteString(raw)
		if !strings.HasSuffix(raw, "\n") {
			out.WriteString("\n" + noNewlineMark + "\n")
		}
	}
}

// rangeOf writes lines as a hunk header does: from 1, and the line before when
// there are none.
func rangeOf(s Span) string {
	switch s.len() {
	case 0:
		return fmt.Sprintf("%d,0", s.Start)
	case 1:
		return strconv.Itoa(s.Start + 1)
	}
	return fmt.Sprintf("%d,%d", s.Start+1, s.len())
}

// quotePath writes a path as git does when it holds what would be misread.
func quotePath(path string) string {
	if strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == 0x7f }) {
		return strconv.Quote(path)
	}
	return path
}

// withTab ends a name with blanks in it, so that none is taken for a date.
func withTab(path string) string {
	if strings.Contains(path, " ") && !strings.HasPrefix(path, `"`) {
		return path + "\t"
	}
	return path
}
