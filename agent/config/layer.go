package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// A Source is where a layer of settings comes from.
type Source string

// The sources, each of which wins over those before it.
const (
	FromDefault  Source = "default"      // built in
	FromSystem   Source = "system"       // /etc/codex/config.toml
	FromUser     Source = "user"         // config.toml in Codex's home
	FromProfile  Source = "profile"      // NAME.config.toml beside it
	FromProject  Source = "project"      // .codex/config.toml in a trusted project
	FromEditor   Source = "editor"       // what the editor hands out
	FromOverride Source = "-c"           // the command line, key by key
	FromFlag     Source = "flag"         // the command line, by flags of their own
	FromRequired Source = "requirements" // /etc/codex/requirements.toml, which limits the rest
)

func (s Source) rank() int {
	return slices.Index([]Source{FromDefault, FromSystem, FromUser, FromProfile, FromProject, FromEditor, FromOverride, FromFlag}, s)
}

// name is how errors call a source that is no file.
func (s Source) name() string {
	switch s {
	case FromEditor:
		return "editor settings"
	case FromFlag:
		return "command line"
	}
	return string(s)
}

// A layer is one source of settings.
type layer struct {
	source Source
	file   string // its path; "" if it is no file
	text   string // the file's
	values map[string]any
}

// readFile reads a configuration file; nil for one that is missing.
func readFile(source Source, path string) (*layer, error) {
	b, err := readRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	return parseFile(source, path, string(b))
}

// parseFile reads the text of a configuration file.
func parseFile(source Source, path, text string) (*layer, error) {
	l := &layer{source: source, file: path, text: strings.TrimPrefix(text, "\ufeff")}
	var bad toml.ParseError
	if _, err := toml.Decode(l.text, &l.values); errors.As(err, &bad) {
		return nil, syntaxError(path, bad)
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return l, nil
}

// syntaxError is a ParseError in one line. Its own text may quote the value
// that it stumbled over, which a secret must not be.
func syntaxError(path string, err toml.ParseError) Problem {
	message := err.Message
	if secretKey(strings.Split(err.LastKey, ".")) {
		message = "this is not a TOML value; put strings in quotes"
	}
	return Problem{File: path, Line: err.Position.Line, Column: err.Position.Col, Key: err.LastKey, Message: message, Fatal: true}
}

// parseOverride reads the argument of -c: a dotted key and a TOML value, or
// one that is no TOML and taken as text.
func parseOverride(source Source, arg string) (*layer, error) {
	key, value, ok := strings.Cut(arg, "=")
	key = strings.TrimSpace(key)
	if !ok || key == "" {
		return nil, Problem{source: "-c " + key, Message: fmt.Sprintf("expected key=value, as in -c model=%q", DefaultModel), Fatal: true}
	}
	path, err := parseKey(key)
	if err != nil {
		return nil, Problem{source: "-c " + key + "=…", Message: "the key is not dotted TOML keys, as in model_providers.mine.base_url", Fatal: true}
	}
	return &layer{source: source, values: nest(path, parseValue(value))}, nil
}

// parseKey takes a dotted key apart, quoted parts included.
func parseKey(key string) ([]string, error) {
	var values map[string]any
	meta, err := toml.Decode(key+" = 0", &values)
	if err != nil {
		return nil, err
	}
	keys := meta.Keys()
	if strings.ContainsAny(key, "\r\n#") || len(keys) == 0 {
		return nil, errors.New("more than a key")
	}
	return keys[len(keys)-1], nil
}

func parseValue(value string) any {
	var v map[string]any
	if _, err := toml.Decode("value = "+value, &v); err != nil || len(v) != 1 {
		return strings.Trim(strings.TrimSpace(value), `"'`)
	}
	return v["value"]
}

// nest puts a value under a path of keys.
func nest(path []string, value any) map[string]any {
	for i := len(path) - 1; i > 0; i-- {
		value = map[string]any{path[i]: value}
	}
	return map[string]any{path[0]: value}
}

// editorLayer takes the settings of an editor. Dotted keys are taken apart.
func editorLayer(settings map[string]any) (l *layer, refused []Problem) {
	l = &layer{source: FromEditor}
	tree := newTable()
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		path, err := parseKey(key)
		if err != nil {
			path = []string{key}
		}
		tree.merge(l.tree(nest(path, settings[key])))
	}
	l.values = tree.plain()
	return l, l.refuse()
}

// refuse takes out what this layer may not set, and says so.
func (l *layer) refuse() (refused []Problem) {
	why := "ignored: a project may not set it; set it in config.toml in Codex's home"
	if l.source == FromEditor {
		why = "ignored: a workspace can bring an editor's settings along; set it in config.toml"
	}
	tree := l.tree(l.values)
	var walk func(n *node, path key)
	walk = func(n *node, path key) {
		for _, name := range slices.Sorted(maps.Keys(n.table)) {
			c, k := n.table[name], append(slices.Clone(path), name)
			if !l.source.maySet(k, c) {
				refused = append(refused, c.problem(k, why))
				delete(n.table, name)
			} else if c.table != nil {
				walk(c, k)
			}
		}
	}
	walk(tree, nil)
	l.values = tree.plain()
	return refused
}

// maySet tells whether a key may come from a source. A table counts as what is
// in it, as far as that is all the same.
func (s Source) maySet(k key, n *node) bool {
	if s != FromProject && s != FromEditor {
		return true
	}
	if len(k) == 1 && k[0] == "sandbox_mode" && n.value == string(FullAccess) || len(k) == 1 && k[0] == "profile" {
		return false
	}
	of, by := lookup(k)
	if of != nil && by == Anybody && of.key == nil && of.any != nil && of.any.key != nil {
		by = of.any.key.By // [model_providers] is nothing but its tables
	}
	return by == Anybody || by == NotEditor && s == FromProject
}
