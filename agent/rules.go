package agent

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"codex-lsp/agent/config"
	"codex-lsp/agent/execpolicy"
	"codex-lsp/agent/policy"
)

// systemRules is where the machine's rules are; the user's are below Codex's
// home.
const systemRules = "/etc/codex/rules"

// LoadRules reads the rules that hold for a user in a project, and tells what is wrong with
// their files.
func LoadRules(c *config.Config) (*execpolicy.Set, []execpolicy.Problem) {
	rules := &execpolicy.Set{}
	var problems []execpolicy.Problem
	folders := rulesFolders(c.Home)
	if c.NoRules {
		folders = []string{systemRules}
	}
	for _, dir := range c.ProjectFolders { // of a project that is trusted
		if !c.NoRules {
			folders = append(folders, filepath.Join(dir, "rules"))
		}
	}
	for _, dir := range folders {
		for _, f := range execpolicy.LoadDir(dir) {
			rules.Add(f)
			problems = append(problems, f.Problems...)
		}
	}
	var required []*execpolicy.Rule
	for _, r := range c.RequiredRules { // which no other rule outweighs, as the strictest decides
		decision := execpolicy.Prompt
		if r.Forbids {
			decision = execpolicy.Forbid
		}
		required = append(required, &execpolicy.Rule{Pattern: r.Pattern, Decision: decision, Justification: r.Justification, File: r.File, Line: r.Line})
	}
	return rules.With(required), problems
}

// rulesFolders are where rules are, below Codex's home and on the machine.
func rulesFolders(home string) []string { return []string{systemRules, filepath.Join(home, "rules")} }

// IsRulesFolder tells whether the rules in a folder hold for a user whose
// Codex's home this is, or would in a project that is trusted.
func IsRulesFolder(home, dir string) bool {
	project := filepath.Base(dir) == "rules" && filepath.Base(filepath.Dir(dir)) == config.ProjectFolder
	return project || slices.Contains(rulesFolders(home), dir)
}

// ownRules is the file that "always" is written to.
func ownRules(c *config.Config) string { return filepath.Join(c.Home, "rules", "default.rules") }

// turnRules are the rules of a turn, to which its calls may add.
type turnRules struct {
	mu  sync.Mutex
	set *execpolicy.Set // guarded by mu once calls run
}

func (r *turnRules) get() *execpolicy.Set {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.set
}

// add writes rules to a file, and lets them hold for the rest of the turn.
func (r *turnRules) add(file string, more []*execpolicy.Rule) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, rule := range more {
		if err := execpolicy.Append(file, rule); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	r.set = r.set.With(more)
	return nil
}

// ruled is a judgement once the rules have been heard. They say more than the
// class of a command, but for what is catastrophic: only a rule that names just
// that command lets it run. What they allow runs outside of the sandbox, as
// with Codex: that is what such a rule is for.
func (j Judgement) ruled(c *config.Config, v execpolicy.Verdict, on Terms) Judgement {
	about := ruleNote(v)
	switch v.Decision {
	case execpolicy.Forbid:
		j.Decision = policy.Decision{Verdict: policy.Forbid, Reason: "a rule forbids " + about}
	case execpolicy.Prompt:
		switch {
		case j.Decision.Verdict == policy.Forbid:
			return j
		case c.Approval == config.Never:
			j.Decision = policy.Decision{Verdict: policy.Forbid, Reason: "a rule wants to be asked about " + about + "; approval_policy is never"}
		case c.RulesSilent:
			j.Decision = policy.Decision{Verdict: policy.Forbid, Reason: "a rule wants to be asked about " + about + "; approval_policy has rules = false"}
		default:
			j.Decision = policy.Decision{Verdict: policy.Ask, Reason: "a rule asks about " + about}
		}
	case execpolicy.Allow:
		if !j.lifted(v) {
			return j
		}
		j.Decision = policy.Decision{Verdict: policy.Run, Reason: "rules allow " + about}
		j.Outside = on.Exists
	default:
		return j
	}
	j.Rule = v.Rule
	return j
}

// lifted tells whether what a script does is what rules let run. They allow
// what is dangerous only as one command whose words in the pattern are so by
// themselves, and what is catastrophic only by naming just that.
func (j Judgement) lifted(v execpolicy.Verdict) bool {
	switch {
	case j.Class.Rule == "shell-unknown":
		return false
	case j.Class.Level == policy.Catastrophic:
		return v.Exact
	case j.Class.Level < policy.Dangerous:
		return true
	}
	return v.Words != nil && policy.Classify(policy.Script(v.Words)).Level >= policy.Dangerous
}

