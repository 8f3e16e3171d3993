package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"

	"codex-lsp/agent/config"
	"codex-lsp/agent/journal"
	"codex-lsp/agent/rollout"
)

const sessionsHelp = `Usage: codex-lsp sessions list [--all] [--archived] [--size] [--limit N]
       codex-lsp sessions search [--all] WORDS
       codex-lsp sessions show|export|archive|unarchive|delete ID
       codex-lsp sessions rename ID NAME
       codex-lsp sessions fork [--turns N] ID
       codex-lsp sessions vacuum [--keep-days N] [--max-size SIZE]

Looks after saved conversations, Codex's too: they are the same files. An ID is a
conversation's, its last 12 characters, or its exact name. What another process
has open is left alone. list and search are about the current folder.

`

// sessionVerbs are the subcommands of sessions, and how many arguments each
// takes; -1 for one or more.
var sessionVerbs = map[string]struct {
	args int
	run  func(*sessionsCall, context.Context) error
}{
	"list":      {0, (*sessionsCall).list},
	"search":    {-1, (*sessionsCall).search},
	"show":      {1, (*sessionsCall).show},
	"export":    {1, (*sessionsCall).export},
	"rename":    {2, (*sessionsCall).rename},
	"archive":   {1, (*sessionsCall).archive},
	"unarchive": {1, (*sessionsCall).unarchive},
	"delete":    {1, (*sessionsCall).remove},
	"fork":      {1, (*sessionsCall).fork},
	"vacuum":    {0, (*sessionsCall).vacuum},
}

// A sessionsCall is the command line of one sessions, and what it works on.
type sessionsCall struct {
	verb      string
	args      []string
	json      bool
	all       bool
	archived  bool
	size      bool
	limit     int
	after     string
	turns     int
	force     bool
	toArchive bool
	keepDays  int
	maxSize   int64
	output    string

	home           string
	sessions       *rollout.Store
	journals       *journal.Store
	stdin          io.Reader
	stdout, stderr io.Writer
}

// runSessions is the subcommand sessions.
func runSessions(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := sessionsCall{stdin: stdin, stdout: stdout, stderr: stderr}
	switch err := c.parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "sessions: %v\ncodex-lsp sessions --help tells more\n", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	defer stop()
	if err := c.run(ctx); err != nil {
		fmt.Fprintln(stderr, "sessions:", err)
		return 1
	}
	return 0
}

// spelled is a subcommand that Codex has and that is one of sessions here.
func spelled(verb string) func([]string, io.Reader, io.Writer, io.Writer) int {
	return func(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
		return runSessions(append([]string{verb}, args...), stdin, stdout, stderr)
	}
}

// explainResume is the subcommand resume, which in Codex opens its terminal.
func explainResume(_ []string, _ io.Reader, _, stderr io.Writer) int {
	fmt.Fprint(stderr, "resume: there is no terminal of ours to go on in.\n"+
		"  codex-lsp exec resume --last PROMPT   goes on with the last conversation about this folder\n"+
		"  codex-lsp exec resume ID PROMPT       goes on with any; codex-lsp sessions list names them\n"+
		"In an editor, codex.resume opens one.\n")
	return 2
}

