package policy

import "strings"

// A gitCall is a git command taken apart.
type gitCall struct {
	sub    string
	args   []word // after the subcommand
	config []word // the values of -c
	dir    string // of -C
}

func parseGit(args []word) gitCall {
	var g gitCall
	for len(args) > 0 {
		a := args[0]
		args = args[1:]
		switch {
		case oneOf("--no-pager -P --no-optional-locks --literal-pathspecs", a.text):
		case oneOf("-c -C --git-dir --work-tree --namespace --exec-path --super-prefix --config-env --attr-source", a.text):
			if len(args) == 0 {
				return g
			}
			switch a.text {
			case "-c":
				g.config = append(g.config, args[0])
			case "-C":
				g.dir = args[0].text
			}
			args = args[1:]
		case isOption(a):
			if a.text == "--version" || a.text == "-v" {
				g.sub = "version"
			}
		default:
			g.sub, g.args = strings.ToLower(a.text), args
			return g
		}
	}
	return g
}

// startGit reads the commands that git is told to run.
func (r *reader) startGit(args []word, in input) {
	g := parseGit(args)
	for _, c := range g.config {
		if _, script, ok := strings.Cut(c.text, "=!"); ok {
			r.script(script, in)
		}
	}
	ops := operands(g.args)
	switch {
	case g.sub == "bisect" && len(ops) > 1 && ops[0].text == "run":
		r.command(g.args[1:], in)
	case g.sub == "submodule" && len(ops) > 1 && ops[0].text == "foreach":
		r.script(join(ops[1:]), in)
	case g.sub == "rebase":
		for i, a := range g.args {
			if value, ok := strings.CutPrefix(a.text, "--exec="); ok {
				r.script(value, in)
			} else if i > 0 && oneOf("-x --exec", g.args[i-1].text) {
				r.script(a.text, in)
			}
		}
	}
}

// A gitRule is a dangerous use of a subcommand. It applies if one of its
// conditions holds, or if it has none, unless the subcommand is spared.
type gitRule struct {
	sub, rule string
	words     string // the first argument is one of these
	short     string // options
	long      string
	when      func(args []word) bool
	unless    func(args []word) bool
}

var gitRules = []gitRule{
	{sub: "reset", rule: "git-discards", long: "hard merge keep"},
	{sub: "checkout", rule: "git-discards", short: "f", long: "force ours theirs pathspec-from-file", when: checksOutFiles},
	{sub: "checkout", rule: "git-loses", short: "B"},
	{sub: "switch", rule: "git-discards", short: "f", long: "force discard-changes"},
	{sub: "switch", rule: "git-loses", short: "C", long: "force-create"},
	{sub: "restore", rule: "git-discards", unless: func(args []word) bool {
		return hasOption(args, "S", "staged") && !hasOption(args, "W", "worktree")
	}},
	{sub: "clean", rule: "git-discards", unless: dryRun},
	{sub: "stash", rule: "git-discards", words: "drop clear"},
	{sub: "rm", rule: "git-discards", short: "f", long: "force", unless: func(args []word) bool { return hasOption(args, "", "cached") || dryRun(args) }},
	{sub: "rm", rule: "delete-recursive", short: "r", unless: func(args []word) bool { return hasOption(args, "", "cached") || dryRun(args) }},
	{sub: "checkout-index", rule: "git-discards", short: "f", long: "force"},
	{sub: "read-tree", rule: "git-discards", short: "u", long: "reset"},
	{sub: "worktree", rule: "git-discards", words: "remove"},
	{sub: "submodule", rule: "git-discards", words: "deinit", unless: func(args []word) bool { return !hasOption(args, "f", "force") }},
	{sub: "submodule", rule: "git-discards", words: "update", unless: func(args []word) bool { return !hasOption(args, "f", "force") }},
	{sub: "merge", rule: "git-discards", long: "abort"},
	{sub: "rebase", rule: "git-discards", long: "abort skip"},
	{sub: "cherry-pick", rule: "git-discards", long: "abort skip"},
	{sub: "revert", rule: "git-discards", long: "abort skip"},
	{sub: "am", rule: "git-discards", long: "abort skip"},
	{sub: "branch", rule: "git-loses", short: "DMCf", long: "force"},
	{sub: "tag", rule: "git-loses", short: "df", long: "delete force"},
	{sub: "update-ref", rule: "git-loses", short: "d", long: "stdin"},
	{sub: "reflog", rule: "git-loses", words: "expire delete"},
	{sub: "gc", rule: "git-loses", long: "prune"},
	{sub: "prune", rule: "git-loses", unless: dryRun},
	{sub: "filter-branch", rule: "git-loses"},
	{sub: "filter-repo", rule: "git-loses"},
	{sub: "push", rule: "git-push", short: "fd", long: "force force-with-lease force-if-includes mirror delete prune", when: func(args []word) bool {
		for _, o := range operands(args) {
			if strings.HasPrefix(o.text, "+") || strings.HasPrefix(o.text, ":") {
				return true
			}
		}
		return false
	}, unless: dryRun},
	{sub: "config", rule: "git-runs", when: func(args []word) bool {
		ops := operands(args)
		return len(ops) > 1 && !hasOption(args, "", "get get-all unset") && oneOfSettings(ops)
	}},
}

