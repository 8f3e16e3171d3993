// Package policy judges shell scripts before they run: how much harm one can
// do, and whether it runs, is asked about or is forbidden. It is pure: it reads
// the script and what it is passed, and neither files nor the environment; of
// links it is told by its caller.
//
// It judges what a script says, not what its programs do. It is there to show
// harm to a person before it happens; to hold a program that hides, there must
// be a sandbox.
package policy

import (
	"path"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// A Level is how much harm a script can do, the least first.
type Level int

const (
	Safe         Level = iota // only reads
	Plain                     // may write: what most commands do
	Unclear                   // cannot be read, so nothing is known of it
	Dangerous                 // destroys what cannot be had back, or lets in code that nobody has seen
	Catastrophic              // destroys the home folder, the system, the workspace or its .git
)

var levels = [...]string{"safe", "plain", "unclear", "dangerous", "catastrophic"}

func (l Level) String() string { return levels[l] }

// A Class is what is known of a script: the level of the worst that it does,
// and why.
type Class struct {
	Level   Level
	Rule    string // the name of the rule that decided, see [Rules]
	Command string // the part of the script that it decided about, on one line
	Reason  string // both in plain words
}

// Place is where a script would run, as absolute paths; "" is not known.
type Place struct {
	Cwd  string // the folder it starts in
	Home string // the user's home folder
	Root string // the workspace

	Shell string // the program that reads the script; "" for the user's own, a shell like bash
	// Real returns where a path leads with all links followed; nil where there
	// are none.
	Real func(path string) string
}

// Classify tells how much harm a script for bash can do, wherever it runs.
func Classify(script string) Class { return classify(script, Place{}) }

// classify knows of the place whether a script starts in the workspace's folder
// and what reads it.
func classify(script string, at Place) Class {
	v := &classifier{}
	if !likeBash(at.Shell) {
		v.found("shell-unknown", at.Shell)
	}
	r := newReader(Place{}, v)
	r.at.now = at.Cwd
	r.begin(script)
	return v.class()
}

// Catastrophe tells whether a script destroys what no approval should cover:
// the system, the home folder, the workspace or its .git.
func Catastrophe(script string, at Place) (c Class, is bool) {
	v := &guard{place: at, places: at.guarded()}
	newReader(at, v).begin(script)
	return v.worst, v.worst.Level == Catastrophic
}

// Judge is Catastrophe, and Classify where that finds nothing.
func Judge(script string, at Place) Class {
	c := classify(script, at)
	if c.Level == Safe {
		return c
	}
	if worse, is := Catastrophe(script, at); is {
		return worse
	}
	return c
}

// maxEscapes bounds how many parts of a text are looked at as scripts.
const maxEscapes = 8

// JudgeTyped judges what is typed into a program that runs. That may be a
// shell, in any folder, an interpreter, or a pager that runs what stands
// behind !, or read it as anything.
func JudgeTyped(text string, at Place) Class {
	at.Cwd = ""
	worst := class("typed", text)
	script, more := text, true
	for range maxEscapes {
		if c := Judge(script, at); c.Level >= Dangerous && c.Level > worst.Level {
			worst = c
		}
		if _, script, more = strings.Cut(script, "!"); !more {
			break
		}
	}
	if worst.Level < Dangerous && deletingCode([]word{{text: text}}) {
		return class("delete-code", text)
	}
	return worst
}

// likeBash tells whether a program is a shell that reads a script as bash does.
// A program in a folder of the user's can be anything, whatever its name.
func likeBash(shell string) bool {
	dir, name := path.Split(shell)
	return shell == "" || oneOf("bash zsh sh dash ksh mksh ash", name) &&
		(dir == "" || oneOf("/bin /usr/bin /usr/local/bin /opt/homebrew/bin", path.Clean(dir)))
}

// maxShown is how many characters of a command a reason repeats.
const maxShown = 80

// class makes a Class out of a rule and what it is about.
func class(rule, command string) Class {
	r := ruleOf()[rule]
	command = strings.Join(strings.FieldsFunc(command, unseen), " ")
	if utf8.RuneCountInString(command) > maxShown {
		command = string([]rune(command)[:maxShown-1]) + "…"
	}
	c := Class{Level: r.Level, Rule: rule, Command: command, Reason: r.Text}
	if command != "" {
		c.Reason = "`" + command + "` " + r.Text
	}
	return c
}

// unseen are the characters at which a shown command is broken into words.
func unseen(r rune) bool { return r <= ' ' || r == 0x7f || r == utf8.RuneError }

// Script is a command line as a script: one argument is a script, and several
// are the words of a command.
func Script(args []string) string {
	if len(args) == 1 {
		return args[0]
	}
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = a
		if quoted, err := syntax.Quote(a, syntax.LangBash); err == nil {
			words[i] = quoted
		}
	}
	return strings.Join(words, " ")
}
