package agent

import (
	"context"
	"fmt"
	"strings"

	"codex-lsp/patch"
)

// maxDrifting is how many files are looked at for what became of them.
const maxDrifting = 50

// drifted tells the model, once, which lines of the files that it changed are
// others by now in the editor: a formatter ran on saving, or the user typed. It
// would patch what is not there any more.
func (tn *turn) drifted(ctx context.Context) string {
	var notes strings.Builder
	for _, path := range tn.changes.standing(maxDrifting) {
		snap, err := tn.thread.peers.read(ctx, path)
		if err != nil || !snap.Open {
			continue
		}
		was, changed := tn.changes.sees(path, snap.Text)
		if !changed {
			continue
		}
		hunks := patch.Hunks(was, snap.Text)
		if len(hunks) == 0 {
			continue
		}
		first, last := hunks[0].After.Start+1, max(hunks[len(hunks)-1].After.End, hunks[0].After.Start+1)
		fmt.Fprintf(&notes, "\nNote: since your patch, lines %d-%d of %s were changed in the editor, by the user or by a formatter; read them before you patch there again.",
			first, last, relative(tn.thread.cwd, path))
	}
	return notes.String()
}

// standing are the files that were changed and are still there, at most n.
func (cs *changes) standing(n int) []string {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	var paths []string
	for _, path := range cs.order {
		if cs.byPath[path].after != nil && len(paths) < n {
			paths = append(paths, path)
		}
	}
	return paths
}

// sees notes what a file holds now, and returns what it held when that was noted
// last.
func (cs *changes) sees(path, text string) (was string, changed bool) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	d := cs.byPath[path]
	if d.after == nil {
		return "", false // another call has deleted it
	}
	was, now := *d.after, text
	if d.seen != nil {
		was = *d.seen
	}
	d.seen = &now
	return was, was != now
}
