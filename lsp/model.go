package lsp

import (
	"context"

	"codex-lsp/agent"
)

// setModel is codex.setModel, see [SetModelParams].
func (s *server) setModel(ctx context.Context, p SetModelParams) (SetModelResult, error) {
	t, err := s.threadMeant(ctx, p.ThreadID, p.Cwd)
	if err != nil {
		return SetModelResult{}, err
	}
	s.follow(t)
	chosen, err := t.Choose(func(c *agent.Choice) {
		for _, part := range []struct {
			from *string
			to   *string
		}{{p.Model, &c.Model}, {p.Effort, &c.Effort}, {p.Summary, &c.Summary}, {p.Verbosity, &c.Verbosity}} {
			if part.from != nil {
				*part.to = *part.from
			}
		}
	})
	return SetModelResult{ThreadRef{t.ID(), t.Cwd()}, chosen}, err
}
