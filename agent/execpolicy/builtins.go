package execpolicy

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/shlex"
	"go.starlark.net/starlark"
)

// prefixRule is prefix_rule(pattern, decision="allow", justification, match,
// not_match). The examples are checked when the file is read.
func (l *loader) prefixRule(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var pattern, match, notMatch *starlark.List
	decision, justification := "allow", starlark.Value(starlark.None)
	err := starlark.UnpackArgs(b.Name(), args, kwargs, "pattern", &pattern, "decision?", &decision,
		"match?", &match, "not_match?", &notMatch, "justification?", &justification)
	if err != nil {
		return nil, err
	}
	pos := thread.CallFrame(1).Pos
	r := &Rule{Decision: decisions[decision], File: l.file.Name, Line: int(pos.Line)}
	if r.Decision == 0 {
		return nil, fmt.Errorf("decision %q: allow, prompt or forbidden", decision)
	}
	if r.Justification, err = reason(justification); err != nil {
		return nil, err
	}
	if r.Pattern, err = patternOf(pattern); err != nil {
		return nil, err
	}
	l.file.Rules = append(l.file.Rules, r) // before the examples: what forbids does so all the same
	return starlark.None, r.check(match, notMatch)
}

func reason(v starlark.Value) (string, error) {
	if v == starlark.None {
		return "", nil
	}
	s, ok := starlark.AsString(v)
	if !ok || strings.TrimSpace(s) == "" {
		return "", errors.New("justification is to be a text that is not empty")
	}
	return s, nil
}

// patternOf reads a list of words, each a text or a list of those it may be.
func patternOf(list *starlark.List) ([][]string, error) {
	var pattern [][]string
	for v := range list.Elements() {
		words := []starlark.Value{v}
		if alternatives, ok := v.(*starlark.List); ok {
			words = slices.Collect(alternatives.Elements())
		}
		var texts []string
		for _, w := range words {
			text, ok := starlark.AsString(w)
			if !ok || text == "" {
				return nil, fmt.Errorf("pattern: %s is neither a word nor a list of words", v)
			}
			texts = append(texts, text)
		}
		if len(texts) == 0 {
			return nil, errors.New("pattern: an empty list of words matches nothing")
		}
		pattern = append(pattern, texts)
	}
	if len(pattern) == 0 {
		return nil, errors.New("pattern is empty")
	}
	return pattern, nil
}

// check tries the examples of a rule.
func (r *Rule) check(match, notMatch *starlark.List) error {
	for _, examples := range []struct {
		list *starlark.List
		want bool
	}{{match, true}, {notMatch, false}} {
		if examples.list == nil {
			continue
		}
		for v := range examples.list.Elements() {
			words, err := exampleOf(v)
			switch {
			case err != nil:
				return err
			case examples.want && !r.covers(words):
				return fmt.Errorf("match: the rule does not apply to %s", v)
			case !examples.want && r.covers(words):
				return fmt.Errorf("not_match: the rule applies to %s", v)
			}
		}
	}
	return nil
}

// exampleOf reads a command: a list of words, or a line as one types it.
func exampleOf(v starlark.Value) ([]string, error) {
	if line, ok := starlark.AsString(v); ok {
		words, err := shlex.Split(line)
		if err != nil || len(words) == 0 {
			return nil, fmt.Errorf("example %s cannot be read as a command", v)
		}
		return words, nil
	}
	list, ok := v.(*starlark.List)
	if !ok || list.Len() == 0 {
		return nil, fmt.Errorf("example %s is neither a command nor a list of words", v)
	}
	return texts("example", list)
}

func texts(what string, list *starlark.List) ([]string, error) {
	var out []string
	for v := range list.Elements() {
		s, ok := starlark.AsString(v)
		if !ok {
			return nil, fmt.Errorf("%s: %s is not a text", what, v)
		}
		out = append(out, s)
	}
	return out, nil
}

// hostExecutable is host_executable(name, paths).
func (l *loader) hostExecutable(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var name string
	var list *starlark.List
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "name", &name, "paths", &list); err != nil {
		return nil, err
	}
	if name == "" || strings.ContainsAny(name, `/\`) {
		return nil, fmt.Errorf("name %q is to be a program's name without a folder", name)
	}
	paths, err := texts("paths", list)
	if err != nil {
		return nil, err
	}
	for i, p := range paths {
		if rest, ok := strings.CutPrefix(p, "~/"); ok {
			home, err := os.UserHomeDir()
			if err != nil {
				return nil, err
			}
			p = filepath.Join(home, rest)
		}
		if !filepath.IsAbs(p) || filepath.Base(p) != name {
			return nil, fmt.Errorf("paths: %q is to be an absolute path that ends in %s", p, name)
		}
		paths[i] = p
	}
	l.file.Hosts[name] = append(l.file.Hosts[name], paths...) // with none, it is allowed at no path
	return starlark.None, nil
}

var protocols = []string{"http", "https", "socks5_tcp", "socks5_udp"}

// networkRule is network_rule(host, protocol, decision, justification).
func (l *loader) networkRule(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var r NetworkRule
	var decision string
	justification := starlark.Value(starlark.None)
	err := starlark.UnpackArgs(b.Name(), args, kwargs, "host", &r.Host, "protocol", &r.Protocol, "decision", &decision, "justification?", &justification)
	if err != nil {
		return nil, err
	}
	if decision == "deny" {
		decision = "forbidden"
	}
	if r.Decision = decisions[decision]; r.Decision == 0 {
		return nil, fmt.Errorf("decision %q: allow, prompt or deny", decision)
	}
	if r.Justification, err = reason(justification); err != nil {
		return nil, err
	}
	if r.Host == "" || strings.ContainsAny(r.Host, "*/ ") {
		return nil, fmt.Errorf("host %q is to be one host's name, without wildcards", r.Host)
	}
	if !slices.Contains(protocols, r.Protocol) {
		return nil, fmt.Errorf("protocol %q: %s", r.Protocol, strings.Join(protocols, ", "))
	}
	l.file.Network = append(l.file.Network, r)
	return starlark.None, nil
}
