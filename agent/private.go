package agent

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"codex-lsp/agent/policy"
)

// ignoreFile lists what the model does not read unasked, in .gitignore's
// syntax. It is in the thread's folder.
const ignoreFile = ".codexignore"

// private says why a file is not read into the conversation unasked, "" if
// there is no reason not to. Where a link leads counts as its name does.
func (t *Thread) private(ctx context.Context, path string) (why string) {
	real := resolved(path)
	if policy.Secret(filepath.ToSlash(path)) || policy.Secret(filepath.ToSlash(real)) {
		return "it may hold keys or passwords"
	}
	s, err := t.peers.read(ctx, filepath.Join(t.cwd, ignoreFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ""
	case err != nil:
		return ignoreFile + " cannot be read: " + err.Error()
	}
	var patterns []gitignore.Pattern
	for line := range strings.Lines(s.Text) {
		line = strings.TrimRight(line, " \t\r\n")
		if line != "" && !strings.HasPrefix(line, "#") {
			patterns = append(patterns, gitignore.ParsePattern(line, nil))
		}
	}
	ignored := gitignore.NewMatcher(patterns)
	for _, p := range [][2]string{{t.cwd, path}, {resolved(t.cwd), real}} {
		if rel, err := filepath.Rel(p[0], p[1]); err == nil && filepath.IsLocal(rel) {
			if ignored.Match(strings.Split(filepath.ToSlash(rel), "/"), false) {
				return "it is listed in " + ignoreFile
			}
		}
	}
	return ""
}

// mayRead asks the user about a file that is not read unasked.
func (c *call) mayRead(ctx context.Context, path string) Answer {
	t := c.turn.thread
	why := t.withheld(ctx, path)
	if why == "" {
		return Answer{Decision: Approved, By: ByPolicy}
	}
	if nobody := refusesQuestions(c.turn.config.Approval); nobody != "" {
		return Answer{Decision: Declined, By: ByPolicy, Message: path + " is not read: " + why + ", and " + nobody}
	}
	name := path
	if rel, err := filepath.Rel(t.cwd, path); err == nil && filepath.IsLocal(rel) {
		name = rel
	}
	a := c.ask(ctx, Question{
		Kind: AskRead, Title: "Read " + name + " into the conversation?", Detail: path, Policy: why + "; the model's provider will see it",
		Cwd: t.cwd, Files: []string{path},
	})
	if a.Decision.Yes() { // what the model has read, it has read
		t.grants.addPaths([]string{readGrant(path)})
	}
	return a
}

// withheld is private, but for what the user has let the model read before.
func (t *Thread) withheld(ctx context.Context, path string) (why string) {
	if t.grants.paths([]string{readGrant(path)}) {
		return ""
	}
	return t.private(ctx, path)
}

// readGrant is what a grant to read is kept by, beside those to write.
func readGrant(path string) string { return "read\x00" + path }
