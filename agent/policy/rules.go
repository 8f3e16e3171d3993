package policy

import "sync"

// A Rule is a reason for a level.
type Rule struct {
	Name  string
	Level Level
	Text  string // what a command that it applies to does, in plain words
}

// Rules are all of them, the most harmful last.
var Rules = []Rule{
	{"nothing", Safe, "does nothing"},
	{"read-only", Safe, "only reads"},
	{"shell", Safe, "changes nothing but the shell that runs it"},
	{"function", Safe, "calls a function of the script, which is judged by what it does"},
	{"wrapper", Safe, "only starts another command, which is judged by itself"},

	{"unknown", Plain, "is not known to only read"},
	{"options", Plain, "has options or arguments with which it may write or run something"},
	{"variable-program", Plain, "runs a program that is only known when it runs"},
	{"wrapper-plain", Plain, "starts another command with other rights or settings, or elsewhere"},
	{"writes", Plain, "writes a file"},
	{"environment", Plain, "sets a variable that can change what programs do"},
	{"arithmetic", Plain, "computes with values that the shell may run as commands"},
	{"git-settings", Plain, "reads git's settings, which can run programs"},
	{"code", Plain, "runs code that is not looked into"},
	{"pattern", Plain, "is a pattern in which zsh can run commands"},
	{"typed", Plain, "is typed into a program that runs"},

	{"unparsable", Unclear, "cannot be read as a script for bash"},
	{"shell-unknown", Unclear, "reads the script, and may read it otherwise than bash does"},
	{"pattern-program", Unclear, "runs a program whose name is a pattern for names of files"},
	{"too-deep", Unclear, "holds more commands within commands than are looked through"},

	{"delete-recursive", Dangerous, "deletes folders with all that is in them"},
	{"delete-forced", Dangerous, "deletes files without asking back"},
	{"delete-many", Dangerous, "deletes files that it does not name one by one"},
	{"delete-code", Dangerous, "runs code that deletes files"},
	{"delete-data", Dangerous, "deletes data of a service, which is not in files that could be put back"},
	{"overwrite", Dangerous, "overwrites or empties a file so that its text cannot be had back"},
	{"git-discards", Dangerous, "throws away work that is not committed"},
	{"git-loses", Dangerous, "loses commits or branches"},
	{"git-push", Dangerous, "overwrites or deletes what others have on the remote"},
	{"git-runs", Dangerous, "makes git run a program later"},
	{"device", Dangerous, "writes to a disk, a device or the kernel"},
	{"permissions", Dangerous, "changes the rights of everything below a folder"},
	{"unseen-code", Dangerous, "runs commands that nobody has seen"},
	{"startup", Dangerous, "changes a file whose contents run later or give access"},
	{"secret", Dangerous, "shows keys or passwords, which the model's provider will see"},
	{"own-approval", Dangerous, "answers a question that is the user's"},
	{"schedule", Dangerous, "makes a command run later"},
	{"accounts", Dangerous, "changes accounts or who may do what"},
	{"machine", Dangerous, "stops the machine or everything that runs on it"},
	{"publish", Dangerous, "publishes something for all to see"},
	{"fork-bomb", Dangerous, "starts itself without end"},

	{"lost-root", Catastrophic, "destroys the system or a folder that it needs"},
	{"lost-home", Catastrophic, "destroys the home folder"},
	{"lost-workspace", Catastrophic, "destroys the whole workspace"},
	{"lost-git", Catastrophic, "destroys the repository's history"},
	{"lost-disk", Catastrophic, "overwrites a disk"},
	{"empty-variable", Catastrophic, "deletes everything if its variable is empty: write ${NAME:?} for $NAME"},
}

var ruleOf = sync.OnceValue(func() map[string]Rule {
	m := make(map[string]Rule, len(Rules))
	for _, r := range Rules {
		m[r.Name] = r
	}
	return m
})
