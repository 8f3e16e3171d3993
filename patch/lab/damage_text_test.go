//go:build long

package lab

import (
	"html"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// typeset says what stands for what in a file that was written with care and
// a patch that was not, or the reverse.
func typeset(plain, typographic string) (inFile, inPatch func(d *dealer) bool) {
	set := func(s string) string { return strings.ReplaceAll(s, plain, typographic) }
	has := func(p spot) bool {
		return p.line().kind != '+' && strings.Contains(strings.TrimSpace(p.line().text), plain) && p.line().kind == ' '
	}
	inFile = func(d *dealer) bool {
		p, ok := d.spot(has)
		if ok {
			text := strings.TrimSpace(p.line().text)
			d.reline(p, func(s string) []string { return []string{strings.Replace(s, text, set(text), 1)} })
		}
		return ok
	}
	inPatch = func(d *dealer) bool {
		p, ok := d.spot(has)
		if ok {
			text := strings.TrimSpace(p.line().text)
			p.line().text = strings.Replace(p.line().text, text, set(text), 1)
		}
		return ok
	}
	return inFile, inPatch
}

var (
	fileQuotes, patchQuotes   = typeset(`"`, "\u201c")
	fileQuote, patchQuote     = typeset(`'`, "\u2019")
	fileDash, patchDash       = typeset("-", "\u2014")
	fileDots, patchDots       = typeset("...", "\u2026")
	fileNoBreak, patchNoBreak = typeset(" ", "\u00a0")
)

// textDamages are those of the text of old lines.
var textDamages = []damage{
	{"file has typographic quotes", applies, fileQuotes},
	{"patch has typographic quotes", applies, patchQuotes},
	{"file has a typographic apostrophe", applies, fileQuote},
	{"patch has a typographic apostrophe", applies, patchQuote},
	{"file has dashes", applies, fileDash},
	{"patch has dashes", applies, patchDash},
	{"file has an ellipsis", applies, fileDots},
	{"patch has an ellipsis", applies, patchDots},
	{"file has no-break spaces", applies, fileNoBreak},
	{"patch has no-break spaces", applies, patchNoBreak},
	{"file has a zero-width space", applies, func(d *dealer) bool {
		p, ok := d.spot(solidContext)
		if ok {
			text := strings.TrimSpace(p.line().text)
			d.reline(p, func(s string) []string { return []string{strings.Replace(s, text, text[:1]+"\u200b"+text[1:], 1)} })
		}
		return ok && strings.TrimSpace(p.line().text)[0] < 0x80
	}},
	{"file is decomposed, patch composed", applies, func(d *dealer) bool {
		p, ok := d.spot(solidContext)
		if ok {
			p.line().text += " é"
			d.reline(p, func(s string) []string {
				return []string{strings.Replace(s, bare(s), bare(s)+norm.NFD.String(" é"), 1)}
			})
		}
		return ok
	}},
	{"context has HTML entities", applies, func(d *dealer) bool { return d.mapOld(" ", html.EscapeString) }},
	{"old lines have HTML entities", applies, func(d *dealer) bool { return d.mapOld(" -", html.EscapeString) }},
	{"inner blanks collapsed", applies, func(d *dealer) bool {
		return d.mapOld(" ", func(s string) string {
			return s[:depth(s)] + strings.Join(strings.Fields(s), " ")
		})
	}},
	{"trailing blanks in the patch", applies, func(d *dealer) bool { return d.mapOld(" -", func(s string) string { return s + "  " }) }},
	{"trailing blanks in the file", applies, func(d *dealer) bool {
		p, ok := d.spot(func(p spot) bool { return p.line().kind != '+' })
		if ok {
			d.reline(p, func(s string) []string { return []string{strings.Replace(s, bare(s), bare(s)+" \t", 1)} })
		}
		return ok
	}},
	{"blank lines have blanks", applies, func(d *dealer) bool {
		return d.mapOld(" ", func(s string) string {
			if s == "" {
				return "    "
			}
			return s
		})
	}},
	{"context indent lost", applies, func(d *dealer) bool { return d.mapOld(" ", strings.TrimSpace) }},
	{"context too deep", applies, func(d *dealer) bool {
		return d.mapOld(" ", func(s string) string {
			if solid(s) {
				return "    " + s
			}
			return s
		})
	}},
	{"context too shallow", applies, func(d *dealer) bool {
		return d.mapOld(" ", func(s string) string { return strings.TrimPrefix(s, "  ") })
	}},
	{"removed lines too deep", applies, func(d *dealer) bool {
		return d.mapOld("-", func(s string) string { return "  " + s })
	}},
	{"context tabs as spaces", applies, func(d *dealer) bool {
		return d.mapOld(" ", func(s string) string { return strings.ReplaceAll(s, "\t", "    ") })
	}},
	{"context spaces as tabs", applies, func(d *dealer) bool {
		if len(d.spots(func(p spot) bool { return p.line().kind == '+' && strings.HasPrefix(p.line().text, "\t") })) > 0 {
			return false // tabs everywhere: then they are what the whole hunk means by depth
		}
		return d.mapOld(" ", func(s string) string { return strings.ReplaceAll(s, "    ", "\t") })
	}},
	{"blank context without its blank", applies, func(d *dealer) bool {
		d.text = strings.ReplaceAll(render(d.sections), "\n \n", "\n\n")
		return d.text != render(d.sections)
	}},
	{"context without its blank", applies, func(d *dealer) bool {
		p, ok := d.spot(func(p spot) bool {
			return solidContext(p) && strings.IndexByte("+-@*\\ \t`", p.line().text[0]) < 0
		})
		if ok {
			p.line().kind, p.line().text = p.line().text[0], p.line().text[1:]
			d.text = render(d.sections)
		}
		return ok
	}},
	{"indented context without its blank", applies, func(d *dealer) bool {
		some := false
		for _, p := range d.spots(func(p spot) bool { return context(p) && strings.HasPrefix(p.line().text, " ") }) {
			p.line().text, some = p.line().text[1:], true
		}
		d.own = true
		return some
	}},
}
