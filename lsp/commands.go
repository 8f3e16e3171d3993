package lsp

import (
	"context"

	"go.lsp.dev/protocol"
)

// commandNames are the ids of all commands, each with prefix in place of
// "codex.".
func commandNames(prefix string) []string { return nil }

// ExecuteCommand runs a command of the user's.
func (s *server) ExecuteCommand(ctx context.Context, p *protocol.ExecuteCommandParams) (protocol.LSPAny, error) {
	return s.UnimplementedServer.ExecuteCommand(ctx, p)
}
