package policy

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// maxValues bounds how many values of one variable are followed.
const maxValues = 8

// set notes a value of a variable, and keeps those that it had: which of them
// holds is not known in a loop or a branch. The latest is the first.
func (r *reader) set(name, value string) {
	if r.vars == nil {
		r.vars = make(map[string][]string)
	}
	if len(value) > maxValue {
		value = unknown
	}
	values := slices.Insert(slices.Clone(r.vars[name]), 0, value)
	r.vars[name] = values[:min(len(values), maxValues)]
}

// maxValue bounds a value: `a=$a$a` doubles each time.
const maxValue = 4 << 10

// assign notes an assignment.
func (r *reader) assign(a *syntax.Assign) {
	switch {
	case a.Name == nil || a.Naked:
	case a.Array != nil:
		for _, e := range slices.Backward(a.Array.Elems) {
			r.set(a.Name.Value, r.text(e.Value))
		}
	case a.Append:
		value := r.text(a.Value)
		for _, old := range slices.Backward(r.variable(a.Name.Value)) {
			r.set(a.Name.Value, old+value)
		}
	default:
		r.set(a.Name.Value, r.text(a.Value))
	}
}

// home is the home folder, "~" while it is not known.
func (r *reader) home() string {
	if r.place.Home == "" {
		return "~"
	}
	return r.place.Home
}

// variable returns the values that a variable may have.
func (r *reader) variable(name string) []string {
	if values := r.vars[name]; values != nil {
		return values
	}
	switch name {
	case "HOME":
		return []string{r.home()}
	case "PWD", "OLDPWD":
		if r.cwd != "" {
			return []string{r.cwd}
		}
		return []string{known(r.at.now)}
	case "USER", "LOGNAME":
		return []string{path.Base(r.home())}
	case "TMPDIR", "IFS", "PATH", "SHELL", "@", "*", "#", "?", "$", "!", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9":
		return []string{unknown}
	}
	return []string{unset}
}

// param returns the values that an expansion may have.
func (r *reader) param(p *syntax.ParamExp) []string {
	if p.Param == nil || p.Excl || p.Length || p.Width || p.IsSet || p.Slice != nil || p.Repl != nil || p.Names != 0 {
		return []string{unknown}
	}
	values := r.variable(p.Param.Value)
	if p.Exp == nil {
		return values
	}
	missing := len(values) == 1 && values[0] == unset
	switch p.Exp.Op {
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull:
		if missing {
			return []string{r.text(p.Exp.Word), unknown}
		}
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
		return []string{r.text(p.Exp.Word)}
	case syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		if missing {
			return []string{unknown}
		}
	case syntax.RemSmallSuffix, syntax.RemLargeSuffix, syntax.RemSmallPrefix, syntax.RemLargePrefix:
		if pattern := r.text(p.Exp.Word); pattern != "/" && !missing {
			return []string{unknown}
		}
	default:
		return []string{unknown}
	}
	return values
}

// output returns what a substitution prints, of the few commands that print
// paths.
func (r *reader) output(stmts []*syntax.Stmt) string {
	if len(stmts) != 1 {
		return unknown
	}
	call, ok := stmts[0].Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 {
		return unknown
	}
	if r.depth++; r.depth > maxDepth {
		r.depth--
		return unknown
	}
	defer func() { r.depth-- }()
	var words []word
	for _, a := range call.Args {
		words = append(words, r.fields(a)...)
	}
	if len(words) == 0 {
		return unknown
	}
	last := words[len(words)-1].text
	switch name(words) {
	case "pwd":
		return known(r.cwd)
	case "echo":
		return join(operands(words[1:]))
	case "printf":
		if ops := operands(words[1:]); len(ops) == 2 && strings.HasPrefix(ops[0].text, "%s") {
			return ops[1].text
		} else if len(ops) == 1 && !strings.ContainsAny(ops[0].text, `%\`) {
			return ops[0].text
		}
	case "realpath", "readlink", "which", "command", "type":
		return last
	case "dirname":
		if r.place.Home != "" && path.IsAbs(last) {
			return path.Dir(last)
		}
	case "git":
		if last == "--show-toplevel" {
			return known(r.place.Root)
		}
	}
	return unknown
}

// known is text, or unknown if there is none.
func known(text string) string {
	if text == "" {
		return unknown
	}
	return text
}

// join is words as one text.
func join(words []word) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = w.text
	}
	return strings.Join(texts, " ")
}
