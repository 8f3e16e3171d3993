// Package patch turns the text of an apply_patch envelope into changes to
// files, and changes into edits of a text.
//
// It is pure: text in, changes out. It reads no file, knows no editor and no
// agent. File contents are strings of raw bytes exactly as they are on disk or
// in a buffer; whatever the patch does not touch comes out byte for byte.
package patch

import "io/fs"

// A File is what a [Tree] knows of one path.
type File struct {
	Text string      // the whole content, raw bytes
	Mode fs.FileMode // permission bits; 0 stands for 0o644
}

// A Tree answers what a path holds now. An error that is fs.ErrNotExist says
// that nothing is there; any other error makes the patch fail with it.
type Tree interface {
	Read(path string) (File, error)
}

// An Op is what a section of a patch, or a Change, does to its file.
type Op string

// The operations of the grammar. A move is an Update with another name.
const (
	Add    Op = "add"
	Update Op = "update"
	Delete Op = "delete"
)

// A Change is what a patch does to one file: everything a writer needs to
// carry it out, to undo it, and to show it.
type Change struct {
	Op     Op
	Path   string // as the patch writes it, cleaned; before a move
	MoveTo string // the new name of an Update that moves; "" if it stays
	Before string // whole text; "" for Add onto nothing
	After  string // whole text; "" for Delete
	Mode   fs.FileMode
	// Overwrites holds what an Add or a move replaces at its destination;
	// nil when nothing is there.
	Overwrites *File
	// Hunks are the places that an Update changes, in file order.
	Hunks []Hunk
}

// Target is where the text of the change ends up.
func (c Change) Target() string {
	if c.MoveTo != "" {
		return c.MoveTo
	}
	return c.Path
}

// A Hunk is one changed place: line ranges, 0-based and half-open, in the
// texts before and after the whole change.
type Hunk struct {
	Before, After Span
}

// A Span is a half-open range of 0-based lines.
type Span struct{ Start, End int }

// A TextEdit replaces the bytes [Start, End) of a text by New.
type TextEdit struct {
	Start, End int
	New        string
}
