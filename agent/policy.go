package agent

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"codex-lsp/agent/config"
	"codex-lsp/agent/disk"
	"codex-lsp/agent/execpolicy"
	"codex-lsp/agent/policy"
	"codex-lsp/agent/sandbox"
)

// A Judgement is what the policy says of a command.
type Judgement struct {
	Class    policy.Class
	Decision policy.Decision
	Rule     *execpolicy.Rule // of the user's, that decided; nil if none did
	Outside  bool             // it would run outside of the sandbox that there is
}

// RuleName says which rule decided: FILE:LINE of the user's, or one of
// policy.Rules.
func (j Judgement) RuleName() string {
	if j.Rule != nil {
		return fmt.Sprintf("%s:%d", j.Rule.File, j.Rule.Line)
	}
	return j.Class.Rule
}

// Where says where a command would run: "inside" a sandbox, in a "weak" one,
// "outside" of it, or with "none".
func (j Judgement) Where(on Terms) string {
	switch {
	case !on.Exists:
		return "none"
	case j.Outside:
		return "outside"
	case on.Policy.Weak:
		return "weak"
	}
	return "inside"
}

// Terms are under what a command would run, beside the settings.
type Terms struct {
	Confinement
	Escalated bool // the model asks for it to run outside of the sandbox
}

// JudgeCommand tells what becomes of a script that a turn is to run at a place
// of which Cwd, Root and Shell are given.
func JudgeCommand(c *config.Config, rules *execpolicy.Set, script string, at policy.Place, on Terms) Judgement {
	return decided(c, policy.Judge(script, placed(at)), on).ruled(c, rules.Judge(script), on)
}

// judgeTyped tells what becomes of text for a program that runs.
//
// Rules may forbid it or want to be asked. They cannot allow it: what reads it
// need not be a shell.
func judgeTyped(c *config.Config, rules *execpolicy.Set, text, root string, on Terms) Judgement {
	j := decided(c, policy.JudgeTyped(text, placed(policy.Place{Root: root})), on)
	if v := rules.Judge(text); v.Decision != execpolicy.Allow {
		j = j.ruled(c, v, on)
	}
	return j
}

// decided is a judgement by the settings.
func decided(c *config.Config, class policy.Class, on Terms) Judgement {
	setting := policy.Setting{Approval: string(c.Approval), Mode: string(c.Sandbox), Sandboxed: on.Held, Outside: on.Escalated}
	return Judgement{Class: class, Decision: policy.Decide(setting, class), Outside: on.Exists && on.Escalated}
}

// placed is a place with what is to be found out about it.
func placed(at policy.Place) policy.Place {
	at.Home, _ = os.UserHomeDir() // without one, there is none to destroy
	at.Real = resolved
	return at
}

// refusal is what the model is told where the policy forbids a command.
func (j Judgement) refusal() string {
	instead := "Work with read_file and apply_patch"
	switch {
	case j.Class.Level > policy.Plain:
		instead = "Find a way that does less harm"
	case j.Outside:
		instead = "Leave sandbox_permissions out if it can do its work in the sandbox"
	}
	if j.Rule != nil {
		return j.Decision.Reason + ". Find another way, or tell the user what to run and why."
	}
	return fmt.Sprintf("%s (rule %s). %s, or tell the user what to run and why.", j.Decision.Reason, j.Class.Rule, instead)
}

// judgePatch decides about edits, by the paths they touch and what the user has
// granted.
func judgePatch(c *config.Config, root string, paths []string, p Permissions) (policy.Verdict, string) {
	why := ""
	asked := slices.DeleteFunc(slices.Clone(paths), p.covers)
	switch {
	case c.Sandbox == config.FullAccess:
		why = deciding(c.Home, root, paths)
	case c.Sandbox == config.ReadOnly && len(asked) > 0:
		why = "sandbox_mode is read-only"
	default:
		why = cmp.Or(outside(append([]string{root}, c.Commands.WritableRoots...), asked), deciding(c.Home, root, paths), settled(c, root, paths))
	}
	nobody := refusesQuestions(c.Approval)
	switch {
	case why != "" && nobody != "":
		return policy.Forbid, why + ", and " + nobody
	case why != "" || c.Approval == config.Untrusted:
		return policy.Ask, why
	}
	return policy.Run, ""
}

