package lsp

import "codex-lsp/agent"

// Report tells the client what happens in a thread. It never blocks.
func (s *server) Report(e agent.Event) {}
