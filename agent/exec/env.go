package exec

import (
	"os"
	"slices"
	"strings"
)

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
// commit` without a message fails.
var unattended = []string{
	"GIT_TERMINAL_PROMPT=0",
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
// Command.Env.
var keys = []string{"OPENAI_API_KEY", "CODEX_API_KEY"}

// environ is the whole environment of a command. Of several entries with one
// name the last counts.
func environ(c Command) []string {
	var env []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if !slices.Contains(keys, name) && !slices.Contains(c.Unset, name) {
			env = append(env, entry)
		}
	}
	env = append(env, fixed...)
	env = append(env, unattended...)
	env = append(env, "PWD="+c.Dir)
	return append(env, c.Env...)
}
