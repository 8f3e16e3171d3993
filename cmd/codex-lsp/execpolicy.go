package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"

	"codex-lsp/agent/execpolicy"
)

const execpolicyUsage = `Usage: codex-lsp execpolicy check -r FILE... [FLAGS] COMMAND...

Says which rules of these files are about a command, in JSON, and the strictest
decision. The command is its words, not a script. Nothing is run.

`

// runExecpolicy is the subcommand execpolicy.
func runExecpolicy(args []string, _ io.Reader, stdout, stderr io.Writer) int {
	var call checkCall
	return done("execpolicy", call.parse(args, stderr), stderr, func() error { return call.check(stdout) })
}

// A checkCall is the command line of one execpolicy check.
type checkCall struct {
	files           []string
	pretty, resolve bool
	words           []string
}

func (c *checkCall) parse(args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("execpolicy", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	add := func(v string) error { c.files = append(c.files, v); return nil }
	flags.Func("r", "a `file` of rules (repeatable)", add)
	flags.Func("rules", "the same", add)
	flags.BoolVar(&c.pretty, "pretty", false, "indent the JSON")
	flags.BoolVar(&c.resolve, "resolve-host-executables", false, "know a program that is named by its path by its name, too")
	check := len(args) > 0 && args[0] == "check"
	if check {
		args = args[1:]
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stderr, execpolicyUsage)
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		return err
	case err != nil:
		return err
	}
	if c.words = flags.Args(); !check || len(c.files) == 0 || len(c.words) == 0 {
		return errors.New("give a file of rules and a command: codex-lsp execpolicy check -r FILE COMMAND")
	}
	return nil
}

func (c *checkCall) check(stdout io.Writer) error {
	var rules execpolicy.Set
	for _, name := range c.files {
		f := execpolicy.LoadFile(name)
		if len(f.Problems) > 0 {
			return f.Problems[0]
		}
		rules.Add(f)
	}
	out := json.NewEncoder(stdout)
	out.SetEscapeHTML(false)
	if c.pretty {
		out.SetIndent("", "  ")
	}
	return out.Encode(checked(rules.Match(c.words), c.resolve))
}

// A checkResult is what execpolicy check prints, as Codex does.
type checkResult struct {
	Matched  []matchedRule `json:"matchedRules"`
	Decision string        `json:"decision,omitempty"` // the strictest; none without a match
}

type matchedRule struct {
	Prefix prefixMatch `json:"prefixRuleMatch"`
}

type prefixMatch struct {
	Words         []string `json:"matchedPrefix"`
	Decision      string   `json:"decision"`
	Program       string   `json:"resolvedProgram,omitempty"`
	Justification string   `json:"justification,omitempty"`
}

// checked leaves out what is only known by a program's name, unless that is
// wanted.
func checked(found []execpolicy.Match, byName bool) checkResult {
	r := checkResult{Matched: []matchedRule{}}
	var counted []execpolicy.Match
	for _, m := range found {
		if m.Program != "" && !byName {
			continue
		}
		counted = append(counted, m)
		r.Matched = append(r.Matched, matchedRule{prefixMatch{m.Words, m.Decision.String(), m.Program, m.Justification}})
	}
	if m := execpolicy.Strictest(counted); m != nil {
		r.Decision = m.Decision.String()
	}
	return r
}
