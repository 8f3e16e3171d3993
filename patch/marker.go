package patch

import (
	"strings"
	"unicode/utf8"
)

// A mark is a line of the envelope's own: one that begins with three stars.
type mark int

const (
	noMark mark = iota
	beginMark
	endMark
	eofMark
	addMark
	updateMark
	deleteMark
	renameMark
	moveMark
	environmentMark
	unknownMark
)

var plainMarks = map[string]mark{
	"begin patch": beginMark,
	"end patch":   endMark,
	"end of file": eofMark,
}

var namingMarks = map[string]mark{
	"add file":       addMark,
	"update file":    updateMark,
	"delete file":    deleteMark,
	"rename file":    renameMark,
	"move to":        moveMark,
	"environment id": environmentMark,
}

// noNewlineMark follows a line without newline in a unified diff.
const noNewlineMark = `\ No newline at end of file`

// markOf reads a line as a mark. Blanks around it, its case and the blank
// after the stars are free; what follows the colon is its name.
func markOf(line string) (m mark, name string) {
	if line == "" || visible(line[0]) && line[0] != '*' {
		return noMark, "" // as most lines are
	}
	text, stars := strings.CutPrefix(strings.TrimSpace(line), "***")
	if !stars {
		return noMark, ""
	}
	text = strings.TrimSpace(strings.TrimSuffix(text, " ***"))
	if m, known := plainMarks[normal(text)]; known {
		return m, ""
	}
	if word, name, colon := strings.Cut(text, ":"); colon {
		if m, known := namingMarks[normal(word)]; known {
			return m, unquote(strings.TrimSpace(name))
		}
	}
	return unknownMark, ""
}

func normal(words string) string {
	return strings.ToLower(strings.Join(strings.Fields(words), " "))
}

// begins tells whether a section starts with such a mark.
func (m mark) begins() bool {
	return m == addMark || m == updateMark || m == deleteMark || m == renameMark
}

// indented tells whether a line starts with a blank.
func indented(line string) bool {
	return strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")
}

// blank tells whether nothing can be seen of a line; a byte order mark cannot.
func blank(line string) bool {
	for i := 0; i < len(line) && line[i] < utf8.RuneSelf; i++ {
		if visible(line[i]) {
			return false
		}
	}
	text := strings.TrimSpace(line)
	return text == "" || text == byteOrderMark
}
