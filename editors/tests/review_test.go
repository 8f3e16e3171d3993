package tests

import (
	"fmt"
	"path/filepath"
	"testing"

	"codex-lsp/agent/model/modeltest"
)

// unasked lets the agent edit without a question, as its defaults do.
func unasked(t *testing.T, d desk, m *modeltest.Server) {
	t.Helper()
	write(t, filepath.Join(d.home, ".codex", "config.toml"), "approval_policy = \"never\"\n"+configuration(m.URL)[len("x"):])
}

var _ = fmt.Sprint