// ruleNote is which command a rule is about, why and where it is.
func ruleNote(v execpolicy.Verdict) string {
	if v.Rule == nil {
		return "each command"
	}
	s := "`" + v.Command + "`"
	if v.Rule.Justification != "" {
		s += ": " + v.Rule.Justification
	}
	return fmt.Sprintf("%s (%s:%d)", s, filepath.Base(v.Rule.File), v.Rule.Line)
}

// maxProposed bounds how many rules one answer writes.
const maxProposed = 3

// propose returns the rules that would let a script run unasked from now on:
// one prefix, if the model proposes it for all of the script, or else each
// command as it is. There are none for what a rule could not let through, or
// should not be let through at the press of a button.
func (j Judgement) propose(rules *execpolicy.Set, script string, prefix []string) []*execpolicy.Rule {
	all, plain := policy.Commands(script)
	if !plain || j.Class.Level > policy.Plain || rules.Judge(script).Decision > execpolicy.Allow {
		return nil
	}
	var proposed []*execpolicy.Rule
	if r := allowing(prefix); r != nil && len(prefix) > 1 {
		proposed = []*execpolicy.Rule{r}
		if rules.With(proposed).Judge(script).Decision == execpolicy.Allow {
			return proposed
		}
		proposed = nil
	}
	for _, c := range all {
		if m := execpolicy.Strictest(rules.Match(c.Words)); c.Inner || m != nil {
			continue
		}
		r := allowing(c.Words)
		if r == nil {
			return nil
		}
		proposed = append(proposed, r)
	}
	if len(proposed) > maxProposed || rules.With(proposed).Judge(script).Decision != execpolicy.Allow {
		return nil
	}
	return proposed
}

// allowing is the rule that allows what begins with these words; nil if that
// would be anything at all.
func allowing(words []string) *execpolicy.Rule {
	if len(words) == 0 || broad(words) {
		return nil
	}
	r := &execpolicy.Rule{Decision: execpolicy.Allow}
	for _, w := range words {
		if w == "" {
			return nil
		}
		r.Pattern = append(r.Pattern, []string{w})
	}
	return r
}

// runners run what they are passed, or what files say that the model can
// write; fileTools do what cannot be told from their name alone. A rule that names no
// more than one of them, options and settings, allows everything.
var (
	runners = strings.Fields(`
	ash bash csh dash fish ksh mksh sh tcsh zsh busybox toybox pwsh powershell osascript
	env sudo doas su run0 pkexec nohup nice ionice time timeout command exec eval builtin xargs parallel find flock setsid script stdbuf watch chroot unshare
	awk bun deno docker gawk git go java julia kubectl lua make node npm npx perl php pip pnpm podman python pypy ruby sed ssh uv uvx yarn cargo`)
	fileTools = strings.Fields("chmod chown cp curl dd install kill ln mv rm rsync scp tee wget")
)

// programOf is the name of a program, without its version.
func programOf(name string) string {
	return strings.TrimRight(filepath.Base(name), "0123456789.")
}

// proposal is what "always" writes, as people see it. A comment ahead says what
// the rules let happen beside this command: what they allow leaves the sandbox,
// and a script that they name may be another one by then.
func proposal(rules []*execpolicy.Rule, on Terms) []string {
	if len(rules) == 0 {
		return nil
	}
	note := "# from now on unasked"
	if on.Exists {
		note += ", outside the sandbox"
	}
	if slices.ContainsFunc(rules, runsFiles) {
		note += ", whatever the files say that it runs"
	}
	lines := []string{note}
	for _, r := range rules {
		lines = append(lines, r.String())
	}
	return lines
}

// runsFiles tells whether what a rule allows depends on files: it names a
// program by its path, or one that runs others.
func runsFiles(r *execpolicy.Rule) bool {
	return slices.ContainsFunc(r.Pattern[0], func(name string) bool {
		return strings.Contains(name, "/") || slices.Contains(runners, programOf(name))
	})
}

// broad tells whether a rule of these words is about no more than such a
// program: neither options and settings nor numbers say what it does.
func broad(words []string) bool {
	name := programOf(words[0])
	return (slices.Contains(runners, name) || slices.Contains(fileTools, name)) && !slices.ContainsFunc(words[1:], func(w string) bool {
		return !strings.HasPrefix(w, "-") && !strings.Contains(w, "=") && strings.Trim(w, "0123456789.smhd") != ""
	})
}
