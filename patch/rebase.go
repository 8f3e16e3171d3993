package patch

import "slices"

// A Conflict is one place that both sides changed differently. Start and End
// are byte offsets in base; the texts are what each side has there.
type Conflict struct {
	Start, End         int
	Base, Ours, Theirs string
}

// Rebase carries our change, from base to ours, over to theirs: another text
// that came from the same base. Changes in different places are both kept,
// also within one line; the same change made by both counts once. Where both
// changed one place differently, merged has their text, and the conflict
// carries both.
func Rebase(base, ours, theirs string) (merged string, conflicts []Conflict) {
	switch base {
	case theirs:
		return ours, nil
	case ours:
		return theirs, nil
	}
	m := merger{base: base, ours: Edits(base, ours), theirs: Edits(base, theirs)}
	m.run()
	return ApplyEdits(base, m.out), m.conflicts
}

// A merger walks two lists of edits of one base.
type merger struct {
	base         string
	ours, theirs []TextEdit // what is left of them
	out          []TextEdit
	conflicts    []Conflict
}

func (m *merger) run() {
	for len(m.ours) > 0 && len(m.theirs) > 0 {
		a, b := m.ours[0], m.theirs[0]
		switch {
		case a == b:
			m.out = append(m.out, a)
			m.ours, m.theirs = m.ours[1:], m.theirs[1:]
		case m.meet(a, b):
			m.collide()
		case comesFirst(a, b):
			m.out = append(m.out, a)
			m.ours = m.ours[1:]
		default:
			m.out = append(m.out, b)
			m.theirs = m.theirs[1:]
		}
	}
	m.out = append(append(m.out, m.ours...), m.theirs...)
}

// comesFirst orders edits that do not meet; an insertion goes before what is
// replaced behind it.
func comesFirst(a, b TextEdit) bool {
	if a.Start != b.Start {
		return a.Start < b.Start
	}
	return a.End < b.End
}

// meet tells whether two edits claim one place. Edits that only touch do not,
// if they touch where a line begins: there each has lines of its own. Two
// insertions at one place do, for nothing says which goes first.
func (m *merger) meet(a, b TextEdit) bool {
	if a.Start < b.End && b.Start < a.End {
		return true
	}
	at := max(a.Start, b.Start)
	touch := at == min(a.End, b.End)
	if !touch {
		return false
	}
	return a.Start == a.End && b.Start == b.End || at > 0 && m.base[at-1] != '\n'
}

// collide takes from both lists all that hangs together with their heads.
func (m *merger) collide() {
	start, end := m.ours[0].Start, m.ours[0].End
	grow := func(e TextEdit) { start, end = min(start, e.Start), max(end, e.End) }
	grow(m.theirs[0])
	na, nb := 1, 1
	for grown := true; grown; {
		grown = false
		whole := TextEdit{Start: start, End: end}
		if na < len(m.ours) && m.meet(whole, m.ours[na]) {
			grow(m.ours[na])
			na, grown = na+1, true
		}
		if nb < len(m.theirs) && m.meet(whole, m.theirs[nb]) {
			grow(m.theirs[nb])
			nb, grown = nb+1, true
		}
	}
	theirs := m.theirs[:nb]
	c := Conflict{start, end, m.base[start:end], m.within(start, end, m.ours[:na]), m.within(start, end, theirs)}
	m.ours, m.theirs = m.ours[na:], m.theirs[nb:]
	m.out = append(m.out, theirs...)
	if c.Ours != c.Theirs {
		m.conflicts = append(m.conflicts, c)
	}
}

// within is what edits make of a part of the base.
func (m *merger) within(start, end int, edits []TextEdit) string {
	edits = slices.Clone(edits)
	for i := range edits {
		edits[i].Start -= start
		edits[i].End -= start
	}
	return ApplyEdits(m.base[start:end], edits)
}
