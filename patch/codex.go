package patch

import (
	"slices"
	"strings"
)

// rewriteFirst places chunks as Codex does: each at the first place from where
// the one before ends, at the strictest of four levels that has any.
func (m *matcher) rewriteFirst() (string, []Hunk, error) {
	at := 0
	for _, s := range m.all {
		for _, name := range s.Headers {
			h, ok := m.next([]string{name}, at, m.base.len()-1)
			if !ok {
				return "", nil, m.fails(s, "the file has no line %q from line %d on", name, at+1)
			}
			at = h.start + 1
		}
		if len(s.old) == 0 {
			s.fits = []fit{{start: m.base.len()}}
			continue
		}
		f, ok := m.nextOf(s, at)
		if !ok {
			return "", nil, m.fails(s, "its lines are not in the file from line %d on:\n%s", at+1, strings.Join(s.old, "\n"))
		}
		s.fits = []fit{f}
		at = f.end()
	}
	return m.carryOut(m.all)
}

// nextOf finds a chunk from a line on. A blank line at its end may be one too
// many.
func (m *matcher) nextOf(s *sought, at int) (fit, bool) {
	find := func() (fit, bool) {
		from, to := at, m.base.len()-len(s.old)
		if s.EOF {
			from = max(to, 0)
		}
		return m.next(s.old, from, to)
	}
	f, ok := find()
	if last := len(s.old) - 1; !ok && last > 0 && s.old[last] == "" {
		s.dropLast()
		return find()
	}
	return f, ok
}

// dropLast lets go of the last of the old lines.
func (s *sought) dropLast() {
	shorter := *s.Chunk
	for i, line := range slices.Backward(s.Lines) {
		if line.Kind != '+' {
			shorter.Lines = slices.Delete(slices.Clone(s.Lines), i, i+1)
			break
		}
	}
	s.Chunk, s.old, s.kinds = &shorter, s.old[:len(s.old)-1], s.kinds[:len(s.kinds)-1]
}

// next finds the first place for lines between two lines of the file.
func (m *matcher) next(old []string, from, to int) (fit, bool) {
	for v := exactly; v <= typography; v++ {
		pattern := mapLines(old, v.of)
		for at := from; at <= to; at++ {
			i := 0
			for i < len(pattern) && v.of(m.base.at(at+i)) == pattern[i] {
				i++
			}
			if i == len(pattern) {
				return fit{start: at, n: len(old), level: v}, true
			}
		}
	}
	return fit{}, false
}
