package agent

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"codex-lsp/agent/disk"
	"codex-lsp/agent/exec"
	"codex-lsp/agent/journal"
	"codex-lsp/agent/sandbox"
	"codex-lsp/agent/watch"
)

// A watching finds out what the commands of a thread do to files while the model
// waits for them, so that it can be undone. Calls may run side by side: what is
// found while several do counts as the last one's to begin. What a command does
// that was left running, between two calls that wait for it, counts as nobody's:
// it cannot be told from what the user does.
type watching struct {
	mu     sync.Mutex
	folder *watch.Folder // guarded by mu; nil until the first command
	waited int           // calls that wait for a command; guarded by mu
	last   journal.Entry // of the call that began last, without its files; guarded by mu
	blind  bool          // the folder cannot be watched, and the user knows; guarded by mu
}

// safeEnv is the environment of programs that run outside of the sandbox and for
// this one: none of them is to be found where commands can write.
func (a *Agent) safeEnv() []string {
	roots := sandbox.Temp()
	for _, t := range a.Threads() {
		roots = append(roots, t.cwd)
		if c, err := a.config(t.cwd); err == nil {
			roots = append(roots, c.Commands.WritableRoots...)
		}
	}
	return exec.SafeEnv(roots)
}

// safely is a variable of that environment.
func (a *Agent) safely(name string) string {
	if name != "PATH" {
		return os.Getenv(name)
	}
	for _, v := range a.safeEnv() {
		if path, is := strings.CutPrefix(v, "PATH="); is {
			return path
		}
	}
	return ""
}

// namesIn are the names of a folder's files, which its threads share.
func (a *Agent) namesIn(dir string) *watch.Names {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.names[dir] == nil {
		if a.names == nil {
			a.names = make(map[string]*watch.Names)
			a.scratch = a.journals.Scratch()
		}
		a.names[dir] = watch.NamesIn(dir, a.scratch, a.safeEnv)
	}
	return a.names[dir]
}

// maxUncovered is how many files and folders a question names.
const maxUncovered = 4

// notUndone says which of the things that a command can do cannot be taken back.
// A question does not wait for the folder to be looked at: before that is done
// first, it names kinds of files.
func (t *Thread) notUndone() string {
	if t.journal == nil {
		return "nothing that it does can be taken back"
	}
	said := "not outside of " + t.cwd
	names := t.agent.namesIn(t.cwd).Uncovered()
	if len(names) == 0 {
		return fmt.Sprintf("%s, nor in files that git ignores or of more than %d MB", said, watch.MaxFile>>20)
	}
	more := ""
	if len(names) > maxUncovered {
		more = fmt.Sprintf(" and %d more", len(names)-maxUncovered)
		names = names[:maxUncovered]
	}
	return said + ", nor in " + strings.Join(names, ", ") + more
}

// watched notes how the files are before a command runs or is waited for. The
// returned done writes down what has changed since.
func (c *call) watched(ctx context.Context, by Settler) (done func()) {
	t := c.turn.thread
	if t.journal == nil {
		return func() {}
	}
	ctx = context.WithoutCancel(ctx) // an interrupted command has done something, too
	w := &t.watching
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.folder == nil {
		w.folder = watch.New(t.agent.namesIn(t.cwd))
	}
	if files := c.look(ctx); w.waited > 0 {
		t.noteCommand(ctx, w.last, files)
	}
	w.waited++
	w.last = journal.Entry{Kind: journal.Command, Turn: c.turn.id, Call: string(c.id), Prompt: c.turn.prompt, By: string(by)}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		t.noteCommand(ctx, w.last, c.look(ctx))
		w.waited--
	}
}

// look looks at the folder. watching.mu is held.
func (c *call) look(ctx context.Context) []journal.File {
	w := &c.turn.thread.watching
	files, err := w.folder.Look(ctx)
	if err != nil && !w.blind {
		w.blind = true
		c.turn.report(Warning{Ref: c.turn.ref(), Message: "what commands do in " + c.turn.thread.cwd + " cannot be undone: " + err.Error()})
	}
	return files
}

// noteCommand writes down what a command did. Files that an editor shows as they
// are on disk are left out: it has saved them.
func (t *Thread) noteCommand(ctx context.Context, e journal.Entry, files []journal.File) {
	files = slices.DeleteFunc(files, func(f journal.File) bool { return f.After != nil && t.savedByUser(ctx, f.Path) })
	if len(files) == 0 {
		return
	}
	e.Time, e.Files = time.Now().UTC(), files
	e.Call += "/" + newID() // a command that is waited for again may do more
	if err := t.journal.Add(e); err != nil {
		t.unjournalled(err)
	}
}

// savedByUser tells whether an open file holds on disk what its buffer does.
func (t *Thread) savedByUser(ctx context.Context, path string) bool {
	snap, err := t.peers.read(ctx, path)
	if err != nil || !snap.Open {
		return false
	}
	file, err := disk.Read(path)
	return err == nil && file.Text == snap.Text
}
