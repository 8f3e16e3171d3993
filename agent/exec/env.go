package exec

import (
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

// An Environment says which variables of the agent's own a command sees. The
// zero value is all of them. Patterns are names with * and ?, upper and lower
// case alike; what is left out by Inherit can only come back by Set.
//
// It is Codex's shell_environment_policy, and works in its order: what is
// inherited, less what is excluded, with what is set, and of that only what is
// included.
type Environment struct {
	Inherit     string // "all" or "", "core", or "none"
	HideSecrets bool   // leave out names that hold KEY, SECRET or TOKEN
	Exclude     []string
	Set         map[string]string
	IncludeOnly []string
}

// core are the variables without which few programs work.
var core = []string{"HOME", "LOGNAME", "PATH", "SHELL", "USER", "USERNAME", "TMPDIR", "TEMP", "TMP"}

// secrets are the names that HideSecrets leaves out.
var secrets = []string{"*KEY*", "*SECRET*", "*TOKEN*"}

// fixed is what every command finds in its environment, as with Codex: output
// that is meant for a reader that is no terminal, and no pager.
var fixed = []string{
	"CODEX_CI=1",
	"NO_COLOR=1",
	"TERM=dumb",
	"COLORTERM=",
	"LANG=C.UTF-8",
	"LC_ALL=C.UTF-8",
	"LC_CTYPE=C.UTF-8",
	"PAGER=cat",
	"GIT_PAGER=cat",
	"GH_PAGER=cat",
}

// unattended keeps commands from waiting for somebody who is not there: for a
// password, or for an editor window to be closed. true(1) is an editor that
// leaves the text as it is, so `git rebase --continue` goes on, and `git
// commit` without a message fails. Without a GIT_ASKPASS, git opens no window
// of an editor that this process was started from.
var unattended = []string{
	"GIT_TERMINAL_PROMPT=0",
	"GIT_ASKPASS=",
	"SSH_ASKPASS_REQUIRE=never",
	"GIT_EDITOR=true",
	"GIT_SEQUENCE_EDITOR=true",
	"GIT_MERGE_AUTOEDIT=no",
	"EDITOR=true",
	"VISUAL=true",
	"MANPAGER=cat",
	"SYSTEMD_PAGER=cat",
}

// keys name the variables with which the agent itself pays for the model. A
// command has no use for them, and what a command prints goes to the model, so
// they are taken out. Codex leaves them in. Who needs one passes it in
// Environment.Set or Command.Env. GPG_TTY names a terminal that the command
// does not have: a question would be put to whoever sits there.
var keys = []string{"OPENAI_API_KEY", "CODEX_API_KEY", "GPG_TTY"}

// inherited is what a command's shell starts with.
func inherited(c Command) []string {
	all := os.Environ()
	switch c.Vars.Inherit {
	case "none":
		all = nil
	case "core":
		all = slices.DeleteFunc(all, func(entry string) bool { return !slices.Contains(core, nameOf(entry)) })
	}
	return filtered(c, all)
}

// filtered are the variables of env that the command may see, and those that
// are set for it.
func filtered(c Command, env []string) []string {
	exclude := c.Vars.Exclude
	if c.Vars.HideSecrets {
		exclude = slices.Concat(secrets, exclude)
	}
	env = slices.DeleteFunc(slices.Clone(env), func(entry string) bool {
		name := nameOf(entry)
		return slices.Contains(keys, name) || matches(exclude, name)
	})
	for _, name := range slices.Sorted(maps.Keys(c.Vars.Set)) {
		env = append(env, name+"="+c.Vars.Set[name])
	}
	return slices.DeleteFunc(env, func(entry string) bool {
		name := nameOf(entry)
		return slices.Contains(c.Unset, name) || len(c.Vars.IncludeOnly) > 0 && !matches(c.Vars.IncludeOnly, name)
	})
}

// environ is the whole environment of a command whose shell starts with base.
// Of several entries with one name the last counts.
func environ(c Command, base []string) []string {
	env := slices.Concat(base, fixed, unattended)
	env = append(env, "PWD="+c.Dir)
	return append(env, c.Env...)
}

// nameOf is the name in name=value. One that begins with = is Windows's.
func nameOf(entry string) string {
	name, _, _ := strings.Cut(entry, "=")
	return name
}

// matches tells whether a name fits one of the patterns.
func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		fits, err := path.Match(wildcards.Replace(strings.ToUpper(p)), strings.ToUpper(name))
		return err == nil && fits
	})
}

// wildcards takes from a pattern what means more to path.Match than it does here.
var wildcards = strings.NewReplacer(`\`, `\\`, `[`, `\[`)