func (c *sessionsCall) parse(args []string) error {
	flags := flag.NewFlagSet("sessions", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.BoolVar(&c.json, "json", false, "print JSON")
	flags.BoolVar(&c.all, "all", false, "list, search: about every folder")
	flags.BoolVar(&c.archived, "archived", false, "list, search: what is archived")
	flags.BoolVar(&c.size, "size", false, "list: what each and all take of the disk")
	flags.IntVar(&c.limit, "limit", 25, "list, search: at most `N`")
	flags.StringVar(&c.after, "after", "", "list: go on behind this `cursor`, which the page before ended with")
	flags.IntVar(&c.turns, "turns", 0, "fork: only the first `N` turns")
	flags.BoolVar(&c.force, "force", false, "delete, vacuum: do it unasked")
	flags.BoolVar(&c.toArchive, "archive", false, "vacuum: archive, do not delete")
	flags.IntVar(&c.keepDays, "keep-days", 0, "vacuum: what was not written for `N` days goes")
	flags.Func("max-size", "vacuum: the oldest go until the rest takes no more than this `size`, such as 500M", func(v string) (err error) {
		c.maxSize, err = parseSize(v)
		return err
	})
	flags.StringVar(&c.output, "o", "", "export: write to this `file`")
	rest, err := parseAnywhere(flags, args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(c.stderr, sessionsHelp)
		flags.SetOutput(c.stderr)
		flags.PrintDefaults()
	}
	if err != nil {
		return err
	}
	return c.take(rest)
}

// take reads what is no flag.
func (c *sessionsCall) take(rest []string) error {
	if len(rest) == 0 {
		return errors.New("say what: list, search, show, export, rename, archive, unarchive, delete, fork or vacuum")
	}
	c.verb, c.args = rest[0], rest[1:]
	verb, known := sessionVerbs[c.verb]
	switch {
	case !known:
		return fmt.Errorf("there is no sessions %s", c.verb)
	case verb.args < 0 && len(c.args) == 0:
		return fmt.Errorf("%s what?", c.verb)
	case verb.args >= 0 && len(c.args) != verb.args:
		return errors.New(c.wants(verb.args))
	case c.limit <= 0 || c.turns < 0 || c.keepDays < 0:
		return errors.New("a number is not above 0")
	}
	return nil
}

// wants says what a subcommand takes that was given something else.
func (c *sessionsCall) wants(args int) string {
	switch {
	case args == 0:
		return fmt.Sprintf("unexpected argument %q", c.args[0])
	case args == 1 && len(c.args) == 0:
		return c.verb + " takes the ID of a conversation; codex-lsp sessions list shows them"
	case args == 1:
		return fmt.Sprintf("%s takes one ID, and %q is a second; a name of several words stands in quotes", c.verb, c.args[1])
	}
	return c.verb + " takes the ID of a conversation and a name; one of several words stands in quotes"
}

// parseSize reads a number of bytes, which may end in K, M or G.
func parseSize(v string) (int64, error) {
	var n float64
	var unit string
	if _, err := fmt.Sscanf(strings.ToUpper(v)+" ", "%g%s", &n, &unit); n <= 0 && err != nil {
		return 0, fmt.Errorf("%q is no size; write 500M or 2G", v)
	}
	power := slices.Index([]string{"", "K", "M", "G", "T"}, strings.TrimSuffix(strings.TrimSuffix(unit, "B"), "I"))
	if n <= 0 || power < 0 {
		return 0, fmt.Errorf("%q is no size; write 500M or 2G", v)
	}
	for range power {
		n *= 1024
	}
	return int64(n), nil
}

func (c *sessionsCall) run(ctx context.Context) (err error) {
	if c.home, err = config.Home(config.Options{}); err != nil {
		return err
	}
	c.sessions, c.journals = rollout.NewStore(c.home), journal.NewStore(c.home)
	if n := sessionVerbs[c.verb].args; n == 1 || n == 2 {
		if c.args[0], err = c.sessions.Resolve(c.args[0]); err != nil {
			return err
		}
	}
	return sessionVerbs[c.verb].run(c, ctx)
}

// print prints a value as JSON, or else as it is said.
func (c *sessionsCall) print(v any, said string, args ...any) error {
	if !c.json {
		_, err := fmt.Fprintf(c.stdout, said+"\n", args...)
		return err
	}
	out := json.NewEncoder(c.stdout)
	out.SetEscapeHTML(false)
	return out.Encode(v)
}

// sure asks, unless it is to be done unasked.
func (c *sessionsCall) sure(question string) error {
	if c.force {
		return nil
	}
	in, is := c.stdin.(*os.File)
	if !is || !isTerminal(in) {
		return errors.New("there is no terminal to ask at; --force does it unasked")
	}
	fmt.Fprint(c.stderr, question+" [y/N] ")
	answer, _ := bufio.NewReader(in).ReadString('\n') // no answer is no
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return errors.New("nothing was done")
	}
	return nil
}