// dryRun tells whether git only shows what it would do. -n is not that for all
// subcommands, but for those that ask this.
func dryRun(args []word) bool { return hasOption(args, "n", "dry-run") }

// checksOutFiles tells whether git checkout is given files: there is --, or
// a second name after a commit, or a name that looks like a file's.
func checksOutFiles(args []word) bool {
	for _, a := range args {
		if a.text == "--" || a.text == "." || a.glob {
			return true
		}
	}
	ops := operands(args)
	if hasOption(args, "bBt", "orphan track") {
		return false
	}
	if len(ops) > 1 {
		return true
	}
	return len(ops) == 1 && looksLikeFile(ops[0].text)
}

func looksLikeFile(text string) bool {
	if strings.HasPrefix(text, "./") || strings.HasPrefix(text, ":") || strings.HasSuffix(text, "/") {
		return true
	}
	dot := strings.LastIndexByte(text, '.')
	if dot < 0 || dot == len(text)-1 || len(text)-dot > 6 {
		return false
	}
	return strings.Trim(strings.ToLower(text[dot+1:]), "abcdefghijklmnopqrstuvwxyz") == ""
}

// settings of git that name programs, or open a way in.
var programSettings = []string{
	"alias.", "core.hookspath", "core.fsmonitor", "core.sshcommand", "core.editor", "core.pager", "core.askpass", "core.gitproxy",
	"core.worktree", "credential.", "diff.external", "filter.", "gpg.", "include.", "includeif.", "init.templatedir", "pager.",
	"sequence.editor", "uploadpack.", "receive.", "safe.", "url.", "http.proxy", "http.sslverify", "merge.", "diff.", "difftool.", "mergetool.",
}

func oneOfSettings(words []word) bool {
	for _, w := range words {
		for _, s := range programSettings {
			if strings.HasPrefix(strings.ToLower(w.text), s) {
				return true
			}
		}
	}
	return false
}

// gitDanger returns the rule that makes a git command dangerous, "" if none.
func gitDanger(args []word) string {
	g := parseGit(args)
	if oneOfSettings(g.config) {
		return "git-runs"
	}
	for _, r := range gitRules {
		if r.sub == g.sub && r.applies(g.args) {
			return r.rule
		}
	}
	return ""
}

func (r gitRule) applies(args []word) bool {
	if r.unless != nil && r.unless(args) {
		return false
	}
	if ops := operands(args); r.words != "" && (len(ops) == 0 || !oneOf(r.words, ops[0].text)) {
		return false
	}
	if r.short == "" && r.long == "" && r.when == nil {
		return true
	}
	return hasOption(args, r.short, r.long) || r.when != nil && r.when(args)
}
