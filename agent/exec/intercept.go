package exec

import (
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// A Patch is a script that was a patch all along.
type Patch struct {
	Text string // the envelope, as the model wrote it
	Dir  string // where the script changes to first; "" if it does not
}

// patchStart is the first line of a patch.
const patchStart = "*** Begin Patch"

// Heredoc recognises a script that does nothing but apply a patch, as models
// write it that have no apply_patch tool or forget to use it:
//
//	apply_patch <<'EOF'            with applypatch as well, and any delimiter
//	cd DIR && apply_patch <<'EOF'
//	apply_patch '*** Begin Patch…'
//	*** Begin Patch                the bare text
//
// The text is taken as written even if the delimiter is not quoted: a patch
// that holds $x or a backquote means just that, and nothing in it is ever run.
// A script that does anything besides is none, and neither is one of which
// DIR or the argument is known only to a shell.
func Heredoc(script string) (p Patch, is bool) {
	if text := strings.TrimSpace(script); strings.HasPrefix(text, patchStart) {
		return Patch{Text: text + "\n"}, true
	}
	if !strings.Contains(script, "apply") {
		return Patch{}, false // most scripts need no parser
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
	if err != nil || len(file.Stmts) != 1 {
		return Patch{}, false
	}
	stmt := file.Stmts[0]
	if and, ok := stmt.Cmd.(*syntax.BinaryCmd); ok && and.Op == syntax.AndStmt && plain(stmt) && len(stmt.Redirs) == 0 {
		if p.Dir, ok = changeDir(and.X); !ok {
			return Patch{}, false
		}
		stmt = and.Y
	}
	p.Text, is = patchText(script, stmt)
	if !is {
		return Patch{}, false
	}
	return p, true
}

// changeDir returns DIR of `cd DIR`.
func changeDir(stmt *syntax.Stmt) (dir string, ok bool) {
	words, ok := literals(stmt)
	if !ok || len(stmt.Redirs) > 0 || len(words) != 2 || words[0] != "cd" || words[1] == "" {
		return "", false
	}
	return words[1], words[1][0] != '-' // an option, or the folder before
}

// patchText returns the patch of an apply_patch command, from its heredoc or
// its only argument.
func patchText(script string, stmt *syntax.Stmt) (text string, ok bool) {
	words, ok := literals(stmt)
	if !ok || words[0] != "apply_patch" && words[0] != "applypatch" {
		return "", false
	}
	switch {
	case len(words) == 1 && len(stmt.Redirs) == 1:
		return heredoc(script, stmt.Redirs[0])
	case len(words) == 2 && len(stmt.Redirs) == 0:
		return words[1], strings.HasPrefix(strings.TrimSpace(words[1]), patchStart)
	}
	return "", false
}

// heredoc cuts the body out of the script, since the parser's copy is not the
// same bytes: it drops carriage returns.
func heredoc(script string, r *syntax.Redirect) (body string, ok bool) {
	end, ok := literal(r.Word)
	if !ok || r.Op != syntax.Hdoc && r.Op != syntax.DashHdoc || r.N != nil {
		return "", false
	}
	if r.Hdoc == nil {
		return "", true
	}
	var b strings.Builder
	for line := range strings.Lines(script[r.Hdoc.Pos().Offset():]) {
		if r.Op == syntax.DashHdoc {
			line = strings.TrimLeft(line, "\t")
		}
		if strings.TrimRight(line, "\r\n") == end {
			break
		}
		b.WriteString(line)
	}
	return b.String(), true
}

// literals returns the words of a simple command in which nothing is expanded.
func literals(stmt *syntax.Stmt) (words []string, ok bool) {
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || !plain(stmt) || len(call.Assigns) > 0 || len(call.Args) == 0 {
		return nil, false
	}
	for _, word := range call.Args {
		text, ok := literal(word)
		if !ok {
			return nil, false
		}
		words = append(words, text)
	}
	return words, true
}

// literal returns a word in which nothing is expanded, without its quotes.
func literal(word *syntax.Word) (text string, ok bool) {
	if !isLiteral(word) {
		return "", false
	}
	fields, err := expand.Fields(nil, word)
	if err != nil || len(fields) != 1 {
		return "", false
	}
	return fields[0], true
}

// plain tells whether a statement runs in the foreground and for its own exit
// code.
func plain(stmt *syntax.Stmt) bool {
	return !stmt.Negated && !stmt.Background && !stmt.Coprocess && !stmt.Disown
}

// isLiteral tells whether a word means the same to any shell in any place.
func isLiteral(word *syntax.Word) bool {
	for i, part := range word.Parts {
		switch part := part.(type) {
		case *syntax.Lit:
			if strings.ContainsAny(part.Value, "*?[{") || i == 0 && strings.HasPrefix(part.Value, "~") {
				return false
			}
		case *syntax.SglQuoted:
		case *syntax.DblQuoted:
			for _, inner := range part.Parts {
				if _, ok := inner.(*syntax.Lit); !ok {
					return false
				}
			}
		default:
			return false
		}
	}
	return true
}
