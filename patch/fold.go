package patch

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A level is how strictly two lines are compared. Each ignores all that the
// ones before it ignore.
type level int

const (
	exactly    level = iota
	trailing         // blanks at the end
	around           // blanks at both ends
	typography       // typographic punctuation and blanks for plain ones
	loosely          // the width of blanks, invisible characters, how accents are composed, the entities of HTML
	levels
)

// of is the form of a line that is compared at this level.
func (v level) of(line string) string {
	switch v {
	case exactly:
		return line
	case trailing:
		if n := len(line); n > 0 && visible(line[n-1]) {
			return line
		}
		return strings.TrimRightFunc(line, unicode.IsSpace)
	case around:
		return strings.TrimSpace(line)
	case typography:
		return strings.TrimSpace(plain(line))
	}
	return loose(unescape(line))
}

// visible tells whether a byte is a character of ASCII that is seen.
func visible(c byte) bool { return c > ' ' && c < 0x7f }

// unescape resolves entities until there are none, for a patch may have those
// of the file escaped once more.
func unescape(line string) string {
	for strings.Contains(line, "&") {
		plain := html.UnescapeString(line)
		if plain == line {
			break
		}
		line = plain
	}
	return line
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// typographic maps what a word processor writes to what a keyboard does.
var typographic = strings.NewReplacer(
	"\u2010", "-", "\u2011", "-", "\u2012", "-", "\u2013", "-", "\u2014", "-", "\u2015", "-", "\u2212", "-",
	"\u2018", "'", "\u2019", "'", "\u201a", "'", "\u201b", "'",
	"\u201c", `"`, "\u201d", `"`, "\u201e", `"`, "\u201f", `"`,
	"\u00a0", " ", "\u2002", " ", "\u2003", " ", "\u2004", " ", "\u2005", " ", "\u2006", " ", "\u2007", " ",
	"\u2008", " ", "\u2009", " ", "\u200a", " ", "\u202f", " ", "\u205f", " ", "\u3000", " ",
)

func plain(s string) string {
	if ascii(s) {
		return s
	}
	return typographic.Replace(s)
}

// invisible maps characters that are not seen, and dots that are written as one.
var invisible = strings.NewReplacer(
	"\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "", "\u00ad", "", "\u2026", "...",
)

func loose(s string) string {
	if t, is := tidy(s); is {
		return t
	}
	if !ascii(s) {
		s = typographic.Replace(invisible.Replace(norm.NFC.String(s)))
	}
	return strings.Join(strings.Fields(s), " ")
}

// tidy trims a line of ASCII that has single spaces between its words, as most
// have, so that nothing needs to be built.
func tidy(s string) (t string, is bool) {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for len(s) > 0 && s[len(s)-1] == ' ' {
		s = s[:len(s)-1]
	}
	space := false
	for i := range len(s) {
		if !visible(s[i]) && (s[i] != ' ' || space) {
			return "", false
		}
		space = s[i] == ' '
	}
	return s, true
}
