//go:build long

package lab

import (
	"math/rand"
	"slices"
	"strings"
)

// A damage is something that models do to patches, or that happens to a file
// before the patch arrives. It reports whether the change gave it a chance.
type damage struct {
	name string
	want want
	do   func(d *dealer) bool
}

// damages are all there are.
var damages = slices.Concat(headerDamages, contextDamages, textDamages, depthDamages, fileDamages, wrapDamages, pathDamages, sectionDamages, repeatDamages, mixDamages, refusals)

// A dealer deals one damage to one change.
type dealer struct {
	change
	r    *rand.Rand
	text string // the patch, where it is not the rendered sections
	own  bool   // other tools have no way to say it
}

// deal returns the damaged change as a specimen.
func (dm damage) deal(c change, r *rand.Rand) (specimen, bool) {
	d := &dealer{change: c.clone(), r: r}
	if !dm.do(d) {
		return specimen{}, false
	}
	s := specimen{kind: dm.name, change: d.change, patch: d.text, want: dm.want}
	if d.text == "" {
		s.patch = render(d.sections)
		if !d.own {
			s.unified = unified(&d.change)
		}
	}
	if dm.want == refused {
		s.post = s.pre
	}
	return s, dm.want == refused || !d.misleads()
}

// misleads tells whether a hunk, as damaged, is exactly what the file has at
// one other place: then that is what it says.
func (d *dealer) misleads() bool {
	for _, s := range d.updates() {
		pre, _ := splitLines(d.pre[s.path])
		for i := range s.hunks {
			old := s.hunks[i].side('-')
			at := s.hunks[i].old
			here := at+len(old) <= len(pre) && places(pre[at:at+len(old)], old) == 1
			if len(old) > 0 && !here && !d.own && places(pre, old) > 0 {
				return true
			}
		}
	}
	return false
}

// A spot is one line of one hunk.
type spot struct {
	s *section
	h *hunk
	i int
}

func (p spot) line() *line { return &p.h.lines[p.i] }

// before and after are the line's numbers in the file, from 0.
func (p spot) before() int { return p.h.old + p.count('+') }
func (p spot) after() int  { return p.h.now + p.count('-') }

// count is how many lines above the spot are not of a kind.
func (p spot) count(but byte) int {
	n := 0
	for _, l := range p.h.lines[:p.i] {
		if l.kind != but {
			n++
		}
	}
	return n
}

// distance is how many lines are between the spot and the nearest change.
func (p spot) distance() int {
	best := len(p.h.lines)
	for k, l := range p.h.lines {
		if l.kind != ' ' {
			best = min(best, max(k-p.i, p.i-k)-1)
		}
	}
	return best
}

// outer tells whether the spot is the first or last line of its hunk.
func (p spot) outer() bool { return p.i == 0 || p.i == len(p.h.lines)-1 }

// spots are all lines of all hunks that suit.
func (d *dealer) spots(suits func(p spot) bool) []spot {
	var list []spot
	for _, s := range d.updates() {
		for k := range s.hunks {
			for i := range s.hunks[k].lines {
				if p := (spot{s, &s.hunks[k], i}); suits(p) {
					list = append(list, p)
				}
			}
		}
	}
	return list
}

// spot draws one of them.
func (d *dealer) spot(suits func(p spot) bool) (spot, bool) {
	list := d.spots(suits)
	if len(list) == 0 {
		return spot{}, false
	}
	return list[d.r.Intn(len(list))], true
}

// hunk draws a hunk that suits.
func (d *dealer) hunk(suits func(s *section, h *hunk) bool) (*section, *hunk) {
	p, ok := d.spot(func(p spot) bool { return p.i == 0 && suits(p.s, p.h) })
	if !ok {
		return nil, nil
	}
	return p.s, p.h
}

// reline rewrites the file's line at a spot, before and after.
func (d *dealer) reline(p spot, f func(string) []string) {
	d.pre[p.s.path] = withLine(d.pre[p.s.path], p.before(), f)
	if p.line().kind != '-' {
		d.post[p.s.target()] = withLine(d.post[p.s.target()], p.after(), f)
	}
}

func withLine(text string, i int, f func(string) []string) string {
	lines, open := splitLines(text)
	lines = slices.Concat(lines[:i], f(lines[i]), lines[i+1:])
	return join(lines, open)
}

func join(lines []string, open bool) string {
	if len(lines) == 0 {
		return ""
	}
	if open {
		return strings.Join(lines, "\n")
	}
	return strings.Join(lines, "\n") + "\n"
}

// mapFiles rewrites the text of all files that are updated, before and after.
func (d *dealer) mapFiles(f func(string) string) {
	for _, s := range d.updates() {
		d.pre[s.path] = f(d.pre[s.path])
		d.post[s.target()] = f(d.post[s.target()])
	}
}

// mapOld rewrites the lines that hunks expect and reports whether any changed.
func (d *dealer) mapOld(kinds string, f func(string) string) bool {
	changed := false
	for _, p := range d.spots(func(p spot) bool { return strings.IndexByte(kinds, p.line().kind) >= 0 }) {
		now := f(p.line().text)
		changed = changed || now != p.line().text
		p.line().text = now
	}
	return changed
}

func context(p spot) bool { return p.line().kind == ' ' }
func solid(s string) bool { return strings.Trim(s, "\ufeff \t\r") != "" }
func solidContext(p spot) bool {
	return context(p) && solid(p.line().text)
}
