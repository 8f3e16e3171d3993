package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"codex-lsp/agent/config"
	"codex-lsp/agent/configfile"
	"codex-lsp/agent/hooks"
)

const hooksUsage = `Usage: codex-lsp hooks [list] [FLAGS]        shows the hooks, and which of them run
       codex-lsp hooks trust [FLAGS] KEY...   lets hooks run as they are now
       codex-lsp hooks trust --all            lets all of them
       codex-lsp hooks untrust KEY...         has them wait again

Hooks are programs of yours that run at the events of a conversation: hooks.json
in Codex's home, or in .codex of a project that you trust. None runs before you
have trusted it here, or in Codex, which keeps it in the same place.

`

// runHooks is the subcommand hooks.
func runHooks(args []string, _ io.Reader, stdout, stderr io.Writer) int {
	var call hooksCall
	return done("hooks", call.parse(args, stderr), stderr, func() error { return call.run(stdout, stderr) })
}

// A hooksCall is the command line of one hooks.
type hooksCall struct {
	do      string // list, trust or untrust
	options config.Options
	json    bool
	all     bool
	keys    []string
}

func (c *hooksCall) parse(args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("hooks", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&c.options.Dir, "C", ".", "the `folder` whose project's hooks count")
	flags.BoolVar(&c.json, "json", false, "print the list as JSON")
	flags.BoolVar(&c.all, "all", false, "with trust: all that wait for it")
	c.do = "list"
	if len(args) > 0 && slices.Contains([]string{"list", "trust", "untrust"}, args[0]) {
		c.do, args = args[0], args[1:]
	}
	rest, err := parseAnywhere(flags, args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stderr, hooksUsage)
		flags.SetOutput(stderr)
		flags.PrintDefaults()
	}
	if err != nil {
		return err
	}
	c.keys = rest
	if c.options.Dir, err = filepath.Abs(c.options.Dir); err != nil {
		return err
	}
	switch {
	case c.do == "list" && len(rest) > 0:
		return fmt.Errorf("there is no hooks %s; codex-lsp hooks --help tells more", rest[0])
	case c.do != "list" && len(rest) == 0 && !c.all:
		return fmt.Errorf("name the hooks to %s by their keys, which codex-lsp hooks shows", c.do)
	}
	return nil
}

func (c *hooksCall) run(stdout, stderr io.Writer) error {
	cfg, err := config.Load(c.options)
	if err != nil {
		return err
	}
	list, problems := hooks.Load(cfg.Hooks)
	for _, p := range problems {
		fmt.Fprintln(stderr, p.Error())
	}
	if c.do == "list" {
		return c.show(list, stdout)
	}
	return c.change(cfg, list, stdout)
}

// show prints the hooks.
func (c *hooksCall) show(list []hooks.Hook, stdout io.Writer) error {
	if c.json {
		type shown struct {
			Key     string  `json:"key"`
			Event   string  `json:"event"`
			Matcher string  `json:"matcher,omitempty"`
			Command string  `json:"command"`
			Timeout float64 `json:"timeoutSec"`
			Hash    string  `json:"currentHash"`
			State   string  `json:"trustStatus"`
		}
		out := []shown{}
		for _, h := range list {
			out = append(out, shown{h.Key, string(h.Event), h.Matcher, h.Command, h.Timeout.Seconds(), h.Hash, string(h.State)})
		}
		e := json.NewEncoder(stdout)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(out)
	}
	if len(list) == 0 {
		fmt.Fprintln(stdout, "There are no hooks.")
	}
	for _, h := range list {
		about := string(h.Event)
		if h.Matcher != "" {
			about += " " + h.Matcher
		}
		fmt.Fprintf(stdout, "%s\n  %s, %s\n  $ %s\n", h.Key, h.State, about, h.Command)
	}
	return nil
}

// change writes the user's decision to config.toml.
func (c *hooksCall) change(cfg *config.Config, list []hooks.Hook, stdout io.Writer) error {
	var chosen []hooks.Hook
	for _, h := range list {
		if c.all && !h.State.Runs() && h.State != hooks.Disabled || slices.Contains(c.keys, h.Key) {
			chosen = append(chosen, h)
		}
	}
	for _, key := range c.keys {
		if !slices.ContainsFunc(chosen, func(h hooks.Hook) bool { return h.Key == key }) {
			return fmt.Errorf("there is no hook %s; codex-lsp hooks shows them", key)
		}
	}
	err := configfile.Edit(context.Background(), cfg.Home, func(d *config.Document) error {
		for _, h := range chosen {
			var err error
			if c.do == "trust" {
				err = d.Set(h.Hash, "hooks", "state", h.Key, "trusted_hash")
			} else {
				_, err = d.Remove("hooks", "state", h.Key)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	done := map[string]string{"trust": "runs from now on", "untrust": "does not run any more"}[c.do]
	for _, h := range chosen {
		fmt.Fprintf(stdout, "%s %s: %s\n", h.Key, done, h.Command)
	}
	return nil
}
