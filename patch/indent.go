package patch

import (
	"slices"
	"strings"
)

// realigned returns the lines of a chunk with its additions at the depth that
// the file has, where the whole chunk was written at another. Often only the
// context has lost its depth and the additions are right as they are. Where
// lines that are removed share one shift with the context, it is that of the
// whole chunk; else it is likely that of the context alone. Either is sure only
// if it gives additions the depth of what is around them, and the other does
// not.
func (s *sought) realigned(f fit, l lines) (list []Line, sure bool) {
	runs := s.runs()
	if f.level < around || len(runs) == 0 {
		return s.Lines, true
	}
	file := s.inFile(f, l)
	sh, one := s.shift(file)
	out, can := s.shifted(sh)
	if s.flat() && slices.ContainsFunc(file, indented) {
		strays := func(side []string) bool {
			return slices.ContainsFunc(runs, func(r run) bool { return !r.replaces(side, s.old) })
		}
		if !s.shallow(file) {
			return s.Lines, !strays(file)
		}
		return out, one && !strays(s.old)
	}
	forChunk := slices.ContainsFunc(runs, func(r run) bool { return r.near(s.old) && !r.near(file) })
	forFile := slices.ContainsFunc(runs, func(r run) bool { return r.rests(file) && !r.near(s.old) })
	other := s.otherBlanks(file)
	if context, removed := s.keepsDepth(file); !other && (removed || context && !forChunk) {
		return s.Lines, true
	}
	switch {
	case one && (can && slices.Equal(out, s.Lines) || !can && !other):
		return s.Lines, true
	case one && can && s.removes() && !forFile && !(other && l.mixed()):
		return out, slices.ContainsFunc(runs, func(r run) bool { return r.shares(s.old, sh) })
	case one && s.removes():
		return s.Lines, false
	}
	return s.Lines, !one && forFile && !forChunk && !other
}

// otherBlanks tells whether a chunk is indented with spaces where the file is
// with tabs, or the reverse, and its additions too.
func (s *sought) otherBlanks(file []string) bool {
	var spaces, tabs bool // in the chunk, for the others in the file
	for old, line := range s.old {
		have, want := indentOf(line), indentOf(file[old])
		if blank(line) || have == "" || want == "" {
			continue
		}
		spaces = spaces || !strings.Contains(have, "\t") && strings.Contains(want, "\t")
		tabs = tabs || strings.Contains(have, "\t") && !strings.Contains(want, "\t")
	}
	return slices.ContainsFunc(s.Lines, func(line Line) bool {
		if line.Kind != '+' || blank(line.Text) || !indented(line.Text) {
			return false
		}
		tab := strings.Contains(indentOf(line.Text), "\t")
		return tabs && tab || spaces && !tab
	})
}

// mixed tells whether a file is indented with tabs and with spaces.
func (l lines) mixed() bool {
	tabs := strings.HasPrefix(l.text, "\t") || strings.Contains(l.text, "\n\t")
	spaces := strings.HasPrefix(l.text, "  ") || strings.Contains(l.text, "\n  ")
	return tabs && spaces
}

