package policy

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// quotedWithin finds single quotes in the expansions of a text in double
// quotes, or of a heredoc. There they are no quotes to the shell: it expands
// what is between them, and a brace or a double quote there has its meaning.
func (r *reader) quotedWithin(parts []syntax.WordPart) {
	for _, p := range parts {
		switch p.(type) {
		case *syntax.ParamExp, *syntax.ArithmExp:
			r.quoted(p)
		}
	}
}

// quoted reads as a script what a part has in single quotes, if that is not
// within a substitution of its own. What becomes of it is not known.
func (r *reader) quoted(in syntax.Node) {
	syntax.Walk(in, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst, *syntax.ProcSubst:
			return false
		case *syntax.SglQuoted:
			r.visitor.found("unparsable", "'"+n.Value+"'")
			r.script(n.Value, input{})
			if _, behind, ok := strings.Cut(n.Value, "}"); ok { // which ends the expansion
				behind = strings.TrimLeft(behind, "\" \t\n;&|")
				r.script(behind+strings.Repeat(`"`, strings.Count(behind, `"`)%2), input{})
			}
		}
		return true
	})
}
