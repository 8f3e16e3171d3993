package lsp

import (
	"path/filepath"

	"go.lsp.dev/protocol"

	"codex-lsp/agent"
	"codex-lsp/agent/execpolicy"
)

// isRules tells whether a document is one of the files of rules that turns go
// by.
func (s *server) isRules(doc *document) bool {
	return filepath.Ext(doc.path) == ".rules" && agent.IsRulesFolder(s.home, filepath.Dir(doc.path))
}

// problemsIn are the errors in what the user writes into a file of rules, as it
// is in the editor.
func (s *server) problemsIn(doc *document) []protocol.Diagnostic {
	if !s.isRules(doc) {
		return nil
	}
	var list []protocol.Diagnostic
	for _, p := range execpolicy.Parse(doc.path, doc.text.String()).Problems {
		// Columns are of characters; what they are in the client's units is
		// seldom another, and the line is what counts.
		at := protocol.Position{Line: uint32(max(p.Line, 1) - 1), Character: uint32(max(p.Column, 1) - 1)}
		list = append(list, protocol.Diagnostic{
			Range: protocol.Range{Start: at, End: protocol.Position{Line: at.Line + 1}}, Severity: protocol.DiagnosticSeverityError,
			Source:  protocol.NewOptional("codex rules"),
			Message: protocol.String(p.Message + " — nothing in this file allows anything until it is mended"),
		})
	}
	return list
}
