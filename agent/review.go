package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"codex-lsp/agent/journal"
	"codex-lsp/patch"
)

// A Hunk is a place of a file that the agent changed and nobody has reviewed.
// Lines are 0-based and half-open, of the file as it is now.
type Hunk struct {
	ID         string `json:"id"` // the same as long as neither its lines nor their place among the hunks change
	Start, End int    `json:"-"`
	Removed    string `json:"removed"` // what was there before
	Added      string `json:"added"`
}

// A review is a file as it is and as it would be without what the agent did to
// it and nobody has accepted. What the user typed is in both, so that what
// differs is the agent's. It is computed from the journal, which is all that
// there is to keep: marks follow the text and outlive the process.
type review struct {
	base, now string
	hunks     []patch.Hunk
	shown     []Hunk // the same
	made      bool   // the file was not there before
}

// Review returns the unreviewed hunks of a file that holds now.
func (t *Thread) Review(path, now string) ([]Hunk, error) {
	r, err := t.review(path, now)
	if err != nil {
		return nil, err
	}
	return slices.Clone(r.shown), nil
}

func (t *Thread) review(path, now string) (review, error) {
	r := review{base: now, now: now}
	if c, err := t.agent.config(t.cwd); err != nil || !c.ReviewChanges || t.journal == nil {
		return r, nil
	}
	entries, err := t.journal.Entries()
	if err != nil {
		return r, err
	}
	t.reviews.mu.Lock()
	defer t.reviews.mu.Unlock()
	a, err := t.reviews.of(path).follow(t, path, entries)
	if err != nil {
		return r, err
	}
	if a.last != nil && a.last.now == now {
		return *a.last, nil
	}
	r.made = a.made
	if r.base, err = a.without(t, now); err != nil {
		return r, err
	}
	r.hunks = patch.Hunks(r.base, now)
	r.shown = r.show()
	a.last = &r
	return r, nil
}

// carry makes the change from one text to another in a third. Where that has
// something else, it stays as it is: the user has been there. A file that came
// or went with the change is taken for an empty one.
func (t *Thread) carry(in *string, from, to *journal.Text) error {
	before, err := t.load(from, in)
	if err != nil || before == nil {
		return err // somebody made the file again
	}
	after, err := t.load(to, in)
	if err != nil {
		return err
	}
	if after == nil {
		after = new(string)
	}
	*in, _ = patch.Rebase(*before, *after, *in)
	return nil
}

// show names each hunk by its lines, and by how many like it come before.
func (r review) show() []Hunk {
	removed, added := patch.Sides(r.hunks, r.base, r.now)
	alike := make(map[string]int)
	shown := make([]Hunk, len(r.hunks))
	for i, h := range r.hunks {
		key := removed[i] + "\x00" + added[i]
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", key, alike[key]))
		alike[key]++
		shown[i] = Hunk{
			ID: hex.EncodeToString(sum[:6]), Start: h.After.Start, End: h.After.End,
			Removed: removed[i], Added: added[i],
		}
	}
	return shown
}

// errNoHunk says that a hunk is not there any more.
var errNoHunk = errors.New("there is no such change to review; it may have been reviewed, undone or typed over")

// Accept takes hunks of a file from what is to be reviewed: those named, or all.
// It returns how many.
func (t *Thread) Accept(ctx context.Context, path string, ids []string) (int, error) {
	t.reviewing.Lock()
	defer t.reviewing.Unlock()
	snap, r, chosen, err := t.chosen(ctx, path, ids)
	if err != nil || len(chosen) == 0 {
		return 0, err
	}
	base := r.base
	for _, h := range slices.Backward(chosen) {
		base = h.Before.Replace(base, h.After.Slice(r.now))
	}
	return len(chosen), t.journal.Add(journal.Entry{
		Time: time.Now().UTC(), Kind: journal.Accept, Call: newID(),
		Files: []journal.File{{Path: path, Before: journal.NewText(r.base, snap.Mode), After: journal.NewText(base, snap.Mode)}},
	})
}

// Reject puts back what was there before hunks of a file: those named, or all.
// The model hears of it. It returns how many.
func (t *Thread) Reject(ctx context.Context, path string, ids []string) (int, error) {
	t.reviewing.Lock()
	defer t.reviewing.Unlock()
	snap, r, chosen, err := t.chosen(ctx, path, ids)
	if err != nil || len(chosen) == 0 {
		return 0, err
	}
	text := r.now
	for _, h := range slices.Backward(chosen) {
		text = h.After.Replace(text, h.Before.Slice(r.base))
	}
	change := patch.Change{Op: patch.Update, Path: path, Before: r.now, After: text, Mode: snap.Mode}
	if r.made && text == "" {
		change.Op = patch.Delete
	}
	e := edit{kind: journal.Reject, call: CallID(newID()), label: "reject", changes: []patch.Change{change}}
	if o := t.edit(ctx, e); o.Err != nil {
		return 0, o.Err
	}
	t.tellOfReview(path, chosen, r)
	return len(chosen), nil
}

// chosen reads a file and finds the hunks with these ids, all for none.
func (t *Thread) chosen(ctx context.Context, path string, ids []string) (Snapshot, review, []patch.Hunk, error) {
	snap, err := t.peers.read(ctx, path)
	if err != nil {
		return snap, review{}, nil, err
	}
	r, err := t.review(path, snap.Text)
	if err != nil || len(ids) == 0 {
		return snap, r, r.hunks, err
	}
	var chosen []patch.Hunk
	for i, h := range r.hunks {
		if slices.Contains(ids, r.shown[i].ID) {
			chosen = append(chosen, h)
		}
	}
	if len(chosen) == 0 {
		err = errNoHunk
	}
	return snap, r, chosen, err
}

// tellOfReview has the model hear what was rejected.
func (t *Thread) tellOfReview(path string, rejected []patch.Hunk, r review) {
	text := r.base
	for _, h := range slices.Backward(rejected) {
		text = h.Before.Replace(text, h.After.Slice(r.now))
	}
	t.tellModel(fmt.Sprintf("The user rejected these changes of yours, which are taken back. Do not make them again unasked.\n%s",
		patch.Diff(relative(t.cwd, path), r.base, text)))
}

// tellModel adds to what the model reads before it is asked next.
func (t *Thread) tellModel(news string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.news = append(t.news, "<editor_context>\n"+news+"\n</editor_context>")
}

// Touched lists the files with changes that stand, in the order of their last.
func (t *Thread) Touched() ([]string, error) {
	if t.journal == nil {
		return nil, nil
	}
	entries, err := t.journal.Entries()
	var paths []string
	for _, s := range standing(entries, journal.Undo) {
		paths = append(slices.DeleteFunc(paths, func(p string) bool { return p == s.path }), s.path)
	}
	return paths, err
}
