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
	{"hunk shifted as a whole", applies, whole("-+", true, deeper)},
	{"hunk of context and additions shifted", either, whole(" +", true, deeper)},
	{"hunk shifted the other way", either, whole("+", true, func(s string) string { return strings.TrimPrefix(s, "  ") })},
	{"hunk without any indentation", either, whole("+", false, func(s string) string { return strings.TrimLeft(s, " \t") })},
	{"hunk in spaces for tabs", either, func(d *dealer) bool {
		spaces := func(p spot) bool {
			indent := p.line().text[:depth(p.line().text)]
			return strings.Contains(indent, "  ") || strings.Contains(indent, " \t")
		}
		return len(d.spots(spaces)) == 0 && whole("+", false, func(s string) string {
			return strings.Repeat("    ", strings.Count(s[:depth(s)], "\t")) + strings.TrimLeft(s, "\t")
		})(d)
	}},
}

func deeper(s string) string { return "    " + s }

// whole rewrites the indentation of all lines of one hunk that has lines of
// some kinds, and no tabs that would make other depths of it. Of the old lines
// one at least must change, or all lines. A hunk that the file has elsewhere as
// it is then says something else, and well.
func whole(kinds string, all bool, f func(string) string) func(d *dealer) bool {
	return func(d *dealer) bool {
		s, h := d.hunk(func(_ *section, h *hunk) bool {
			has := func(suits func(l line) bool) bool {
				return slices.ContainsFunc(h.lines, func(l line) bool { return solid(l.text) && suits(l) })
			}
			for _, kind := range []byte(kinds) {
				if !has(func(l line) bool { return l.kind == kind }) {
					return false
				}
			}
			changes := has(func(l line) bool { return l.kind != '+' && f(l.text) != l.text })
			stays := has(func(l line) bool { return f(l.text) == l.text })
			mixed := f("\t") != f("    ") && has(func(l line) bool { return strings.HasPrefix(l.text, "\t") })
			return changes && !(all && stays) && !mixed
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
		pre, _ := splitLines(d.pre[s.path])
		return places(pre, h.side('-')) == 0
	}
}
