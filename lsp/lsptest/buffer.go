package lsptest

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// A position and a span are the protocol's.
type position struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

type span struct {
	Start position `json:"start"`
	End   position `json:"end"`
}

// A change is one entry of didChange's contentChanges.
type change struct {
	Range *span  `json:"range,omitempty"`
	Text  string `json:"text"`
}

// A buffer is an open document as the editor holds it.
type buffer struct {
	uri, path string
	text      string
	version   int
	onDisk    string // what the editor last read or wrote

	// What the server knows: a text, its version, and the changes since.
	sent        string
	sentVersion int
	unsent      []change
	timer       *time.Timer // runs while a didChange is due
	flushed     time.Time   // when the last one went out
}

// offset finds a position by the plainest means: line by line, character by
// character. It is the measure of the server's faster ways.
func offset(text string, p position, encoding string) int {
	start := 0
	for range p.Line {
		i := strings.IndexByte(text[start:], '\n')
		if i < 0 {
			return len(text)
		}
		start += i + 1
	}
	line, _, _ := strings.Cut(text[start:], "\n")
	line = strings.TrimSuffix(line, "\r")
	n := 0
	for i, r := range line {
		if n += width(r, encoding); n > p.Character {
			return start + i
		}
	}
	return start + len(line)
}

// place is the inverse of offset.
func place(text string, at int, encoding string) position {
	before := text[:at]
	p := position{Line: strings.Count(before, "\n")}
	for _, r := range before[strings.LastIndexByte(before, '\n')+1:] {
		p.Character += width(r, encoding)
	}
	return p
}

func width(r rune, encoding string) int {
	switch encoding {
	case "utf-8":
		return utf8.RuneLen(r)
	case "utf-32":
		return 1
	}
	return utf16.RuneLen(r)
}

// splice replaces a range of bytes and keeps what didChange will say of it.
func (b *buffer) splice(start, end int, with, encoding string) {
	b.unsent = append(b.unsent, change{
		Range: &span{place(b.text, start, encoding), place(b.text, end, encoding)},
		Text:  with,
	})
	b.text = b.text[:start] + with + b.text[end:]
}

// changes are the contentChanges that bring the server up to date.
func (b *buffer) changes(style Sync, encoding string) []change {
	switch style {
	case Whole:
		return []change{{Text: b.text}}
	case Spans, Events:
		return []change{spanning(b.sent, b.text, encoding)}
	}
	return b.unsent
}

// spanning is the one change from the first difference to the last, whole
// characters.
func spanning(from, to, encoding string) change {
	head := 0
	for head < len(from) && head < len(to) && from[head] == to[head] {
		head++
	}
	for head > 0 && (head < len(from) && !utf8.RuneStart(from[head]) || head < len(to) && !utf8.RuneStart(to[head])) {
		head--
	}
	if head > 0 && from[head-1] == '\r' {
		head-- // a CRLF is one
	}
	tail := 0
	for tail < len(from)-head && tail < len(to)-head && from[len(from)-1-tail] == to[len(to)-1-tail] {
		tail++
	}
	for tail > 0 && !utf8.RuneStart(from[len(from)-tail]) {
		tail--
	}
	if tail > 0 && from[len(from)-tail] == '\n' {
		tail--
	}
	return change{
		Range: &span{place(from, head, encoding), place(from, len(from)-tail, encoding)},
		Text:  to[head : len(to)-tail],
	}
}

// A part is a change of a text by bytes.
type part struct {
	start, end int
	text       string
}

// parts are the changes, the last first, by which an editor replaces a text. A
// piece is what differs between two characters that are the same, and as far
// from the start: that is not how editors find them, but what they look like.
func (s Sync) parts(old, new string) []part {
	if s != Pieces {
		return []part{{0, len(old), new}}
	}
	var pieces []part
	start, n := 0, min(len(old), len(new))
	for i := range n {
		if old[i] == new[i] && old[i] < utf8.RuneSelf {
			pieces = append(pieces, part{start, i, new[start:i]})
			start = i + 1
		}
	}
	pieces = append(pieces, part{start, len(old), new[start:]})
	slices.Reverse(pieces)
	return slices.DeleteFunc(pieces, func(p part) bool { return p.start == p.end && p.text == "" })
}

func fileURI(path string) string { return (&url.URL{Scheme: "file", Path: path}).String() }

// key identifies a buffer. Editors decode URIs: two spellings are one file.
func key(uri string) string {
	if path := pathOf(uri); path != "" {
		return path
	}
	return uri
}

func pathOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" {
		return ""
	}
	return u.Path
}
