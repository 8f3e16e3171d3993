package lsp

import (
	"context"

	"codex-lsp/agent"
)

// A server is a client of the threads that its user talks to.
var _ agent.Peer = (*server)(nil)

// Read returns what the user sees of a file: the buffer where the client has
// it open, else the disk.
func (s *server) Read(ctx context.Context, path string) (agent.Snapshot, error) {
	if doc := s.docs.at(path); doc != nil {
		return s.snapshot(doc)
	}
	file, err := readFile(path)
	return agent.Snapshot{File: file}, err
}

func (s *server) snapshot(doc *document) (agent.Snapshot, error) {
	snap := agent.Snapshot{Open: true, Version: doc.version}
	snap.Text = doc.text.String()
	onDisk, err := readFile(doc.path)
	snap.Mode = onDisk.Mode
	snap.Dirty = err != nil || !sameContent(onDisk.Text, snap.Text)
	return snap, nil
}
