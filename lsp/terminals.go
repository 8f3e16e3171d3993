package lsp

import (
	"context"

	"codex-lsp/agent"
)

// KillTerminalParams is the argument of codex.killTerminal: {"id": 12345}, as
// codex.listTerminals gives it.
type KillTerminalParams struct {
	ID int `json:"id"`
}

// listTerminals is codex.listTerminals, see [ThreadParams]: the commands that
// were left running, and those that have left something in the background.
func (s *server) listTerminals(_ context.Context, p ThreadParams) ([]agent.Terminal, error) {
	if p.ThreadID != "" {
		if _, err := s.namedThread(p.ThreadID); err != nil {
			return nil, err
		}
	}
	return append([]agent.Terminal{}, s.agent.Terminals(p.ThreadID)...), nil
}

// killTerminal is codex.killTerminal: null once nothing of it runs any more.
func (s *server) killTerminal(_ context.Context, p KillTerminalParams) (any, error) {
	if err := s.agent.KillTerminal(p.ID); err != nil {
		return nil, badField("id", "is none: %v", err)
	}
	return nil, nil
}
