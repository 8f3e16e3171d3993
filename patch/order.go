package patch

import (
	"slices"
	"strings"
)

// settle leaves one fit to each chunk, or says why it cannot. A chunk with
// several is placed by what else it says: that it ends the file, its line
// number, its place among the others.
func (m *matcher) settle(found []*sought) error {
	for _, s := range found {
		if len(s.fits) == 0 {
			return m.fails(s, "the file has no line %q, and the hunk names nothing else to place its additions by", s.Headers[len(s.Headers)-1])
		}
		if s.fits = slices.DeleteFunc(s.fits, func(f fit) bool { return m.foresees(s, f) }); len(s.fits) == 0 {
			return m.fails(s, "its lines are what a later hunk makes of the file")
		}
		m.prefer(s)
	}
	found = m.inOrder(found)
	if m.ascending(found) {
		m.byOrder(found)
	}
	for _, s := range found {
		if len(s.fits) > 1 {
			return m.ambiguous(s)
		}
		if f := s.fits[0]; m.vague(s, f) {
			return m.fails(s, "its lines are at line %d, with other blank lines or depths, and each of them is elsewhere too; write them as the file has them", f.first()+1)
		}
	}
	return m.doubt(found)
}

// doubt looks once more at chunks that are not in the file as they are written:
// what they make of their place may be there already, and another place may have
// more of their lines. To those belongs one that begins with the byte order mark,
// but not at the top, and one that is in nothing but what other hunks add.
func (m *matcher) doubt(found []*sought) error {
	var loose []*sought
	var patterns [][]string
	for _, s := range found {
		if f := s.fits[0]; len(s.old) > 0 && (f.level > exactly || s.top && f.first() > 0 || m.isMade(f)) {
			loose = append(loose, s)
			patterns = append(patterns, s.old, s.result())
		}
	}
	if len(loose) == 0 {
		return nil
	}
	x := newIndex(rows{lines: m.base}, exactly, patterns)
	for i, s := range loose {
		f, result := s.fits[0], patterns[2*i+1]
		there := func(at int) bool { return at < f.end() && f.first() < at+len(result) }
		if len(result) > 0 && slices.ContainsFunc(x.places(result), there) || m.idle(s, f) {
			return m.fails(s, alreadyThere)
		}
		if at, is := m.rival(s, f, x); is {
			s.fits = append(s.fits, fit{start: at, n: len(s.old)})
			return m.ambiguous(s)
		}
	}
	return nil
}

// idle tells whether a chunk changes nothing at a place, though the lines that it
// removes are others than those it adds.
func (m *matcher) idle(s *sought, f fit) bool {
	if !s.respaces() {
		return false
	}
	list, _ := s.edits(f, m.base)
	for _, e := range list {
		if e.len() != len(e.added) || e.marked || e.open {
			return false
		}
		for k, line := range e.added {
			if line.NoNewline || line.Text != m.base.at(e.Start+k) {
				return false
			}
		}
	}
	return len(list) > 0
}

// respaces tells whether a chunk removes and adds the same lines but for blanks and
// the like.
func (s *sought) respaces() bool {
	var sides [2][]string
	for _, line := range s.Lines {
		if line.Kind != ' ' {
			k := strings.IndexByte("-+", line.Kind)
			sides[k] = append(sides[k], line.Text)
		}
	}
	return slices.EqualFunc(sides[0], sides[1], func(a, b string) bool { return loosely.of(a) == loosely.of(b) })
}

// rival finds a place that has all that a chunk removes and more than half of
// its lines as they are written, and more so than the place that suits it. Where
// context is out of date and nothing is removed, as many are enough: it may be
// out of date at either place. One that was there before the patch needs more
// than half of the lines only, if the other is what the patch itself adds.
func (m *matcher) rival(s *sought, f fit, x *index) (at int, is bool) {
	votes := make(map[int]int)
	most, solid, stale := 0, 0, false
	for i, line := range s.old {
		if blank(line) {
			continue
		}
		solid++
		if k := f.line(i); k >= 0 && m.base.at(k) == line {
			most++
		} else {
			stale = stale || k < 0 || loosely.of(m.base.at(k)) != loosely.of(line)
		}
		for k := range x.rowsOf(x.numbers[line]) {
			votes[k-i]++
		}
	}
	made := m.isMade(f)
	if most = max(most, solid/2); made {
		most = solid / 2
	}
	tie := func(other fit) bool {
		apart := other.end() <= f.first() || f.end() <= other.first()
		return stale && apart && !s.removes() && s.At != f.first()+1 && s.within(other)
	}
	best := 0
	for start, n := range votes {
		other := fit{start: start, n: len(s.old)}
		rivals := n > most && !(made && m.isMade(other)) || n == most && tie(other)
		if rivals && (n > best || n == best && start < at) && m.removable(s, start) {
			at, is, best = start, true, n
		}
	}
	return at, is
}

