package patch

import (
	"cmp"
	"slices"
	"strings"
)

const (
	maxDriftLines = 1000 // longer chunks are not aligned: the work grows with the square
	maxSeeds      = 16   // places that are tried for one chunk
	maxDrift      = 3    // lines that may disagree
)

// findDrifted places a chunk of which some context is out of date. What it
// removes must be there, and what stands next to a change must be
// recognisable; further off, a line may be another, or one more or less. What
// comes nearest must be so; another place that is so leaves the choice open.
func (m *matcher) findDrifted(s *sought) bool {
	near := m.nearest(s)
	if len(near) == 0 || !s.believable(near[0], m.base) || m.applied(s) {
		return false
	}
	for i, a := range near {
		if s.believable(a, m.base) && !slices.ContainsFunc(near[:i], func(b alignment) bool { return s.stands(b, a, m.base) }) {
			s.offer(a.fit)
		}
	}
	return len(s.fits) > 0
}

// stands tells whether one alignment stands for another of the same part of
// the file: it is cheaper, or leads to the same.
func (s *sought) stands(a, b alignment, l lines) bool {
	if a.first() >= b.end() || b.first() >= a.end() {
		return false
	}
	same := func(x, y edit) bool { return x.Span == y.Span && slices.Equal(x.added, y.added) }
	one, _ := s.edits(a.fit, l)
	other, _ := s.edits(b.fit, l)
	return a.cost < b.cost || slices.EqualFunc(one, other, same)
}

// nearest returns the best alignments of a chunk, one for each part of the
// file that has lines of it.
func (m *matcher) nearest(s *sought) []alignment {
	if len(s.old) == 0 || len(s.old) > maxDriftLines {
		return nil
	}
	x, want := m.loosely(s)
	var list []alignment
	for _, near := range seeds(x, want, s.old) {
		if a, ok := m.align(s, x, want, near); ok {
			a.findUnique(s, x, want)
			list = append(list, a)
		}
	}
	slices.SortStableFunc(list, func(a, b alignment) int { return cmp.Compare(a.cost, b.cost) })
	return list
}

// loosely returns the index of a chunk's lines in the file, and their numbers.
func (m *matcher) loosely(s *sought) (*index, []int32) {
	pattern := mapLines(s.old, loosely.of)
	if s.index == nil {
		s.index = newIndex(rows{lines: m.base}, loosely, [][]string{pattern})
	}
	want := make([]int32, len(pattern))
	for i, line := range pattern {
		want[i] = s.index.numbers[line]
	}
	return s.index, want
}

// seeds are the places where a chunk would begin if its lines were where the
// file has them, those that most lines vote for first.
func seeds(x *index, want []int32, old []string) []int {
	votes := make(map[int]int)
	for i, n := range want {
		if x.count[n] > fewPlaces || blank(old[i]) {
			continue
		}
		for at := range x.rowsOf(n) {
			votes[at-i]++
		}
	}
	starts := make([]int, 0, len(votes))
	for start := range votes {
		starts = append(starts, start)
	}
	slices.SortFunc(starts, func(a, b int) int { return cmp.Or(votes[b]-votes[a], a-b) })
	var kept []int
	for _, start := range starts {
		covered := slices.ContainsFunc(kept, func(k int) bool { return max(k-start, start-k) <= slack/2 })
		if !covered {
			kept = append(kept, start)
		}
		if len(kept) == maxSeeds {
			break
		}
	}
	return kept
}

// findUnique notes whether an alignment has lines that are nowhere else in the
// file.
func (a *alignment) findUnique(s *sought, x *index, want []int32) {
	for i, n := range want {
		if a.fit.lines[i] >= 0 && !a.drifted[i] && !blank(s.old[i]) && x.count[n] == 1 {
			a.single = true
			a.sure = a.sure || s.kinds[i] == '-'
			a.beside = a.beside || s.beside(i)
		}
	}
}

// beside tells whether additions stand right above or below an old line.
func (s *sought) beside(old int) bool {
	for i, line := range s.Lines {
		switch {
		case line.Kind == '+':
		case old == 0:
			return i > 0 && s.Lines[i-1].Kind == '+' || i+1 < len(s.Lines) && s.Lines[i+1].Kind == '+'
		default:
			old--
		}
	}
	return false
}

