package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"codex-lsp/agent/config"
)

const execHelp = `Usage: codex-lsp exec [FLAGS] PROMPT
       codex-lsp exec [FLAGS] -         takes the prompt from standard input
       codex-lsp exec [FLAGS] resume ID PROMPT
       codex-lsp exec [FLAGS] resume --last PROMPT

Has the agent do what the prompt says, in the current folder. The answer goes to
standard output, what happens meanwhile to standard error. Nobody is asked:
commands are refused unless the sandbox mode is danger-full-access.
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
	resume     bool
	threadID   string // to resume; "" with last
	last       bool
}

// parse tells what is wrong on stderr, and help on stdout.
func (c *execCall) parse(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("exec", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	var sandbox string
	var bypass bool
	flags.BoolVar(&c.json, "json", false, "print the events as JSON, one a line, on standard output")
	long := func(name, short string) { flags.Var(flags.Lookup(short).Value, name, "the same as -"+short) }
	flags.StringVar(&c.dir, "C", "", "work in this `folder`")
	flags.Func("m", "ask this `model`", func(v string) error { return c.override("model", v) })
	flags.Func("s", "sandbox `mode`: read-only, workspace-write or danger-full-access", oneOf(&sandbox,
		string(config.ReadOnly), string(config.WorkspaceWrite), string(config.FullAccess)))
	flags.Func("c", "override a setting: `key=value` (repeatable)", func(v string) error {
		c.settings.options.Overrides = append(c.settings.options.Overrides, v)
		return nil
	})
	flags.StringVar(&c.settings.options.Profile, "p", "", "take the settings of `NAME`.config.toml too, in Codex's home")
	flags.StringVar(&c.answerFile, "o", "", "write the model's last message to this `file`")
	flags.Func("i", "show the model this image `file` (repeatable)", func(v string) error {
		c.images = append(c.images, v)
		return nil
	})
	for short, name := range map[string]string{"C": "cd", "m": "model", "s": "sandbox", "c": "config", "p": "profile", "o": "output-last-message", "i": "image"} {
		long(name, short)
	}
	flags.StringVar(&c.schemaFile, "output-schema", "", "the answer is JSON of the schema in this `file`")
	flags.BoolVar(&c.oss, "oss", false, "ask a model on this machine, of Ollama or LM Studio")
	flags.BoolVar(&c.ephemeral, "ephemeral", false, "do not save the conversation")
	flags.BoolVar(&c.last, "last", false, "with resume: the last conversation about this folder")
	flags.BoolVar(&c.noGit, "skip-git-repo-check", false, "work outside of a git repository too")
	flags.BoolVar(&c.trust, "trust", false, "remember that you trust the project: its own settings count, and files in it are edited")
	flags.Func("color", "`when` standard error has colours: auto, always or never", oneOf(&c.color, "auto", "always", "never"))
	flags.BoolVar(&bypass, "dangerously-bypass-approvals-and-sandbox", false, "run every command and make every edit, unasked")

	rest, err := parseAnywhere(flags, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, execHelp)
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return err
	case err != nil:
	case bypass && sandbox != "":
		err = errors.New("-s and --dangerously-bypass-approvals-and-sandbox exclude each other")
	default:
		err = c.take(rest)
	}
	if err != nil {
		fmt.Fprintf(stderr, "exec: %v\ncodex-lsp exec --help tells more\n", err)
		return err
	}
	if bypass {
		sandbox = string(config.FullAccess)
	}
	if sandbox != "" {
		c.override("sandbox_mode", sandbox)
	}
	return c.override("approval_policy", string(config.Never))
}

// override sets a key to a text, above every -c.
func (c *execCall) override(key, value string) error {
	text, err := json.Marshal(value) // which is a TOML string too
	if err == nil {
		c.settings.options.Flags = append(c.settings.options.Flags, key+"="+string(text))
	}
	return err
}

// oneOf is a flag with a few values.
func oneOf(into *string, values ...string) func(string) error {
	return func(v string) error {
		if !slices.Contains(values, v) {
			return fmt.Errorf("it is one of %s", strings.Join(values, ", "))
		}
		*into = v
		return nil
	}
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
