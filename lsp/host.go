package lsp

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"codex-lsp/agent"
	"codex-lsp/agent/disk"
)

// A server is a client of the threads that its user talks to.
var (
	_ agent.Peer     = (*server)(nil)
	_ agent.Saver    = (*server)(nil)
	_ agent.Reloader = (*server)(nil)
)

// Read returns what the user sees of a file: the buffer where the client has
// it open, unsaved text included, else the disk.
func (s *server) Read(_ context.Context, path string) (agent.Snapshot, error) {
	doc := s.docs.at(path)
	if doc == nil {
		file, err := disk.Read(path)
		return agent.Snapshot{File: file}, err
	}
	snap := agent.Snapshot{Open: true, Version: doc.version}
	snap.Text = doc.text.String()
	file, err := disk.Read(doc.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Debug("the file of an open document cannot be read", "path", doc.path, "err", err)
	}
	snap.Mode = file.Mode
	snap.Dirty = err != nil || !sameContent(file.Text, snap.Text)
	return snap, nil
}

// sameContent compares a file with a buffer that shows it. Editors show no
// byte order mark, and some always end the last line.
func sameContent(onDisk, shown string) bool {
	return onDisk == shown || alike(normal(strings.TrimPrefix(onDisk, "\uFEFF")), normal(shown))
}
