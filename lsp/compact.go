package lsp

import (
	"context"

	"go.lsp.dev/protocol"

	"codex-lsp/agent"
)

// compact is codex.compact, see [ThreadParams].
func (s *server) compact(ctx context.Context, p ThreadParams) (AskResult, error) {
	t, err := s.threadMeant(ctx, p.ThreadID, "")
	if err != nil {
		return AskResult{}, err
	}
	s.follow(t)
	turnID, err := t.Compact()
	return AskResult{ThreadID: t.ID(), TurnID: turnID, Cwd: t.Cwd()}, err
}

// undoCompact is codex.undoCompact, see [ThreadParams].
func (s *server) undoCompact(ctx context.Context, p ThreadParams) (ThreadRef, error) {
	t, err := s.threadMeant(ctx, p.ThreadID, "")
	if err != nil {
		return ThreadRef{}, err
	}
	if err := t.UndoCompaction(); err != nil {
		return ThreadRef{}, err
	}
	s.tell(ctx, protocol.MessageTypeInfo, "Codex: the model reads the conversation as it was before it was summarised")
	return ThreadRef{ThreadID: t.ID()}, nil
}

// summaryLines show a summary that took a conversation's place.
func summaryLines(it agent.Item) string {
	if it.Status != agent.ItemCompletedS {
		return "> the conversation could not be summarised"
	}
	return quoted("the model goes on with a summary of the conversation; codex.undoCompact puts it back\n\n" + it.Text)
}
