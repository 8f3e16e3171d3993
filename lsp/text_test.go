package lsp

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"go.lsp.dev/protocol"
	"pgregory.net/rapid"
)

// naive is the plainest reading of the protocol: a text is a list of lines, a
// line a list of characters, each so many units wide.
type naive struct {
	text  string
	rules rules
}

func (n naive) offset(p protocol.Position) int {
	rest, at := n.text, 0
	for line := uint32(0); ; line++ {
		content, end := n.line(rest)
		if line == p.Line {
			return at + n.column(content, p.Character)
		}
		if end == len(rest) && !n.ended(rest) || rest == "" {
			return len(n.text)
		}
		rest, at = rest[end:], at+end
	}
}

// line returns the first line of s without its end, and the length with it.
func (n naive) line(s string) (content string, length int) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\n':
			return s[:i], i + 1
		case strings.HasPrefix(s[i:], "\r\n"):
			return s[:i], i + 2
		case s[i] == '\r' && n.rules.loneCR:
			return s[:i], i + 1
		}
	}
	return s, len(s)
}

func (n naive) ended(s string) bool {
	return strings.HasSuffix(s, "\n") || n.rules.loneCR && strings.HasSuffix(s, "\r")
}

func (n naive) column(line string, units uint32) int {
	for i, r := range line {
		width := map[encoding]int{utf8Units: utf8.RuneLen(r), utf16Units: utf16.RuneLen(r), utf32Units: 1}[n.rules.encoding]
		if units < uint32(width) {
			return i
		}
		units -= uint32(width)
	}
	return len(line)
}

func (n naive) replace(r protocol.Range, with string) naive {
	from, to := n.offset(r.Start), n.offset(r.End)
	if to < from {
		from, to = to, from
	}
	return naive{n.text[:from] + with + n.text[to:], n.rules}
}

// texts draws what is hard: every line ending, characters of one to four
// bytes, long lines, and texts of many chunks.
var texts = rapid.Custom(func(t *rapid.T) string {
	piece := rapid.SampledFrom([]string{"\n", "\r\n", "\r", "a", "bc ", "é", "€", "𝄞", "👩‍👩‍👧", strings.Repeat("x", 700), strings.Repeat("line\n", 900)})
	return strings.Join(rapid.SliceOfN(piece, 0, 20).Draw(t, "text"), "")
})

func positions(lines int) *rapid.Generator[protocol.Position] {
	return rapid.Custom(func(t *rapid.T) protocol.Position {
		return protocol.Position{
			Line:      rapid.Uint32Range(0, uint32(lines)+2).Draw(t, "line"),
			Character: rapid.OneOf(rapid.Uint32Range(0, 12), rapid.Uint32()).Draw(t, "character"),
		}
	})
}

func TestTextAgainstNaiveModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rules{
			encoding: rapid.SampledFrom([]encoding{utf8Units, utf16Units, utf32Units}).Draw(t, "encoding"),
			loneCR:   rapid.Bool().Draw(t, "loneCR"),
		}
		model := naive{texts.Draw(t, "text"), r}
		got := newText(model.text, r)
		for i := range rapid.IntRange(1, 12).Draw(t, "edits") {
			where := positions(strings.Count(model.text, "\n"))
			change := protocol.Range{Start: where.Draw(t, "start"), End: where.Draw(t, "end")}
			with := texts.Draw(t, "with")
			model, got = model.replace(change, with), got.replace(change, with)
			checkText(t, fmt.Sprintf("edit %d %v", i, change), got, model)
		}
	})
}

// checkText compares content and positions, and the invariant of chunks.
func checkText(t *rapid.T, after string, got *text, model naive) {
	if got.String() != model.text || got.size != len(model.text) {
		t.Fatalf("after %s: got %q (%d), want %q", after, got.String(), got.size, model.text)
	}
	for i, c := range got.chunks {
		if i < len(got.chunks)-1 && !strings.HasSuffix(c.s, "\n") {
			t.Fatalf("after %s: chunk %d of %d ends within a line", after, i, len(got.chunks))
		}
		if c.ends != got.rules.lineEnds(c.s) || c.s == "" {
			t.Fatalf("after %s: chunk %d counts %d line ends in %d bytes", after, i, c.ends, len(c.s))
		}
	}
	p := positions(strings.Count(model.text, "\n")).Draw(t, "p")
	if at, want := got.offset(p), model.offset(p); at != want {
		t.Fatalf("after %s: offset of %v is %d, want %d in %q", after, p, at, want, model.text)
	}
	at := rapid.IntRange(0, len(model.text)).Draw(t, "at")
	for at < len(model.text) && !utf8.RuneStart(model.text[at]) {
		at++
	}
	back := at
	if at > 0 && at < len(model.text) && model.text[at-1:at+1] == "\r\n" {
		back-- // there is no position between the two
	}
	if got := model.offset(got.position(at)); got != back {
		t.Fatalf("after %s: position of %d leads to %d in %q", after, at, got, model.text)
	}
}

func TestPositions(t *testing.T) {
	const s = "aé𝄞b\r\nx\n"
	tests := []struct {
		name      string
		encoding  encoding
		line      uint32
		character uint32
		want      int
	}{
		{"bytes", utf8Units, 0, 7, 7},
		{"within a character, in bytes", utf8Units, 0, 5, 3},
		{"utf-16 before a surrogate pair", utf16Units, 0, 2, 3},
		{"utf-16 behind a surrogate pair", utf16Units, 0, 4, 7},
		{"utf-16 within a surrogate pair", utf16Units, 0, 3, 3},
		{"utf-32 behind the clef", utf32Units, 0, 3, 7},
		{"past the end of a CRLF line", utf16Units, 0, 99, 8},
		{"the largest character", utf16Units, 0, 1<<32 - 1, 8},
		{"second line", utf16Units, 1, 1, 11},
		{"the empty last line", utf16Units, 2, 0, 12},
		{"past the last line", utf16Units, 9, 3, 12},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := newText(s, rules{encoding: tt.encoding}).offset(protocol.Position{Line: tt.line, Character: tt.character})
			if got != tt.want {
				t.Errorf("offset of %d:%d in %q is %d, want %d", tt.line, tt.character, s, got, tt.want)
			}
		})
	}
}

func TestLoneCarriageReturn(t *testing.T) {
	p := protocol.Position{Line: 1, Character: 1}
	for loneCR, want := range map[bool]int{true: 3, false: 5} {
		if got := newText("a\rb\ncd", rules{utf8Units, loneCR}).offset(p); got != want {
			t.Errorf("loneCR %v: offset of %v is %d, want %d", loneCR, p, got, want)
		}
	}
}

func BenchmarkChangeInLargeText(b *testing.B) {
	s := strings.Repeat("\tif err := doSomething(ctx, thing); err != nil {\n", 100_000)
	t := newText(s, rules{encoding: utf16Units})
	at := protocol.Range{Start: protocol.Position{Line: 50_000, Character: 8}, End: protocol.Position{Line: 50_000, Character: 8}}
	for b.Loop() {
		t = t.replace(at, "x")
	}
}

func BenchmarkOpenLargeText(b *testing.B) {
	s := strings.Repeat("\tif err := doSomething(ctx, thing); err != nil {\n", 100_000)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		newText(s, rules{encoding: utf16Units})
	}
}
