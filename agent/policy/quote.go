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
// within another part that is looked at by itself. What becomes of it is not
// known.
func (r *reader) quoted(in syntax.Node) {
	syntax.Walk(in, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst, *syntax.ProcSubst, *syntax.DblQuoted, *syntax.ArithmExp:
			return n == in
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

// subscript finds what zsh takes for an index of the variable before it, and
// computes.
func (r *reader) subscript(parts []syntax.WordPart) {
	for i, p := range parts[:max(0, len(parts)-1)] {
		before, isParam := p.(*syntax.ParamExp)
		behind, isLit := parts[i+1].(*syntax.Lit)
		if isParam && isLit && before.Short && strings.HasPrefix(behind.Value, "[") && !plainIndex().MatchString(behind.Value) {
			r.visitor.found("arithmetic", "$"+before.Param.Value+"[…]")
		}
	}
}

// plainIndex is an index, or a pattern, in which there is no name.
var plainIndex = pattern(`^\[[-0-9^!@*,]*\]`)
