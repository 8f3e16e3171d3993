package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/config"
	"codex-lsp/agent/execpolicy"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/agent/policy"
)

const someRules = `
prefix_rule(["touch"])
prefix_rule(["rm", "-rf", "build"])
prefix_rule(["rm", "-rf", "."])
prefix_rule(["rm", "-rf"])
prefix_rule(["go", "test"])
prefix_rule(["npm"])
prefix_rule(["git", "push"], decision = "prompt", justification = "others see it")
prefix_rule(["terraform"], decision = "forbidden", justification = "CI does that")
`

// TestRulesDecide has the rules say more than the class of a command, and what
// is catastrophic be allowed by its own name only.
func TestRulesDecide(t *testing.T) {
	rules := &execpolicy.Set{}
	rules.Add(execpolicy.Parse("/x/default.rules", someRules))
	for _, tt := range []struct {
		script   string
		approval config.ApprovalPolicy
		silent   bool
		want     policy.Verdict
		reason   string // is in it
	}{
		{"touch a", config.OnRequest, false, policy.Run, "rules allow `touch a` (default.rules:2)"},
		{"touch a", config.Never, false, policy.Run, "rules allow"},
		{"touch a && go test", config.OnRequest, false, policy.Run, "rules allow each command"},
		{"touch a && ls", config.OnRequest, false, policy.Ask, ""},
		{"rm -rf build", config.Never, false, policy.Run, ""},
		{"rm -rf ..", config.Never, false, policy.Forbid, "no setting allows that"},
		{"rm -rf .", config.Never, false, policy.Run, ""},
		{"rm -rf . ..", config.Never, false, policy.Forbid, "no setting allows that"},
		{"npm test", config.OnRequest, false, policy.Run, ""},
		{"rm -rf build && npm publish", config.OnRequest, false, policy.Ask, ""},
		{"rm -rf build && rm -rf src", config.OnRequest, false, policy.Ask, ""},
		{"npm publish", config.OnRequest, false, policy.Ask, "publishes"},
		{"git -C . push", config.OnRequest, false, policy.Ask, "a rule asks"},
		{"git push", config.OnRequest, false, policy.Ask, "a rule asks about `git push`: others see it (default.rules:8)"},
		{"git push", config.Never, false, policy.Forbid, "; approval_policy is never"},
		{"git push", config.Granular, true, policy.Forbid, "rules = false"},
		{"cd x && terraform apply", config.OnRequest, false, policy.Forbid, "a rule forbids `terraform apply`: CI does that (default.rules:9)"},
		{"ls", config.OnRequest, false, policy.Ask, ""},
	} {
		c := &config.Config{Approval: tt.approval, Sandbox: config.WorkspaceWrite, RulesSilent: tt.silent}
		if tt.approval == config.Never {
			c.Sandbox = config.FullAccess // without, it runs nothing unasked
		}
		j := JudgeCommand(c, rules, tt.script, policy.Place{Cwd: "/w/x", Root: "/w/x"}, Terms{})
		if j.Decision.Verdict != tt.want || !strings.Contains(j.Decision.Reason, tt.reason) {
			t.Errorf("%s, %s: %+v; want %s, %q", tt.script, tt.approval, j.Decision, tt.want, tt.reason)
		}
	}
	odd := JudgeCommand(&config.Config{Approval: config.OnRequest}, rules, "touch a", policy.Place{Cwd: "/w", Root: "/w", Shell: "env"}, Terms{})
	if odd.Decision.Verdict == policy.Run {
		t.Errorf("a script for another shell: %+v", odd.Decision)
	}
}

func TestPropose(t *testing.T) {
	rules := &execpolicy.Set{}
	rules.Add(execpolicy.Parse("x.rules", someRules))
	rule := func(words string) string { return `prefix_rule(pattern=["` + words + `"], decision="allow")` }
	for _, tt := range []struct {
		script string
		prefix []string
		want   string // one rule for each line
	}{
		{"yarn test", nil, rule(`yarn", "test`)},
		{"yarn test -- -x", []string{"yarn", "test"}, rule(`yarn", "test`)},
		{"yarn test", []string{"yarn"}, rule(`yarn", "test`)},
		{"python3.11 -V", []string{"python3.11"}, ""},
		{"env A=1 make x", []string{"env", "A=1"}, rule(`env", "A=1", "make", "x`)},
		{"yarn test", []string{"pnpm", "test"}, rule(`yarn", "test`)},
		{"python x.py", []string{"python"}, rule(`python", "x.py`)},
		{"python", nil, ""},
		{"yarn ci && yarn test", nil, rule(`yarn", "ci`) + "\n" + rule(`yarn", "test`)},
		{"yarn ci && yarn test", []string{"yarn", "ci"}, rule(`yarn", "ci`) + "\n" + rule(`yarn", "test`)},
		{"touch a && yarn test", nil, rule(`yarn", "test`)},
		{"a; b; c; d", nil, ""},
		{"yarn test > log", []string{"yarn", "test"}, ""},
		{"yarn test $X", nil, ""},
		{"rm -r x", []string{"rm"}, ""},
		{"git push", []string{"git", "push"}, ""},
	} {
		c := &config.Config{Approval: config.OnRequest, Sandbox: config.WorkspaceWrite}
		j := JudgeCommand(c, rules, tt.script, policy.Place{Cwd: "/w", Root: "/w"}, Terms{})
		var got []string
		for _, r := range j.propose(rules, tt.script, tt.prefix) {
			got = append(got, r.String())
		}
		if text := strings.Join(got, "\n"); text != tt.want {
			t.Errorf("%s, %q: %s, want %s", tt.script, tt.prefix, text, tt.want)
		}
	}
}

