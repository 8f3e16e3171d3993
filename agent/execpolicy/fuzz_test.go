package execpolicy

import "testing"

// FuzzRules holds that no file makes the reader panic, that one with an error
// allows nothing, and that the rules that are read say what they said when they
// are written and read again.
func FuzzRules(f *testing.F) {
	for _, src := range []string{
		`prefix_rule(["ls"])`, `prefix_rule(pattern=["git", ["push", "fetch"]], decision="prompt", justification="x", match=["git push"])`,
		"prefix_rule([])\nprefix_rule(['a'], decision='forbidden')", "for c in ['a', 'b']:\n    prefix_rule([c])\n", ")\nprefix_rule(['a'])",
		`host_executable("ls", ["/bin/ls"])`, `network_rule("a.b", "https", "deny")`, "def f():\n    f()\nf()", "prefix_rule([\"\\u00e4\\x7f\"])",
	} {
		f.Add(src, "git push; ls")
	}
	f.Fuzz(func(t *testing.T, src, script string) {
		if len(src) > 1<<12 || len(script) > 1<<10 {
			return
		}
		file := Parse("x.rules", src)
		for _, r := range file.Rules {
			if len(file.Problems) > 0 && r.Decision == Allow {
				t.Errorf("a file with %v allows %s", file.Problems, r)
			}
			again := Parse("again.rules", r.String())
			if len(again.Problems) > 0 || len(again.Rules) != 1 || again.Rules[0].String() != r.String() {
				t.Errorf("%s is read again as %v, %v", r, again.Rules, again.Problems)
			}
		}
		var s Set
		s.Add(file)
		if v := s.Judge(script); v.Decision == Allow && len(file.Problems) > 0 {
			t.Errorf("a file with %v allows %q", file.Problems, script)
		}
	})
}
