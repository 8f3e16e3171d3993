package patch

import (
	"slices"
	"strings"
)

// A matcher finds the places of a section's chunks in a file and rewrites it.
//
// Every chunk is first looked for in the text as it is, at the strictest level
// that has it. One that is not there may show what another chunk makes of the
// text, so it is looked for again in the result of those that are.
type matcher struct {
	path       string
	chunks     []Chunk
	firstMatch bool
	marked     bool // the file has a byte order mark, which is not in base
	unmark     bool // and the patch removes it
	base       lines
	solid      rows      // of base, made when first needed
	fresh      []edit    // what made base of the text before it, as lines of base
	all        []*sought // one for each chunk
}

// A sought is a chunk whose place is looked for.
type sought struct {
	*Chunk
	n       int      // its number, from 0
	old     []string // the lines it expects
	top     bool     // the first of them is written with a byte order mark
	kinds   []byte   // of each of them: ' ' or '-'
	scopes  []scope  // the parts of the file that its headers name
	invalid bool     // it has headers, and the file has none of them
	fits    []fit    // where it could be; empty: not found yet
	outside []fit    // where else, were it not for the headers
	index   *index   // of its lines in the file, made when there is no place
}

// A fit is a place that suits a chunk.
type fit struct {
	start  int
	lines  []int // of the file, for each old line; -1: it has none. nil: one after the other
	n      int   // how many old lines
	level  level
	single bool        // a line of it is nowhere else in the file
	above  map[int]int // by old line: where the additions before it go, if not right below the line before
}

// put says where the additions before an old line go.
func (f *fit) put(old, at int) {
	if f.above == nil {
		f.above = make(map[int]int)
	}
	f.above[old] = at
}

// line returns the line of the file that an old line stands for.
func (f fit) line(old int) int {
	if f.lines == nil {
		return f.start + old
	}
	return f.lines[old]
}

// first is the line of the file where the fit begins, end the one behind it.
func (f fit) first() int { return f.start }

func (f fit) end() int {
	for old := f.n - 1; old >= 0; old-- {
		if i := f.line(old); i >= 0 {
			return i + 1
		}
	}
	return f.start
}

// rewrite returns the text with all chunks applied, and what changed.
func (m *matcher) rewrite(text string) (string, []Hunk, error) {
	for i := range m.chunks {
		m.all = append(m.all, newSought(&m.chunks[i], i))
	}
	if err := m.checkEncoding(text); err != nil {
		return "", nil, err
	}
	if m.firstMatch {
		m.base = cut(text)
		return m.rewriteFirst()
	}
	var hunks []Hunk
	for rest := m.all; len(rest) > 0; {
		m.base, m.solid = cut(text), rows{}
		var found []*sought
		if found, rest = m.find(rest); len(found) == 0 {
			return "", nil, m.notFound(rest[0])
		}
		found, later := m.postpone(found)
		rest = m.inOrder(append(rest, later...))
		if err := m.settle(found); err != nil {
			return "", nil, err
		}
		if err := m.astray(found); err != nil {
			return "", nil, err
		}
		next, more, err := m.carryOut(found)
		if err != nil {
			return "", nil, err
		}
		text, hunks = next, compose(hunks, more)
	}
	return text, hunks, nil
}

// trustLines places a chunk outside of the scope that its headers name, if its
// lines say more than they: enough of them, as they are, in one place only.
func (m *matcher) trustLines(s *sought) bool {
	const enough = 3
	solid := 0
	for _, line := range s.old {
		if !blank(line) {
			solid++
		}
	}
	if solid < enough || len(s.outside) != 1 || s.outside[0].level > around {
		return false
	}
	s.fits = s.outside
	return true
}

func newSought(c *Chunk, n int) *sought {
	s := &sought{Chunk: c, n: n, old: make([]string, 0, len(c.Lines)), kinds: make([]byte, 0, len(c.Lines))}
	for _, line := range c.Lines {
		if line.Kind != '+' {
			text := strings.TrimSuffix(line.Text, "\r")
			if len(s.old) == 0 {
				text, s.top = cutMark(text)
			}
			s.old = append(s.old, text)
			s.kinds = append(s.kinds, line.Kind)
		}
	}
	return s
}

// find looks for chunks, each time less strictly, until it finds some. The
// others may show what those make of the text, so they have to wait.
func (m *matcher) find(wanted []*sought) (found, rest []*sought) {
	m.nameScopes(wanted)
	for _, s := range wanted {
		s.fits, s.outside, s.index = nil, nil, nil
		if len(s.old) == 0 {
			m.findAddition(s)
			found = append(found, s)
		} else {
			rest = append(rest, s)
		}
	}
	now, rest := m.findAt(exactly, rest)
	m.findBesides(trailing, now)
	found = append(found, now...)
	possible, rest := m.possible(rest)
	for _, look := range []func(level, []*sought) (found, rest []*sought){m.findAt, m.findSolid} {
		for _, v := range []level{trailing, loosely} {
			if len(possible) == 0 {
				break
			}
			now, possible = look(v, possible)
			m.findBesides(v, now)
			if v == trailing {
				m.findUnseen(now)
			}
			found = append(found, now...)
		}
		if len(found) > 0 {
			return found, m.inOrder(append(rest, possible...))
		}
	}
	rest = m.inOrder(append(rest, possible...))
	if m.findDrifted(rest[0]) || m.trustLines(rest[0]) {
		return rest[:1], rest[1:]
	}
	return nil, rest
}

