package config

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the expected parts of testdata")

// Each archive is a home folder and what Load makes of it: the files of the
// home, args (of -c, one a line), flags likewise, editor.json, env
// (name=value), profile (its name), dir (of the thread, below $HOME) and the
// machine's files in system/, and then the settings that differ from the
// defaults, the problems, and the error. $HOME is the home in all of them.
func TestLoad(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no testdata:", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { testLoad(t, file) })
	}
}

func testLoad(t *testing.T, file string) {
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Home: t.TempDir()}
	o.System = filepath.Join(o.Home, "system")
	env := map[string]string{}
	var given []txtar.File
	want := map[string]string{}
	for _, f := range ar.Files {
		data := []byte(strings.ReplaceAll(string(f.Data), "$HOME", o.Home))
		switch f.Name {
		case "settings", "problems", "error":
			want[f.Name] = string(f.Data)
			continue
		case "args":
			o.Overrides = strings.Split(strings.TrimSpace(string(f.Data)), "\n")
		case "flags":
			o.Flags = strings.Split(strings.TrimSpace(string(f.Data)), "\n")
		case "profile":
			o.Profile = strings.TrimSpace(string(f.Data))
		case "dir":
			o.Dir = filepath.Join(o.Home, strings.TrimSpace(string(f.Data)))
			if err := os.MkdirAll(o.Dir, 0o700); err != nil {
				t.Fatal(err)
			}
		case "editor.json":
			if err := json.Unmarshal(f.Data, &o.Editor); err != nil {
				t.Fatal(err)
			}
		case "env":
			for line := range strings.Lines(string(f.Data)) {
				name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
				env[name] = value
			}
		default:
			put(t, filepath.Join(o.Home, f.Name), data)
		}
		given = append(given, f)
	}
	o.Getenv = func(name string) string { return env[name] }
	c, err := Load(o)
	got := report(t, o.Home, c, err)
	for name, text := range got {
		if strings.Contains(text, "SECRET") {
			t.Errorf("%s tells a secret:\n%s", name, text)
		}
	}
	if *update {
		for _, name := range []string{"settings", "problems", "error"} {
			if got[name] != "" {
				given = append(given, txtar.File{Name: name, Data: []byte(got[name])})
			}
		}
		ar.Files = given
		if err := os.WriteFile(file, txtar.Format(ar), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s(-want +got):\n%s", ar.Comment, diff)
	}
}

func put(t *testing.T, path string, data []byte) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// report is what Load gave, with the home folder called $HOME.
func report(t *testing.T, home string, c *Config, err error) map[string]string {
	got := map[string]string{}
	add := func(name, line string) {
		got[name] += strings.ReplaceAll(line, home, "$HOME") + "\n"
	}
	if err != nil {
		add("error", err.Error())
		return got
	}
	for _, p := range c.Problems {
		add("problems", p.Error())
	}
	plain, err := Load(Options{Home: t.TempDir(), System: t.TempDir(), Getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	plain.Home, plain.Provider.KeyHint = c.Home, strings.ReplaceAll(plain.Provider.KeyHint, plain.Home, c.Home)
	differences(reflect.ValueOf(*plain), reflect.ValueOf(*c), "", func(line string) { add("settings", line) })
	return got
}

func differences(want, got reflect.Value, prefix string, add func(string)) {
	for i := range want.NumField() {
		if !want.Type().Field(i).IsExported() {
			continue
		}
		name := prefix + want.Type().Field(i).Name
		w, g := want.Field(i).Interface(), got.Field(i).Interface()
		switch {
		case name == "Problems" || reflect.DeepEqual(w, g):
		case name == "Provider" || name == "Commands":
			differences(want.Field(i), got.Field(i), name+".", add)
		default:
			add(fmt.Sprintf("%s: %+v", name, g))
		}
	}
}

func TestLoadReportsUnreadableFile(t *testing.T) {
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, "config.toml"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(Options{Home: home}); err == nil || !strings.Contains(err.Error(), "read the configuration:") {
		t.Errorf("a folder in place of the file: %v", err)
	}
}

func TestHome(t *testing.T) {
	t.Setenv("HOME", "/home/u")
	tests := []struct{ option, env, want string }{
		{"", "", "/home/u/.codex"},
		{"", "/elsewhere/", "/elsewhere"},
		{"/given", "/elsewhere", "/given"},
	}
	for _, tt := range tests {
		got, err := Home(Options{Home: tt.option, Getenv: func(string) string { return tt.env }})
		if err != nil || got != tt.want {
			t.Errorf("option %q, CODEX_HOME %q: %q, %v; want %q", tt.option, tt.env, got, err, tt.want)
		}
	}
}

func TestSecretIsNotShown(t *testing.T) {
	p := Provider{Key: "SECRET", Headers: map[string]Secret{"a": "SECRET"}, Query: map[string]Secret{"b": "SECRET"}}
	asJSON, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprint(p), fmt.Sprintf("%+v", p), fmt.Sprintf("%#v", p), fmt.Sprintf("%q", p.Key), string(asJSON), p.Key.LogValue().String()} {
		if strings.Contains(s, "SECRET") {
			t.Errorf("shown: %s", s)
		}
	}
	if s := fmt.Sprint(Secret("")); s != "" {
		t.Errorf("no secret prints as %q", s)
	}
}

func TestNearest(t *testing.T) {
	tests := map[string]string{
		"modle": "model", "approval-policy": "approval_policy", "Sandbox_Mode": "sandbox_mode", "sandbx_mode": "sandbox_mode",
		"model_provider": "model_provider", "colour": "", "x": "",
	}
	for name, want := range tests {
		if got := nearest(name, slices.Sorted(maps.Keys(specs().kids))); got != want {
			t.Errorf("nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"kitten", "sitting", 3}, {"ab", "ba", 2}} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestLocate(t *testing.T) {
	const text = `# model = "in a comment"
note = """
model = "in a string"
"""
model = "x"
list = [
  1, # name
  2,
]
[model_providers.mine]
env_name = 1
name = "model"
[ "odd.table" . b ]
inline = { name = { deep = 3 } }
"quoted key" = 1
`
	tests := []struct {
		path         []string
		line, column int
	}{
		{key{"note"}, 2, 1},
		{key{"model"}, 5, 1},
		{key{"list"}, 6, 1},
		{key{"model_providers", "mine"}, 10, 18},
		{key{"model_providers", "mine", "name"}, 12, 1},
		{key{"odd.table", "b", "inline", "name", "deep"}, 14, 21},
		{key{"odd.table", "b", "quoted key"}, 15, 2},
		{key{"absent"}, 0, 0},
	}
	for _, tt := range tests {
		if line, column := locate(text, tt.path); line != tt.line || column != tt.column {
			t.Errorf("%v is at %d:%d, want %d:%d", tt.path, line, column, tt.line, tt.column)
		}
	}
}
