package agent

import (
	"slices"
	"strings"
	"time"

	"codex-lsp/agent/journal"
	"codex-lsp/patch"
)

// An Origin says where lines of a file come from.
type Origin struct {
	TurnID string
	Prompt string // of the turn
	Time   time.Time
	By     string // who allowed the change: user or policy
}

// Origin returns which change of the thread made a line, 0-based, of a file that
// holds now; false when none did.
func (t *Thread) Origin(path, now string, line int) (Origin, bool) {
	if t.journal == nil {
		return Origin{}, false
	}
	entries, err := t.journal.Entries()
	text, is := lineOf(now, line)
	if err != nil || !is {
		return Origin{}, false
	}
	for _, e := range slices.Backward(entries) {
		if e.Kind != journal.Edit {
			continue
		}
		for _, f := range e.Files {
			if f.Path == path && f.After != nil && t.wrote(f, now, text, line) {
				return Origin{TurnID: e.Turn, Prompt: e.Prompt, Time: e.Time, By: e.By}, true
			}
		}
	}
	return Origin{}, false
}

// wrote tells whether a change wrote a line of what the file holds now, which has
// this text.
func (t *Thread) wrote(f journal.File, now, text string, line int) bool {
	after, err := t.load(f.After, &now)
	if err != nil || !strings.Contains(*after, text) { // to compare texts takes longer
		return false
	}
	before, err := t.load(f.Before, &now)
	if err != nil {
		return false
	}
	if before == nil {
		before = new(string)
	}
	for _, h := range patch.Hunks(*after, now) { // where the line was right after the change
		switch {
		case line >= h.After.Start && line < h.After.End:
			return false // written since
		case line < h.After.Start:
		default:
			continue
		}
		line += h.Before.Start - h.After.Start
		return hasLine(*before, *after, line)
	}
	return hasLine(*before, *after, line+countLines(*after)-countLines(now))
}

// hasLine tells whether a line of after is not in before.
func hasLine(before, after string, line int) bool {
	return slices.ContainsFunc(patch.Hunks(before, after), func(h patch.Hunk) bool {
		return line >= h.After.Start && line < h.After.End
	})
}

func lineOf(text string, n int) (string, bool) {
	for line := range strings.Lines(text) {
		if n == 0 {
			return line, true
		}
		n--
	}
	return "", false
}

func countLines(s string) int { return strings.Count(s, "\n") }

// TurnDiff is what a turn did to files, its commands included, as unified diffs of
// one change after the other, "" for the last turn that has changes which stand.
// It also returns whose they are.
func (t *Thread) TurnDiff(turnID string) (diff, ofTurn string, err error) {
	if t.journal == nil {
		return "", "", ErrNotKept
	}
	entries, err := t.journal.Entries()
	if err != nil {
		return "", "", err
	}
	if stands := standing(entries, journal.Undo); turnID == "" && len(stands) > 0 {
		turnID = stands[len(stands)-1].turn
	}
	var b strings.Builder
	for _, e := range entries {
		if e.Turn != turnID || e.Kind != journal.Edit && e.Kind != journal.Command {
			continue
		}
		for _, f := range e.Files {
			c, err := t.changeOf(f)
			if err != nil {
				return "", "", err
			}
			b.WriteString(patch.Unified(c))
		}
	}
	return b.String(), turnID, nil
}

// changeOf is a file of the journal as a change, by its name in the thread's
// folder.
func (t *Thread) changeOf(f journal.File) (c patch.Change, err error) {
	c = patch.Change{Op: patch.Update, Path: relative(t.cwd, f.Path)}
	if f.Before == nil {
		c.Op = patch.Add
	} else if c.Before, err = t.journal.Load(f.Before); err != nil {
		return c, err
	}
	if f.After == nil {
		c.Op = patch.Delete
	} else {
		c.After, err = t.journal.Load(f.After)
	}
	return c, err
}
