package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var generate = flag.Bool("generate", false, "write what comes from the table of keys")

const (
	docsFile    = "../../docs/settings.md"
	packageFile = "../../editors/vscode/package.json"
)

// TestGenerated: the documentation and VS Code's settings are what the table of
// keys says. make generate writes them anew.
func TestGenerated(t *testing.T) {
	for file, make := range map[string]func(old string) (string, error){docsFile: withTables, packageFile: withConfiguration} {
		old, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text, err := make(string(old))
		switch {
		case err != nil:
			t.Errorf("%s: %v", file, err)
		case text == string(old):
		case *generate:
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("%s is not what the table of keys says; make generate writes it", file)
		}
	}
}

// sections are the tables of the documentation.
var sections = []struct {
	title string
	keys  []Key
}{
	{"The model", modelKeys}, {"Where the model is, and signing in", providerKeys}, {"What may be done", safetyKeys},
	{"What the model knows and has at hand", toolKeys}, {"Everything else", otherKeys},
}

// withTables replaces what stands between the two marks.
func withTables(old string) (string, error) {
	const begin, end = "<!-- keys: make generate -->\n", "<!-- end of keys -->"
	head, rest, ok := strings.Cut(old, begin)
	_, foot, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return "", fmt.Errorf("the marks %q and %q are missing", begin, end)
	}
	var b strings.Builder
	for _, s := range sections {
		fmt.Fprintf(&b, "\n### %s\n\n| key | values | default | set by | |\n|---|---|---|---|---|\n", s.title)
		for _, k := range s.keys {
			if k.Used {
				fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", strings.ReplaceAll(k.Path, "*", "NAME"), k.values(), code(k.Default), k.By.told(), cell(k.Doc))
			}
		}
		var rest []string
		for _, k := range s.keys {
			if !k.Used {
				rest = append(rest, fmt.Sprintf("`%s`", strings.ReplaceAll(k.Path, "*", "NAME")))
			}
		}
		if len(rest) > 0 {
			fmt.Fprintf(&b, "\nAccepted, since Codex knows them, and without effect here: %s.\n", strings.Join(rest, ", "))
		}
	}
	return head + begin + b.String() + "\n" + end + foot, nil
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + cell(s) + "`"
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// values is what a key takes, in a cell.
func (k Key) values() string {
	if len(k.Values) == 0 {
		return k.Type.String()
	}
	list := make([]string, len(k.Values))
	for i, v := range k.Values {
		list[i] = code(v)
	}
	return strings.Join(list, ", ")
}

func (s Setters) told() string {
	switch s {
	case NotEditor:
		return "not by the editor"
	case UserOnly:
		return "not by projects"
	}
	return ""
}

// A property is one of VS Code's settings.
type property struct {
	Order        int      `json:"order"`
	Type         any      `json:"type"`
	Enum         []string `json:"enum,omitempty"`
	Meanings     []string `json:"markdownEnumDescriptions,omitempty"`
	Minimum      *int64   `json:"minimum,omitempty"`
	Default      any      `json:"default"`
	Presentation string   `json:"editPresentation,omitempty"`
	Scope        string   `json:"scope"`
	Description  string   `json:"markdownDescription"`
}

// withConfiguration replaces the settings of the extension, and the list of
// those that count only in a workspace that VS Code trusts.
func withConfiguration(old string) (string, error) {
	properties := []struct {
		name string
		property
	}{
		{"codex.server.path", property{Type: "string", Default: "", Scope: "machine", Description: "The `codex-lsp` to start. When empty, the one that came with the extension, else the one on the `PATH`."}},
		{"codex.showChanges", property{Type: "boolean", Default: true, Scope: "window", Description: "Show a change that is to be approved beside what you edit, until it is decided."}},
	}
	var restricted []string
	for _, k := range Keys() {
		if k.Editor == "" {
			continue
		}
		name := "codex." + camel(k.Path)
		properties = append(properties, struct {
			name string
			property
		}{name, k.property()})
		if k.Editor == "window" && k.Path != "review_changes" {
			restricted = append(restricted, name)
		}
	}
	var b bytes.Buffer
	b.WriteString("{")
	for i, p := range properties {
		p.Order = i
		text, err := plainJSON(p.property, "        ")
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%s\n        %q: %s", map[bool]string{true: ","}[i > 0], p.name, text)
	}
	b.WriteString("\n      }")
	list, err := plainJSON(restricted, "      ")
	if err != nil {
		return "", err
	}
	text, err := replaced(old, `"properties": `, b.String())
	if err != nil {
		return "", err
	}
	return replaced(text, `"restrictedConfigurations": `, list)
}

// property is a key as a setting of VS Code, where not to be set is a value.
func (k Key) property() property {
	p := property{Type: "string", Default: "", Scope: k.Editor, Description: k.Doc + " What is not set here is as `config.toml` says."}
	switch {
	case len(k.Values) > 0:
		p.Enum = append([]string{""}, slices.DeleteFunc(slices.Clone(k.Values), func(v string) bool { return v == string(FullAccess) })...)
		if k.Meanings != nil {
			p.Meanings = append([]string{"As `config.toml` says."}, k.Meanings[:len(p.Enum)-1]...)
		}
	case k.Type == Number:
		p.Type, p.Default, p.Minimum = []string{"integer", "null"}, nil, &k.Least
	case k.Type == Flag:
		p.Type, p.Default = []string{"boolean", "null"}, nil
	case k.Type == Prose:
		p.Presentation = "multilineText"
	}
	return p
}

func camel(path string) string {
	return regexp.MustCompile(`_.`).ReplaceAllStringFunc(path, func(s string) string { return strings.ToUpper(s[1:]) })
}

func plainJSON(v any, prefix string) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, "  ")
	err := enc.Encode(v)
	return strings.TrimSpace(b.String()), err
}

// replaced puts a JSON value in place of the one after a key that is there once.
func replaced(text, key, value string) (string, error) {
	if strings.Count(text, key) != 1 {
		return "", fmt.Errorf("%s is not there once", key)
	}
	head, rest, _ := strings.Cut(text, key)
	var old json.RawMessage
	dec := json.NewDecoder(strings.NewReader(rest))
	if err := dec.Decode(&old); err != nil {
		return "", err
	}
	return head + key + value + rest[dec.InputOffset():], nil
}

// TestSchema: what a file may hold by the schema is what is accepted, and an
// example of each key is in it.
func TestSchema(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	for _, k := range Keys() {
		at := schema
		for name := range strings.SplitSeq(k.Path, ".") {
			at = below(at, name)
			if at == nil {
				t.Errorf("%s is not in the schema", k.Path)
				break
			}
		}
		if at != nil && at["description"] != k.Doc {
			t.Errorf("%s is described as %v", k.Path, at["description"])
		}
	}
}

// below finds the schema of a key in that of a table.
func below(schema map[string]any, name string) map[string]any {
	forms, _ := schema["anyOf"].([]any)
	for _, form := range append(forms, any(schema)) {
		table, _ := form.(map[string]any)
		properties, _ := table["properties"].(map[string]any)
		kid, _ := properties[name].(map[string]any)
		other, _ := table["additionalProperties"].(map[string]any)
		if kid != nil || name == "*" && other != nil {
			if kid != nil {
				return kid
			}
			return other
		}
	}
	return nil
}
