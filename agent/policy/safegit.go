package policy

import "strings"

// gitReaders only read, but for the options that gitWriting names.
const gitReaders = "status log diff show rev-parse ls-files ls-tree blame annotate describe shortlog merge-base rev-list cat-file grep " +
	"name-rev count-objects for-each-ref diff-tree diff-index diff-files whatchanged cherry check-ignore check-attr version show-ref range-diff var"

// With these options git writes a file or runs a program.
const gitWriting = "output ext-diff textconv filters open-files-in-pager show-signature exec upload-pack batch-command"

// gitListing are the subcommands that list only with these words or options.
var gitListing = map[string]struct {
	words string // the first operand
	flags string // options that may be there
}{
	"branch":   {flags: "-a -r -v -vv -l --all --remotes --verbose --list --show-current --no-color --color --merged --no-merged --column"},
	"tag":      {flags: "-l --list -n"},
	"remote":   {words: "show get-url", flags: "-v --verbose"},
	"stash":    {words: "list show", flags: "-p --stat --patch --oneline"},
	"worktree": {words: "list", flags: "--porcelain -v"},
	"reflog":   {words: "show", flags: "--oneline --all"},
	"config":   {flags: "--get --list -l --get-all --global --local --system --show-origin --show-scope"},
}

// safeGit returns the rule for a git command that is not dangerous. Git takes
// programs to run from the settings of the folder that it works in; those of
// the folder that a script starts in are not the agent's to write.
func safeGit(r *reader, args []word) string {
	g := parseGit(args)
	switch {
	case r.moved && g.sub != "version":
		return "elsewhere"
	case !g.bare:
		return "options"
	case oneOf(gitReaders, g.sub):
		return when(readsGit(g))
	}
	list, ok := gitListing[g.sub]
	if !ok {
		return "unknown"
	}
	return when(listsGit(g, list.words, list.flags))
}

func readsGit(g gitCall) bool {
	short := ""
	if g.sub == "grep" {
		short = "O"
	}
	for _, a := range g.args {
		if a.text == "--" {
			return true
		}
		if a.mayBeOption() || strings.Contains(a.text, "%G") {
			return false
		}
		if isOption(a) && matchOption(a.text, short, gitWriting) {
			return false
		}
	}
	return true
}

// listsGit allows the options of a list. What takes no first word takes no
// operand: it would be the name of something to make.
func listsGit(g gitCall, words, flags string) bool {
	list := false
	for _, a := range g.args {
		if a.mayBeOption() || !a.exact() {
			return false
		}
		if !isOption(a) {
			continue
		}
		flag, _, _ := strings.Cut(a.text, "=")
		if !oneOf(flags, flag) && !oneOf("--sort --format --contains --points-at", flag) {
			return false
		}
		list = list || oneOf("-l --list --get --get-all --contains --merged --no-merged --points-at", flag)
	}
	ops := operands(g.args)
	switch {
	case len(ops) == 0:
		return g.sub != "stash" && g.sub != "config" || list
	case words == "":
		return list && g.sub != "config" || g.sub == "config" && list && len(ops) == 1
	}
	return oneOf(words, ops[0].text)
}
