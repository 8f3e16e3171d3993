// Package execpolicy reads a user's rules about commands, and tells what they
// say of one. They are Codex's: files *.rules in Starlark, in which
// prefix_rule, host_executable and network_rule are called.
//
// Unlike Codex it fails closed. A file with an error in it allows nothing, and
// still forbids and asks by every rule that can be read; other files are as
// they were.
package execpolicy

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"go.starlark.net/starlark"
)

// A Decision is what a rule says of a command. Of several the greatest counts.
type Decision int

const (
	Allow  Decision = iota + 1 // run it, unasked and outside the sandbox
	Prompt                     // ask
	Forbid                     // do not run it
)

var decisions = map[string]Decision{"allow": Allow, "prompt": Prompt, "forbidden": Forbid}

func (d Decision) String() string {
	for name, v := range decisions {
		if v == d {
			return name
		}
	}
	return ""
}

// A Rule is about the commands whose first words are the pattern.
type Rule struct {
	Pattern       [][]string // for each word, what it may be
	Decision      Decision
	Justification string // in the user's words; may be empty
	File          string
	Line          int // 1-based
}

// A Match is a rule that applies to a command.
type Match struct {
	*Rule
	Words   []string // of the command: as many as the pattern has
	Program string   // the path that was named, where the rule is about its last element
}

// NetworkRule is about connections to a host.
type NetworkRule struct {
	Host          string
	Protocol      string // http, https, socks5_tcp or socks5_udp
	Decision      Decision
	Justification string
}

// A Set is all rules that apply. It is not changed once it is in use.
type Set struct {
	rules   map[string][]*Rule // by what the first word may be
	hosts   map[string][]string
	Network []NetworkRule
}

// Add puts the rules of a file to the others.
func (s *Set) Add(f *File) {
	if s.rules == nil {
		s.rules, s.hosts = make(map[string][]*Rule), make(map[string][]string)
	}
	for _, r := range f.Rules {
		for _, first := range r.Pattern[0] {
			s.rules[first] = append(s.rules[first], r)
		}
	}
	for name, paths := range f.Hosts {
		s.hosts[name] = append(s.hosts[name], paths...)
	}
	s.Network = append(s.Network, f.Network...)
}

// With is the set with more rules. The set itself stays as it is.
func (s *Set) With(more []*Rule) *Set {
	both := &Set{Network: s.Network, hosts: s.hosts, rules: make(map[string][]*Rule)}
	for first, list := range s.rules {
		both.rules[first] = slices.Clip(list)
	}
	for _, r := range more {
		for _, first := range r.Pattern[0] {
			both.rules[first] = append(both.rules[first], r)
		}
	}
	return both
}

// Match returns the rules that apply to a command, given by its words.
//
// A program that is named by its path is known by its last element, too. What
// is allowed by that name is so in the folders of the system only, or at the
// paths of host_executable, and if no rule names the path; what is not, is not
// wherever it is.
func (s *Set) Match(words []string) []Match {
	if len(words) == 0 {
		return nil
	}
	found := s.matches(words)
	name := path.Base(words[0])
	if name == words[0] {
		return found
	}
	known := len(found) == 0 && s.knows(name, words[0])
	for _, m := range s.matches(append([]string{name}, words[1:]...)) {
		if m.Decision != Allow || known {
			m.Program = words[0]
			found = append(found, m)
		}
	}
	return found
}

// knows tells whether a program at a path is what its name allows.
func (s *Set) knows(name, program string) bool {
	if paths, restricted := s.hosts[name]; restricted {
		return slices.Contains(paths, program)
	}
	return slices.Contains(systemFolders, path.Dir(program))
}

// systemFolders are where programs are that a name means everywhere.
var systemFolders = []string{"/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/usr/sbin", "/opt/homebrew/bin"}

func (s *Set) matches(words []string) []Match {
	var found []Match
	for _, r := range s.rules[words[0]] {
		if r.covers(words) {
			found = append(found, Match{Rule: r, Words: words[:len(r.Pattern)]})
		}
	}
	return found
}

// covers tells whether the pattern is how a command begins.
func (r *Rule) covers(words []string) bool {
	return len(words) >= len(r.Pattern) && r.agrees(words)
}

// agrees tells whether nothing in the pattern is against the first words of a
// command.
func (r *Rule) agrees(words []string) bool {
	for i, w := range words[:min(len(words), len(r.Pattern))] {
		if !slices.Contains(r.Pattern[i], w) {
			return false
		}
	}
	return true
}

// exact tells whether a rule names a command to its last word, and no other.
func (r *Rule) exact(words []string) bool {
	return len(words) == len(r.Pattern) && r.covers(words) &&
		!slices.ContainsFunc(r.Pattern, func(alternatives []string) bool { return len(alternatives) > 1 })
}

// Strictest is the match that counts, and nil if there is none.
func Strictest(found []Match) *Match {
	if len(found) == 0 {
		return nil
	}
	m := slices.MaxFunc(found, func(x, y Match) int { return int(x.Decision - y.Decision) })
	return &m
}

// String is the rule as a file has it.
func (r *Rule) String() string {
	words := make([]string, len(r.Pattern))
	for i, alternatives := range r.Pattern {
		quoted := make([]string, len(alternatives))
		for k, a := range alternatives {
			quoted[k] = starlark.String(a).String()
		}
		if words[i] = quoted[0]; len(quoted) > 1 {
			words[i] = "[" + strings.Join(quoted, ", ") + "]"
		}
	}
	s := fmt.Sprintf(`prefix_rule(pattern=[%s], decision=%q`, strings.Join(words, ", "), r.Decision.String())
	if r.Justification != "" {
		s += ", justification=" + starlark.String(r.Justification).String()
	}
	return s + ")"
}
