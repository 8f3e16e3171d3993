package patch

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Edits returns what turns one text into the other, as byte ranges of before
// in ascending order. They are whole lines, except where a line changed only
// in part; no edit splits a rune or a CRLF.
func Edits(before, after string) []TextEdit {
	if before == after {
		return nil
	}
	a, b := cut(before), cut(after)
	return edits(a, b, compare(a, b))
}

func edits(a, b lines, hunks []Hunk) []TextEdit {
	var list []TextEdit
	for _, h := range hunks {
		if h.Before.len() != h.After.len() {
			list = append(list, TextEdit{a.start[h.Before.Start], a.start[h.Before.End], b.between(h.After.Start, h.After.End)})
			continue
		}
		for i := range h.Before.len() {
			list = appendLine(list, a, b, Hunk{
				Span{h.Before.Start + i, h.Before.Start + i + 1},
				Span{h.After.Start + i, h.After.Start + i + 1},
			})
		}
	}
	return list
}

// appendLine adds the edit of one line that stands for another.
func appendLine(list []TextEdit, a, b lines, h Hunk) []TextEdit {
	old, now := a.raw(h.Before.Start), b.raw(h.After.Start)
	if old == now {
		return list
	}
	e := TextEdit{a.start[h.Before.Start], a.start[h.Before.End], now}
	if head, tail := sameEnds(old, now); 2*(head+tail) >= max(len(old), len(now)) {
		e = TextEdit{e.Start + head, e.End - tail, now[head : len(now)-tail]}
	} else if n := len(list); n > 0 && list[n-1].End == e.Start && strings.HasSuffix(list[n-1].New, "\n") {
		list[n-1].End, list[n-1].New = e.End, list[n-1].New+e.New
		return list
	}
	return append(list, e)
}

// sameEnds measures what two lines begin and end with alike, in whole words:
// an edit of half a word is neither easier to read nor safer to merge.
func sameEnds(a, b string) (head, tail int) {
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	for head > 0 && !(boundary(a, head) && boundary(b, head)) {
		head--
	}
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	for tail > 0 && !(boundary(a, len(a)-tail) && boundary(b, len(b)-tail)) {
		tail--
	}
	return head, tail
}

// boundary tells whether s may be cut at i: between runes, not within a CRLF
// and not within a word.
func boundary(s string, i int) bool {
	if i == 0 || i == len(s) {
		return true
	}
	if !utf8.RuneStart(s[i]) || s[i-1] == '\r' && s[i] == '\n' {
		return false
	}
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[i:])
	return !(inWord(before) && inWord(after)) && !unicode.Is(unicode.Mn, after)
}

func inWord(r rune) bool {
	return r == '_' || r == utf8.RuneError || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// ApplyEdits carries out edits that are in ascending order and do not overlap.
func ApplyEdits(text string, edits []TextEdit) string {
	var out strings.Builder
	at := 0
	for _, e := range edits {
		out.WriteString(text[at:e.Start])
		out.WriteString(e.New)
		at = e.End
	}
	out.WriteString(text[at:])
	return out.String()
}
