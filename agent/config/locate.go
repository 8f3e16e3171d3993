package config

import (
	"strings"

	"github.com/BurntSushi/toml"
)

// locate finds where a key is defined, 1-based; 0, 0 if it cannot tell. The
// parser keeps no positions, so it is asked instead: the place is the first
// that mentions the key and with which the text so far defines it.
func locate(text string, path []string) (line, column int) {
	last := path[len(path)-1]
	lines := strings.SplitAfter(text, "\n")
	for i, l := range lines {
		if at := mention(l, last); at >= 0 && definesAt(lines, i, path) {
			return i + 1, at + 1
		}
	}
	return 0, 0
}

// maxValueLines bounds how far a value is followed that goes over many lines.
const maxValueLines = 100

// definesAt tells whether the text defines the key once line i is complete,
// with the lines that its value takes.
func definesAt(lines []string, i int, path []string) bool {
	for end := i + 1; end <= min(i+maxValueLines, len(lines)); end++ {
		var values map[string]any
		meta, err := toml.Decode(strings.Join(lines[:end], ""), &values)
		if err == nil {
			return meta.IsDefined(path...)
		}
	}
	return false
}

// mention is the place of a whole word, -1 if there is none.
func mention(line, word string) int {
	for from := 0; ; {
		at := strings.Index(line[from:], word)
		if at < 0 {
			return -1
		}
		at += from
		end := at + len(word)
		if (at == 0 || !bare(line[at-1])) && (end == len(line) || !bare(line[end])) {
			return at
		}
		from = at + 1
	}
}

// bare tells whether a byte may be part of an unquoted key.
func bare(b byte) bool {
	return b == '_' || b == '-' || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}
