package lsp

import (
	"path/filepath"
	"strings"

	"go.lsp.dev/protocol"

	"codex-lsp/agent"
	"codex-lsp/agent/config"
	"codex-lsp/agent/execpolicy"
)

// problemsIn are the errors in what the user writes into a file that turns go
// by, as it is in the editor.
func (s *server) problemsIn(doc *document) []protocol.Diagnostic {
	if s.isRules(doc) {
		return s.problemsOfRules(doc)
	}
	if source := s.configSource(doc.path); source != "" {
		return s.problemsOfConfig(doc, source)
	}
	return nil
}

// isHeeded tells whether a document is a file that turns go by.
func (s *server) isHeeded(doc *document) bool {
	return s.isRules(doc) || s.configSource(doc.path) != ""
}

// isRules tells whether a document is one of the files of rules that turns go
// by.
func (s *server) isRules(doc *document) bool {
	return filepath.Ext(doc.path) == ".rules" && agent.IsRulesFolder(s.home, filepath.Dir(doc.path))
}

func (s *server) problemsOfRules(doc *document) (list []protocol.Diagnostic) {
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

// configSource is which layer of settings a file is, "" if it is none.
func (s *server) configSource(path string) config.Source {
	dir, name := filepath.Split(path)
	dir = filepath.Clean(dir)
	switch {
	case dir == s.home && name == config.FileName:
		return config.FromUser
	case dir == s.home && strings.HasSuffix(name, "."+config.FileName):
		return config.FromProfile
	case name == config.FileName && filepath.Base(dir) == config.ProjectFolder:
		return config.FromProject
	}
	return ""
}

func (s *server) problemsOfConfig(doc *document, source config.Source) (list []protocol.Diagnostic) {
	if source == config.FromProject {
		if why := s.agent.Distrusts(filepath.Dir(filepath.Dir(doc.path))); why != "" {
			list = append(list, protocol.Diagnostic{
				Severity: protocol.DiagnosticSeverityInformation, Source: protocol.NewOptional("codex settings"),
				Message: protocol.String("this file does not count: " + why),
			})
		}
	}
	text := doc.text.String()
	lines := strings.SplitAfter(text, "\n")
	for _, p := range config.Check(source, doc.path, text) {
		severity := protocol.DiagnosticSeverityWarning
		if p.Fatal {
			severity = protocol.DiagnosticSeverityError
		}
		number := min(max(p.Line, 1), len(lines)) - 1
		line := strings.TrimRight(lines[number], "\r\n")
		start := min(max(p.Column, 1)-1, len(line))
		end := len(line)
		if name := p.Key[strings.LastIndexByte(p.Key, '.')+1:]; name != "" && strings.HasPrefix(line[start:], name) {
			end = start + len(name)
		}
		at := func(offset int) protocol.Position {
			return protocol.Position{Line: uint32(number), Character: s.encoding.units(line[:offset])}
		}
		message := p.Message
		if p.Key != "" {
			message = p.Key + ": " + message
		}
		list = append(list, protocol.Diagnostic{
			Range: protocol.Range{Start: at(start), End: at(end)}, Severity: severity,
			Source: protocol.NewOptional("codex settings"), Message: protocol.String(message),
		})
	}
	return list
}
