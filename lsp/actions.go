package lsp

import (
	"context"

	"go.lsp.dev/protocol"
)

// codeActionKinds are the kinds of code actions that are offered.
var codeActionKinds = []protocol.CodeActionKind{protocol.CodeActionKindQuickFix, protocol.CodeActionKindRefactorRewrite}

// CodeAction offers what the agent can do at a place.
func (s *server) CodeAction(ctx context.Context, p *protocol.CodeActionParams) ([]protocol.CommandOrCodeAction, error) {
	return nil, nil
}