// possible parts the chunks that the file has at the least strict level from
// those that it has at none, for these it is the end of the search.
func (m *matcher) possible(wanted []*sought) (yes, no []*sought) {
	if len(wanted) == 0 {
		return nil, nil
	}
	patterns := make([][]string, len(wanted))
	for i, s := range wanted {
		patterns[i] = loosely.solid(s.old)
	}
	x := newIndex(m.solidRows(), loosely, patterns)
	for i, s := range wanted {
		if len(patterns[i]) == 0 || len(x.places(patterns[i])) > 0 {
			yes = append(yes, s)
		} else {
			no = append(no, s)
		}
	}
	return yes, no
}

// solid are the lines that are not blank, as they are compared at a level.
func (v level) solid(lines []string) []string {
	var list []string
	for _, line := range lines {
		if !blank(line) {
			list = append(list, v.of(line))
		}
	}
	return list
}

// findAt looks for chunks at one level, all of them in one walk over the file.
func (m *matcher) findAt(v level, wanted []*sought) (found, rest []*sought) {
	patterns := make([][]string, len(wanted))
	for i, s := range wanted {
		if patterns[i] = s.old; v > exactly {
			patterns[i] = mapLines(s.old, v.of)
		}
	}
	x := newIndex(rows{lines: m.base}, v, patterns)
	for i, s := range wanted {
		for _, at := range x.places(patterns[i]) {
			s.offer(fit{start: at, n: len(s.old), level: v, single: x.single(patterns[i])})
		}
	}
	return sift(wanted)
}

// sift parts chunks that have a fit from those without.
func sift(all []*sought) (found, rest []*sought) {
	for _, s := range all {
		if len(s.fits) > 0 {
			found = append(found, s)
		} else {
			rest = append(rest, s)
		}
	}
	return found, rest
}

// offer adds a place to those that a chunk can choose from, if it has all lines
// that are removed, and was not known. Of places out of scope only those of the
// strictest level are kept.
func (s *sought) offer(f fit) {
	for old := range f.lines {
		if f.lines[old] < 0 && s.kinds[old] == '-' {
			return
		}
	}
	if has(s.fits, f) || has(s.outside, f) {
		return
	}
	if s.within(f) {
		s.fits = insert(s.fits, f)
	} else if len(s.outside) == 0 || s.outside[0].level == f.level {
		s.outside = insert(s.outside, f)
	}
}

// has tells whether a list has a fit that begins or ends where another does. It
// is in the order of the file, for a line may be there a hundred thousand times.
func has(list []fit, f fit) bool {
	_, begins := slices.BinarySearchFunc(list, f.first(), func(g fit, first int) int { return g.first() - first })
	_, ends := slices.BinarySearchFunc(list, f.end(), func(g fit, end int) int { return g.end() - end })
	return begins || ends
}

func insert(list []fit, f fit) []fit {
	at, _ := slices.BinarySearchFunc(list, f.first(), func(g fit, first int) int { return g.first() - first })
	return slices.Insert(list, at, f)
}

// findAddition places a chunk that has only additions: below the header that
// it names, else at the end of the file.
func (m *matcher) findAddition(s *sought) {
	if len(s.Headers) == 0 || s.EOF {
		s.fits = []fit{{start: m.base.len()}}
		return
	}
	for _, sc := range s.scopes {
		s.fits = append(s.fits, fit{start: sc.header + 1})
	}
}

// carryOut applies chunks that have their place.
func (m *matcher) carryOut(found []*sought) (string, []Hunk, error) {
	var list []edit
	for _, s := range m.inOrder(found) {
		edits, sure := s.edits(s.fits[0], m.base)
		if !sure && !m.firstMatch {
			return "", nil, m.fails(s, "its lines are indented otherwise than those at line %d, and how deep its added lines shall be is not clear; indent all as the file does", s.fits[0].first()+1)
		}
		list = append(list, edits...)
	}
	merged, clash := merge(list)
	if clash != nil {
		return "", nil, m.fails(m.all[clash.chunk], "it changes a line that another hunk changes too: line %d", clash.Start+1)
	}
	m.takeMark(merged)
	text, hunks := m.base.rewrite(merged)
	for i := range merged {
		merged[i].Span = hunks[i].After
	}
	m.fresh = merged
	return text, hunks, nil
}

// takeMark takes the byte order mark out of the new first line of a file, which
// has its own, and notes whether the patch removes that. A line that was the first
// when the patch was written, and is no longer, gets none either.
func (m *matcher) takeMark(merged []edit) {
	for i := range merged {
		e := &merged[i]
		top := m.marked && e.Start == 0
		if len(e.added) == 0 || !top && !(e.marked && e.Start > 0) {
			continue
		}
		text, again := cutMark(e.added[0].Text)
		e.added = slices.Clone(e.added)
		e.added[0].Text = text
		m.unmark = m.unmark || top && e.marked && !again
	}
}

// inOrder returns chunks in the order of the patch.
func (m *matcher) inOrder(some []*sought) []*sought {
	in := make([]*sought, len(m.all))
	for _, s := range some {
		in[s.n] = s
	}
	var out []*sought
	for _, s := range in {
		if s != nil {
			out = append(out, s)
		}
	}
	return out
}
