//go:build long

package lab

import (
	"fmt"
	"slices"
	"strings"

	"codex-lsp/patch"
)

// named gives every hunk that is in a scope the headers that f makes of it.
func named(f func(d *dealer, h *hunk, scopes []string) []string) func(d *dealer) bool {
	return func(d *dealer) bool {
		some := false
		for _, s := range d.updates() {
			pre, _ := splitLines(d.pre[s.path])
			for i := range s.hunks {
				if scopes := scopesOf(pre, s.hunks[i].old); len(scopes) > 0 {
					if now := f(d, &s.hunks[i], scopes); now != nil {
						s.hunks[i].headers, some = now, true
					}
				}
			}
		}
		return some
	}
}

func inner(scopes []string) string { return scopes[len(scopes)-1] }

var headerDamages = []damage{
	{"header exact", applies, named(func(d *dealer, h *hunk, scopes []string) []string {
		return []string{inner(scopes)}
	})},
	{"header trimmed", applies, named(func(d *dealer, h *hunk, scopes []string) []string {
		return []string{strings.TrimSpace(inner(scopes))}
	})},
	{"header outermost", applies, named(func(d *dealer, h *hunk, scopes []string) []string {
		return scopes[:1]
	})},
	{"header stacked", applies, named(func(d *dealer, h *hunk, scopes []string) []string {
		if len(scopes) < 2 {
			return nil
		}
		return scopes
	})},
	{"header with ats behind", applies, named(func(d *dealer, h *hunk, scopes []string) []string {
		return []string{inner(scopes) + " @@"}
	})},
	{"header partial", applies, named(func(d *dealer, h *hunk, scopes []string) []string {
		name := strings.TrimSpace(inner(scopes))
		if n := strings.IndexAny(name, "(:{"); n > 3 {
			return []string{strings.TrimSpace(name[:n])}
		}
		return nil
	})},
	{"header without keyword", applies, named(func(d *dealer, h *hunk, scopes []string) []string {
		name := strings.TrimSpace(inner(scopes))
		if _, rest, ok := strings.Cut(name, " "); ok && len(rest) > 4 {
			return []string{rest}
		}
		return nil
	})},
	{"header dotted", applies, named(func(d *dealer, h *hunk, scopes []string) []string {
		return nil2(len(scopes) > 1, func() []string {
			return []string{word(scopes[len(scopes)-2]) + "." + word(inner(scopes))}
		})
	})},
	{"header invented", applies, named(func(d *dealer, h *hunk, scopes []string) []string {
		return []string{fmt.Sprintf("def no_such_function_%d(self):", d.r.Intn(1000))}
	})},
	{"header with elision", applies, named(func(d *dealer, h *hunk, scopes []string) []string {
		return []string{strings.TrimSpace(inner(scopes)) + " ..."}
	})},
	{"header is the first line", applies, func(d *dealer) bool {
		p, ok := d.spot(func(p spot) bool { return p.i == 0 && solidContext(p) })
		if ok {
			p.h.headers = []string{p.line().text}
		}
		return ok
	}},
	{"header is the line above", applies, func(d *dealer) bool {
		p, ok := d.spot(func(p spot) bool { return p.i == 0 && p.h.old > 0 })
		if !ok {
			return false
		}
		pre, _ := splitLines(d.pre[p.s.path])
		if name := bare(pre[p.h.old-1]); solid(name) {
			p.h.headers = []string{name}
			return true
		}
		return false
	}},
	{"header repeated", applies, func(d *dealer) bool {
		some := false
		for _, s := range d.updates() {
			pre, _ := splitLines(d.pre[s.path])
			for i := range s.hunks {
				if name := functionOf(pre, s.hunks[i].old); name != "" {
					s.hunks[i].headers = []string{name}
					some = some || i > 0 && name == functionOf(pre, s.hunks[i-1].old)
				}
			}
		}
		return some
	}},
	{"header numbers", applies, func(d *dealer) bool {
		for _, s := range d.updates() {
			for i := range s.hunks {
				s.hunks[i].headers = []string{s.hunks[i].numbers() + " @@"}
			}
		}
		return true
	}},
	{"header numbers wrong", applies, func(d *dealer) bool {
		for _, s := range d.updates() {
			for i := range s.hunks {
				off := s.hunks[i]
				off.old += d.r.Intn(40)
				off.now += d.r.Intn(40)
				s.hunks[i].headers = []string{off.numbers() + " @@"}
			}
		}
		return true
	}},
	{"header missing at the first hunk", applies, func(d *dealer) bool {
		d.text = strings.ReplaceAll(render(d.sections), "\n@@\n", "\n@@\n")
		for _, s := range d.updates() {
			d.text = strings.Replace(d.text, "*** Update File: "+s.path+"\n@@\n", "*** Update File: "+s.path+"\n", 1)
		}
		return true
	}},
	{"header then additions alone", applies, additionsAlone},
	{"header blank below", applies, func(d *dealer) bool {
		d.text = strings.ReplaceAll(render(d.sections), "\n@@\n", "\n@@\n\n")
		return true
	}},
}

func nil2(ok bool, f func() []string) []string {
	if !ok {
		return nil
	}
	return f()
}

// word is the name that a scope's line declares.
func word(l string) string {
	l = strings.TrimSpace(l)
	if n := strings.IndexAny(l, "(:{"); n > 0 {
		l = l[:n]
	}
	fields := strings.Fields(l)
	if len(fields) == 0 {
		return l
	}
	return fields[len(fields)-1]
}

// additionsAlone makes a patch that says below which line something is new.
func additionsAlone(d *dealer) bool {
	p, ok := d.spot(func(p spot) bool {
		pre, _ := splitLines(d.pre[p.s.path])
		name := p.line().text // a header has no blanks behind it
		return solidContext(p) && name == strings.TrimRight(name, " \t\r") && p.s.to == "" && places(pre, []string{name}) == 1
	})
	if !ok {
		return false
	}
	pre, open := splitLines(d.pre[p.s.path])
	at := p.before() + 1
	end := ""
	if strings.HasSuffix(pre[at-1], "\r") {
		end = "\r"
	}
	if at == len(pre) && open {
		return false
	}
	fresh := "// a line that was not there"
	d.post = tree{p.s.path: join(slices.Insert(pre, at, fresh+end), open)}
	d.pre = tree{p.s.path: d.pre[p.s.path]}
	h := hunk{headers: []string{p.line().text}, lines: []line{{'+', fresh}}}
	d.sections = []section{{op: patch.Update, path: p.s.path, hunks: []hunk{h}}}
	d.own = true
	return true
}
