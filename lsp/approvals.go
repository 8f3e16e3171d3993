package lsp

import (
	"context"

	"codex-lsp/agent"
)

// Show puts a question to the user.
func (s *server) Show(ctx context.Context, t *agent.Ticket) {}
