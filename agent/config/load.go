package config

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Options say where settings come from.
type Options struct {
	Home      string                   // "" for $CODEX_HOME, or ~/.codex
	System    string                   // the folder of the machine's files; "" for /etc/codex
	Getenv    func(name string) string // nil for os.Getenv
	Dir       string                   // the folder that a thread is about, absolute; "" for none, and no project's settings
	Profile   string                   // -p: the name of a profile, which is NAME.config.toml in the home; "" for none
	Overrides []string                 // the key=value of -c, in order
	Flags     []string                 // what flags with a name of their own set, in the same form
	Editor    map[string]any           // the editor's settings: the same keys, nested or dotted
	Proxy     Proxy                    // of the editor: its own, never a workspace's

	WritableRoots []string // --add-dir: further folders to write, absolute
	NoUser        bool     // --ignore-user-config: config.toml in the home does not count
	NoRules       bool     // --ignore-rules: nor do the user's rules and a project's
	Strict        bool     // --strict-config: an unknown key is an error
}

// FileName is the configuration file in Codex's home.
const FileName = "config.toml"

// systemFolder is where the machine's settings are.
const systemFolder = "/etc/codex"

// Load reads the effective settings, from the layers that docs/settings.md
// lists. What is wrong with them comes all at once; what is only useless is in
// Config.Problems.
func Load(o Options) (*Config, error) {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	home, err := Home(o)
	if err != nil {
		return nil, err
	}
	s := &stack{options: o, home: home}
	if err := s.gather(); err != nil {
		return nil, err
	}
	r := &reader{root: s.merged(), home: home, dir: o.Dir, getenv: o.Getenv, strict: o.Strict}
	r.check(r.root, specs(), nil)
	c := r.config(s.project)
	if err := s.require(r, c); err != nil {
		return nil, err
	}
	if c.Hooks = s.hooks(r); c.Features.NoHooks {
		c.Hooks = Hooks{Notify: c.Hooks.Notify}
	}
	c.MCP.Silent = c.MCP.Silent || c.Features.NoServerForms
	if len(r.errs) > 0 {
		return nil, joined(r.errs)
	}
	c.Provider.Proxy, c.NoRules = o.Proxy, o.NoRules
	c.Commands.WritableRoots = append(c.Commands.WritableRoots, o.WritableRoots...)
	c.Home, c.File = home, s.userFile
	c.Problems = inOrder(append(r.problems, s.problems...))
	c.root, c.layers = r.root, s.layers
	return c, nil
}

// Watched are the paths that decide what Load returns, whether there is
// something or not: once one of them changes, so may that.
func Watched(o Options) []string {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	home, err := Home(o)
	if err != nil {
		return nil
	}
	s := &stack{options: o, home: home}
	_ = s.gather() // as far as it comes; Load says why it comes no further
	return s.watched
}

// Despite is what was right before, with a note of what is wrong now.
func (c *Config) Despite(err error) *Config {
	kept := *c
	kept.Problems = nil
	for _, p := range problemsOf(err) {
		p.Message += "; the settings from before hold until that is mended"
		kept.Problems = append(kept.Problems, p)
	}
	return &kept
}

// problemsOf takes an error of Load apart.
func problemsOf(err error) (list []Problem) {
	var one Problem
	switch many, ok := err.(interface{ Unwrap() []error }); {
	case ok:
		for _, err := range many.Unwrap() {
			list = append(list, problemsOf(err)...)
		}
		return list
	case errors.As(err, &one):
		return []Problem{one}
	}
	return []Problem{{Message: err.Error()}}
}

// inOrder sorts problems as a reader of the files meets them.
func inOrder(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return problems
}

func joined(problems []Problem) error {
	var errs []error
	for _, p := range inOrder(problems) {
		errs = append(errs, p)
	}
	return errors.Join(errs...)
}

// Home is Codex's folder, absolute. It need not exist.
func Home(o Options) (string, error) {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	home := cmp.Or(o.Home, o.Getenv("CODEX_HOME"))
	if home == "" {
		user, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("find the home folder: %w; set CODEX_HOME", err)
		}
		home = filepath.Join(user, ".codex")
	}
	abs, err := filepath.Abs(home)
	if err != nil {
		return "", fmt.Errorf("find CODEX_HOME: %w", err)
	}
	return abs, nil
}
