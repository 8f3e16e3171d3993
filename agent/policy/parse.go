package policy

import (
	"errors"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// maxMends bounds how often a script is read again.
const maxMends = 16

var errComment = errors.New("a comment of which shells see the end in different places")

// parse reads a script as bash does. The parser takes some a# for a and a
// comment, where the shell sees one word and runs what follows; such a # is
// quoted, which means the same, and the script read again.
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
		script = script[:at] + `\` + script[at:]
	}
	return nil, errComment
}

// falseComment returns where the first comment begins that is none, or -1.
// Bash ends a comment at the backquote that ends the substitution around it;
// the parser does not.
func falseComment(file *syntax.File, script string) (at int, err error) {
	at = -1
	backquoted := strings.Contains(script, "`")
	syntax.Walk(file, func(n syntax.Node) bool {
		c, is := n.(*syntax.Comment)
		if !is || at >= 0 {
			return true
		}
		if backquoted && strings.Contains(c.Text, "`") {
			err = errComment
		}
		if hash := int(c.Hash.Offset()); !beginsWord(script, hash) {
			at = hash
		}
		return true
	})
	return at, err
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

// quoteHashes quotes each # within a word, quotes or not. That can change what
// the script means, so it is only for a script that cannot be read otherwise:
// what is found in it makes it no less than unclear.
func quoteHashes(script string) string {
	var b strings.Builder
	for i := range len(script) {
		if script[i] == '#' && !beginsWord(script, i) && strings.IndexByte(`\${`, script[i-1]) < 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(script[i])
	}
	return b.String()
}
