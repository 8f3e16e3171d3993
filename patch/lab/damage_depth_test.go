//go:build long

package lab

import (
	"slices"
	"strings"
)

// depthDamages are of the indentation of a whole hunk, its additions included.
// Where lines are removed the additions that replace them tell that, elsewhere
// it may be open: then a refusal is right too.
var depthDamages = []damage{
	{"hunk shifted as a whole", applies, whole("-+", deeper)},
	{"hunk of context and additions shifted", either, whole(" +", deeper)},
	{"hunk shifted the other way", either, whole("+", func(s string) string { return strings.TrimPrefix(s, "  ") })},
	{"hunk without any indentation", either, whole("+", func(s string) string { return strings.TrimLeft(s, " \t") })},
	{"hunk in spaces for tabs", either, func(d *dealer) bool {
		spaces := func(p spot) bool { return strings.Contains(p.line().text[:depth(p.line().text)], "  ") }
		return len(d.spots(spaces)) == 0 && whole("+", func(s string) string {
			return strings.Repeat("    ", strings.Count(s[:depth(s)], "\t")) + strings.TrimLeft(s, "\t")
		})(d)
	}},
}

func deeper(s string) string { return "    " + s }

// whole rewrites the indentation of all lines of one hunk that has lines of
// some kinds, and no tabs in them that would make other depths of it.
func whole(kinds string, f func(string) string) func(d *dealer) bool {
	return func(d *dealer) bool {
		_, h := d.hunk(func(_ *section, h *hunk) bool {
			has := func(kind byte) bool {
				return slices.ContainsFunc(h.lines, func(l line) bool { return l.kind == kind && solid(l.text) })
			}
			changes := slices.ContainsFunc(h.lines, func(l line) bool { return l.kind != '+' && solid(l.text) && f(l.text) != l.text })
			mixed := f("\t") != f("    ") && slices.ContainsFunc(h.lines, func(l line) bool { return strings.HasPrefix(l.text, "\t") })
			return changes && !mixed && !slices.ContainsFunc([]byte(kinds), func(k byte) bool { return !has(k) })
		})
		if h == nil {
			return false
		}
		for i, l := range h.lines {
			if solid(l.text) {
				h.lines[i].text = f(l.text)
			}
		}
		d.own = true
		return true
	}
}
