package lsp

import (
	"context"

	"go.lsp.dev/protocol"
)

// Completion completes files, commands and skills in a chat document.
func (s *server) Completion(ctx context.Context, p *protocol.CompletionParams) (protocol.CompletionResult, error) {
	return nil, nil
}
