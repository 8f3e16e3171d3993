package execpolicy

import (
	"path"
	"strings"

	"codex-lsp/agent/policy"
)

// A Verdict is what the rules say of a script.
type Verdict struct {
	Decision Decision // 0: nothing
	Rule     *Rule    // that decided; nil if none did, or several allow it
	Command  string   // that it is about
	Exact    bool     // the script is this one command, which the rule names to its last word
	Words    []string // the words of Command that the rule is about; nil if several allow it
}

// Judge tells what the rules say of a script for bash.
//
// What a rule forbids or asks about counts wherever in the script it is, and a
// command that is not known before it runs is asked about if a rule may be
// about it. A script is allowed if it is plain ([policy.Commands]) and a rule
// allows each command of it.
func (s *Set) Judge(script string) Verdict {
	if len(s.rules) == 0 {
		return Verdict{}
	}
	all, plain := policy.Commands(script)
	var worst Verdict // the strictest
	allowed, outer := 0, 0
	for _, c := range all {
		v := s.judge(c)
		if !c.Inner {
			outer++
			if v.Decision == Allow {
				allowed++
			}
		}
		if v.Decision > worst.Decision {
			worst = v
		}
	}
	worst.Exact = worst.Exact && len(all) == 1
	switch {
	case worst.Decision != Allow:
		return worst
	case !plain || allowed < outer:
		return Verdict{}
	case outer > 1:
		return Verdict{Decision: Allow}
	}
	return worst
}

func (s *Set) judge(c policy.Command) Verdict {
	if m := Strictest(s.Match(c.Words)); m != nil && (c.All || m.Decision != Allow) {
		return Verdict{Decision: m.Decision, Rule: m.Rule, Command: strings.Join(c.Words, " "), Exact: c.All && m.exact(c.Words), Words: m.Words}
	}
	if c.All {
		return Verdict{}
	}
	if r := s.mayMatch(c.Words); r != nil {
		return Verdict{Decision: Prompt, Rule: r, Command: strings.Join(append(c.Words, "…"), " ")}
	}
	return Verdict{}
}

// mayMatch returns a rule that does not allow, and that may be about a command
// of which only the first words are known.
func (s *Set) mayMatch(words []string) *Rule {
	for first, rules := range s.rules {
		if len(words) > 0 && first != words[0] && first != path.Base(words[0]) {
			continue
		}
		for _, r := range rules {
			if r.Decision != Allow && (len(words) == 0 || r.agrees(append([]string{first}, words[1:]...))) {
				return r
			}
		}
	}
	return nil
}
