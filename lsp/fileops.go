package lsp

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"go.lsp.dev/protocol"

	"codex-lsp/agent"
	"codex-lsp/agent/disk"
	"codex-lsp/patch"
)

// A fileStep deletes or renames the file of an open document.
type fileStep struct {
	index  int
	doc    *document
	change patch.Change
	before patch.File // what the disk held, to take it back
	done   bool       // by the client, proven
}

// fileOpDeadline is how long a client may take for a file operation, the
// questions included that it asks other servers before it.
const fileOpDeadline = 15 * time.Second

// planFile goes the client's way where it has one, so that the buffer follows
// its file; elsewhere the disk is changed under the buffer.
func (w *work) planFile(i int, c patch.Change, doc *document) error {
	text := doc.text.String()
	merged, err := rebased(c, text)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Path, err)
	}
	if c.Op == patch.Delete && normal(text) != normal(c.Before) {
		return fmt.Errorf("%s has changes in the editor that the patch does not know of; read it again before deleting it", c.Path)
	}
	file, err := disk.Read(doc.path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is open in the editor but was never saved: there is no file to delete or move", c.Path)
	}
	if err != nil {
		return err
	}
	if c.MoveTo != "" && w.server.docs.at(c.MoveTo) != nil {
		return fmt.Errorf("%s is open in the editor: it cannot be replaced by moving %s there", c.MoveTo, c.Path)
	}
	if w.server.takesFileOp(opKind(c)) {
		if c.Op != patch.Delete && c.After != c.Before {
			w.buffers = append(w.buffers, &bufferStep{index: i, doc: doc, change: c})
		}
		w.files = append(w.files, &fileStep{index: i, doc: doc, change: c, before: file})
		return nil
	}
	w.underBuffer(i, c, file.Text, merged)
	return nil
}

// underBuffer makes the change on disk, from what is really there.
func (w *work) underBuffer(i int, c patch.Change, onDisk, merged string) {
	c.Before = onDisk
	if c.Op != patch.Delete {
		c.After = merged
	}
	w.toDisk(i, c)
	w.outcomes[i].Note = "done on disk; the editor still shows the file under its old name"
	if c.Op == patch.Delete {
		w.outcomes[i].Note = "deleted on disk; the editor still shows its text"
	}
}

func opKind(c patch.Change) protocol.ResourceOperationKind {
	if c.Op == patch.Delete {
		return protocol.ResourceOperationKindDelete
	}
	return protocol.ResourceOperationKindRename
}

// fileOp lets the client delete or rename, and looks on the disk whether it
// did. What it did not do is done there with the rest.
func (w *work) fileOp(ctx context.Context, f *fileStep) error {
	s := w.server
	ctx, cancel := context.WithTimeout(ctx, fileOpDeadline)
	defer cancel()
	_, err := s.client.ApplyEdit(ctx, &protocol.ApplyWorkspaceEditParams{
		Label: ptr("Codex: " + w.label),
		Edit:  protocol.WorkspaceEdit{DocumentChanges: []protocol.DocumentChange{f.operation()}},
	})
	o := &w.outcomes[f.index]
	switch present, moved := exists(f.doc.path), f.change.MoveTo == "" || exists(f.change.MoveTo); {
	case !present && moved:
		f.done = true
		o.State = agent.Landed
		return nil
	case !present:
		return fmt.Errorf("%s is gone, and %s is not there", f.change.Path, f.change.MoveTo)
	}
	s.log.Warn("the client did not carry out a file operation; the disk is changed instead", "path", f.change.Path, "err", err)
	text := f.change.After
	if doc := s.docs.view()[keyOf(f.doc.uri)]; doc != nil {
		text = doc.text.String()
	}
	w.underBuffer(f.index, f.change, f.before.Text, text)
	return nil
}

func (f *fileStep) operation() protocol.DocumentChange {
	if f.change.Op == patch.Delete {
		return &protocol.DeleteFile{Kind: "delete", URI: f.doc.uri}
	}
	return &protocol.RenameFile{
		Kind: "rename", OldURI: f.doc.uri, NewURI: uriOf(f.change.MoveTo),
		Options: &protocol.RenameFileOptions{Overwrite: ptr(f.change.Overwrites != nil)},
	}
}

// takeBack restores on disk what the client did.
func (f *fileStep) takeBack() error {
	if !f.done {
		return nil
	}
	if f.change.MoveTo != "" {
		if err := os.Rename(f.change.MoveTo, f.doc.path); err != nil {
			return err
		}
		if f.change.Overwrites == nil {
			return nil
		}
		return disk.Write(f.change.MoveTo, *f.change.Overwrites)
	}
	return disk.Write(f.doc.path, f.before)
}

// exists tells whether a path names anything, a dangling link included.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
