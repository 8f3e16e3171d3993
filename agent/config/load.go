package config

import "errors"

// Options say where settings come from.
type Options struct {
	Home      string                   // "" for $CODEX_HOME, or ~/.codex
	Getenv    func(name string) string // nil for os.Getenv
	Overrides []string                 // the key=value of -c, in order
	Editor    map[string]any           // the editor's settings: the same keys, nested or dotted
}

// Load reads the effective settings: defaults, then the file, then overrides,
// then the editor's settings, later ones winning.
func Load(o Options) (*Config, error) { return nil, errors.New("not yet written") }
