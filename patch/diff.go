package patch

import (
	"unicode/utf8"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// compareLimit bounds the work of one comparison: the product of the line
// counts between two anchors. Beyond it a range counts as rewritten, which is
// a worse diff but a right one.
const compareLimit = 1 << 28

// compare finds what changed between two texts, line by line and in order.
func compare(a, b lines) []Hunk {
	ids := make(map[string]int32)
	c := comparison{a: number(a, ids), b: number(b, ids)}
	c.between(Hunk{Span{0, a.len()}, Span{0, b.len()}})
	return c.hunks
}

// number gives equal lines equal numbers.
func number(l lines, ids map[string]int32) []int32 {
	out := make([]int32, l.len())
	for i := range out {
		id, known := ids[l.raw(i)]
		if !known {
			id = int32(len(ids))
			ids[l.raw(i)] = id
		}
		out[i] = id
	}
	return out
}

// A comparison collects the hunks of a diff from top to bottom.
type comparison struct {
	a, b  []int32
	hunks []Hunk
}

// between compares one range of each text. Lines that both have exactly once
// are anchors: they cut a large range into small ones.
func (c *comparison) between(r Hunk) {
	r = c.trim(r)
	if r.Before.len() == 0 || r.After.len() == 0 {
		c.add(r)
		return
	}
	for _, anchor := range c.anchors(r) {
		if anchor.Before.Start < r.Before.Start || anchor.After.Start < r.After.Start {
			continue // lies in what a trim has taken
		}
		c.smallest(Hunk{
			Span{r.Before.Start, anchor.Before.Start},
			Span{r.After.Start, anchor.After.Start},
		})
		r.Before.Start, r.After.Start = anchor.Before.End, anchor.After.End
	}
	c.smallest(r)
}

// trim takes off the lines that both ranges begin and end with.
func (c *comparison) trim(r Hunk) Hunk {
	for r.Before.len() > 0 && r.After.len() > 0 && c.a[r.Before.Start] == c.b[r.After.Start] {
		r.Before.Start++
		r.After.Start++
	}
	for r.Before.len() > 0 && r.After.len() > 0 && c.a[r.Before.End-1] == c.b[r.After.End-1] {
		r.Before.End--
		r.After.End--
	}
	return r
}

// smallest compares a range that has no anchors.
func (c *comparison) smallest(r Hunk) {
	r = c.trim(r)
	if r.Before.len() == 0 || r.After.len() == 0 || r.Before.len()*r.After.len() > compareLimit {
		c.add(r)
		return
	}
	dmp := diffmatchpatch.New()
	dmp.DiffTimeout = 0 // the result must not depend on the machine's speed
	at := Hunk{Span{r.Before.Start, r.Before.Start}, Span{r.After.Start, r.After.Start}}
	for _, d := range dmp.DiffMainRunes(runes(c.a[r.Before.Start:r.Before.End]), runes(c.b[r.After.Start:r.After.End]), false) {
		n := utf8.RuneCountInString(d.Text)
		switch d.Type {
		case diffmatchpatch.DiffDelete:
			at.Before.End += n
		case diffmatchpatch.DiffInsert:
			at.After.End += n
		case diffmatchpatch.DiffEqual:
			c.add(at)
			at = Hunk{Span{at.Before.End + n, at.Before.End + n}, Span{at.After.End + n, at.After.End + n}}
		}
	}
	c.add(at)
}

// runes writes line numbers as runes that survive a way through a string.
func runes(ids []int32) []rune {
	const surrogates, afterSurrogates = 0xd800, 0xe000
	out := make([]rune, len(ids))
	for i, id := range ids {
		if id >= surrogates {
			id += afterSurrogates - surrogates
		}
		out[i] = id
	}
	return out
}

// add appends a hunk, joined to the one before if they touch.
func (c *comparison) add(h Hunk) {
	if h.Before.len() == 0 && h.After.len() == 0 {
		return
	}
	if n := len(c.hunks); n > 0 {
		last := &c.hunks[n-1]
		if last.Before.End == h.Before.Start && last.After.End == h.After.Start {
			last.Before.End, last.After.End = h.Before.End, h.After.End
			return
		}
	}
	c.hunks = append(c.hunks, h)
}

func (s Span) len() int { return s.End - s.Start }
