package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"codex-lsp/agent"
	"codex-lsp/agent/config"
)

const configUsage = `Usage: codex-lsp config show [FLAGS]
       codex-lsp config trust|distrust [-C FOLDER]
       codex-lsp config schema

show prints the settings that are in force in a folder, and on standard error
what is wrong with them. trust and distrust remember whether a project's own
settings count. schema prints a JSON schema of config.toml.
docs/settings.md tells what each is for.

`

// runConfig is the subcommand config.
func runConfig(args []string, _ io.Reader, stdout, stderr io.Writer) int {
	var call configCall
	return done("config", call.parse(args, stdout), stderr, func() error { return call.run(stdout, stderr) })
}

// A configCall is the command line of one config.
type configCall struct {
	what    string
	json    bool
	origins bool
	options config.Options
}

func (c *configCall) parse(args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("config", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.BoolVar(&c.json, "json", false, "print them as JSON, with where each comes from")
	flags.BoolVar(&c.origins, "origins", false, "say beside each where it comes from")
	flags.StringVar(&c.options.Dir, "C", ".", "those of this `folder`")
	flags.StringVar(&c.options.Profile, "p", "", "take the settings of `NAME`.config.toml too, in Codex's home")
	flags.Func("c", "override a setting: `key=value` (repeatable)", func(v string) error {
		c.options.Overrides = append(c.options.Overrides, v)
		return nil
	})
	flags.BoolVar(&c.options.Strict, "strict-config", false, "a key that is unknown is an error")
	rest, err := parseAnywhere(flags, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, configUsage)
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return err
	case err != nil:
		return err
	case len(rest) != 1 || !slices.Contains([]string{"show", "trust", "distrust", "schema"}, rest[0]):
		return errors.New("say what: codex-lsp config show, trust, distrust or schema")
	}
	c.what = rest[0]
	c.options.Dir, err = filepath.Abs(c.options.Dir)
	return err
}

func (c *configCall) run(stdout, stderr io.Writer) error {
	if c.what == "schema" {
		text, err := config.Schema()
		fmt.Fprintf(stdout, "%s\n", text)
		return err
	}
	if info, err := os.Stat(c.options.Dir); err != nil || !info.IsDir() {
		return fmt.Errorf("there is no folder %s", c.options.Dir)
	}
	settings, err := config.Load(c.options)
	if err != nil {
		return err
	}
	switch c.what {
	case "trust":
		return agent.StoreTrust(context.Background(), settings.Home, settings.Project, config.ProjectTrusted)
	case "distrust":
		return agent.StoreTrust(context.Background(), settings.Home, settings.Project, config.ProjectUntrusted)
	}
	if c.json {
		out := json.NewEncoder(stdout)
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		return out.Encode(shownSettings(settings))
	}
	for _, p := range settings.Problems {
		fmt.Fprintf(stderr, "config: %v\n", p)
	}
	c.print(stdout, settings)
	return nil
}

// print writes the settings as TOML, each in one line.
func (c *configCall) print(w io.Writer, settings *config.Config) {
	if settings.Project != "" {
		trust := string(settings.Trust)
		if settings.Trust == config.ProjectUndecided {
			trust = "not decided about"
		}
		fmt.Fprintf(w, "# project %s: %s\n", settings.Project, trust)
	}
	for _, s := range settings.Settings() {
		line := dotted(s.Key) + " = " + tomlOf(s.Value)
		if c.origins {
			line += "  # " + originOf(s)
		}
		fmt.Fprintln(w, line)
	}
}

func originOf(s config.Setting) string {
	switch {
	case s.File == "":
		return string(s.Source)
	case s.Line == 0:
		return fmt.Sprintf("%s %s", s.Source, s.File)
	}
	return fmt.Sprintf("%s %s:%d", s.Source, s.File, s.Line)
}

// bareKey is a TOML key that needs no quotes.
var bareKey = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]+$`) })

func dotted(key []string) string {
	parts := make([]string, len(key))
	for i, part := range key {
		if parts[i] = part; !bareKey().MatchString(part) {
			parts[i] = strconv.Quote(part)
		}
	}
	return strings.Join(parts, ".")
}

// tomlOf is a value as TOML, which JSON is but for tables.
func tomlOf(v any) string {
	switch v := v.(type) {
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = tomlOf(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, dotted([]string{name})+" = "+tomlOf(v[name]))
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	case string:
		text, _ := json.Marshal(v) // strings are always valid
		return string(text)
	}
	return fmt.Sprint(v)
}

// A shownConfig is what config show --json prints.
type shownConfig struct {
	Config   map[string]any    `json:"config"`
	Origins  map[string]origin `json:"origins"` // by dotted key
	Layers   []config.Layer    `json:"layers"`  // the files that count, the one that wins last
	Project  string            `json:"project,omitempty"`
	Trust    string            `json:"trust,omitempty"` // "trusted", "untrusted", or "" when nothing is decided
	Problems []string          `json:"problems"`
}

// An origin is where a setting comes from.
type origin struct {
	Source config.Source `json:"source"`
	File   string        `json:"file,omitempty"`
	Line   int           `json:"line,omitempty"`
}

func shownSettings(c *config.Config) shownConfig {
	s := shownConfig{
		Config: map[string]any{}, Origins: map[string]origin{}, Layers: c.Layers(),
		Project: c.Project, Trust: string(c.Trust), Problems: []string{},
	}
	for _, set := range c.Settings() {
		table := s.Config
		for _, name := range set.Key[:len(set.Key)-1] {
			kid, ok := table[name].(map[string]any)
			if !ok {
				kid = map[string]any{}
				table[name] = kid
			}
			table = kid
		}
		table[set.Key[len(set.Key)-1]] = set.Value
		s.Origins[dotted(set.Key)] = origin{set.Source, set.File, set.Line}
	}
	for _, p := range c.Problems {
		s.Problems = append(s.Problems, p.Error())
	}
	return s
}
