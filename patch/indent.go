package patch

import (
	"slices"
	"strings"
)

// realigned returns the lines of a chunk with its additions at the depth that
// the file has, where the whole chunk was written at another. Often only the
// context has lost its depth and the additions are right as they are; what
// stands next to them tells. It is not sure if that does not, nor if nothing in
// the chunk has any depth.
func (s *sought) realigned(f fit, l lines) (list []Line, sure bool) {
	if f.level < around {
		return s.Lines, true
	}
	sh, ok := s.shiftAt(f, l)
	if !ok {
		return s.Lines, !s.flattened(f, l)
	}
	out := slices.Clone(s.Lines)
	for i, line := range out {
		if line.Kind == '+' && !blank(line.Text) {
			depth := indentOf(line.Text)
			if !sh.suits(depth) {
				return s.Lines, true // not the whole chunk is shifted
			}
			out[i].Text = sh.apply(depth) + line.Text[len(depth):]
		}
	}
	if slices.Equal(out, s.Lines) {
		return out, true
	}
	belongs, sure := s.belongs(f, l)
	if !belongs || !sure {
		return s.Lines, sure
	}
	return out, true
}

// flattened tells whether a chunk has no indentation at all where the file has
// some, and its additions do not all have that of what they stand by.
func (s *sought) flattened(f fit, l lines) bool {
	for _, line := range s.Lines {
		if !blank(line.Text) && indentOf(line.Text) != "" {
			return false
		}
	}
	side := s.inFile(f, l)
	return slices.ContainsFunc(side, indented) &&
		slices.ContainsFunc(s.runs(), func(r run) bool { return !r.suits(side) })
}

// inFile returns what the file has for each old line; "" for nothing.
func (s *sought) inFile(f fit, l lines) []string {
	list := make([]string, len(s.old))
	for old := range list {
		if i := f.line(old); i >= 0 {
			list[old] = l.at(i)
		}
	}
	return list
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

// suits tells whether an indentation may be shifted: it is deep enough, and is
// not written as the file is already, or partly so.
func (sh shift) suits(depth string) bool {
	switch {
	case sh.tab > 0 && sh.toTabs:
		return !strings.Contains(depth, "\t")
	case sh.tab > 0:
		return !strings.Contains(depth, " \t")
	}
	return strings.HasPrefix(depth, sh.take)
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
			return sh.apply(have) != want || !sh.suits(have)
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
// old lines rather than at that of the file's, and whether that is sure. Where
// lines that are removed share the shift, it is that of the whole chunk; where
// context alone does, it is likely that of the context alone. Either is sure
// only if it gives additions the depth of what is around them, and the other
// does not.
func (s *sought) belongs(f fit, l lines) (yes, sure bool) {
	side := s.inFile(f, l)
	suitChunk, suitFile := false, false
	for _, r := range s.runs() {
		suitChunk = suitChunk || r.suits(s.old)
		suitFile = suitFile || r.suits(side)
	}
	yes = s.removes()
	return yes, suitChunk == yes && suitFile != yes
}

// removes tells whether a chunk removes a line that is not blank.
func (s *sought) removes() bool {
	for i, line := range s.old {
		if s.kinds[i] == '-' && !blank(line) {
			return true
		}
	}
	return false
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

// suits tells whether additions have the depth of the lines around them, as one
// side has these: of what they replace, or of both the line above and the one
// below.
func (r run) suits(side []string) bool {
	alike := func(added string, old int) bool {
		return old >= 0 && side[old] != "" && indentOf(added) == indentOf(side[old])
	}
	first, last := r.added[0], r.added[len(r.added)-1]
	return alike(first, r.removed) || r.removed < 0 && alike(first, r.above) && alike(last, r.below)
}
