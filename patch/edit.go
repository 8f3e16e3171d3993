package patch

import (
	"slices"
	"strings"
)

// An edit replaces lines of a text.
type edit struct {
	Span
	added []Line
	open  bool // the patch says that the last of the old lines has no line end
	chunk int  // whose edit it is
	// marked says that the first of the old lines is written with a byte order
	// mark.
	marked bool
}

// edits are the changes of a chunk at its place. They are not sure if the depth
// of its additions is not.
func (s *sought) edits(f fit, l lines) (list []edit, sure bool) {
	written, sure := s.realigned(f, l)
	var cur *edit
	at, old := f.first(), 0 // the next line of the file, and of the old lines
	for _, line := range written {
		if line.Kind != '+' {
			if i := f.line(old); i >= 0 {
				at = i
			}
		}
		if line.Kind == ' ' || cur != nil && cur.End != at && line.Kind == '-' {
			cur = nil
		}
		if i, ok := f.above[old]; ok && line.Kind == '+' && cur == nil {
			at = i
		}
		if line.Kind != ' ' && cur == nil {
			list = append(list, edit{Span: Span{at, at}, chunk: s.n})
			cur = &list[len(list)-1]
		}
		switch line.Kind {
		case '+':
			cur.added = append(cur.added, line)
			continue
		case '-':
			if _, marked := cutMark(line.Text); marked && cur.Start == at {
				cur.marked = true
			}
			cur.End, cur.open = at+1, line.NoNewline
		}
		if f.line(old) >= 0 {
			at++
		}
		old++
	}
	return list, sure
}

// merge puts the edits of all chunks in the order of the file. Two that change
// the same line are an error. Edits that touch become one, in the order of the
// patch.
func merge(list []edit) (merged []edit, clash *edit) {
	slices.SortStableFunc(list, func(a, b edit) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return a.End - b.End
	})
	merged = make([]edit, 0, len(list))
	for i, e := range list {
		if i == 0 {
			merged = append(merged, e)
			continue
		}
		last := &merged[len(merged)-1]
		switch {
		case e.Start < last.End:
			return nil, &list[i]
		case e.Start == last.End:
			last.End, last.open, last.chunk = e.End, e.open, min(last.chunk, e.chunk)
			last.added = append(slices.Clip(last.added), e.added...)
		default:
			merged = append(merged, e)
		}
	}
	return merged, nil
}

// rewrite carries out edits that are in order and do not touch.
func (l lines) rewrite(edits []edit) (string, []Hunk) {
	var out strings.Builder
	out.Grow(len(l.text) + len(l.text)/16)
	hunks := make([]Hunk, len(edits))
	at, grown := 0, 0
	for i, e := range edits {
		out.WriteString(l.between(at, e.Start))
		closed := 0 // the last line changes too if it gets an ending
		if e.Start > 0 && e.Start == l.len() && l.open() && len(e.added) > 0 {
			out.WriteString(l.usualEnding())
			closed = 1
		}
		for k := range e.added {
			text, ending := l.newLine(e, k)
			out.WriteString(text)
			out.WriteString(ending)
		}
		start := e.Start - closed
		hunks[i] = Hunk{Span{start, e.End}, Span{start + grown, e.Start + grown + len(e.added)}}
		grown += len(e.added) - e.len()
		at = e.End
	}
	out.WriteString(l.between(at, l.len()))
	return out.String(), hunks
}
