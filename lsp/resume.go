package lsp

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"codex-lsp/agent"
	"codex-lsp/agent/rollout"
)

// resume is codex.resume, see [ResumeParams].
func (s *server) resume(ctx context.Context, p ResumeParams) (ResumeResult, error) {
	id, folder := p.ThreadID, ""
	var err error
	if id == "" || p.Cwd != "" {
		if folder, err = s.folderFor(p.Cwd, nil); err != nil {
			return ResumeResult{}, err
		}
	}
	if id == "" {
		if id, err = s.agent.Latest(folder); err != nil {
			return ResumeResult{}, err
		}
		if id == "" {
			return ResumeResult{}, badField("cwd", "has no saved conversation: %s", folder)
		}
	}
	t, err := s.agent.Resume(id, folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = badField("threadId", "is unknown: %v", err)
	case errors.Is(err, agent.ErrFolderGone):
		err = badField("cwd", "is needed: %v", err)
	}
	if err != nil {
		return ResumeResult{}, err
	}
	s.threads.mu.Lock()
	s.makeDefault(ctx, t)
	s.threads.recent = t
	s.threads.mu.Unlock()
	s.returnToChat(ctx, s.follow(t))
	s.remark()
	return ResumeResult{ThreadRef{t.ID(), t.Cwd()}, t.Status().Title}, nil
}

// returnToChat goes on in the document that a resumed conversation had, if
// there is one and the conversation is in it to its end: what was said elsewhere
// since is not written into the middle of what the user may have written there.
func (s *server) returnToChat(ctx context.Context, c *chat) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.thread.ID()
	found, _ := filepath.Glob(filepath.Join(s.chatDir(), "*"+id[len(id)-rollout.ShortID:]+chatSuffix))
	if c.path != "" || len(found) == 0 {
		return
	}
	path := found[len(found)-1] // the newest: names begin with the time
	if p, err := s.pageAt(ctx, path); err == nil && p.prompts() == c.thread.PromptsBefore() {
		c.bind(path, p)
	}
}

// savedThread returns the thread that a chat document of ours belongs to by its
// name, or nil when there is none or it cannot be had.
func (s *server) savedThread(path string) *agent.Thread {
	name := strings.TrimSuffix(filepath.Base(path), chatSuffix)
	if filepath.Dir(path) != s.chatDir() || len(name) < rollout.ShortID {
		return nil
	}
	t, err := s.agent.Resume(name[len(name)-rollout.ShortID:], "")
	if err != nil {
		s.log.Info("the conversation of a chat document begins anew", "path", path, "err", err)
		return nil
	}
	return t
}
