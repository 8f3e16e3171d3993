//go:build long

package lab

import (
	"slices"
	"strings"

	"codex-lsp/patch"
)

// sectionDamages are how sections hang together.
var sectionDamages = []damage{
	{"one file in two sections", applies, func(d *dealer) bool { return d.splitSection(false) }},
	{"one file in two sections, the lower first", applies, func(d *dealer) bool { return d.splitSection(true) }},
	{"added, then updated", applies, func(d *dealer) bool {
		d.sections = append(d.sections,
			section{op: patch.Add, path: "added.txt", content: []string{"one", "two", "three"}},
			section{op: patch.Update, path: "added.txt", hunks: []hunk{{lines: []line{{' ', "one"}, {'-', "two"}, {'+', "2"}}}}})
		d.post["added.txt"] = "one\n2\nthree\n"
		d.own = true
		return true
	}},
	{"moved", applies, func(d *dealer) bool { return d.move("moved/to/here.txt") }},
	{"moved, then updated", applies, func(d *dealer) bool {
		if !d.move("moved.txt") {
			return false
		}
		last := section{op: patch.Update, path: "moved.txt", hunks: []hunk{{lines: []line{{'+', "# at the end"}}}}}
		d.sections = append(d.sections, last)
		if text := d.post["moved.txt"]; !strings.HasSuffix(text, "\n") || strings.Contains(text, "\r") {
			return false
		}
		d.post["moved.txt"] += "# at the end\n"
		d.own = true
		return true
	}},
	{"moved alone", applies, func(d *dealer) bool {
		if !d.move("moved.txt") {
			return false
		}
		s := d.sections[len(d.sections)-1]
		d.sections = []section{{op: patch.Update, path: s.path, to: s.to}}
		d.pre = tree{s.path: d.pre[s.path]}
		d.post = tree{s.to: d.pre[s.path]}
		return true
	}},
	{"moved onto itself", applies, func(d *dealer) bool {
		s, _ := d.hunk(func(s *section, _ *hunk) bool { return s.to == "" })
		if s != nil {
			s.to = s.path
		}
		d.own = true
		return s != nil
	}},
	{"added with a blank line without +", applies, func(d *dealer) bool {
		d.text = strings.TrimSuffix(render(d.sections), endMark) + "*** Add File: fresh.txt\n+one\n\n+two\n" + endMark
		d.post["fresh.txt"] = "one\n\ntwo\n"
		return true
	}},
	{"added empty", applies, func(d *dealer) bool {
		d.sections = append(d.sections, section{op: patch.Add, path: "empty"})
		d.post["empty"] = ""
		return true
	}},
}

// splitSection says in two sections what one has said.
func (d *dealer) splitSection(lowerFirst bool) bool {
	for i := range d.sections {
		s := d.sections[i]
		if len(s.hunks) < 2 || s.to != "" {
			continue
		}
		upper, lower := s, s
		upper.hunks, lower.hunks = s.hunks[:1], s.hunks[1:]
		if lowerFirst {
			upper, lower = lower, upper
		}
		d.sections = slices.Replace(d.sections, i, i+1, upper, lower)
		d.own = true
		return true
	}
	return false
}

// move makes the last section a move of a file that stays where it was.
func (d *dealer) move(to string) bool {
	i := slices.IndexFunc(d.sections, func(s section) bool { return len(s.hunks) > 0 && s.to == "" })
	if i < 0 {
		return false
	}
	s := d.sections[i]
	d.sections = append(slices.Delete(d.sections, i, i+1), s)
	last := &d.sections[len(d.sections)-1]
	last.to = to
	d.post[to] = d.post[s.path]
	delete(d.post, s.path)
	return true
}

// refusals are patches that must change nothing.
var refusals = []damage{
	{"already applied", refused, func(d *dealer) bool {
		for _, s := range d.updates() {
			if s.to != "" {
				return false
			}
			for i := range s.hunks {
				if len(s.hunks[i].side('-')) <= len(s.hunks[i].lines)/4 {
					return false
				}
			}
		}
		for _, s := range d.updates() {
			pre, _ := splitLines(d.post[s.path])
			for i := range s.hunks {
				if places(pre, s.hunks[i].side('-')) > 0 {
					return false // it fits again
				}
			}
			d.pre[s.path] = d.post[s.path]
		}
		return d.onlyUpdates() && len(d.updates()) == len(d.sections)
	}},
	{"removed line invented", refused, func(d *dealer) bool {
		p, ok := d.spot(func(p spot) bool { return p.line().kind == '-' })
		if ok {
			p.line().text = "    this_line := nowhere.In(the, file)"
		}
		return ok
	}},
	{"removed line too many", refused, func(d *dealer) bool {
		p, ok := d.spot(func(p spot) bool { return p.line().kind == '-' })
		if ok {
			p.h.lines = slices.Insert(p.h.lines, p.i, line{'-', "this_line := nowhere.In(the, file)"})
		}
		return ok
	}},
	{"context invented", refused, func(d *dealer) bool {
		_, h := d.hunk(func(_ *section, h *hunk) bool {
			return slices.ContainsFunc(h.lines, func(l line) bool { return l.kind == ' ' && solid(l.text) })
		})
		if h == nil {
			return false
		}
		for i := range h.lines {
			if h.lines[i].kind == ' ' {
				h.lines[i].text = "context that the file does not have"
			}
		}
		return true
	}},
	{"updated, not there", refused, func(d *dealer) bool { return d.missing(patch.Update) }},
	{"deleted, not there", refused, func(d *dealer) bool { return d.missing(patch.Delete) }},
	{"second file fails", refused, func(d *dealer) bool {
		d.pre["other.txt"] = "what it is\n"
		d.sections = append(d.sections, section{op: patch.Update, path: "other.txt",
			hunks: []hunk{{lines: []line{{'-', "what it was before"}, {'+', "what it is to be"}}}}})
		return true
	}},
	{"section says nothing", refused, func(d *dealer) bool {
		d.sections = append(d.sections, section{op: patch.Update, path: d.sections[0].path})
		return true
	}},
}

func (d *dealer) missing(op patch.Op) bool {
	d.sections = append(d.sections, section{op: op, path: "no/such/file.txt", hunks: []hunk{{lines: []line{{'-', "a"}, {'+', "b"}}}}})
	return true
}