// TestAlways: what was allowed for good is written, asked about no more, and a
// file with an error is told of once and allows nothing.
func TestAlways(t *testing.T) {
	run := func(id, cmd string, prefix ...string) modeltest.Item {
		return modeltest.CallAs(id, "exec_command", map[string]any{"cmd": cmd, "login": false, "prefix_rule": prefix})
	}
	m := modeltest.Serve(t,
		modeltest.Says(run("c1", "touch -a a", "touch", "-a")), modeltest.Says(run("c2", "touch -a b")), modeltest.Says(modeltest.Text("ok")),
		modeltest.Says(run("c3", "touch -a c")), modeltest.Says(modeltest.Text("ok")),
		modeltest.Says(run("c4", "touch -a d")), modeltest.Says(modeltest.Text("ok")))
	p := newPeer(always(ApprovedWithRule))
	home := t.TempDir()
	th := newTestThread(t, m, p, func(c *config.Config) {
		c.Home, c.Approval, c.Sandbox = home, config.Untrusted, config.FullAccess
	})
	askAndWait(t, th, "go")
	askAndWait(t, th, "and again")
	file := filepath.Join(home, "rules", "default.rules")
	if text, err := os.ReadFile(file); err != nil || string(text) != "prefix_rule(pattern=[\"touch\", \"-a\"], decision=\"allow\")\n" {
		t.Errorf("the rules are %q, %v", text, err)
	}
	if err := os.WriteFile(file, []byte("prefix_rule([\"touch\"])\nprefix_rule([])\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	askAndWait(t, th, "once more")
	var asked []CallID
	for _, e := range of[ApprovalRequested](p) {
		asked = append(asked, e.Question.CallID)
	}
	if len(asked) != 2 || asked[0] != "c1" || asked[1] != "c4" {
		t.Errorf("asked about %q", asked)
	}
	var warned []string
	for _, e := range of[Warning](p) {
		warned = append(warned, strings.ReplaceAll(e.Message, home, "HOME"))
	}
	want := []string{
		"HOME/rules/default.rules:2:12: pattern is empty; nothing in this file allows anything until it is mended",
		"HOME/rules/default.rules: the rule was not added, since nothing in a file with an error allows anything: HOME/rules/default.rules:2:12: pattern is empty; the command was approved this once",
	}
	if strings.Join(warned, "\n") != strings.Join(want, "\n") {
		t.Errorf("warnings %q, want %q", warned, want)
	}
	for _, name := range []string{"a", "b", "c", "d"} {
		if _, err := os.Stat(filepath.Join(th.Cwd(), name)); err != nil {
			t.Error(err)
		}
	}
}

// TestProposalSaysWhatItLifts: who allows something for good is told that it
// leaves the sandbox, and that the script in it may change.
func TestProposalSaysWhatItLifts(t *testing.T) {
	held := Terms{Confinement: Confinement{Exists: true}}
	for _, tt := range []struct {
		words string
		on    Terms
		want  string
	}{
		{"python3 x.py", held, "# from now on unasked, outside the sandbox, whatever the files say that it runs"},
		{"make test", Terms{}, "# from now on unasked, whatever the files say that it runs"},
		{"./x.sh", held, "# from now on unasked, outside the sandbox, whatever the files say that it runs"},
		{"touch a", held, "# from now on unasked, outside the sandbox"},
		{"touch a", Terms{}, "# from now on unasked"},
	} {
		rule := allowing(strings.Fields(tt.words))
		if got := proposal([]*execpolicy.Rule{rule}, tt.on); len(got) != 2 || got[0] != tt.want || got[1] != rule.String() {
			t.Errorf("%s: %q, want %q", tt.words, got, tt.want)
		}
	}
	if got := proposal(nil, held); got != nil {
		t.Errorf("of nothing: %q", got)
	}
}
