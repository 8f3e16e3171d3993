package lsp

import (
	"path/filepath"
	"slices"
	"strings"

	"codex-lsp/agent"
)

var _ agent.Contexter = (*server)(nil)

// Unsaved lists the open files below folder that the disk holds otherwise than
// their buffers. Chat documents are left out: they are the conversation.
func (s *server) Unsaved(folder string) []string {
	var paths []string
	for _, doc := range s.docs.view() {
		if strings.HasPrefix(doc.path, folder+string(filepath.Separator)) && !isChat(doc.path) {
			paths = append(paths, doc.path)
		}
	}
	slices.Sort(paths)
	var unsaved []string
	for _, doc := range s.dirty(paths) {
		unsaved = append(unsaved, doc.path)
	}
	return unsaved
}
