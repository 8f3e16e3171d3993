package config

import (
	"strings"
	"testing"
)

// TestKeys holds the table to what its readers rely on.
func TestKeys(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Keys() {
		switch {
		case seen[k.Path]:
			t.Errorf("%s is there twice", k.Path)
		case k.Type == 0 || k.Doc == "" || !strings.HasSuffix(k.Doc, "."):
			t.Errorf("%s has no type or no sentence about it", k.Path)
		case len(k.Meanings) > 0 && len(k.Meanings) != len(k.Values):
			t.Errorf("%s: %d values have %d meanings", k.Path, len(k.Values), len(k.Meanings))
		case k.Editor != "" && k.By != Anybody:
			t.Errorf("%s is among the editor's settings, which must not set it", k.Path)
		}
		seen[k.Path] = true
		if k.Default == "" {
			continue
		}
		l, err := parseFile(FromDefault, "", strings.ReplaceAll(k.Path, "*", "x")+" = "+k.Default)
		if err != nil {
			t.Errorf("%s: default %s: %v", k.Path, k.Default, err)
			continue
		}
		r := &reader{}
		if r.check(l.tree(l.values), specs(), nil); len(r.errs)+len(r.problems) > 0 {
			t.Errorf("%s: default %s: %v%v", k.Path, k.Default, r.errs, r.problems)
		}
	}
}

// What is shown is a tree: a default below a key that is a value would take its
// place.
func TestNoDefaultIsBelowAValue(t *testing.T) {
	for _, value := range Keys() {
		for _, k := range Keys() {
			if value.Used && value.Type == Text && k.Used && k.Default != "" && strings.HasPrefix(k.Path, value.Path+".") {
				t.Errorf("%s has a default, and %s is a value", k.Path, value.Path)
			}
		}
	}
}
