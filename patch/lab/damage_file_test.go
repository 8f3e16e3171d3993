//go:build long

package lab

import (
	"strings"
	"unicode/utf16"
)

func crlf(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

func utf16le(s string) string {
	out := "\xff\xfe"
	for _, u := range utf16.Encode([]rune(s)) {
		out += string([]byte{byte(u), byte(u >> 8)})
	}
	return out
}

// fileDamages are what files are like: their endings, ends and encodings.
var fileDamages = []damage{
	{"file CRLF, patch LF", applies, func(d *dealer) bool {
		d.mapFiles(crlf)
		return d.allHave("\r\n")
	}},
	{"file CRLF, patch CRLF", applies, func(d *dealer) bool {
		d.mapFiles(crlf)
		d.text = crlf(render(d.sections))
		return d.onlyUpdates() && d.allHave("\r\n")
	}},
	{"file LF, patch CRLF", applies, func(d *dealer) bool {
		d.mapFiles(func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") })
		d.text = crlf(render(d.sections))
		return true
	}},
	{"file of mixed endings", applies, func(d *dealer) bool {
		d.mapFiles(func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") })
		some := false
		for _, p := range d.spots(func(p spot) bool { return context(p) && p.distance() > 0 }) {
			pre, open := splitLines(d.pre[p.s.path])
			if i := p.before(); i < len(pre)-1 || !open {
				d.reline(p, func(s string) []string { return []string{s + "\r"} })
				some = true
			}
		}
		return some
	}},
	{"file has a byte order mark", applies, func(d *dealer) bool {
		some := strings.Contains(render(d.sections), "\ufeff")
		d.mapFiles(func(s string) string { return "\ufeff" + strings.TrimPrefix(s, "\ufeff") })
		return !some
	}},
	{"file without final newline", applies, func(d *dealer) bool {
		all := true
		for _, s := range d.updates() {
			last := s.hunks[len(s.hunks)-1].lines
			whole := len(s.hunks[0].side('-')) == strings.Count(d.pre[s.path], "\n")
			all = all && !whole && last[len(last)-1].kind != '-' && ends(d.pre[s.path]) && ends(d.post[s.target()])
		}
		d.mapFiles(func(s string) string { return strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r") })
		return all
	}},
	{"file in Latin-1", applies, func(d *dealer) bool {
		d.mapFiles(func(s string) string { return "# caf\xe9 \xa9\n" + s + "# fin\xe9\n" })
		return d.finished()
	}},
	{"file in UTF-16", applies, func(d *dealer) bool {
		for _, s := range d.updates() {
			both := d.pre[s.path] + d.post[s.target()]
			if strings.Contains(both, "\ufeff") || strings.ContainsRune(both, 0xfffd) || len(both) > 1<<16 {
				return false
			}
		}
		d.mapFiles(utf16le)
		return true
	}},
	{"file with lone CRs", applies, func(d *dealer) bool {
		d.mapFiles(func(s string) string { return "10%\r20%\r30%\n" + s })
		return true
	}},
	{"end of file marked", applies, func(d *dealer) bool {
		some := false
		for _, s := range d.updates() {
			pre, _ := splitLines(d.pre[s.path])
			if h := &s.hunks[len(s.hunks)-1]; h.old+len(h.side('-')) == len(pre) {
				h.eof, some = true, true
			}
		}
		return some
	}},
	{"end of file marked wrongly", applies, func(d *dealer) bool {
		s, h := d.hunk(func(s *section, h *hunk) bool {
			pre, _ := splitLines(d.pre[s.path])
			return h.old+len(h.side('-')) < len(pre)
		})
		if s != nil {
			h.eof = true
		}
		return s != nil
	}},
	{"lines appended at the end", applies, func(d *dealer) bool {
		s, _ := d.hunk(func(s *section, _ *hunk) bool { return s.to == "" && d.pre[s.path] != "" })
		if s == nil {
			return false
		}
		pre, open := splitLines(d.pre[s.path])
		if open || strings.HasSuffix(d.pre[s.path], "\r\n") {
			return false
		}
		n := max(0, len(pre)-3)
		h := hunk{old: n, now: n, eof: d.r.Intn(2) == 0}
		h.add(' ', pre[n:])
		h.add('+', []string{"", "# the end"})
		s.hunks = []hunk{h}
		if places(pre, h.side('-')) > 1 {
			h.eof = true
		}
		d.sections = []section{*s}
		d.sections[0].hunks = []hunk{h}
		d.pre = tree{s.path: d.pre[s.path]}
		d.post = tree{s.path: d.pre[s.path] + "\n# the end\n"}
		return true
	}},
	{"the end is like other places", applies, func(d *dealer) bool {
		s, _ := d.hunk(func(s *section, _ *hunk) bool { return s.to == "" && strings.HasSuffix(d.pre[s.path], "\n") })
		if s == nil || strings.Contains(d.pre[s.path], "\r") {
			return false
		}
		tail := "}\n\nlast = 1\n"
		text := tail + d.pre[s.path] + tail
		h := hunk{eof: true, old: strings.Count(text, "\n") - 3}
		h.now = h.old
		h.add(' ', []string{"}", ""})
		h.add('-', []string{"last = 1"})
		h.add('+', []string{"last = 2"})
		d.sections = []section{{op: s.op, path: s.path, hunks: []hunk{h}}}
		d.pre = tree{s.path: text}
		d.post = tree{s.path: strings.TrimSuffix(text, "1\n") + "2\n"}
		return true
	}},
}

// onlyUpdates tells whether no section makes a file.
func (d *dealer) onlyUpdates() bool {
	for _, s := range d.sections {
		if len(s.content) > 0 {
			return false
		}
	}
	return true
}

// allHave tells whether all files that are updated have a text.
func (d *dealer) allHave(text string) bool {
	for _, s := range d.updates() {
		if !strings.Contains(d.pre[s.path], text) {
			return false
		}
	}
	return true
}

// finished tells whether no hunk reached the end of its file before it grew.
func (d *dealer) finished() bool {
	for _, s := range d.updates() {
		if len(s.hunks[0].side('-')) == 0 || !strings.HasSuffix(d.pre[s.path], "\n# fin\xe9\n") || strings.Contains(d.pre[s.path], "\r") {
			return false
		}
	}
	return true
}

// ends tells whether a text ends with a line that is not blank.
func ends(text string) bool {
	text = strings.ReplaceAll(text, "\r", "")
	return strings.HasSuffix(text, "\n") && !strings.HasSuffix(text, "\n\n") && text != "\n"
}
