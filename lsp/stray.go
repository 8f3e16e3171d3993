package lsp

import (
	"cmp"
	"slices"
	"strings"

	"codex-lsp/agent"
	"codex-lsp/patch"
)

// A stray is an edit in the wrong place.
type stray struct {
	steps int    // that the document had taken when it was found
	clean string // what the document would hold then without it
}

// takenBack is what a document would hold now, after those steps, without the
// stray; what it does hold, if there is none.
func (s *stray) takenBack(current string, steps []step) (string, error) {
	if s == nil {
		return current, nil
	}
	if len(steps) < s.steps || len(steps) > 0 && steps[len(steps)-1].after.String() != current {
		return "", errStrayed // it was closed and opened meanwhile
	}
	clean, ok := replay(s.clean, steps[s.steps:])
	if !ok {
		return "", errStrayed
	}
	return clean, nil
}

// outcome says of an edit that did not land what is left of it.
func (s *stray) outcome(r revised) revised {
	if s != nil {
		r.state, r.err = agent.Unclear, errStrayed
	}
	return r
}

// reached is how many steps it took a document to become this text.
func (w *watcher) reached(t *text) int {
	steps := w.seen()
	for i, step := range slices.Backward(steps) {
		if step.after == t {
			return i + 1
		}
		if step.before == t {
			return i
		}
	}
	return len(steps)
}

// without is what the document would hold if the edits had not been made, and
// the user had taken these steps.
func (a *attempt) without(users []step) (string, bool) {
	if clean, ok := replay(a.clean, users); ok {
		return clean, true
	}
	// The user has changed what the edits put in the wrong place. In the right
	// place it can be changed as well, if it is not the edits' own text.
	goal, ok := replay(a.goal, users)
	if !ok {
		return "", false
	}
	clean, conflicts := patch.Rebase(a.goal, a.clean, goal)
	return clean, len(conflicts) == 0
}

// replay makes steps in another text than theirs.
func replay(s string, steps []step) (string, bool) {
	for _, step := range steps {
		before, after := step.before.String(), step.after.String()
		merged, conflicts := patch.Rebase(before, after, s)
		if len(conflicts) > 0 {
			var ok bool
			if merged, ok = place(lineEdits(before, after), before, s); !ok {
				return "", false
			}
		}
		s = merged
	}
	return s, true
}

// place makes edits in another text than theirs although that differs there:
// new lines go before what differs, and changed ones are known by their text.
func place(edits []patch.TextEdit, theirs, s string) (string, bool) {
	differing := lineEdits(theirs, s)
	var out []patch.TextEdit
	for _, e := range edits {
		old, at := theirs[e.Start:e.End], e.Start
		switch {
		case old == "":
			for _, d := range differing {
				if d.Start >= e.Start {
					break
				}
				at += len(d.New) - (min(d.End, e.Start) - d.Start)
			}
		case telling(old) && strings.Count("\n"+s, "\n"+old) == 1:
			at = strings.Index("\n"+s, "\n"+old)
		default:
			return "", false
		}
		out = append(out, patch.TextEdit{Start: at, End: at + len(old), New: e.New})
	}
	slices.SortStableFunc(out, func(x, y patch.TextEdit) int { return cmp.Compare(x.Start, y.Start) })
	for i := range out[min(1, len(out)):] {
		if out[i+1].Start < out[i].End {
			return "", false
		}
	}
	return patch.ApplyEdits(s, out), true
}
