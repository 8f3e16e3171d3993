package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

const execHelp = `Usage: codex-lsp exec [FLAGS] PROMPT
       codex-lsp exec [FLAGS] -         takes the prompt from standard input
       codex-lsp exec [FLAGS] resume ID PROMPT
       codex-lsp exec [FLAGS] resume --last [--all] PROMPT
       codex-lsp exec [FLAGS] fork ID PROMPT

Has the agent do what the prompt says, in the current folder. The answer goes to
standard output, what happens meanwhile to standard error. What is piped to
standard input is told to the model beside the prompt. Nobody is asked: what
would need an approval is refused. resume goes on with a conversation, fork with
a copy of one.
Exit codes: 0 done, 1 failed, 2 called wrongly, 130 interrupted,
141 nobody reads the output any more.

`

// An execCall is the command line of one exec.
type execCall struct {
	settings   settings
	json       bool
	dir        string
	answerFile string
	schemaFile string
	images     []string
	noGit      bool
	trust      bool
	color      string
	prompt     string // "" and "-": on standard input
	ephemeral  bool
	oss        bool
	local      string // the provider that --oss takes; "" for that of the settings
	resume     bool
	fork       bool
	threadID   string // to resume or fork; "" with last
	last       bool
	all        bool // last of all folders
	addDirs    []string
	sandbox    string
	bypass     bool
	fullAuto   bool // what Codex once had
}

// parse tells what is wrong on stderr, and help on stdout.
func (c *execCall) parse(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("exec", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	c.runFlags(flags)
	c.settingFlags(flags)
	for short, name := range map[string]string{"C": "cd", "m": "model", "s": "sandbox", "c": "config", "p": "profile", "o": "output-last-message", "i": "image"} {
		flags.Var(flags.Lookup(short).Value, name, "the same as -"+short)
	}
	rest, err := parseAnywhere(flags, imagesApart(args))
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, execHelp)
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return err
	case err != nil:
	case c.fullAuto:
		err = errors.New("--full-auto is no more; -s workspace-write says the same")
	case c.bypass && c.sandbox != "":
		err = errors.New("-s and --dangerously-bypass-approvals-and-sandbox exclude each other")
	case c.local != "" && !c.oss:
		err = errors.New("--local-provider goes with --oss")
	default:
		err = c.take(rest)
	}
	if err == nil {
		err = c.settle()
	}
	if err != nil {
		fmt.Fprintf(stderr, "exec: %v\ncodex-lsp exec --help tells more\n", err)
	}
	return err
}

// runFlags are about what is asked and what comes of it.
func (c *execCall) runFlags(flags *flag.FlagSet) {
	flags.BoolVar(&c.json, "json", false, "print the events as JSON, one a line, on standard output")
	flags.BoolVar(&c.json, "experimental-json", false, "the same as --json")
	flags.StringVar(&c.dir, "C", "", "work in this `folder`")
	flags.StringVar(&c.answerFile, "o", "", "write the model's last message to this `file`")
	flags.Func("i", "show the model these image `files`, with commas between; those up to a -- as well (repeatable)", func(v string) error {
		c.images = append(c.images, imagesIn(v)...)
		return nil
	})
	flags.StringVar(&c.schemaFile, "output-schema", "", "the answer is JSON of the schema in this `file`")
	flags.BoolVar(&c.ephemeral, "ephemeral", false, "do not save the conversation")
	flags.BoolVar(&c.last, "last", false, "with resume: the last conversation about this folder")
	flags.BoolVar(&c.all, "all", false, "with --last: about any folder")
	flags.BoolVar(&c.noGit, "skip-git-repo-check", false, "work outside of a git repository too")
	flags.Func("color", "`when` standard error has colours: auto, always or never", oneOf(&c.color, "auto", "always", "never"))
}

// parseAnywhere parses flags that stand before, after and among other
// arguments, up to a "--".
func parseAnywhere(flags *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		left := flags.Args()
		read := len(args) - len(left)
		if len(left) == 0 || read > 0 && args[read-1] == "--" {
			return append(rest, left...), nil
		}
		rest, args = append(rest, left[0]), left[1:]
	}
}

// imagesApart gives each image a flag of its own. Codex takes all that follows
// an -i for images, the prompt too, so its users write a -- before that; without
// one, a single argument is meant.
func imagesApart(args []string) []string {
	end := slices.Index(args, "--")
	var apart []string
	images := false
	for i, arg := range args {
		flagged := strings.HasPrefix(arg, "-")
		if images && !flagged && i < end && !isImageFlag(args[i-1]) {
			apart = append(apart, "-i")
		}
		images = isImageFlag(arg) || images && !flagged
		apart = append(apart, arg)
	}
	return apart
}

func isImageFlag(arg string) bool { return arg == "-i" || arg == "--image" }

// imagesIn are the files that one argument names: one, or some with commas
// between them.
func imagesIn(arg string) []string {
	if _, err := os.Stat(arg); err == nil {
		return []string{arg}
	}
	return strings.Split(arg, ",")
}
