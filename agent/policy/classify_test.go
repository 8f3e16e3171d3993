package policy

import (
	"os"
	"strings"
	"testing"
)

// A line is one of a file of commands.
type line struct {
	level, rule, script string
}

func lines(t testing.TB, file string) (list []line) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for text := range strings.Lines(string(data)) {
		text = strings.TrimSuffix(text, "\n")
		if text == "" || strings.HasPrefix(text, "# ") {
			continue
		}
		head, script, ok := strings.Cut(text, ": ")
		level, rule, two := strings.Cut(head, " ")
		if !ok || !two {
			t.Fatalf("%s: %q is no line of it", file, text)
		}
		list = append(list, line{level, rule, strings.ReplaceAll(script, "␤", "\n")})
	}
	return list
}

func all(t testing.TB) []line {
	return append(lines(t, "testdata/commands.txt"), lines(t, "testdata/dangerous.txt")...)
}

// TestClassify needs at least 400 commands, each of which is there once.
func TestClassify(t *testing.T) {
	const least = 400
	seen := make(map[string]bool)
	for _, l := range all(t) {
		if seen[l.script] {
			t.Errorf("%q is there twice", l.script)
		}
		seen[l.script] = true
		c := Classify(l.script)
		if c.Level.String() != l.level || c.Rule != l.rule {
			t.Errorf("%q: got %s %s, want %s %s", l.script, c.Level, c.Rule, l.level, l.rule)
		}
		if !strings.HasSuffix(c.Reason, ruleOf()[l.rule].Text) {
			t.Errorf("%q: the reason %q is not the rule's, %q", l.script, c.Reason, ruleOf()[l.rule].Text)
		}
	}
	if len(seen) < least {
		t.Errorf("%d commands, want at least %d", len(seen), least)
	}
}
