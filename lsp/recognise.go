package lsp

import (
	"math"
	"slices"
	"strings"
	"sync"

	"go.lsp.dev/protocol"
)

// A block is a run of steps that together make just the edits as they were
// sent, at the places that they were sent for. It is how a client tells of
// them, unless it mixes them with the user's keys.
type block struct {
	from, to int  // steps, to included
	right    bool // they replaced what they were meant to
}

// recognise finds the edits as they were sent among the steps, and tells
// whether they replaced what they were meant to. It is not ok when they cannot
// be found.
func (a *attempt) recognise(steps []step) (f finding, ok bool) {
	hunks := len(a.edits)
	found := a.blocks(steps)
	if len(found) > 1 {
		// Only removals can be taken for the user's, who removes lines by the
		// same numbers. That may be told from what it removes: all that was put
		// in just before, which is how typing is undone.
		ours := slices.DeleteFunc(slices.Clone(found), func(b block) bool { return undoes(steps, b.from) })
		if len(ours) > 0 {
			found = ours
		}
	}
	switch {
	case len(found) == 0:
		return finding{}, false
	case len(found) > 1:
		return finding{unclear: hunks}, true
	case found[0].right:
		return finding{landed: hunks}, true
	}
	mended, ok := a.without(slices.Delete(slices.Clone(steps), found[0].from, found[0].to+1))
	if !ok {
		return finding{unclear: hunks, strayed: true}, true
	}
	return finding{missing: hunks, strayed: true, mended: mended}, true
}

// blocks finds every run of steps that may be the edits: those that are just
// them, one by one, or else those that come to the same.
func (a *attempt) blocks(steps []step) []block {
	var exact, same []block
	n := len(a.edits)
	for i := range steps {
		if i+n <= len(steps) && isAll(a.edits, steps[i:i+n]) {
			exact = append(exact, a.whole(steps, block{i, i + n - 1, a.fits(steps[i].before)}))
		}
	}
	if len(exact) > 0 {
		return exact
	}
	made := make([]func(*text) bool, len(steps))
	for i, step := range steps {
		made[i] = maker(step.before, a.edits)
	}
	for to, last := range steps {
		if b, ok := a.ending(steps, made, to, last.after); ok && !slices.ContainsFunc(same, b.prolongs) {
			same = append(same, b)
		}
	}
	return same
}

// ending finds the run of steps to a text that comes to the edits: the shortest.
// But the last piece of an edit that is told of in pieces makes all of it, too,
// where the others are made; so one in the right place counts that began
// earlier, with what was told together.
func (a *attempt) ending(steps []step, made []func(*text) bool, to int, after *text) (b block, ok bool) {
	for from := to; from >= 0 && !b.right; from-- {
		if ok && !steps[from+1].joined {
			break
		}
		if !made[from](after) {
			continue
		}
		if right := a.fits(steps[from].before); right || !ok {
			b, ok = block{from, to, right}, true
		}
	}
	return b, ok
}

// prolongs tells whether a later run is this one and what came to nothing.
func (b block) prolongs(found block) bool {
	return found.from == b.from || found.right && b.from <= found.to
}

// whole adds to a block that seems to have gone astray the steps just before it
// that belong to it: Neovim empties the last line, tells of that, and only then
// removes it. What a user has written is no part of it.
func (a *attempt) whole(steps []step, b block) block {
	for from := b.from - 1; from >= 0 && !b.right && strings.TrimSpace(steps[from].with) == ""; from-- {
		if before := steps[from].before; a.fits(before) && maker(before, a.edits)(steps[b.to].after) {
			return block{from, b.to, true}
		}
	}
	return b
}

// fits tells whether what the edits replace is in a text where they are for it.
func (a *attempt) fits(t *text) bool {
	return !slices.ContainsFunc(a.edits, func(e protocol.TextEdit) bool { return !samePlace(a.doc.text, t, e.Range) })
}

// isAll tells whether steps are edits, in whichever order. What is behind the
// end of a text is told of as its end.
func isAll(edits []protocol.TextEdit, steps []step) bool {
	left := slices.Clone(edits)
	for _, s := range steps {
		i := slices.IndexFunc(left, func(e protocol.TextEdit) bool {
			return s.where != nil && *s.where == s.before.within(e.Range) && normal(s.with) == normal(e.NewText)
		})
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}

// maker returns what tells whether a text is what edits make of another, and
// not the same. Most are told by their size.
func maker(before *text, edits []protocol.TextEdit) func(*text) bool {
	size := before.size
	for _, e := range edits {
		size += len(e.NewText) - len(before.slice(e.Range))
	}
	made := sync.OnceValue(func() string { return carriedOut(before, edits) })
	return func(after *text) bool {
		return after.size == size && after.String() == made() && after.String() != before.String()
	}
}

// carriedOut is the text with edits made at their numbers.
func carriedOut(t *text, edits []protocol.TextEdit) string {
	for _, e := range slices.Backward(edits) { // from the last to the first: numbers stay true
		t = t.replace(e.Range, e.NewText)
	}
	return t.String()
}

// undoes tells whether a step takes back the one before it.
func undoes(steps []step, i int) bool {
	return i > 0 && steps[i].after.String() == steps[i-1].before.String()
}

// samePlace tells whether a range holds the same in two texts. One that is
// empty, or holds nothing to know it by, is known by the lines around it.
func samePlace(a, b *text, r protocol.Range) bool {
	if !telling(a.slice(r)) {
		r.Start = protocol.Position{Line: max(r.Start.Line, 1) - 1}
		r.End = protocol.Position{Line: r.End.Line + 1, Character: math.MaxUint32}
	}
	return a.slice(r) == b.slice(r)
}
