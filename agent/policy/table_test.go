package policy

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// cells is every decision: for each setting the verdicts on what is safe,
// plain, unclear, dangerous and catastrophic: r run, a ask, f forbid.
var cells = map[string][3]string{
	//                     read-only  workspace-write  danger-full-access
	Untrusted + " with":    {"raaaf", "raaaf", "raaaf"},
	Untrusted + " without": {"aaaaf", "aaaaf", "raaaf"},
	OnRequest + " with":    {"rraaf", "rraaf", "rraaf"},
	OnRequest + " without": {"aaaaf", "aaaaf", "rraaf"},
	OnFailure + " with":    {"rraaf", "rraaf", "rraaf"},
	OnFailure + " without": {"aaaaf", "aaaaf", "rraaf"},
	Granular + " with":     {"rraaf", "rraaf", "rraaf"},
	Granular + " without":  {"aaaaf", "aaaaf", "rraaf"},
	Silent + " with":       {"rraaf", "rraaf", "rraaf"},
	Silent + " without":    {"fffff", "fffff", "rraaf"},
	Never + " with":        {"rrfff", "rrfff", "rrfff"},
	Never + " without":     {"fffff", "fffff", "rrfff"},
}

// settings calls f for each setting there can be.
func settings(f func(Setting, string)) {
	for _, approval := range Approvals {
		for _, mode := range Modes {
			for _, sandbox := range []string{"with", "without"} {
				f(Setting{Approval: approval, Mode: mode, Sandboxed: sandbox == "with"}, sandbox)
			}
		}
	}
}

func TestDecide(t *testing.T) {
	settings(func(s Setting, sandbox string) {
		for level := Safe; level <= Catastrophic; level++ {
			var want string
			for i, mode := range Modes {
				if mode == s.Mode {
					want = cells[s.Approval+" "+sandbox][i][level : level+1]
				}
			}
			d := Decide(s, Class{Level: level, Reason: "`x` does something"})
			outside := s
			outside.Outside = true
			outside.Sandboxed = true // whatever there is, it is left
			if got := Decide(outside, Class{Level: level}); sandbox == "without" && got.Verdict != d.Verdict {
				t.Errorf("%+v, %s: got %+v, want %s", outside, level, got, d.Verdict)
			}
			if string(d.Verdict[:1]) != want || !strings.HasPrefix(d.Reason, "`x` does something") {
				t.Errorf("%+v, %s: got %+v, want %s", s, level, d, want)
			}
		}
	})
}

func TestDecideUnknownSetting(t *testing.T) {
	for _, s := range []Setting{{}, {Approval: "always", Mode: FullAccess}, {Approval: Never, Mode: "none", Sandboxed: true}} {
		if d := Decide(s, Class{Level: Safe}); d.Verdict != Ask {
			t.Errorf("%+v: got %+v, want ask", s, d)
		}
		if d := Decide(s, Class{Level: Catastrophic}); d.Verdict != Forbid {
			t.Errorf("%+v: got %+v, want forbid", s, d)
		}
	}
}

// TestDocs keeps docs/policy.md, which it writes with UPDATE=1.
func TestDocs(t *testing.T) {
	const file = "../../docs/policy.md"
	const begin, end = "<!-- begin: made by TestDocs -->\n", "<!-- end -->\n"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(data), begin)
	_, tail, ended := strings.Cut(rest, end)
	if !ok || !ended {
		t.Fatalf("%s has no %q and %q", file, begin, end)
	}
	want := head + begin + documented() + end + tail
	if want == string(data) {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatalf("%s is stale: run UPDATE=1 go test ./agent/policy -run TestDocs", file)
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// documented are the table and the rules as the documentation shows them.
func documented() string {
	var b strings.Builder
	b.WriteString("\n## The decision table\n\n| approval_policy | sandbox_mode | sandbox | safe | plain | unclear | dangerous | catastrophic |\n|---|---|---|---|---|---|---|---|\n")
	settings(func(s Setting, sandbox string) {
		fmt.Fprintf(&b, "| %s | %s | %s |", s.Approval, s.Mode, sandbox)
		for level := Safe; level <= Catastrophic; level++ {
			v := string(Decide(s, Class{Level: level}).Verdict)
			if level == Catastrophic || v == string(Forbid) {
				v = "**" + v + "**"
			}
			fmt.Fprintf(&b, " %s |", v)
		}
		b.WriteString("\n")
	})
	b.WriteString("\n## The rules\n\n| rule | class | a command that it applies to |\n|---|---|---|\n")
	for _, r := range Rules {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.Name, r.Level, r.Text)
	}
	return b.String() + "\n"
}
