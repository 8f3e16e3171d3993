package policy

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A Command is one that a script starts.
type Command struct {
	Words []string // as far as they are known before the script runs
	All   bool     // there are no others
	// Inner says that another command starts it: sudo, sh -c, xargs.
	Inner bool
}

// Commands returns every command that a script starts, those that wrappers
// start included.
//
// It is plain if the script is nothing but these commands, joined by pipes, &&,
// || and semicolons, with each word there as it will be: no redirection, no
// variable, no pattern that a file's name could turn into an option.
func Commands(script string) (all []Command, plain bool) {
	l := &lister{}
	newReader(Place{}, l).begin(script)
	file, err := parse(script)
	return l.all, err == nil && !l.lost && plainAll(file.Stmts)
}

// A lister notes commands.
type lister struct {
	all  []Command
	lost bool // there is more in the script than what was noted
}

func (l *lister) command(r *reader, words []word, _ input) {
	c := Command{All: true, Inner: r.depth > 1}
	for _, w := range words {
		if strings.ContainsAny(w.text, unset+unknown) {
			c.All = false
			break
		}
		c.Words = append(c.Words, w.text)
	}
	l.all = append(l.all, c)
	if name(words) == "git" {
		if g := parseGit(words[1:]); g.sub != "" && len(g.args) < len(words)-2 { // its options hide what it does
			l.command(r, append([]word{{text: "git"}, {text: g.sub}}, g.args...), input{})
			l.all[len(l.all)-1].Inner = true
		}
	}
}

func (l *lister) writes(*reader, string) {}

func (l *lister) found(rule, _ string) {
	if rule == "unparsable" || rule == "too-deep" {
		l.lost = true
		l.all = append(l.all, Command{}) // any
	}
}

func plainAll(list []*syntax.Stmt) bool {
	for _, s := range list {
		if !plainStatement(s) {
			return false
		}
	}
	return len(list) > 0
}

func plainStatement(s *syntax.Stmt) bool {
	if s.Negated || s.Background || s.Coprocess || s.Disown || len(s.Redirs) > 0 {
		return false
	}
	switch c := s.Cmd.(type) {
	case *syntax.BinaryCmd:
		return c.Op != syntax.PipeAll && plainStatement(c.X) && plainStatement(c.Y)
	case *syntax.CallExpr:
		if len(c.Assigns) > 0 || len(c.Args) == 0 {
			return false
		}
		for _, w := range c.Args {
			if !plainWord(w) {
				return false
			}
		}
		return true
	}
	return false
}

// plainWord tells whether a word is text. A pattern within it is, too: what
// files it stands for cannot change how the word begins.
func plainWord(w *syntax.Word) bool {
	for i, p := range w.Parts {
		switch p := p.(type) {
		case *syntax.Lit:
			if strings.ContainsAny(p.Value, "{\\") || strings.HasPrefix(p.Value, "~") || i == 0 && strings.ContainsAny(p.Value[:1], "*?[") {
				return false
			}
		case *syntax.SglQuoted:
			if p.Dollar {
				return false
			}
		case *syntax.DblQuoted:
			for _, inner := range p.Parts {
				if lit, ok := inner.(*syntax.Lit); !ok || strings.Contains(lit.Value, `\`) {
					return false
				}
			}
			if p.Dollar {
				return false
			}
		default:
			return false
		}
	}
	return true
}
