package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"codex-lsp/agent/disk"
	"codex-lsp/agent/journal"
	"codex-lsp/patch"
)

// A CutChange is a change to one file whose process was killed before all
// files of its set were changed, and that was taken back.
type CutChange struct {
	// Change is the way back. A buffer that holds Before was not told of it.
	patch.Change
	// Err is why the disk could not be put back; nil if it was, or had never
	// been changed.
	Err error
}

// Cuts are the changes of processes killed in mid-change that this one took
// back from disk when it began. What an editor's buffers hold is its matter.
func (a *Agent) Cuts() []CutChange { return a.cut }

// CutNotes tells the user of them: of what was taken back in one, and why the
// rest was not.
func (a *Agent) CutNotes() []string {
	const cut = "codex-lsp was ended in the middle of a change"
	var back, notes []string
	for _, c := range a.cut {
		if c.Err != nil {
			notes = append(notes, fmt.Sprintf("%s: %s %v", cut, c.Path, c.Err))
		} else {
			back = append(back, c.Path)
		}
	}
	if len(back) > 0 {
		notes = slices.Insert(notes, 0, cut+", which is taken back: "+strings.Join(back, ", "))
	}
	return notes
}

// takeBackCuts takes back what killed processes had begun to change: all files
// of a patch are changed, or none.
func (a *Agent) takeBackCuts() {
	if a.journals == nil {
		return
	}
	cuts, err := a.journals.Cuts()
	if err != nil {
		a.log.Warn("look for changes that were cut off", "err", err)
	}
	for _, c := range cuts {
		for _, f := range c.Files {
			a.cut = append(a.cut, takeBackFile(f))
		}
		if err := sweep(c); err != nil {
			a.log.Warn("remove what was staged for a change that was cut off", "err", err)
		}
		if err := c.Done(); err != nil {
			a.log.Warn("forget a change that was cut off", "err", err)
		}
	}
}

// sweep removes what was staged beside the files of a cut, and the folders that
// were made for them and are empty.
func sweep(c journal.Cut) error {
	var errs []error
	for _, f := range c.Files {
		errs = append(errs, disk.Sweep(filepath.Dir(f.Path)))
	}
	for _, dir := range c.Folders {
		os.Remove(dir) // fails where something else has been put, rightly
	}
	return errors.Join(errs...)
}

// errNeither says that a file holds neither text of a change that was cut off.
var errNeither = errors.New("was changed by somebody else since, so it is left as it is")

// takeBackFile makes a file what it was before a change that was cut off.
func takeBackFile(f journal.File) CutChange {
	back := patch.Change{Op: patch.Update, Path: f.Path}
	now, err := disk.Read(f.Path)
	switch {
	case f.Before == nil:
		back.Op, back.Before = patch.Delete, f.After.Content()
		if f.After.Link() {
			back.Before = now.Text // which it points to
		}
	case f.After == nil:
		back.Op, back.After, back.Mode = patch.Add, f.Before.Content(), f.Before.Mode
	default:
		back.Before, back.After = f.After.Content(), f.Before.Content()
	}
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return CutChange{back, err}
	case has(f, f.Before, now, err):
		return CutChange{back, nil}
	case has(f, f.After, now, err):
		return CutChange{back, disk.Commit([]patch.Change{back})}
	}
	return CutChange{back, errNeither}
}

// has tells whether a file is as a text says. now is what was read of it.
func has(f journal.File, text *journal.Text, now patch.File, err error) bool {
	switch {
	case text == nil:
		return err != nil && disk.Link(f.Path) == ""
	case text.Link():
		return disk.Link(f.Path) == text.Content()
	}
	return err == nil && now.Text == text.Content()
}
