package patch

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// notFound reports a chunk that has no place: what comes nearest, and how that
// differs.
func (m *matcher) notFound(s *sought) error {
	switch {
	case m.applied(s):
		return m.fails(s, alreadyThere)
	case len(s.outside) > 0:
		at := s.outside[0].first() + 1
		e := m.fails(s, "its lines are at line %d, and that is not in %q; correct the @@ header or the lines", at, s.Headers[len(s.Headers)-1])
		e.Places = []int{at}
		return e
	}
	e := m.fails(s, "the file does not have these lines")
	e.Detail = m.explain(s, e)
	for _, line := range s.Lines {
		if line.Bare && line.Text != "" {
			e.Detail += "\nA line of this hunk begins with neither ' ', '-' nor '+' and was taken for context."
			break
		}
	}
	if strings.Contains(m.base.text, "\x00") {
		e.Detail += "\nThe file has NUL bytes: it is binary, or in an encoding that cannot be patched."
	}
	return e
}

// explain shows the nearest place and notes its line.
func (m *matcher) explain(s *sought, e *MatchError) string {
	lenient := *s
	lenient.kinds = bytes.Repeat([]byte{' '}, len(s.kinds))
	if list := m.nearest(&lenient); len(list) > 0 {
		a := list[0]
		e.Places = []int{a.first() + 1}
		return fmt.Sprintf("; the nearest place is line %d. There, '-' is the hunk and '+' is the file:\n%s",
			a.first()+1, m.difference(&lenient, a))
	}
	if at, ok := m.alike(s); ok {
		e.Places = []int{at + 1}
		return fmt.Sprintf("; the most similar line is line %d:\n%s", at+1, m.base.at(at))
	}
	return ", nor anything like them; read it again:\n" + strings.Join(s.old[:min(len(s.old), maxShown)], "\n")
}

// maxShown is how many lines a report shows: enough to mend a hunk by, and not
// so many that they crowd out the rest of a conversation.
const maxShown = 24

// difference shows an alignment as a small diff.
func (m *matcher) difference(s *sought, a alignment) string {
	var out []string
	at := a.first()
	extra := func(end int) {
		for ; at < end; at++ {
			if !slices.Contains(a.lines, at) {
				out = append(out, "+"+m.base.at(at))
			}
		}
	}
	for i, line := range s.old {
		file := a.line(i)
		if file >= 0 {
			extra(file)
			at = file + 1
		}
		switch {
		case file < 0:
			out = append(out, "-"+line)
		case a.drifted[i]:
			out = append(out, "-"+line, "+"+m.base.at(file))
		default:
			out = append(out, " "+m.base.at(file))
		}
	}
	if len(out) > maxShown {
		out = append(out[:maxShown], fmt.Sprintf("(%d more lines)", len(out)-maxShown))
	}
	return strings.Join(out, "\n")
}

// maxCompared bounds the search for a similar line.
const maxCompared = 20000

// alike finds the line most similar to the longest one of a chunk.
func (m *matcher) alike(s *sought) (int, bool) {
	longest := ""
	for _, line := range s.old {
		if line = loose(line); len(line) > len(longest) {
			longest = line
		}
	}
	const least = 50 // percent
	best, at := least, -1
	want := newPairs(longest)
	for i := range min(m.base.len(), maxCompared) {
		line := loose(m.base.at(i))
		if want.limit(len(line)) <= best {
			continue
		}
		if like := want.likeness(line); like > best {
			best, at = like, i
		}
	}
	return at, at >= 0
}
