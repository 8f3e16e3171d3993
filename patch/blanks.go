package patch

import "slices"

// findSolid looks for chunks without regard to blank lines: models lose them
// and add them. Which of the file's blank lines a chunk means is then found
// out between each two lines that are not blank.
func (m *matcher) findSolid(v level, wanted []*sought) (found, rest []*sought) {
	patterns := make([][]string, len(wanted))
	for i, s := range wanted {
		patterns[i] = v.solid(s.old)
	}
	x := newIndex(m.solidRows(), v, patterns)
	for i, s := range wanted {
		if len(patterns[i]) == 0 {
			continue
		}
		for _, row := range x.places(patterns[i]) {
			if f, ok := m.withBlanks(s, row, v); ok {
				f.single = x.single(patterns[i])
				s.offer(f)
			}
		}
	}
	return sift(wanted)
}

// findBesides looks once more for chunks that are in what others have just made
// of the text. A place that has their lines without regard to blank ones, and
// was there before, may be the one that is meant.
func (m *matcher) findBesides(v level, found []*sought) {
	var doubtful []*sought
	for _, s := range found {
		if len(s.old) > 0 && slices.ContainsFunc(s.fits, m.isFresh) {
			doubtful = append(doubtful, s)
		}
	}
	if len(doubtful) > 0 {
		m.findSolid(v, doubtful)
	}
}

// findUnseen looks once more for chunks that the file has but for blanks at the
// ends of lines. A place where it is blanks within them that differ, or the like,
// and not the depth, looks the same to whoever wrote the patch.
func (m *matcher) findUnseen(found []*sought) {
	patterns := make([][]string, len(found))
	for i, s := range found {
		patterns[i] = mapLines(s.old, loosely.of)
	}
	if len(found) == 0 {
		return
	}
	x := newIndex(rows{lines: m.base}, loosely, patterns)
	for i, s := range found {
		for _, at := range x.places(patterns[i]) {
			if m.asDeep(s, at) {
				s.offer(fit{start: at, n: len(s.old), level: trailing, single: x.single(patterns[i])})
			}
		}
	}
}

// asDeep tells whether lines of the file have the depth of a chunk's.
func (m *matcher) asDeep(s *sought, at int) bool {
	for i, line := range s.old {
		if !blank(line) && indentOf(line) != indentOf(m.base.at(at+i)) {
			return false
		}
	}
	return true
}

// isFresh tells whether a place touches what other chunks have made of the text.
func (m *matcher) isFresh(f fit) bool {
	return slices.ContainsFunc(m.fresh, func(e edit) bool { return e.touches(f) })
}

// isMade tells whether a place is wholly in what other chunks have just made of
// the text.
func (m *matcher) isMade(f fit) bool {
	return slices.ContainsFunc(m.fresh, func(e edit) bool { return e.Start <= f.first() && f.end() <= e.End })
}

func (e edit) touches(f fit) bool { return e.Start <= f.end() && f.first() <= e.End }

// solidRows are the lines of the file that are not blank.
func (m *matcher) solidRows() rows {
	if m.solid.only == nil {
		m.solid = m.base.solid()
	}
	return m.solid
}

// withBlanks completes a match of the lines that are not blank, the first of
// which is at row. It is not ok if the blank lines leave open where additions
// go, or if the file lacks one that the chunk removes.
func (m *matcher) withBlanks(s *sought, row int, v level) (fit, bool) {
	f := fit{level: v, n: len(s.old)}
	var gap []Line // the blank and added lines since the last solid one
	above := -1    // that one, in the file
	for _, line := range s.Lines {
		if line.Kind == '+' || blank(line.Text) {
			gap = append(gap, line)
			continue
		}
		i := m.solid.line(row)
		if !f.fill(gap, m.gap(above, i), above < 0, false) {
			return f, false
		}
		f.lines = append(f.lines, i)
		gap, above, row = gap[:0], i, row+1
	}
	below := m.base.len()
	if row < m.solid.len() {
		below = m.solid.line(row)
	}
	ok := f.fill(gap, m.gap(above, below), false, true)
	f.start = f.anchor()
	return f, ok
}

// gap is the range of blank lines between two solid ones; above -1, it is that
// right above the other.
func (m *matcher) gap(above, below int) Span {
	if above >= 0 {
		return Span{above + 1, below}
	}
	start := below
	for start > 0 && blank(m.base.at(start-1)) {
		start--
	}
	return Span{start, below}
}

// fill assigns the blank lines of the file in one gap to those of the chunk.
// At the outer ends of a chunk the nearest ones count, and the file may have
// more.
func (f *fit) fill(gap []Line, file Span, top, bottom bool) bool {
	before, after, removed, runs := count(gap)
	have, want := file.len(), before+after
	lines := make([]int, 0, want)
	switch {
	case removed > 0 && (have < want || have > want && !top && !bottom):
		return false
	case top:
		for k := range want {
			lines = append(lines, max(file.End-want+k, file.Start-1))
		}
	case bottom || runs == 0 || have == want:
		for k := range want {
			lines = append(lines, file.Start+k)
		}
	case runs > 1:
		return false
	default:
		b, ok := share(before, after, have)
		if !ok {
			return false
		}
		f.put(len(f.lines)+before, file.Start+b)
		for k := range before {
			lines = append(lines, file.Start+k+max(b-before, 0))
			if k >= b {
				lines[len(lines)-1] = -1
			}
		}
		for k := range after {
			lines = append(lines, file.Start+b+k)
		}
	}
	for _, i := range lines {
		if i < file.Start || i >= file.End {
			i = -1
		}
		f.lines = append(f.lines, i)
	}
	return true
}

// count counts the blank lines before and after the first run of additions in
// a gap, how many of all are removed, and the runs.
func count(gap []Line) (before, after, removed, runs int) {
	for i, line := range gap {
		switch {
		case line.Kind == '+' && (i == 0 || gap[i-1].Kind != '+'):
			runs++
		case line.Kind == '+':
		case runs == 0:
			before++
		default:
			after++
		}
		if line.Kind == '-' {
			removed++
		}
	}
	return before, after, removed, runs
}

// share says how many of the file's blank lines belong before the one run of
// additions in a gap, where the chunk has more of them. Where the file has more,
// nothing says on which side they belong.
func share(before, after, have int) (n int, ok bool) {
	switch {
	case have > before+after:
		return 0, false
	case have == 0 || before == 0:
		return 0, true
	}
	return have, after == 0
}

// anchor is the first line of the file that the fit has.
func (f *fit) anchor() int {
	for _, i := range f.lines {
		if i >= 0 {
			return i
		}
	}
	return 0
}
