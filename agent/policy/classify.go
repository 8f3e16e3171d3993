package policy

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A classifier keeps the worst that a script does; of what is alike, the first.
type classifier struct {
	rule, shown string
	words       []word
}

func (c *classifier) class() Class {
	switch {
	case c.rule == "":
		return class("nothing", "")
	case c.words != nil:
		c.shown = join(c.words)
	}
	shown := strings.NewReplacer(unset, "$…", unknown, "$…").Replace(c.shown)
	return class(c.rule, shown)
}

// worse tells whether a rule is worse than what was found so far.
func (c *classifier) worse(rule string) bool {
	return c.rule == "" || ruleOf()[rule].Level > ruleOf()[c.rule].Level
}

func (c *classifier) command(r *reader, words []word, in input) {
	rule := dangerOf(r, words, in)
	if rule == "" {
		rule = safe(r, words)
		switch {
		case showsSecret(r, words, rule):
			rule = "secret"
		case ruleOf()[rule].Level == Plain && isStartup(r.at.now):
			rule = "startup" // whatever it writes
		}
	}
	if c.worse(rule) {
		c.rule, c.words = rule, words
		if from, ok := in.from.(*syntax.Stmt); ok && rule == "unseen-code" {
			c.words = append([]word{{text: program(from) + " … |"}}, words...)
		}
	}
}

// program is the first program of a part of the script.
func program(n syntax.Node) (name string) {
	syntax.Walk(n, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && name == "" && len(call.Args) > 0 {
			name = call.Args[0].Lit()
		}
		return name == ""
	})
	return name
}

func (c *classifier) writes(r *reader, file string) {
	rule := writeRule(r.locate(file))
	switch {
	case rule != "":
	case file == "/dev/null" || file == "/dev/stdout" || file == "/dev/stderr":
		return
	default:
		rule = "writes"
	}
	c.found(rule, "> "+file)
}

func (c *classifier) found(rule, command string) {
	if c.worse(rule) {
		c.rule, c.shown, c.words = rule, command, nil
	}
}
