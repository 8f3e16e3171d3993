package exec

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxTitle is how many characters of a command a prompt's title shows: more
// than fits on most screens, and no less than tells commands apart.
const maxTitle = 160

// Describe returns one line that stands for a script in a prompt: its first
// line that does something, and how much more there is. Nothing in it is
// invisible, see [Visible].
func Describe(script string) string {
	lines := strings.Split(strings.TrimRight(script, "\r\n\t "), "\n")
	first := 0
	for first < len(lines)-1 && idle(lines[first]) {
		first++
	}
	title := Visible(strings.TrimSpace(lines[first]))
	more := ""
	if n := utf8.RuneCountInString(title); n > maxTitle {
		title = string([]rune(title)[:maxTitle])
		more = fmt.Sprintf("+%d characters", n-maxTitle)
	}
	if n := len(lines) - 1; n > 0 {
		if more != "" {
			more += ", "
		}
		more += fmt.Sprintf("+%d %s", n, plural(n, "line"))
	}
	if more == "" {
		return title
	}
	return title + " … (" + more + ")"
}

// idle tells whether a line does nothing by itself. A comment must not be what
// the user approves.
func idle(line string) bool {
	line = strings.TrimSpace(line)
	return line == "" || line[0] == '#'
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// Visible returns the script with everything in it that a screen would not
// show, or would show as something else, written out: control characters,
// characters without width, and those that turn the direction of the text,
// with which a command can be made to look like another. Newlines stay.
func Visible(script string) string {
	var b strings.Builder
	for i, r := range script {
		switch {
		case r == '\n':
			b.WriteByte('\n')
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == utf8.RuneError && !strings.HasPrefix(script[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, `\x%02x`, script[i])
		case !unicode.IsPrint(r) || unicode.Is(blank, r):
			fmt.Fprintf(&b, "<U+%04X>", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// blank are the characters that Unicode counts as letters, marks or symbols
// and that are drawn as nothing.
var blank = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034f, Hi: 0x034f, Stride: 1}, // combining grapheme joiner
		{Lo: 0x115f, Hi: 0x1160, Stride: 1}, // Hangul fillers
		{Lo: 0x17b4, Hi: 0x17b5, Stride: 1}, // Khmer inherent vowels
		{Lo: 0x180b, Hi: 0x180d, Stride: 1}, // Mongolian variation selectors
		{Lo: 0x180f, Hi: 0x180f, Stride: 1},
		{Lo: 0x2800, Hi: 0x2800, Stride: 1}, // Braille blank
		{Lo: 0x3164, Hi: 0x3164, Stride: 1}, // Hangul filler
		{Lo: 0xfe00, Hi: 0xfe0f, Stride: 1}, // variation selectors
		{Lo: 0xffa0, Hi: 0xffa0, Stride: 1}, // halfwidth Hangul filler
	},
	R32: []unicode.Range32{{Lo: 0xe0100, Hi: 0xe01ef, Stride: 1}}, // variation selectors
}
