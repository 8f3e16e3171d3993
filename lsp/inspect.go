package lsp

import (
	"context"
	"errors"
	"slices"

	"codex-lsp/agent"
)

// listThreads is codex.listThreads: every thread of the process, oldest first.
func (s *server) listThreads(context.Context, struct{}) ([]agent.Status, error) {
	list := []agent.Status{}
	for _, t := range s.agent.Threads() {
		list = append(list, t.Status())
	}
	return list, nil
}

// changedFiles is codex.changedFiles, see [ChangedFilesParams].
func (s *server) changedFiles(_ context.Context, p ChangedFilesParams) ([]agent.ChangedFile, error) {
	t, err := s.threadOrLast(p.ThreadID)
	switch {
	case errors.Is(err, agent.ErrNoTurn): // none was asked yet
		return []agent.ChangedFile{}, nil
	case err != nil:
		return nil, err
	}
	return append([]agent.ChangedFile{}, t.ChangedFiles(p.TurnID)...), nil
}

// listApprovals is codex.listApprovals, see [ThreadParams]: the questions that
// wait for an answer, shown or shelved.
func (s *server) listApprovals(_ context.Context, p ThreadParams) ([]agent.Question, error) {
	if p.ThreadID != "" {
		if _, err := s.namedThread(p.ThreadID); err != nil {
			return nil, err
		}
	}
	return append([]agent.Question{}, s.agent.Ledger().Pending(p.ThreadID)...), nil
}

// status is codex.status, see [ThreadParams].
func (s *server) status(ctx context.Context, p ThreadParams) (StatusResult, error) {
	approvals, err := s.listApprovals(ctx, p)
	if err != nil {
		return StatusResult{}, err
	}
	list, err := s.listThreads(ctx, struct{}{})
	if p.ThreadID != "" {
		list = slices.DeleteFunc(list, func(st agent.Status) bool { return st.ThreadID != p.ThreadID })
	}
	return StatusResult{Version: s.version, Threads: list, Approvals: approvals}, err
}

// approve is codex.approve, see [ApproveParams].
func (s *server) approve(_ context.Context, p ApproveParams) (ApproveResult, error) {
	switch p.Decision {
	case agent.Approved, agent.ApprovedForSession, agent.ApprovedWithRule, agent.Declined, agent.Abort:
	default:
		return ApproveResult{}, badField("decision", "must be one of approved, approvedForSession, approvedWithRule, declined, abort, not %q", p.Decision)
	}
	answer := agent.Answer{Decision: p.Decision, Message: p.Message, By: agent.ByUser}.With(p.Content)
	page := s.pageOf(p.ID)
	standing, accepted, err := s.agent.Ledger().Answer(p.ID, answer)
	switch {
	case errors.Is(err, agent.ErrUnknown):
		return ApproveResult{}, badField("id", "is none: %v; codex.listApprovals names the open ones", err)
	case err != nil:
		return ApproveResult{}, badField("decision", "cannot be: %v", err)
	}
	if page != "" && accepted && answer.Decision.Yes() {
		s.spawn(func(ctx context.Context) { s.openPage(ctx, page) })
	}
	return ApproveResult{Accepted: accepted, Decision: standing.Decision}, nil
}

// pageOf is the page that an open question is about, "" if it is about none.
func (s *server) pageOf(id string) string {
	for _, q := range s.agent.Ledger().Pending("") {
		if q.ID == id && q.Kind == agent.AskURL {
			return q.URL
		}
	}
	return ""
}
