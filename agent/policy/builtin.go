package policy

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// builtins change nothing but the shell itself, with the arguments that
// safeBuiltin knows.
const builtins = "cd pushd popd dirs : true false [ test return exit break continue shift wait umask ulimit set unset getopts let times jobs type hash"

// The arguments of builtins that are understood. Others may be names of
// variables, which the shell computes, programs, or settings.
var (
	number     = pattern(`^[0-9]+$`)
	setting    = pattern(`^[-+][efhmnuvxCEHT]*o?$|^(errexit|errtrace|pipefail|nounset|xtrace|verbose|noglob|noclobber|noexec|posix)$`)
	limit      = pattern(`^(-[A-Za-z]+|[0-9]+|unlimited|hard|soft)$`)
	mask       = pattern(`^(-S|-p|[0-7]+|[ugoa,=+rwx-]+)$`)
	listing    = pattern(`^-[lprns]$`)
	conversion = pattern(`%[-+ #0-9.]*([^-+ #0-9.]?)`)
	plainValue = pattern(`^[-+.,/:_A-Za-z0-9]*$`)
)

// safeBuiltin returns the rule for a builtin.
func safeBuiltin(n string, args []word) string {
	ok := true
	switch n {
	case "test", "[": // compares numbers, and looks up variables, by computing
		return safeTest(args)
	case "let":
		return "arithmetic"
	case "return", "exit", "break", "continue", "shift":
		if !each(args, func(a word) bool { return number().MatchString(a.text) || isStatus(a) }) {
			return "arithmetic"
		}
	case "wait":
		ok = each(args, func(a word) bool { return number().MatchString(a.text) || a.text == "-n" || isStatus(a) })
	case "jobs":
		ok = each(args, func(a word) bool { return listing().MatchString(a.text) })
	case "set":
		ok = len(args) > 0 && each(beforeDashes(args), func(a word) bool { return setting().MatchString(a.text) })
	case "umask":
		ok = each(args, func(a word) bool { return mask().MatchString(a.text) })
	case "ulimit":
		ok = each(args, func(a word) bool { return limit().MatchString(a.text) })
	case "unset":
		ok = each(args, func(a word) bool { return a.text == "-v" || harmlessVariable(a) })
	case "getopts":
		ok = len(args) > 1 && args[0].literal() && harmlessVariable(args[1])
	case "hash":
		ok = each(args, func(a word) bool { return a.text == "-r" })
	}
	if !ok {
		return "options"
	}
	return "shell"
}

func each(args []word, ok func(word) bool) bool {
	for _, a := range args {
		if !ok(a) {
			return false
		}
	}
	return true
}

// beforeDashes are the arguments in front of --.
func beforeDashes(args []word) []word {
	for i, a := range args {
		if a.text == "--" {
			return args[:i]
		}
	}
	return args
}

// isStatus tells whether a word is a variable that only holds a number.
func isStatus(w word) bool {
	if w.node == nil || len(w.node.Parts) != 1 {
		return false
	}
	part := w.node.Parts[0]
	if q, ok := part.(*syntax.DblQuoted); ok && len(q.Parts) == 1 {
		part = q.Parts[0]
	}
	p, ok := part.(*syntax.ParamExp)
	return ok && p.Param != nil && oneOf("? ! # $", p.Param.Value) && p.Exp == nil && p.Repl == nil && p.Slice == nil && p.Index == nil && !p.Excl && !p.Length && !p.Width
}

// harmlessVariable tells whether a word names a variable that no program takes
// its settings from.
func harmlessVariable(w word) bool {
	return w.literal() && plainName().MatchString(w.text) && harmlessName(w.text)
}

const (
	comparing = "= == != < > -nt -ot -ef"
	computing = "-eq -ne -lt -le -gt -ge"
)

// safeTest is for a test in which the shell computes nothing, and looks up no
// variable whose name is computed.
func safeTest(args []word) string {
	for i, a := range args {
		operator := i+1 < len(args) && args[i+1].literal() && oneOf(comparing+" "+computing, args[i+1].text)
		if oneOf("-v -R", a.text) || unquoted(a) && !isStatus(a) || a.mayBeOption() && !operator && !(i > 0 && args[i-1].literal()) {
			return "arithmetic"
		}
		if oneOf(computing, a.text) && !(i > 0 && isNumber(args[i-1]) && i+1 < len(args) && isNumber(args[i+1])) ||
			a.text == "-t" && i+1 < len(args) && !isNumber(args[i+1]) && !oneOf("] -a -o )", args[i+1].text) {
			return "arithmetic"
		}
	}
	return "read-only"
}

func isNumber(w word) bool { return number().MatchString(w.text) || isStatus(w) }

// unquoted tells whether a word may become several.
func unquoted(w word) bool {
	if w.node == nil {
		return true
	}
	for _, p := range w.node.Parts {
		if _, quoted := p.(*syntax.DblQuoted); !quoted && expands(p) {
			return true
		}
	}
	return false
}

// safeRead allows names of variables that no program takes settings from.
func safeRead(args []word) bool {
	return each(args, func(a word) bool { return a.text == "-r" || harmlessVariable(a) })
}

// safePrintf allows a format that computes nothing but numbers that are there,
// and sets nothing.
func safePrintf(args []word) bool {
	if len(args) > 0 && args[0].text == "--" {
		args = args[1:]
	}
	if len(args) == 0 || !args[0].literal() || isOption(args[0]) {
		return false
	}
	for _, c := range conversion().FindAllStringSubmatch(args[0].text, -1) {
		switch letter := c[1]; {
		case letter != "" && strings.Contains("sbqc%", letter):
		case letter != "" && strings.Contains("diouxXfeEgG", letter) && each(args[1:], func(a word) bool { return plainValue().MatchString(a.text) }):
		default:
			return false
		}
	}
	return true
}
