package lsp

import (
	"context"
	"errors"
	"os"

	"codex-lsp/agent"
)

var errNoChanges = errors.New("no turn of this conversation has changed a file")

// showChanges is codex.showChanges, see [ChangedFilesParams].
func (s *server) showChanges(_ context.Context, p ChangedFilesParams) (r ShowChangesResult, err error) {
	t, err := s.threadOrLast(p.ThreadID)
	if errors.Is(err, agent.ErrNoTurn) {
		err = errNoChanges
	}
	if err != nil {
		return r, err
	}
	diff, turnID, err := t.TurnDiff(p.TurnID)
	if err == nil && diff == "" {
		err = errNoChanges
	}
	if err != nil {
		return r, err
	}
	path, err := s.diffFile(t, turnID, diff)
	if err != nil {
		return r, err
	}
	s.spawn(func(ctx context.Context) { s.showDocument(ctx, path) })
	return ShowChangesResult{TurnRef{t.ID(), turnID}, string(uriOf(path))}, nil
}

// diffFile writes a diff where the session's other passing files are. It goes
// with the session.
func (s *server) diffFile(t *agent.Thread, turnID, diff string) (string, error) {
	f, err := os.CreateTemp("", "codex-changes-*.diff")
	if err != nil {
		return "", err
	}
	s.atEnd(func() { os.Remove(f.Name()) })
	_, err = f.WriteString("Changes of turn " + turnID + " in " + t.Cwd() + "\n\n" + diff)
	return f.Name(), errors.Join(err, f.Close())
}