// removable tells whether all that a chunk removes is at a place as it is written.
func (m *matcher) removable(s *sought, start int) bool {
	for i, line := range s.old {
		if s.kinds[i] == '-' && (start+i < 0 || start+i >= m.base.len() || m.base.at(start+i) != line) {
			return false
		}
	}
	return true
}

// foresees tells whether a place shows what later chunks have made of it, and
// none before.
func (m *matcher) foresees(s *sought, f fit) bool {
	later := false
	for _, e := range m.fresh {
		if e.touches(f) {
			if e.chunk < s.n {
				return false
			}
			later = true
		}
	}
	return later
}

// vague tells whether a chunk that is not in the file as it is written, by its
// depth or its blank lines, has nothing that makes its place sure.
func (m *matcher) vague(s *sought, f fit) bool {
	if f.level < around && f.lines == nil || f.single || len(s.scopes) > 0 || s.EOF || s.At > 0 {
		return false
	}
	next := f.first()
	for old, line := range s.old {
		at := f.line(old)
		switch {
		case at < 0 && next < f.end() && (next > f.first() || !s.removes()), at > next:
			return true
		case at >= 0 && !blank(line) && indentOf(line) != indentOf(m.base.at(at)):
			return true
		}
		if at >= 0 {
			next = at + 1
		}
	}
	return false
}

// prefer narrows the fits of a chunk by what it says itself.
func (m *matcher) prefer(s *sought) {
	if s.EOF {
		s.keep(func(f fit) bool { return m.blankFrom(f.end()) })
	}
	if s.At > 0 {
		s.keep(func(f fit) bool { return f.first() == s.At-1 })
	}
	if len(s.fits) > 1 {
		s.keep(func(f fit) bool { return m.below(s, f) })
	}
}

// keep drops the fits that do not pass, unless that leaves none.
func (s *sought) keep(pass func(fit) bool) {
	var kept []fit
	for _, f := range s.fits {
		if pass(f) {
			kept = append(kept, f)
		}
	}
	if len(kept) > 0 {
		s.fits = kept
	}
}

// blankFrom tells whether only blank lines follow.
func (m *matcher) blankFrom(i int) bool {
	for ; i < m.base.len(); i++ {
		if !blank(m.base.at(i)) {
			return false
		}
	}
	return true
}

// below tells whether a fit follows right below a header of its chunk that
// opens no block, so that it says no more than context would.
func (m *matcher) below(s *sought, f fit) bool {
	for _, sc := range s.scopes {
		if f.first() == sc.header+1 && !sc.block {
			return true
		}
	}
	return false
}

// ascending tells whether the chunks that are certain stand in the order of
// the patch. Only then does the order say anything of the others.
func (m *matcher) ascending(found []*sought) bool {
	at := -1
	for _, s := range found {
		if len(s.fits) > 1 {
			continue
		}
		if s.fits[0].first() < at {
			return false
		}
		at = s.fits[0].first()
	}
	return true
}

// byOrder decides between several fits if only one choice for all chunks puts
// them in the order of the patch: the choice of the earliest places, taken
// from above, is then the choice of the latest, taken from below.
func (m *matcher) byOrder(found []*sought) {
	earliest := make([]int, len(found))
	at := 0
	for i, s := range found {
		earliest[i] = -1
		for k, f := range s.fits {
			if f.first() >= at {
				earliest[i], at = k, f.end()
				break
			}
		}
		if earliest[i] < 0 {
			return
		}
	}
	at = m.base.len()
	for i := len(found) - 1; i >= 0; i-- {
		s := found[i]
		latest := len(s.fits) - 1
		for latest >= 0 && s.fits[latest].end() > at {
			latest--
		}
		if latest < 0 {
			return
		}
		at = s.fits[latest].first()
		if latest == earliest[i] {
			s.fits = s.fits[latest : latest+1]
		}
	}
}
