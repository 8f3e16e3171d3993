package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"codex-lsp/agent"
	"codex-lsp/agent/config"
	"codex-lsp/agent/policy"
	"codex-lsp/agent/sandbox"
)

const policyUsage = `Usage: codex-lsp policy explain [FLAGS] -- COMMAND

Says whether the policy lets the agent run a command in the current folder with
the current settings, by which rule and why: what a turn there would do. One
argument is a script for the shell; several are the words of a command. Nothing
is run. docs/policy.md has all rules and what is decided by them.

`

// runPolicy is the subcommand policy.
func runPolicy(args []string, _ io.Reader, stdout, stderr io.Writer) int {
	var call policyCall
	return done("policy", call.parse(args, stderr), stderr, func() error {
		e, err := call.explain(stderr)
		if err != nil {
			return err
		}
		if call.json {
			out := json.NewEncoder(stdout)
			out.SetEscapeHTML(false) // commands are full of & and >
			return out.Encode(e)
		}
		fmt.Fprintf(stdout, "verdict  %s\nclass    %s\nrule     %s\nreason   %s\nsandbox  %s\n", e.Verdict, e.Class, e.Rule, e.Reason, e.Sandbox)
		return nil
	})
}

// A policyCall is the command line of one policy explain.
type policyCall struct {
	json    bool
	outside bool
	options config.Options
	script  string
}

func (c *policyCall) parse(args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("policy", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.BoolVar(&c.json, "json", false, "print it as JSON")
	flags.BoolVar(&c.outside, "outside", false, "the model asks for it to run outside of the sandbox")
	flags.Func("c", "override a setting: `key=value` (repeatable)", func(v string) error {
		c.options.Overrides = append(c.options.Overrides, v)
		return nil
	})
	explain := len(args) > 0 && args[0] == "explain"
	if explain {
		args = args[1:]
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stderr, policyUsage)
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		return err
	case err != nil:
		return err
	case !explain:
		return errors.New("say what: codex-lsp policy explain -- COMMAND")
	}
	c.script = policy.Script(flags.Args())
	if strings.TrimSpace(c.script) == "" {
		return errors.New("give a command: codex-lsp policy explain -- COMMAND")
	}
	return nil
}

// An explanation is what policy explain says of a command.
type explanation struct {
	Class   string `json:"class"`   // see policy.Level
	Verdict string `json:"verdict"` // "run", "ask" or "forbid"
	Reason  string `json:"reason"`
	Rule    string `json:"rule"`    // FILE:LINE of the user's own, or see policy.Rules
	Sandbox string `json:"sandbox"` // "inside" if it would run in it, "weak" if a layer of it is missing, "outside", or "none" if there is none
}

func (c *policyCall) explain(stderr io.Writer) (explanation, error) {
	dir, err := os.Getwd()
	if err != nil {
		return explanation{}, fmt.Errorf("find the current folder: %w", err)
	}
	c.options.Dir = dir
	settings, err := config.Load(c.options)
	if err != nil {
		return explanation{}, err
	}
	rules, problems := agent.LoadRules(settings)
	for _, p := range problems {
		fmt.Fprintf(stderr, "policy: %v; nothing in this file allows anything\n", p)
	}
	on := agent.Terms{Confinement: agent.Confine(settings, dir, sandbox.Probe), Escalated: c.outside}
	j := agent.JudgeCommand(settings, rules, c.script, policy.Place{Cwd: dir, Root: dir}, on)
	return explanation{
		Class: j.Class.Level.String(), Verdict: string(j.Decision.Verdict), Reason: j.Decision.Reason, Rule: j.RuleName(), Sandbox: j.Where(on),
	}, nil
}