// keepsDepth tells whether a chunk has all its context, or all that it removes,
// as deep as the file, where a shift of the whole would show. Then the rest has
// been mangled, and the additions not.
func (s *sought) keepsDepth(file []string) (context, removed bool) {
	var n, wrong, deep [2]int // of context and of what is removed
	deeper := false
	for old, line := range s.old {
		if blank(line) || file[old] == "" {
			continue
		}
		k := strings.IndexByte(" -", s.kinds[old])
		have, want := indentOf(line), indentOf(file[old])
		n[k]++
		if want != "" {
			deep[k]++
		}
		if have != want && (k > 0 || " "+have != want) { // context may lack the blank that marks it
			wrong[k]++
		}
		deeper = deeper || len(have) > len(want)
	}
	shows := func(k int) bool { return n[k] > 0 && wrong[k] == 0 && (deep[k] > 0 || deeper) }
	return shows(0), shows(1)
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

// flat tells whether nothing in a chunk is indented.
func (s *sought) flat() bool {
	return !slices.ContainsFunc(s.Lines, func(line Line) bool { return !blank(line.Text) && indented(line.Text) })
}

// shallow tells whether a flat chunk removes a line that has depth in the file:
// what it adds has lost that too.
func (s *sought) shallow(file []string) bool {
	for old, line := range file {
		if s.kinds[old] == '-' && indented(line) {
			return true
		}
	}
	return false
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

// shift finds the one shift that all old lines of a chunk share.
func (s *sought) shift(file []string) (sh shift, one bool) {
	var candidates []shift
	for old, line := range s.old {
		if blank(line) || file[old] == "" {
			continue
		}
		have, want := indentOf(line), indentOf(file[old])
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
	return candidates[0], true
}

// shifted returns the lines of a chunk with its additions shifted, if all can
// be.
func (s *sought) shifted(sh shift) (list []Line, can bool) {
	list = slices.Clone(s.Lines)
	for i, line := range list {
		if line.Kind == '+' && !blank(line.Text) {
			depth := indentOf(line.Text)
			if !sh.suits(depth) {
				return nil, false
			}
			list[i].Text = sh.apply(depth) + line.Text[len(depth):]
		}
	}
	return list, true
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
	removed      []int    // the old lines that they replace, blank ones left out
	above, below int
}

func (s *sought) runs() []run {
	var list []run
	cur := run{above: -1, below: -1}
	flush := func(below int) {
		if cur.below = below; len(cur.added) > 0 {
			list = append(list, cur)
		}
		cur = run{above: below, below: -1}
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
			cur.removed = append(cur.removed, old)
		default:
			flush(old)
		}
		old++
	}
	flush(-1)
	return list
}

// alike tells whether an addition is as deep as an old line, as one side has
// that; -1 stands for none.
func alike(added string, side []string, old int) bool {
	return old >= 0 && side[old] != "" && indentOf(added) == indentOf(side[old])
}

// kin tells whether an addition may belong to one block with an old line: it is
// as deep, and both begin with a word, or both with the same sign.
func kin(added string, side []string, old int) bool {
	return alike(added, side, old) && (sameSign(added, side[old]) || startsWord(added) && startsWord(side[old]))
}

// suits tells whether additions have the depth of what they replace, or of both
// the line above and the one below.
func (r run) suits(side []string) bool {
	first, last := r.added[0], r.added[len(r.added)-1]
	if len(r.removed) > 0 {
		return alike(first, side, r.removed[0])
	}
	return alike(first, side, r.above) && alike(last, side, r.below)
}

// rests tells whether additions have the depth of what they replace, or of a line
// beside them that a block would not end at: the one below, or the one above if
// what is below is no shallower. What closes a block tells nothing: lines above
// it are deeper.
func (r run) rests(side []string) bool {
	if len(r.removed) > 0 || r.above < 0 || r.below < 0 {
		return r.suits(side)
	}
	first, below := r.added[0], side[r.below]
	if below != "" && (closesBlock(below) || continues(below)) {
		return false
	}
	return kin(first, side, r.below) || kin(first, side, r.above) && widthOf(side[r.above]) <= widthOf(side[r.below])
}

// near tells whether additions have the depth of what they replace, or of a line
// that they stand beside.
func (r run) near(side []string) bool {
	if len(r.removed) > 0 {
		return r.suits(side)
	}
	first, last := r.added[0], r.added[len(r.added)-1]
	return alike(first, side, r.above) || alike(first, side, r.below) || alike(last, side, r.below)
}

// shares tells whether one of the additions has the depth of a line that they
// replace or stand beside, and that a shift changes. If none has, they may have been
// written with another measure.
func (r run) shares(side []string, sh shift) bool {
	around := append(slices.Clone(r.removed), r.above, r.below)
	return slices.ContainsFunc(r.added, func(added string) bool {
		depth := indentOf(added)
		return sh.apply(depth) != depth && slices.ContainsFunc(around, func(old int) bool { return alike(added, side, old) })
	})
}

// replaces tells whether every addition stands for a line that is removed, at
// the depth that a side has it: the first for the first, the others for ones
// that they are similar to.
func (r run) replaces(side, old []string) bool {
	for k, line := range r.added {
		if k >= len(r.removed) || !kin(line, side, r.removed[k]) || k > 0 && !similar(line, old[r.removed[k]]) {
			return false
		}
	}
	return true
}
