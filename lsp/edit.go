package lsp

import (
	"context"
	"errors"
	"os"

	"codex-lsp/agent"
	"codex-lsp/patch"
)

// Edit makes the changes of a set in the client's buffers and on disk.
func (s *server) Edit(ctx context.Context, set agent.ChangeSet) agent.Outcome {
	return agent.Outcome{Err: errors.New("edits are not possible yet")}
}

type recentWrites struct{}

func (s *server) caughtUp(doc *document) {}

func readFile(path string) (patch.File, error) {
	b, err := os.ReadFile(path)
	return patch.File{Text: string(b)}, err
}
