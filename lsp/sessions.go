package lsp

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"codex-lsp/agent/rollout"
)

// listSessions is codex.listSessions, see [SessionsParams].
func (s *server) listSessions(ctx context.Context, p SessionsParams) (rollout.Page, error) {
	q, err := s.query(p.SessionFilter)
	if err != nil {
		return rollout.Page{}, err
	}
	q.After = p.After
	return s.agent.Saved(ctx, q)
}

// searchSessions is codex.searchSessions, see [SearchParams].
func (s *server) searchSessions(ctx context.Context, p SearchParams) (rollout.Found, error) {
	if strings.TrimSpace(p.Text) == "" {
		return rollout.Found{}, badField("text", "is missing: say what to search for")
	}
	q, err := s.query(p.SessionFilter)
	if err != nil {
		return rollout.Found{}, err
	}
	return s.agent.Search(ctx, p.Text, q)
}

// query says which conversations a client means.
func (s *server) query(f SessionFilter) (rollout.Query, error) {
	q := rollout.Query{Archived: f.Archived, Limit: f.Limit}
	if f.Limit < 0 {
		return q, badField("limit", "is below 0")
	}
	if f.All {
		return q, nil
	}
	var err error
	q.Cwd, err = s.folderFor(f.Cwd, nil)
	return q, err
}

// forkThread is codex.forkThread, see [ForkParams].
func (s *server) forkThread(ctx context.Context, p ForkParams) (ResumeResult, error) {
	if p.Turns < 0 {
		return ResumeResult{}, badField("turns", "is below 0")
	}
	id, err := s.savedID(p.ThreadID)
	if err != nil {
		return ResumeResult{}, err
	}
	t, err := s.agent.Fork(id, p.Turns, "")
	if err != nil {
		return ResumeResult{}, known(err)
	}
	s.threads.mu.Lock()
	s.makeDefault(ctx, t)
	s.threads.recent = t
	s.threads.mu.Unlock()
	s.follow(t)
	return ResumeResult{ThreadRef{t.ID(), t.Cwd()}, t.Status().Title}, nil
}

// renameThread is codex.renameThread, see [RenameParams].
func (s *server) renameThread(_ context.Context, p RenameParams) (SessionRef, error) {
	if strings.TrimSpace(p.Name) == "" {
		return SessionRef{}, badField("name", "is missing")
	}
	id, err := s.savedID(p.ThreadID)
	if err != nil {
		return SessionRef{}, err
	}
	id, err = s.agent.Rename(id, p.Name)
	return SessionRef{id}, known(err)
}

// archiveThread is codex.archiveThread, see [ArchiveParams].
func (s *server) archiveThread(_ context.Context, p ArchiveParams) (SessionRef, error) {
	id, err := s.savedID(p.ThreadID)
	if err != nil {
		return SessionRef{}, err
	}
	id, err = s.agent.Archive(id, !p.Back)
	return SessionRef{id}, known(err)
}

// deleteThread is codex.deleteThread, see [DeleteParams].
func (s *server) deleteThread(_ context.Context, p DeleteParams) (SessionRef, error) {
	if !p.Confirmed {
		return SessionRef{}, badField("confirmed", "must be true: a conversation is deleted for good, so ask the user first")
	}
	id, err := s.savedID(p.ThreadID)
	if err != nil {
		return SessionRef{}, err
	}
	id, err = s.agent.Delete(id)
	return SessionRef{id}, known(err)
}

// exportThread is codex.exportThread, see [ExportParams].
func (s *server) exportThread(_ context.Context, p ExportParams) (ExportResult, error) {
	id, err := s.savedID(p.ThreadID)
	if err != nil {
		return ExportResult{}, err
	}
	if p.Path == "" {
		var text strings.Builder
		err := s.agent.Export(id, &text)
		return ExportResult{Markdown: text.String()}, known(err)
	}
	path, err := localPath("path", p.Path)
	if err != nil {
		return ExportResult{}, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // what is there stays
	if err != nil {
		return ExportResult{}, badField("path", "cannot be made: %v", err)
	}
	if err := errors.Join(s.agent.Export(id, f), f.Close()); err != nil {
		return ExportResult{}, known(errors.Join(err, os.Remove(path)))
	}
	return ExportResult{URI: string(uriOf(path))}, nil
}

// savedID is the id of the thread that is meant: the one named, or the one asked
// last.
func (s *server) savedID(id string) (string, error) {
	if id != "" {
		return id, nil
	}
	if t := s.threads.last(); t != nil {
		return t.ID(), nil
	}
	return "", badField("threadId", "is missing, and nothing was asked yet; codex.listSessions names what is saved")
}

// known tells a thread that there is not from what cannot be done now.
func known(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return badField("threadId", "is unknown: %v", err)
	}
	return err
}
