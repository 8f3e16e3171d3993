package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// Options say where settings come from.
type Options struct {
	Home      string                   // "" for $CODEX_HOME, or ~/.codex
	Getenv    func(name string) string // nil for os.Getenv
	Overrides []string                 // the key=value of -c, in order
	Editor    map[string]any           // the editor's settings: the same keys, nested or dotted
}

// FileName is the configuration file in Codex's home.
const FileName = "config.toml"

// Load reads the effective settings: defaults, then the file, then overrides,
// then the editor's settings, later ones winning. What is wrong with them comes
// all at once; what is only useless is in Config.Problems.
func Load(o Options) (*Config, error) {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	home, err := Home(o)
	if err != nil {
		return nil, err
	}
	file, err := readFile(filepath.Join(home, FileName))
	if err != nil {
		return nil, err
	}
	layers := []*layer{file}
	for _, arg := range o.Overrides {
		l, err := parseOverride(arg)
		if err != nil {
			return nil, err
		}
		layers = append(layers, l)
	}
	editor, refused := editorLayer(o.Editor)
	layers = append(layers, editor)
	root := newTable()
	for _, l := range layers {
		root.merge(l.tree(l.values))
	}
	r := &reader{root: root, home: home, getenv: o.Getenv}
	c := r.config()
	c.Home = home
	c.File = file.file
	r.unknown(root, nil)
	if len(r.errs) > 0 {
		return nil, joined(r.errs)
	}
	c.Problems = inOrder(append(r.problems, refused...))
	return c, nil
}

// inOrder sorts problems as a reader of the file meets them.
func inOrder(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
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

// A layer is one source of settings.
type layer struct {
	name   string // how errors call it
	file   string // its path; "" if it is no file
	text   string // the file's
	editor bool
	values map[string]any
}

// readFile reads a configuration file; a missing one is an empty layer.
func readFile(path string) (*layer, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &layer{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	l := &layer{file: path, text: strings.TrimPrefix(string(b), "\ufeff")}
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
	return Problem{File: path, Line: err.Position.Line, Column: err.Position.Col, Key: err.LastKey, Message: message}
}

// parseOverride reads the argument of -c: a dotted key and a TOML value, or
// one that is no TOML and taken as text.
func parseOverride(arg string) (*layer, error) {
	key, value, ok := strings.Cut(arg, "=")
	key = strings.TrimSpace(key)
	if !ok || key == "" {
		return nil, fmt.Errorf("-c %s: expected key=value, as in -c model=%q", key, DefaultModel)
	}
	path, err := parseKey(key)
	if err != nil {
		return nil, fmt.Errorf("-c %s=…: the key is not dotted TOML keys, as in model_providers.mine.base_url", key)
	}
	return &layer{name: "-c", values: nest(path, parseValue(value))}, nil
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

// notByEditor are the keys that an editor may not set: its settings can come
// with the workspace that it opened, which must not choose where prompts and
// keys are sent, nor what else is run; nor may it lift the sandbox.
var notByEditor = []string{"model_provider", "model_providers", "openai_base_url", "chatgpt_base_url", "notify", "hooks", "mcp_servers", "projects", "cli_auth_credentials_store", "forced_login_method", "forced_chatgpt_workspace_id", "oss_provider", "model_instructions_file", "sandbox", "sandbox_workspace_write", "shell_environment_policy"}

// editorLayer takes the settings of an editor. Dotted keys are taken apart.
func editorLayer(settings map[string]any) (l *layer, refused []Problem) {
	l = &layer{name: "editor settings", editor: true, values: map[string]any{}}
	tree := newTable()
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		value := settings[key]
		path, err := parseKey(key)
		if err != nil {
			path = []string{key}
		}
		if slices.Contains(notByEditor, path[0]) || path[0] == "sandbox_mode" && value == string(FullAccess) {
			refused = append(refused, Problem{Key: key, Message: "ignored in the editor's settings, which a workspace can bring along; set it in config.toml"})
			continue
		}
		tree.merge(l.tree(nest(path, value)))
	}
	l.values = tree.plain()
	return l, refused
}
