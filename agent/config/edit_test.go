package config

import (
	"strings"
	"testing"
)

// TestWithTrust: only what is about the project changes, to the byte.
func TestWithTrust(t *testing.T) {
	tests := []struct{ name, before, after string }{
		{"empty", "", "[projects.\"/p\"]\ntrust_level = \"trusted\"\n"},
		{"comments stay", "# mine\nmodel = \"x\" # the best\n", "# mine\nmodel = \"x\" # the best\n\n[projects.\"/p\"]\ntrust_level = \"trusted\"\n"},
		{"no last line end", "model = \"x\"", "model = \"x\"\n\n[projects.\"/p\"]\ntrust_level = \"trusted\"\n"},
		{"replaced", "[projects.\"/p\"]\ntrust_level = \"untrusted\" # why\n[tui]\n", "[projects.\"/p\"]\ntrust_level = \"trusted\" # why\n[tui]\n"},
		{"literal quotes", "[projects.'/p']\ntrust_level = 'untrusted'\n", "[projects.'/p']\ntrust_level = \"trusted\"\n"},
		{"a table without it", "[projects.\"/p\"] # p\nother = 1\n", "[projects.\"/p\"] # p\nother = 1\ntrust_level = \"trusted\"\n"},
		{"another project", "[projects.\"/q\"]\ntrust_level = \"untrusted\"\n", "[projects.\"/q\"]\ntrust_level = \"untrusted\"\n\n[projects.\"/p\"]\ntrust_level = \"trusted\"\n"},
		{"dotted", "projects.\"/p\".trust_level = \"untrusted\"\nmodel = \"x\"\n", "projects.\"/p\".trust_level = \"trusted\"\nmodel = \"x\"\n"},
		{"windows", "model = \"x\"\r\n", "model = \"x\"\r\n\r\n[projects.\"/p\"]\r\ntrust_level = \"trusted\"\r\n"},
		{"same already", "[projects.\"/p\"]\ntrust_level = \"trusted\"\n", "[projects.\"/p\"]\ntrust_level = \"trusted\"\n"},
	}
	for _, tt := range tests {
		got, err := WithTrust(tt.before, "/p", ProjectTrusted)
		if err != nil || got != tt.after {
			t.Errorf("%s: %q, %v; want %q", tt.name, got, err, tt.after)
		}
	}
}

func TestWithTrustRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"projects = { \"/q\" = { trust_level = \"trusted\" } }\n": "add [projects.\"/p\"]",
		"model = \n": "must be mended first",
	} {
		if got, err := WithTrust(text, "/p", ProjectTrusted); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q, %v; want an error with %q", text, got, err, want)
		}
	}
}

// TestWithTrustQuotes: no path of a project can write anything else.
func TestWithTrustQuotes(t *testing.T) {
	for _, path := range []string{`/a"b`, `/a\b`, "/a\nmodel = 1", "/a]\n[x", "/ü ", "/a\x7f"} {
		text, err := WithTrust("model = \"x\"\n", path, ProjectUntrusted)
		if err != nil {
			t.Errorf("%q: %v", path, err)
			continue
		}
		l, err := parseFile(FromUser, "", text)
		if err != nil {
			t.Errorf("%q: %v", path, err)
			continue
		}
		if n := l.tree(l.values).at(key{"projects", path, "trust_level"}); n == nil || n.value != "untrusted" {
			t.Errorf("%q is not in %q", path, text)
		}
	}
}
