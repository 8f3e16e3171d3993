package lsp

import (
	"context"
	"strings"

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
	head, summary, counted := strings.Cut(it.Text, "\n\n")
	if !counted || !strings.HasPrefix(head, "The conversation was summarised: ") { // one that was resumed
		head, summary = "The conversation was summarised.", it.Text
	}
	head = "the" + strings.TrimSuffix(strings.TrimPrefix(head, "The"), ".")
	return quoted(head + "; " + codeSpan("codex.undoCompact") + " takes that back\n\n" + summary)
}
