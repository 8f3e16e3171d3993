package execpolicy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// say is what is left of a file, in the form that it is written in.
func say(f *File) (rules []string) {
	for _, r := range f.Rules {
		rules = append(rules, r.String())
	}
	return rules
}

func TestParse(t *testing.T) {
	const (
		allowLs   = `prefix_rule(pattern=["ls"], decision="allow")`
		forbidRm  = `prefix_rule(pattern=["rm"], decision="forbidden", justification="use trash")`
		promptGit = `prefix_rule(pattern=["git", ["push", "fetch"]], decision="prompt")`
	)
	tests := []struct {
		name, src string
		rules     []string
		problems  []string
	}{
		{"nothing", "# none\n", nil, nil},
		{"all kinds", allowLs + "\n" + forbidRm + "\n" + promptGit, []string{allowLs, forbidRm, promptGit}, nil},
		{"a decision is allow", `prefix_rule(["ls"])`, []string{allowLs}, nil},
		{"made by a loop", "for c in ['a', 'b']:\n    prefix_rule([c], decision='prompt')\n",
			[]string{`prefix_rule(pattern=["a"], decision="prompt")`, `prefix_rule(pattern=["b"], decision="prompt")`}, nil},
		{"made by a function", "def no(*words):\n    prefix_rule(list(words), decision='forbidden')\nno('dd', 'x')\n",
			[]string{`prefix_rule(pattern=["dd", "x"], decision="forbidden")`}, nil},
		{"examples", `prefix_rule(["git", "log"], match=["git log -1", ["git", "log"]], not_match=["git 'log x'", "git"])`,
			[]string{`prefix_rule(pattern=["git", "log"], decision="allow")`}, nil},
		{"an example that does not hold", allowLs + "\n" + `prefix_rule(["rm"], decision="forbidden", match=["mv a"])`,
			[]string{`prefix_rule(pattern=["rm"], decision="forbidden")`},
			[]string{`x.rules:2:12: match: the rule does not apply to "mv a"`}},
		{"a counterexample that is none", `prefix_rule(["rm"], decision="prompt", not_match=["rm a"])`,
			[]string{`prefix_rule(pattern=["rm"], decision="prompt")`},
			[]string{`x.rules:1:12: not_match: the rule applies to "rm a"`}},
		{"an error in one statement", allowLs + "\nprefix_rule([])\n" + forbidRm, []string{forbidRm},
			[]string{"x.rules:2:12: pattern is empty"}},
		{"a bracket that is not closed", allowLs + "\nprefix_rule(pattern=[\"a\", \n" + forbidRm + "\n" + promptGit, []string{forbidRm, promptGit},
			[]string{"x.rules:4:12: got identifier, want ']'"}},
		{"an unknown name", "prefix_rul(['a'])\n" + promptGit, []string{promptGit}, []string{"x.rules:1:1: undefined: prefix_rul"}},
		{"an unknown argument", "prefix_rule(['a'], ask=True)", nil, []string{`x.rules:1:12: prefix_rule: unexpected keyword argument "ask"`}},
		{"an unknown decision", "prefix_rule(['a'], decision='yes')", nil, []string{`x.rules:1:12: decision "yes": allow, prompt or forbidden`}},
		{"an empty justification", "prefix_rule(['a'], justification=' ')", nil, []string{"x.rules:1:12: justification is to be a text that is not empty"}},
		{"another file", "load('y.rules', 'z')", nil, []string{"x.rules:1:1: cannot load y.rules: a file of rules cannot load another; every *.rules in its folder is read"}},
		{"without end", "def f():\n    for a in range(1000000000):\n        pass\nf()\n" + forbidRm, []string{forbidRm},
			[]string{"x.rules:2:5: Starlark computation cancelled: too many steps"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := Parse("x.rules", tt.src)
			var problems []string
			for _, p := range f.Problems {
				problems = append(problems, p.Error())
			}
			if diff := cmp.Diff(tt.rules, say(f)); diff != "" {
				t.Errorf("rules (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.problems, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBrokenFileAlone: an error is the matter of its own file.
func TestBrokenFileAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "[rules]")
	for name, src := range map[string]string{
		"a.rules":     "prefix_rule(['a'])\nprefix_rule(['a', 'x'], decision='forbidden')\n)",
		"b.rules":     "prefix_rule(['b'])",
		"c.rules.bak": "prefix_rule(['c'])",
	} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var s Set
	for _, f := range LoadDir(dir) {
		s.Add(f)
	}
	for line, want := range map[string]Decision{"a": 0, "a x": Forbid, "b": Allow, "c": 0} {
		got := Decision(0)
		if m := Strictest(s.Match(strings.Fields(line))); m != nil {
			got = m.Decision
		}
		if got != want {
			t.Errorf("%s: %v, want %v", line, got, want)
		}
	}
}

func TestAppend(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules", "default.rules")
	rules := []*Rule{
		{Pattern: [][]string{{"rm"}, {"-f"}, {"a b\n\"c\"\\"}}, Decision: Allow},
		{Pattern: [][]string{{"git"}, {"ä", "b"}}, Decision: Forbid, Justification: "not\there"},
	}
	for _, r := range rules {
		if err := Append(file, r); err != nil {
			t.Fatal(err)
		}
	}
	f := LoadFile(file)
	if len(f.Problems) > 0 {
		t.Fatal(f.Problems)
	}
	for i, r := range f.Rules {
		if diff := cmp.Diff(rules[i].Pattern, r.Pattern); diff != "" || r.Decision != rules[i].Decision || r.Justification != rules[i].Justification {
			t.Errorf("%s became %s", rules[i], r)
		}
	}
	if err := os.WriteFile(file, []byte("prefix_rule(["), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Append(file, rules[0]); err == nil || !strings.Contains(err.Error(), "got end of file") {
		t.Errorf("added to a broken file: %v", err)
	}
	if got, _ := os.ReadFile(file); string(got) != "prefix_rule([" {
		t.Errorf("the broken file is %q", got)
	}
}
