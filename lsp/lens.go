package lsp

import (
	"context"

	"go.lsp.dev/protocol"
)

// CodeLens offers commands at the lines they are about.
func (s *server) CodeLens(ctx context.Context, p *protocol.CodeLensParams) ([]protocol.CodeLens, error) {
	return nil, nil
}
