package policy

import (
	"errors"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// maxMends bounds how often a script is read again.
const maxMends = 16

// maxHashes bounds how many are looked for among the texts of a script.
const maxHashes = 1000

var errComment = errors.New("a comment of which shells see the end in different places")

// parse reads a script as bash does, and mends it where the parser would not.
// The parser takes some a# for a and a comment, where the shell sees one word
// and runs what follows; such a # is quoted. It lets a backslash take a comment
// into the next line, where the shell ends it; the end of such a line is taken
// out.
func parse(script string) (*syntax.File, error) {
	for range maxMends {
		file, err := syntax.NewParser(syntax.Variant(syntax.LangBash), syntax.KeepComments(true)).Parse(strings.NewReader(script), "")
		if err != nil || !strings.Contains(script, "#") {
			return file, err
		}
		at, err := falseComment(file, script)
		if err != nil || at < 0 {
			return file, err
		}
		if beginsWord(script, at) {
			script = script[:at+1] + script[at+strings.IndexByte(script[at:], '\n'):]
		} else {
			script = script[:at] + `\` + script[at:]
		}
	}
	return nil, errComment
}

// falseComment returns where the first comment begins that is none, or that
// goes on in the next line, or -1. Bash ends a comment at the backquote that
// ends the substitution around it; the parser does not.
func falseComment(file *syntax.File, script string) (at int, err error) {
	comments, texts := make(map[int]bool), []span{}
	first := len(script)
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Comment:
			hash := int(n.Hash.Offset())
			if comments[hash] = true; !beginsWord(script, hash) {
				first = min(first, hash)
			}
			if strings.Contains(n.Text, "`") && strings.Contains(script, "`") {
				err = errComment
			}
		case *syntax.Lit, *syntax.SglQuoted:
			texts = append(texts, span{int(n.Pos().Offset()), int(n.End().Offset())})
		}
		return true
	})
	hashes := goingOn(script)
	if len(hashes) > maxHashes {
		return -1, errComment
	}
	for _, h := range hashes {
		switch {
		case h.from > first:
		case comments[h.from]:
			return h.from, err
		case !slices.ContainsFunc(texts, func(s span) bool { return s.from <= h.from && h.from < s.to }):
			return -1, errComment // one that the parser forgot
		}
	}
	if first == len(script) {
		return -1, err
	}
	return first, err
}

// A span is a part of a script.
type span struct{ from, to int }

// goingOn are what may be comments and end with a backslash.
func goingOn(script string) (hashes []span) {
	start := 0
	for line := range strings.Lines(script) {
		text := strings.TrimRight(line, "\r\n")
		for i := range len(text) {
			if text[i] == '#' && len(text) < len(line) && text[len(text)-1] == '\\' && beginsWord(script, start+i) {
				hashes = append(hashes, span{start + i, start + len(text)})
			}
		}
		start += len(line)
	}
	return hashes
}

// beginsWord tells whether a word can begin at i.
func beginsWord(script string, i int) bool {
	for i >= 2 && script[i-2:i] == "\\\n" {
		i -= 2 // the line goes on
	}
	if i == 0 {
		return true
	}
	return strings.IndexByte(" \t\n;&|()<>", script[i-1]) >= 0 && (i < 2 || script[i-2] != '\\')
}

// quoteHashes quotes each # within a word, quotes or not, and empties comments
// that seem to go on. That can change what the script means, so it is only for
// a script that cannot be read otherwise: what is found in it makes it no less
// than unclear.
func quoteHashes(script string) string {
	var b strings.Builder
	skip := goingOn(script)
	for i := range len(script) {
		for len(skip) > 0 && i >= skip[0].to {
			skip = skip[1:]
		}
		if len(skip) > 0 && i >= skip[0].from {
			continue
		}
		if script[i] == '#' && !beginsWord(script, i) && strings.IndexByte(`\${`, script[i-1]) < 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(script[i])
	}
	return b.String()
}
