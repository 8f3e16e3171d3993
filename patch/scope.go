package patch

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A scope is the part of a file that a header names: from the comments above
// its line to where something else begins.
type scope struct {
	lead   int // the first line of what stands right above the header
	header int
	end    int  // the last line at which a hunk of this scope may begin
	block  bool // the lines below the header are deeper than it
}

// within tells whether a place is in one of the scopes that a chunk names.
func (s *sought) within(f fit) bool {
	if len(s.scopes) == 0 {
		return true
	}
	for _, sc := range s.scopes {
		if f.first() >= sc.lead && f.first() <= sc.end {
			return true
		}
		if f.first() <= sc.header && sc.header < f.end() {
			return true // the hunk itself has the header's line
		}
	}
	return false
}

// nameScopes finds what the headers of chunks name. Of headers that stand one
// in the other the innermost counts that the file has.
func (m *matcher) nameScopes(wanted []*sought) {
	var names []string
	for _, s := range wanted {
		names = append(names, s.Headers...)
	}
	if len(names) == 0 {
		return
	}
	sc := &scopes{lines: m.base, ends: make(map[int]int), at: m.base.occurrences(names)}
	for _, s := range wanted {
		s.scopes = nil
		for _, name := range s.Headers {
			s.scopes = sc.inside(s.scopes, name)
		}
		s.invalid = len(s.Headers) > 0 && len(s.scopes) == 0
	}
}

// scopes finds the scopes of one file.
type scopes struct {
	lines
	at   map[string][]int // the lines that a header may mean
	ends map[int]int      // of the scopes met so far, by header
}

// inside narrows scopes to those that a header names in them. A header that is
// in none of them stands alone, and one that the file does not have says
// nothing.
func (s *scopes) inside(outer []scope, name string) []scope {
	var all, inner []scope
	for _, h := range s.at[name] {
		sc := scope{s.lead(h), h, s.end(h), s.opens(h)}
		all = append(all, sc)
		for _, o := range outer {
			if o.header < h && h <= o.end {
				inner = append(inner, sc)
				break
			}
		}
	}
	switch {
	case len(inner) > 0:
		return inner
	case len(all) > 0:
		return all
	}
	return outer
}

// occurrences finds the lines that headers may mean: those that are equal to
// them, else equal but for blanks, else those that contain them.
func (l lines) occurrences(names []string) map[string][]int {
	at := make(map[string][]int)
	for _, v := range []level{exactly, around, loosely} {
		var missing [][]string
		for _, name := range names {
			if at[name] == nil {
				missing = append(missing, []string{v.of(name)})
			}
		}
		if len(missing) == 0 {
			return at
		}
		x := newIndex(rows{lines: l}, v, missing)
		for _, name := range names {
			if at[name] == nil {
				at[name] = x.places([]string{v.of(name)})
			}
		}
	}
	for _, name := range names {
		if at[name] == nil {
			at[name] = l.containing(strings.TrimSpace(name))
		}
	}
	return at
}

// containing finds the lines that have part as whole words. A name that git
// has cut off may end within one.
func (l lines) containing(part string) []int {
	const least = 3 // shorter ones are in too many lines to name one
	var found, begun []int
	for at := 0; len(part) >= least; {
		n := strings.Index(l.text[at:], part)
		if n < 0 {
			break
		}
		at += n
		line := sort.SearchInts(l.start, at+1) - 1
		raw := l.raw(line)
		from := at - l.start[line]
		switch {
		case boundary(raw, from) && boundary(raw, from+len(part)):
			found = append(found, line)
		case blank(raw[:from]):
			begun = append(begun, line)
		}
		at = l.start[line+1]
	}
	if len(found) == 0 {
		return begun
	}
	return found
}

// lead returns the first of the comments and attributes right above a header.
func (s *scopes) lead(h int) int {
	width := widthOf(s.lines.at(h))
	for h > 0 {
		above := s.lines.at(h - 1)
		if blank(above) || widthOf(above) != width || startsWord(above) || closesBlock(above) {
			break
		}
		h--
	}
	return h
}

// end returns the last line at which a hunk in the scope of a header may
// begin. That is where something else of the same rank begins, which the hunk
// may well show as context, or the last line of the file.
func (s *scopes) end(h int) int {
	end, known := s.ends[h]
	if !known {
		end = s.walk(h)
		s.ends[h] = end
	}
	return end
}

func (s *scopes) walk(h int) int {
	header := s.lines.at(h)
	width := widthOf(header)
	opens := s.opens(h)
	for i := h + 1; i < s.len(); i++ {
		line := s.lines.at(i)
		if blank(line) || widthOf(line) > width {
			continue
		}
		if opens && startsWord(line) && !continues(line) && s.opens(i) || !opens && sameSign(header, line) {
			return i
		}
	}
	return s.len()
}

// opens tells whether the lines below belong to this one: they are deeper, or
// a brace at the same depth opens what does.
func (s *scopes) opens(h int) bool {
	width := widthOf(s.lines.at(h))
	for i := h + 1; i < s.len(); i++ {
		line := s.lines.at(i)
		switch {
		case blank(line):
			continue
		case strings.HasPrefix(strings.TrimSpace(line), "{"):
			return true
		}
		return widthOf(line) > width
	}
	return false
}

// widthOf is how far a line is indented, in columns.
func widthOf(line string) int {
	const tab = 8
	n := 0
	for i := range len(line) {
		switch line[i] {
		case ' ':
			n++
		case '\t':
			n += tab - n%tab
		default:
			return n
		}
	}
	return n
}

func startsWord(line string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimSpace(line))
	return r == '_' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

func closesBlock(line string) bool {
	return strings.ContainsAny(strings.TrimSpace(line)[:1], ")]}")
}

// sameSign tells whether two lines begin with the same sign: headings,
// sections of a configuration, items of a list.
func sameSign(header, line string) bool {
	header, line = strings.TrimSpace(header), strings.TrimSpace(line)
	return !startsWord(header) && header != "" && line != "" && header[0] == line[0]
}

// continuing are words that begin a further part of a statement, not another.
var continuing = map[string]bool{
	"else": true, "elif": true, "elsif": true, "elseif": true, "except": true, "finally": true, "catch": true,
	"rescue": true, "ensure": true, "case": true, "default": true, "when": true, "then": true, "do": true,
	"public": true, "private": true, "protected": true, "internal": true, "where": true, "end": true, "begin": true,
}

// continues tells whether a line carries on what a header began: a further
// branch, or a label that stands alone.
func continues(line string) bool {
	word := strings.TrimSpace(line)
	if n := strings.IndexFunc(word, func(r rune) bool { return !inWord(r) }); n >= 0 {
		rest := strings.TrimSpace(word[n:])
		word = word[:n]
		if word == "public" || word == "private" || word == "protected" || word == "internal" {
			return rest == ":"
		}
	}
	return continuing[word]
}
