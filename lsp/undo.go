package lsp

import (
	"context"
	"strings"

	"go.lsp.dev/protocol"

	"codex-lsp/agent"
	"codex-lsp/patch"
)

// undoTurn is codex.undoTurn, see [UndoParams].
func (s *server) undoTurn(ctx context.Context, p UndoParams) (agent.Reverted, error) {
	return s.revert(ctx, p, (*agent.Thread).Undo)
}

// redoTurn is codex.redoTurn, see [UndoParams].
func (s *server) redoTurn(ctx context.Context, p UndoParams) (agent.Reverted, error) {
	return s.revert(ctx, p, (*agent.Thread).Redo)
}

func (s *server) revert(ctx context.Context, p UndoParams, do func(*agent.Thread, context.Context, string, string) (agent.Reverted, error)) (r agent.Reverted, err error) {
	t, err := s.threadMeant(ctx, p.ThreadID, p.Cwd)
	if err != nil {
		return r, err
	}
	s.follow(t)
	defer s.remark()
	path := ""
	if p.TextDocument != nil {
		if path, err = localPath("textDocument", p.TextDocument.URI); err != nil {
			return r, err
		}
	}
	if r, err = do(t, ctx, p.TurnID, path); err != nil {
		return r, err
	}
	s.tell(ctx, protocol.MessageTypeInfo, "Codex: "+told(r))
	return r, nil
}

// told says what was put back.
func told(r agent.Reverted) string {
	if len(r.Files) == 0 {
		return "the files are that way already"
	}
	names := make([]string, len(r.Files))
	for i, f := range r.Files {
		names[i] = f.Path
	}
	return plural(len(r.Files), "file") + " put back: " + strings.Join(names, ", ")
}

// maxTurnName is how many characters of a prompt name its turn in a menu.
const maxTurnName = 24

// undoOffers take back the turn that wrote a line, in all of its files.
func (s *server) undoOffers(doc *document, r protocol.Range) []offer {
	if doc.path == "" {
		return nil
	}
	for _, t := range s.threads.all() {
		if o, ok := t.Origin(doc.path, doc.text.String(), int(r.Start.Line)); ok {
			return []offer{{
				kind: codexKind, title: "Codex: undo the turn “" + shortened(firstLine(o.Prompt), maxTurnName) + "”", command: "undoTurn",
				argument: map[string]string{"threadId": t.ID(), "turnId": o.TurnID},
			}}
		}
	}
	return nil
}

// recover tells of changes that a killed server had begun and this process took
// back. A buffer that holds one gets the way back when it is opened.
func (s *server) recover(context.Context) {
	var back []patch.Change
	for _, c := range s.agent.Cuts() {
		back = append(back, c.Change)
	}
	s.wrote(back)
	for _, note := range s.agent.CutNotes() {
		s.warn(note)
	}
}
