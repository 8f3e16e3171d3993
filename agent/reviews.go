package agent

import (
	"slices"
	"sync"

	"codex-lsp/agent/journal"
	"codex-lsp/patch"
)

// reviews remember of some files what the journal says of them, so that no look
// at a file costs more the more the agent has done: editors look at every key.
type reviews struct {
	mu    sync.Mutex
	files map[string]*agentsOwn // by path; guarded by mu, with all that is in them
}

// maxReviews is how many files are remembered.
const maxReviews = 16

// of is what is remembered of a file. mu is held.
func (rs *reviews) of(path string) *agentsOwn {
	if rs.files[path] == nil {
		if rs.files == nil || len(rs.files) >= maxReviews {
			rs.files = make(map[string]*agentsOwn)
		}
		rs.files[path] = new(agentsOwn)
	}
	return rs.files[path]
}

// agentsOwn is what the agent did to a file and nobody has accepted: what leads
// from one text of the file to what that would be without.
type agentsOwn struct {
	seen           int // entries of the journal
	done, accepted []journal.File
	folded         int     // accepted that are in base
	text, base     string  // text is what the last of done left; base is it without them
	whole          bool    // there are such texts, as the file was there then
	made           bool    // the file was not there before
	near, nearBase string  // the same of a text in which the user had been in the agent's place
	last           *review // of the text that was looked at last
}

// follow takes in what was added to the journal.
func (a *agentsOwn) follow(t *Thread, path string, entries []journal.Entry) (*agentsOwn, error) {
	for ; a.seen < len(entries); a.seen++ {
		e := entries[a.seen]
		for _, f := range e.Files {
			if f.Path != path {
				continue
			}
			switch {
			case e.Kind == journal.Command:
				continue // that is the user's, too
			case e.Kind == journal.Accept && a.whole:
				a.accepted = append(a.accepted, f)
				a.last, a.near, a.nearBase = nil, "", ""
				continue
			}
			if e.Kind != journal.Edit || !a.whole || f.Before == nil || f.After == nil {
				return a, a.start(t, path, entries)
			}
			before, err := t.load(f.Before, nil)
			if err != nil {
				return a, err
			}
			if a.base, err = a.without(t, *before); err != nil {
				return a, err
			}
			after, err := t.load(f.After, nil)
			if err != nil {
				return a, err
			}
			a.text, a.last, a.near, a.nearBase = *after, nil, "", ""
			a.folded = len(a.accepted)
			a.done = append(a.done, f)
		}
	}
	return a, nil
}

// start reads the journal from its start.
func (a *agentsOwn) start(t *Thread, path string, entries []journal.Entry) error {
	*a = agentsOwn{}
	patches := slices.DeleteFunc(slices.Clone(entries), func(e journal.Entry) bool { return e.Kind == journal.Command })
	for _, s := range standing(patches, journal.Undo) {
		if s.path == path {
			a.done = append(a.done, s.files...)
		}
	}
	for _, e := range entries {
		for _, f := range e.Files {
			switch {
			case f.Path != path:
			case e.Kind == journal.Accept:
				a.accepted = append(a.accepted, f)
			case e.Kind == journal.Undo, e.Kind == journal.Redo:
				a.accepted = nil // it was of a file that was another
			}
		}
	}
	a.made = len(a.done) > 0 && a.done[0].Before == nil
	if n := len(a.done); n > 0 && a.done[n-1].After != nil {
		text, err := t.load(a.done[n-1].After, nil)
		if err != nil {
			return err
		}
		base := *text
		for _, f := range slices.Backward(a.done) {
			if err := t.carry(&base, f.After, f.Before); err != nil {
				return err
			}
		}
		a.text, a.base, a.whole = *text, base, true
	}
	a.seen = len(entries)
	return nil
}

// without is what a file that holds now would be without what the agent did.
// What the user typed since is in both. Where the user has been in the agent's
// place, one change is taken back after the other; what comes of that leads on
// to the texts of the keys that follow.
func (a *agentsOwn) without(t *Thread, now string) (string, error) {
	if !a.whole {
		return a.undone(t, now)
	}
	base, conflicts := patch.Rebase(inForm(a.text, now), inForm(a.base, now), now)
	if len(conflicts) == 0 {
		return a.accept(t, base, a.accepted[a.folded:])
	}
	if a.near != "" {
		if base, conflicts = patch.Rebase(inForm(a.near, now), inForm(a.nearBase, now), now); len(conflicts) == 0 {
			return base, nil
		}
	}
	base, err := a.undone(t, now)
	if err == nil {
		a.near, a.nearBase = now, base
	}
	return base, err
}

// undone takes back one change after the other.
func (a *agentsOwn) undone(t *Thread, now string) (string, error) {
	for _, f := range slices.Backward(a.done) {
		if err := t.carry(&now, f.After, f.Before); err != nil {
			return now, err
		}
	}
	return a.accept(t, now, a.accepted)
}

// accept makes changes that were accepted in what is without the agent's.
func (a *agentsOwn) accept(t *Thread, base string, accepted []journal.File) (string, error) {
	for _, f := range accepted {
		if err := t.carry(&base, f.Before, f.After); err != nil {
			return base, err
		}
	}
	return base, nil
}
