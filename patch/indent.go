package patch

import (
	"slices"
	"strings"
)

// realigned returns the lines of a chunk with its additions at the depth that
// the file has, where the whole chunk was written at another. Often only the
// context has lost its depth and the additions are right as they are; what
// stands next to them tells. It is not sure if that does not.
func (s *sought) realigned(f fit, l lines) (list []Line, sure bool) {
	if f.level < around {
		return s.Lines, true
	}
	sh, ok := s.shiftAt(f, l)
	if !ok {
		return s.Lines, true
	}
	belongs, sure := s.belongs(f, l, sh)
	if !belongs {
		return s.Lines, sure
	}
	out := slices.Clone(s.Lines)
	for i, line := range out {
		if line.Kind == '+' && !blank(line.Text) {
			depth := indentOf(line.Text)
			out[i].Text = sh.apply(depth) + line.Text[len(depth):]
		}
	}
	return out, sure
}

// A shift is how the indentation of a chunk differs from that of the file:
// deeper or shallower by some blanks, or written with tabs for spaces or the
// reverse.
type shift struct {
	put, take string
	tab       int // how many spaces a tab is worth; 0: no exchange
	toTabs    bool
}

func (sh shift) apply(depth string) string {
	switch {
	case sh.tab > 0 && sh.toTabs:
		return strings.Repeat("\t", len(depth)/sh.tab) + strings.Repeat(" ", len(depth)%sh.tab)
	case sh.tab > 0:
		return strings.ReplaceAll(depth, "\t", strings.Repeat(" ", sh.tab))
	}
	return sh.put + strings.TrimPrefix(depth, sh.take)
}

// shiftAt finds the one shift that all old lines of a chunk share.
func (s *sought) shiftAt(f fit, l lines) (shift, bool) {
	var candidates []shift
	for i, line := range s.old {
		if blank(line) || f.line(i) < 0 {
			continue
		}
		have, want := indentOf(line), indentOf(l.at(f.line(i)))
		if candidates == nil {
			candidates = shifts(have, want)
		}
		candidates = slices.DeleteFunc(candidates, func(sh shift) bool {
			return sh.apply(have) != want || !strings.HasPrefix(have, sh.take)
		})
	}
	if len(candidates) == 0 {
		return shift{}, false
	}
	sh := candidates[0]
	const prefixLost = " " // of context: not a depth
	return sh, sh != shift{} && sh.put != prefixLost
}

// shifts are those that bring one indentation to another.
func shifts(have, want string) []shift {
	list := []shift{{}}
	if strings.HasSuffix(want, have) {
		list = append(list, shift{put: want[:len(want)-len(have)]})
	}
	if strings.HasSuffix(have, want) {
		list = append(list, shift{take: have[:len(have)-len(want)]})
	}
	for _, tab := range []int{8, 4, 3, 2} {
		list = append(list, shift{tab: tab}, shift{tab: tab, toTabs: true})
	}
	return list
}

// belongs tells whether the additions are written at the depth of the chunk's
// old lines rather than at that of the file's, and whether that is sure.
func (s *sought) belongs(f fit, l lines, sh shift) (yes, sure bool) {
	if sh.tab > 0 {
		return s.additionsUse(sh.toTabs), true
	}
	inFile := func(old int) string {
		if f.line(old) < 0 {
			return ""
		}
		return l.at(f.line(old))
	}
	inChunk := func(old int) string { return s.old[old] }
	votes, odd := 0, false // for the chunk, and for the file if negative
	for _, r := range s.runs() {
		if !r.deep(sh.take) {
			return false, true
		}
		switch vote := r.vote(inChunk) - r.vote(inFile); {
		case r.removed < 0 && r.odd(inChunk):
			return false, true
		default:
			votes += vote
			odd = odd || r.removed < 0 && r.odd(inFile)
		}
	}
	yes = votes >= strong || votes >= 0 && odd
	return yes, yes || votes < 0 || len(s.runs()) == 0
}

// additionsUse tells whether the additions are indented as the chunk is, not
// as the file: with spaces if the file has tabs, with tabs if not.
func (s *sought) additionsUse(spaces bool) bool {
	used := false
	for _, line := range s.Lines {
		if line.Kind != '+' || blank(line.Text) {
			continue
		}
		tabs := strings.Contains(indentOf(line.Text), "\t")
		if tabs == spaces && indentOf(line.Text) != "" {
			return false
		}
		used = used || indentOf(line.Text) != ""
	}
	return used
}

// A run is additions that follow each other, and the old lines around them;
// -1: there is none.
type run struct {
	added        []string // those that are not blank
	removed      int      // the first old line that they replace
	above, below int
}

func (s *sought) runs() []run {
	var list []run
	cur := run{removed: -1, above: -1, below: -1}
	flush := func(below int) {
		if cur.below = below; len(cur.added) > 0 {
			list = append(list, cur)
		}
		cur = run{removed: -1, above: below, below: -1}
	}
	old := 0
	for _, line := range s.Lines {
		switch {
		case line.Kind == '+':
			if !blank(line.Text) {
				cur.added = append(cur.added, line.Text)
			}
			continue
		case blank(line.Text):
		case line.Kind == '-':
			if cur.removed < 0 {
				cur.removed = old
			}
		default:
			flush(old)
		}
		old++
	}
	flush(-1)
	return list
}

// deep tells whether all additions begin with some blanks.
func (r run) deep(blanks string) bool {
	for _, line := range r.added {
		if !strings.HasPrefix(line, blanks) {
			return false
		}
	}
	return true
}

// strong is the vote of the line that an addition replaces or stands below.
const strong = 4

// vote tells how well the depth of the additions suits the lines around them,
// with the depth that a side gives those. What they replace says most, then
// the line above. The end of a file says nothing, for what follows a block may
// have any depth.
func (r run) vote(side func(old int) string) int {
	alike := func(added string, old int) int {
		if side(old) != "" && indentOf(added) == indentOf(side(old)) {
			return 1
		}
		return 0
	}
	first, last := r.added[0], r.added[len(r.added)-1]
	switch {
	case r.removed >= 0:
		return strong * alike(first, r.removed)
	case r.above < 0 || r.below < 0:
		return 0
	}
	return strong*alike(first, r.above) + alike(first, r.below) + alike(last, r.below)
}

// odd tells whether the additions would come between a line and the deeper
// ones that belong to it, or not be deeper than a line that opens a
// block, or not be shallower where they close one.
func (r run) odd(side func(old int) string) bool {
	if r.above < 0 || r.below < 0 {
		return false
	}
	above, below, first := widthOf(side(r.above)), widthOf(side(r.below)), widthOf(r.added[0])
	opens := strings.ContainsAny(last(side(r.above)), ":{([")
	closes := closesBlock(r.added[0])
	return first < below && above < below || first <= above && opens || first >= above && closes && !opens
}

// last is the last byte of a line.
func last(line string) string { return line[max(len(line)-1, 0):] }