// believable tells whether an alignment shows enough of a chunk to stand for
// its place.
func (s *sought) believable(a alignment, l lines) bool {
	t := s.tally(a, l)
	removes := slices.Contains(s.kinds, '-')
	bad := t.drifted + t.gone + t.extra
	switch {
	case bad == 0 || bad > maxDrift || t.shifted > 0:
		return false
	case 2*bad > t.same && !(a.sure && bad == 1):
		return false
	case !removes && (bad > 1 || !a.beside): // context is all that additions have
		return false
	case !a.single && len(s.scopes) == 0:
		return false
	}
	return s.adjoins(a) && s.anchored(a)
}

// A tally counts the lines of an alignment that are not blank.
type tally struct{ same, shifted, drifted, gone, extra int }

func (s *sought) tally(a alignment, l lines) tally {
	var t tally
	for i, line := range s.old {
		switch {
		case blank(line):
		case a.drifted[i]:
			t.drifted++
		case a.line(i) < 0:
			t.gone++
		case indentOf(line) != indentOf(l.at(a.line(i))):
			t.shifted++
		default:
			t.same++
		}
	}
	shown := make(map[int]bool)
	for _, i := range a.lines {
		shown[i] = true
	}
	for i := a.first(); i < a.end(); i++ {
		if !shown[i] && !blank(l.at(i)) {
			t.extra++
		}
	}
	return t
}

// adjoins tells whether the context right above and below every change is
// there: one of the two as the chunk has it, and not more than one otherwise.
// Blank lines say nothing, unless a line that is removed makes the place sure.
func (s *sought) adjoins(a alignment) bool {
	old, above := 0, -1 // above: the context line before the change, if any
	var sides []int     // the context lines at the sides of the current change
	changing := false
	for _, line := range s.Lines {
		if line.Kind != ' ' && !changing {
			changing, sides = true, nil
			if above >= 0 {
				sides = append(sides, above)
			}
		}
		if line.Kind == '+' {
			continue
		}
		if line.Kind == ' ' && (!blank(line.Text) || a.sure && a.line(old) >= 0) {
			if changing && !a.holds(append(sides, old)) {
				return false
			}
			changing, above = false, old
		}
		old++
	}
	return !changing || a.holds(sides)
}

// holds tells whether the file has one of some old lines, two of them at most,
// as it is written.
func (a *alignment) holds(sides []int) bool {
	for _, i := range sides {
		if a.line(i) >= 0 && !a.drifted[i] {
			return true
		}
	}
	return len(sides) == 0
}

// anchored tells whether every addition has one place: at a line that is
// removed, or between two lines that the file has next to each other.
func (s *sought) anchored(a alignment) bool {
	old, above := 0, -1 // above: the last line of the file that the chunk has
	var removed, open bool
	for _, line := range s.Lines {
		if line.Kind == '+' {
			open = !removed
			continue
		}
		if i := a.line(old); i >= 0 {
			if open && above >= 0 && i != above+1 {
				return false
			}
			above, removed, open = i, line.Kind == '-', false
		}
		old++
	}
	return true
}

// applied tells whether the file has what a chunk would make of it.
func (m *matcher) applied(s *sought) bool {
	result := loosely.solid(s.result())
	return len(result) > 0 && len(newIndex(m.solidRows(), loosely, [][]string{result}).places(result)) > 0
}

// result are the lines that a chunk leads to. Those of one that only removes say
// something if lines of context that it parts are together; else there are none.
func (s *sought) result() []string {
	var result []string
	shown, adds, removed, parted := false, false, false, false
	for _, line := range s.Lines {
		solid := !blank(line.Text)
		switch line.Kind {
		case '-':
			removed = removed || shown && solid
			continue
		case '+':
			adds = adds || solid
		default:
			parted = parted || removed && solid
		}
		shown = shown || solid
		text := strings.TrimSuffix(line.Text, "\r")
		if len(result) == 0 {
			text, _ = cutMark(text)
		}
		result = append(result, text)
	}
	if !adds && !parted {
		return nil
	}
	return result
}
