package agent

import (
	"context"
	"slices"
	"sync"
	"time"

	"codex-lsp/agent/disk"
	"codex-lsp/agent/journal"
	"codex-lsp/agent/watch"
)

// A watching finds out what the commands of a thread do to files, so that it
// can be undone. Commands may run side by side: what is found while several do
// counts as the last one's to begin.
type watching struct {
	mu      sync.Mutex
	folder  *watch.Folder // guarded by mu; nil until the first command
	running int           // guarded by mu
	last    journal.Entry // of the command that began last, without its files; guarded by mu
	blind   bool          // the folder cannot be watched, and the user knows; guarded by mu
}

// namesIn are the names of a folder's files, which its threads share.
func (a *Agent) namesIn(dir string) *watch.Names {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.names[dir] == nil {
		if a.names == nil {
			a.names = make(map[string]*watch.Names)
		}
		a.names[dir] = watch.NamesIn(dir)
	}
	return a.names[dir]
}

// beforeCommand notes how the files are.
func (c *call) beforeCommand(ctx context.Context, by Settler) {
	t := c.turn.thread
	if t.journal == nil {
		return
	}
	w := &t.watching
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.folder == nil {
		w.folder = watch.New(t.agent.namesIn(t.cwd), t.journal)
	}
	files, ok := c.look(ctx)
	if ok && w.running > 0 {
		t.noteCommand(w.last, files)
	}
	w.running++
	w.last = journal.Entry{Kind: journal.Command, Turn: c.turn.id, Call: string(c.id), Prompt: c.turn.prompt, By: string(by)}
}

// afterCommand writes down what has changed; goesOn says that the command still
// runs. Files that an editor shows as they
// are on disk are left out: it has saved them.
func (c *call) afterCommand(ctx context.Context, goesOn bool) {
	t := c.turn.thread
	if t.journal == nil {
		return
	}
	w := &t.watching
	w.mu.Lock()
	defer w.mu.Unlock()
	if !goesOn {
		w.running = max(w.running-1, 0)
	}
	e := w.last
	if e.Call == "" {
		return
	}
	if files, ok := c.look(context.WithoutCancel(ctx)); ok {
		t.noteCommand(e, slices.DeleteFunc(files, func(f journal.File) bool { return f.After != nil && t.savedByUser(ctx, f.Path) }))
	}
}

// look looks at the folder. watching.mu is held.
func (c *call) look(ctx context.Context) ([]journal.File, bool) {
	w := &c.turn.thread.watching
	files, err := w.folder.Look(ctx)
	if err != nil && !w.blind {
		w.blind = true
		c.turn.report(Warning{Ref: c.turn.ref(), Message: "what commands do in " + c.turn.thread.cwd + " cannot be undone: " + err.Error()})
	}
	return files, err == nil
}

// noteCommand writes down what a command did.
func (t *Thread) noteCommand(e journal.Entry, files []journal.File) {
	if len(files) == 0 {
		return
	}
	e.Time, e.Files = time.Now().UTC(), files
	e.Call += "/" + newID() // a command that runs on may do more
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