// refusesQuestions says why nobody is asked, "" if somebody is.
func refusesQuestions(a config.ApprovalPolicy) string {
	if a == config.Never || a == config.Silent {
		return "approval_policy is " + string(a)
	}
	return ""
}

// deciding names the first path that decides about what comes later: settings,
// keys and rules, and what the model may read.
// The files that links in Codex's home lead to are as those in it.
func deciding(home, root string, paths []string) string {
	var linked []string
	if home != "" {
		linked = sandbox.Believed([]string{home}, []string{filepath.Join(root, ignoreFile)})
	}
	for _, path := range paths {
		for _, dir := range []string{home, filepath.Dir(systemRules)} {
			if dir != "" && (below(dir, path) || below(resolved(dir), resolved(path))) {
				return path + " is in Codex's own folder"
			}
		}
		if filepath.Base(path) == ignoreFile || filepath.Base(resolved(path)) == ignoreFile {
			return path + " says what is not read unasked"
		}
		if belowOne(linked, root, path) {
			return path + " is what Codex's own settings link to"
		}
	}
	return ""
}

// outside names the first path that an edit may not touch unasked: one that is
// in none of the folders, of which the first is the workspace.
func outside(roots, paths []string) string {
	for _, path := range paths {
		why := ""
		for _, root := range roots {
			said := beyond(root, path)
			if said == "" {
				why = ""
				break
			}
			why = cmp.Or(why, said)
		}
		if why != "" {
			return why
		}
	}
	return ""
}

// beyond says why an edit below root may not touch a path unasked.
func beyond(root, path string) string {
	real, err := within(root, path)
	switch {
	case err != nil:
		return err.Error()
	case guarded(root, path):
		return path + " is protected"
	case guarded(resolved(root), real):
		return path + " leads to " + real + ", which is protected"
	}
	return ""
}

// guarded tells whether a protected name is on the way from root to path.
func guarded(root, path string) bool {
	rel, _ := filepath.Rel(root, path)
	for name := range strings.SplitSeq(filepath.ToSlash(rel), "/") {
		if sandbox.Protected(name) {
			return true
		}
	}
	return false
}

// within returns where path leads with every link on the way followed. It is
// an error if that, or the path as written, is not in the folder root.
func within(root, path string) (real string, err error) {
	if real, err = disk.Resolve(path); err != nil {
		return "", err
	}
	switch {
	case !below(root, path):
		return "", fmt.Errorf("%s is outside the workspace", path)
	case !below(resolved(root), real):
		return "", fmt.Errorf("%s leads to %s, which is outside the workspace", path, real)
	}
	return real, nil
}

func below(root, path string) bool {
	rel, err := filepath.Rel(root, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// resolved is where a path really is.
func resolved(path string) string {
	if real, err := disk.Resolve(path); err == nil {
		return real
	}
	return path // nothing can be read or written below it
}

// grants are what the user approved for as long as the thread lives.
type grants struct {
	mu       sync.Mutex
	commands map[string]bool // by folder and script; guarded by mu
	files    map[string]bool // by path; guarded by mu

	lasting, passing Permissions // guarded by mu
	passes           string      // the turn with which passing ends; guarded by mu
}

func (g *grants) command(key string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.commands[key]
}

func (g *grants) addCommand(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.commands == nil {
		g.commands = make(map[string]bool)
	}
	g.commands[key] = true
}

// paths tells whether all of them were granted.
func (g *grants) paths(paths []string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range paths {
		if !g.files[p] {
			return false
		}
	}
	return len(paths) > 0
}

func (g *grants) addPaths(paths []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.files == nil {
		g.files = make(map[string]bool)
	}
	for _, p := range paths {
		g.files[p] = true
	}
}
