//go:build long

package lab

import (
	"slices"
	"strings"
)

// other is a line that a file could have in the place of one.
func other(s string) string {
	return s[:depth(s)] + "changed_" + strings.TrimLeft(s, " \t")
}

// contextDamages are those of the lines around a change: out of date, out of
// order, or too many.
var contextDamages = []damage{
	{"stale context, outer line", applies, func(d *dealer) bool {
		p, ok := d.spot(func(p spot) bool { return solidContext(p) && p.outer() && p.distance() > 0 })
		if ok {
			d.reline(p, func(s string) []string { return []string{other(s)} })
		}
		return ok
	}},
	{"stale context, outer line is another", applies, func(d *dealer) bool {
		p, ok := d.spot(func(p spot) bool { return solidContext(p) && p.outer() && p.distance() > 0 })
		if ok {
			end := p.line().text
			d.reline(p, func(s string) []string { return []string{s[:depth(end)] + "nothing of the kind"} })
		}
		return ok
	}},
	{"stale context, middle line", applies, func(d *dealer) bool {
		p, ok := d.spot(func(p spot) bool { return solidContext(p) && !p.outer() && p.distance() > 0 })
		if ok {
			d.reline(p, func(s string) []string { return []string{other(s)} })
		}
		return ok
	}},
	{"stale context, line at the change", either, func(d *dealer) bool {
		p, ok := d.spot(func(p spot) bool { return solidContext(p) && p.distance() == 0 })
		if ok {
			d.reline(p, func(s string) []string { return []string{other(s)} })
		}
		return ok
	}},
	{"stale context, line inserted", applies, func(d *dealer) bool {
		p, ok := d.spot(func(p spot) bool { return context(p) && p.i > 0 && p.distance() > 0 && p.h.lines[p.i-1].kind == ' ' })
		if ok {
			d.reline(p, func(s string) []string { return []string{"a new line", s} })
		}
		return ok
	}},
	{"stale context, line gone", applies, func(d *dealer) bool {
		p, ok := d.spot(func(p spot) bool { return solidContext(p) && p.distance() > 0 })
		if ok {
			d.reline(p, func(string) []string { return nil })
		}
		return ok
	}},
	{"file grown above", applies, func(d *dealer) bool {
		for _, s := range d.updates() {
			more := strings.Repeat("# grown\n", 1+d.r.Intn(300))
			d.pre[s.path] = more + d.pre[s.path]
			d.post[s.target()] = more + d.post[s.target()]
		}
		return true
	}},
	{"blank line lost", applies, loseBlank(func(p spot) bool { return p.distance() > 0 })},
	{"blank line lost at the change", either, loseBlank(func(p spot) bool {
		return p.distance() == 0 && (p.h.lines[p.i-1].kind == ' ' || p.h.lines[p.i+1].kind == ' ')
	})},
	{"blank line too many", applies, func(d *dealer) bool {
		p, ok := d.spot(func(p spot) bool { return context(p) && p.i > 0 && p.h.lines[p.i-1].kind == ' ' })
		if ok {
			p.h.lines = slices.Insert(p.h.lines, p.i, line{' ', ""})
		}
		return ok
	}},
	{"blank line behind the hunk", applies, func(d *dealer) bool {
		_, h := d.hunk(func(*section, *hunk) bool { return true })
		h.lines = append(h.lines, line{' ', ""})
		return true
	}},
	{"context shows the result above", applies, func(d *dealer) bool { return d.splitHunk('+') }},
	{"context overlaps the hunk above", applies, func(d *dealer) bool { return d.splitHunk('-') }},
	{"hunks out of order", applies, func(d *dealer) bool {
		some := false
		for _, s := range d.updates() {
			some = some || len(s.hunks) > 1
			slices.Reverse(s.hunks)
		}
		d.own = true
		return some
	}},
	{"context of one line", applies, func(d *dealer) bool { return d.narrow(1) }},
	{"context of ten lines", applies, func(d *dealer) bool { return d.narrow(10) }},
}

// loseBlank leaves out a blank line of context that suits. A hunk that is in the
// file without it says something else, and well.
func loseBlank(suits func(p spot) bool) func(d *dealer) bool {
	return func(d *dealer) bool {
		p, ok := d.spot(func(p spot) bool { return context(p) && !solid(p.line().text) && !p.outer() && suits(p) })
		if !ok {
			return false
		}
		p.h.lines = slices.Delete(p.h.lines, p.i, p.i+1)
		pre, _ := splitLines(d.pre[p.s.path])
		return places(pre, p.h.side('-')) == 0
	}
}

// narrow shows another number of context lines, where that leaves one place.
func (d *dealer) narrow(n int) bool {
	for _, s := range d.updates() {
		pre, _ := splitLines(d.pre[s.path])
		s.hunks = hunksOf(pre, s.edits, n)
	}
	return !d.ambiguous()
}

// splitHunk makes two hunks of one that has two changes. The second shows the
// first as it is before ('-') or after ('+').
func (d *dealer) splitHunk(shown byte) bool {
	s, h := d.hunk(func(_ *section, h *hunk) bool { return gap(h) > 0 })
	if s == nil {
		return false
	}
	at := gap(h)
	first, second := *h, *h
	first.lines = slices.Clone(h.lines[:at])
	second.lines = nil
	for i, l := range h.lines {
		if i >= at {
			second.lines = append(second.lines, l)
		} else if l.kind == ' ' || l.kind == shown {
			second.lines = append(second.lines, line{' ', l.text})
		}
	}
	pre, _ := splitLines(d.pre[s.path])
	if shown == '-' && places(pre, second.side('-')) > 1 || places(pre, first.side('-')) > 1 {
		return false
	}
	i := slices.IndexFunc(s.hunks, func(x hunk) bool { return x.old == h.old })
	s.hunks = slices.Replace(s.hunks, i, i+1, first, second)
	d.own = true
	return true
}

// gap is behind the first context line after the first change of a hunk that
// has another change; 0 if it has not.
func gap(h *hunk) int {
	changed, at := false, 0
	for i, l := range h.lines {
		switch {
		case l.kind != ' ' && at > 0:
			return at
		case l.kind != ' ':
			changed = true
		case changed && at == 0:
			at = i + 1
		}
	}
	return 0
}
