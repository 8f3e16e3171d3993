package mcp

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"codex-lsp/agent/mcp/mcptest"
)

func TestMain(m *testing.M) {
	if !mcptest.Main() {
		goleak.VerifyTestMain(m)
	}
}

// longTime is more than anything takes that does not hang.
const longTime = time.Minute
