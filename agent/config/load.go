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
	r := &reader{root: s.merged(), home: home, dir: o.Dir, getenv: o.Getenv}
	r.check(r.root, specs(), nil)
	c := r.config(s.project)
	s.require(r, c)
	if len(r.errs) > 0 {
		return nil, joined(r.errs)
	}
	c.Provider.Proxy = o.Proxy
	c.Home, c.File, c.Watched = home, s.userFile, s.watched
	c.Problems = inOrder(append(r.problems, s.problems...))
	c.root, c.layers = r.root, s.layers
	return c, nil
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
