package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"codex-lsp/agent"
	"codex-lsp/agent/config"
	"codex-lsp/lsp/door"
)

const approveUsage = `Usage: codex-lsp approve [FLAGS] [ID]

Answers what the agent asks, from another terminal than the editor's. Without an
ID it lists what waits for an answer. An ID may be cut at its start. The fields of
a form are asked for one by one; a line of standard input is the answer to one.

`

// approve is the subcommand of that name.
func approve(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var call approveCall
	return done("approve", call.parse(args, stderr), stderr, func() error { return call.run(stdin, stdout) })
}

// An approveCall is the command line of one approve.
type approveCall struct {
	id       string
	decision agent.Decision
	message  string
	json     bool
}

func (c *approveCall) parse(args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("approve", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	decide := func(name, usage string, d agent.Decision) {
		flags.BoolFunc(name, usage, func(string) error {
			if c.decision != "" && c.decision != d {
				return errors.New("only one answer can be given")
			}
			c.decision = d
			return nil
		})
	}
	decide("session", "approve the same again, too, until the conversation ends", agent.ApprovedForSession)
	decide("always", "approve, and write the rule that allows it from now on", agent.ApprovedWithRule)
	decide("decline", "do not approve; the turn goes on without it", agent.Declined)
	decide("abort", "do not approve, and end the turn", agent.Abort)
	flags.StringVar(&c.message, "m", "", "what to tell the agent, with --decline")
	flags.BoolVar(&c.json, "json", false, "list as JSON")
	for first := true; first || flags.NArg() > 0; first = false {
		if !first { // flags may come after the ID
			if c.id != "" {
				return fmt.Errorf("unexpected argument %q", flags.Arg(0))
			}
			c.id, args = flags.Arg(0), flags.Args()[1:]
		}
		switch err := flags.Parse(args); {
		case errors.Is(err, flag.ErrHelp):
			fmt.Fprint(stderr, approveUsage)
			flags.SetOutput(stderr)
			flags.PrintDefaults()
			return err
		case err != nil:
			return err
		}
	}
	switch {
	case c.id == "" && c.decision != "":
		return errors.New("say what the answer is to: codex-lsp approve lists it")
	case c.message != "" && c.decision != agent.Declined:
		return errors.New("-m goes with --decline")
	case c.decision == "":
		c.decision = agent.Approved
	}
	return nil
}

func (c *approveCall) run(stdin io.Reader, stdout io.Writer) error {
	home, err := config.Home(config.Options{})
	if err != nil {
		return err
	}
	open, err := door.List(home)
	if c.id == "" {
		if len(open) == 0 && err != nil {
			return err
		}
		return errors.Join(c.list(stdout, open), err) // of those who answered
	}
	id, answer := c.id, agent.Answer{Decision: c.decision, Message: c.message}
	q, found := meant(open, id)
	switch {
	case found > 1:
		return fmt.Errorf("%s: %d questions end so; give more of the ID", id, found)
	case found == 1:
		id = q.ID
	}
	if q.Kind == agent.AskForm && c.decision.Yes() {
		if answer, err = fillIn(q, stdin, stdout); err != nil {
			return err
		}
	}
	standing, accepted, err := door.Answer(home, id, answer)
	switch {
	case errors.Is(err, agent.ErrUnknown):
		return fmt.Errorf("%w; codex-lsp approve lists the open ones", err)
	case err != nil:
		return err
	case !accepted:
		return fmt.Errorf("%s was answered before: %s", id, standing)
	}
	if q.Kind == agent.AskURL && standing.Yes() {
		fmt.Fprintf(stdout, "Open %s\n", oneLine(q.URL))
	}
	_, err = fmt.Fprintf(stdout, "%s: %s\n", id, standing)
	return err
}

// meant finds the questions that an ID, or its end, may mean.
func meant(open []agent.Question, id string) (q agent.Question, found int) {
	for _, o := range open {
		if o.ID == id {
			return o, 1
		}
		if strings.HasSuffix(o.ID, id) {
			q, found = o, found+1
		}
	}
	return q, found
}

func (c *approveCall) list(stdout io.Writer, open []agent.Question) error {
	if c.json {
		out := json.NewEncoder(stdout)
		out.SetEscapeHTML(false)
		return out.Encode(append([]agent.Question{}, open...))
	}
	if len(open) == 0 {
		_, err := fmt.Fprintln(stdout, "nothing waits for an answer")
		return err
	}
	var b strings.Builder
	for i, q := range open {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s\n  %s\n", oneLine(q.ID), oneLine(q.Title))
		rules, note := q.Always()
		for _, l := range []struct{ name, text string }{{"in", q.Cwd}, {"reason", q.Reason}, {"policy", q.Policy}, {"undo", q.Undo}, {"always", rules}, {"that is", note}} {
			if l.text != "" {
				fmt.Fprintf(&b, "  %s: %s\n", l.name, oneLine(l.text))
			}
		}
		for line := range strings.Lines(agent.Visible(q.Detail)) {
			b.WriteString("  | " + strings.TrimSuffix(line, "\n") + "\n")
		}
	}
	_, err := io.WriteString(stdout, b.String())
	return err
}

// oneLine is a text in one line: with more, the model could write a line that
// passes for one of ours.
func oneLine(s string) string { return agent.Visible(strings.Join(strings.Fields(s), " ")) }
