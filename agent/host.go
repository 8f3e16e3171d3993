package agent

import (
	"context"

	"codex-lsp/patch"
)

// A Host is where a thread's files live: an editor with open buffers, or a
// bare disk. Paths are absolute and clean.
type Host interface {
	// Read returns what the user sees of a file: the live buffer where there
	// is one, unsaved text included, else the disk. The error is
	// fs.ErrNotExist when there is neither.
	Read(ctx context.Context, path string) (Snapshot, error)

	// Edit makes all the changes of a set or none, over what the user has
	// typed meanwhile, and says what became of each file.
	Edit(ctx context.Context, set ChangeSet) Outcome

	// Report tells what happens in a thread, in order. It must not block.
	Report(Event)
}

// A Saver is a Host that can write dirty buffers to disk, so that a command
// sees what the user sees. It returns the paths that stayed unsaved.
type Saver interface {
	Save(ctx context.Context, paths []string) (unsaved []string)
}

// A Reloader is a Host that can bring open buffers up to date with the disk
// after a command. It returns what the model should know, "" if nothing.
type Reloader interface {
	Reload(ctx context.Context) string
}

// A Contexter is a Host that knows which files in a folder have unsaved text:
// files that commands do not see as the user does.
type Contexter interface {
	Unsaved(folder string) []string
}

// A Snapshot is a file as it was at one moment.
type Snapshot struct {
	patch.File
	Open    bool  // in a buffer of the editor
	Dirty   bool  // the buffer differs from the disk
	Version int32 // the buffer's version; 0 when not open
}

// A ChangeSet is one apply_patch call: the changes that stand or fall together.
type ChangeSet struct {
	ThreadID, TurnID string
	CallID           CallID
	Label            string         // what the editor's undo list shows
	Changes          []patch.Change // Path and MoveTo are absolute here
}

// An Outcome says what became of a ChangeSet.
type Outcome struct {
	// Err is why nothing was changed; nil when everything landed.
	Err error
	// Files has one entry per change, in order, when Err is nil or some file
	// could not be rolled back.
	Files []FileOutcome
}

// A FileOutcome says what became of the change to one file.
type FileOutcome struct {
	Path  string
	State State
	Text  string // what the file holds now
	// Was is what it held just before, where that is not what the change was
	// made for: the user had typed meanwhile.
	Was  *string
	Note string // for the model and the user: "merged with the user's edits of lines 3-5"
}

// A State is what became of one change.
type State string

const (
	Landed    State = "landed"    // proven by the buffer or the disk
	NotLanded State = "notLanded" // the text is still the old one
	Unclear   State = "unclear"   // neither could be proven; never retried
)
