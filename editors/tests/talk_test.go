package tests

import (
	"fmt"
	"os"
	"strings"

	"codex-lsp/agent/mcp/mcptest"
	"codex-lsp/agent/model/modeltest"
)

// mcpServers sets up this test binary as a server that registers people, one that
// cannot start, and one that is turned off.
func mcpServers() string {
	return fmt.Sprintf(`
[mcp_servers.people]
command = %q
env = { %s = "people" }

[mcp_servers.attic]
command = "/opt/attic/bin/attic-mcp"

[mcp_servers.cellar]
command = "cellar"
enabled = false
`, os.Args[0], mcptest.KindEnv)
}

// asksServer calls the server that asks who somebody is.
func asksServer(r modeltest.Request) []modeltest.Item {
	if r.Turn > 1 {
		return []modeltest.Item{modeltest.Text("You are on the list.")}
	}
	return []modeltest.Item{
		modeltest.Text("I ask the register."),
		modeltest.Raw(`{"type":"function_call","id":"fc_1","call_id":"c1","namespace":"mcp__people","name":"ask","arguments":"{\"list\":\"guests\"}"}`),
	}
}

// summary is what a conversation was about, as the model puts it.
const summary = `The user keeps notes in notes.txt.

- They want them short.
- Nothing was changed yet.`

// chatting agrees, and summarises when it is asked to.
func chatting(r modeltest.Request) []modeltest.Item {
	if strings.Contains(string(r.Input[len(r.Input)-1]), "go on with a summary of it") {
		return []modeltest.Item{modeltest.Text(summary)}
	}
	return []modeltest.Item{modeltest.Text("I will keep them short.")}
}

// leaveRunning leaves a command running.
func leaveRunning(r modeltest.Request) []modeltest.Item {
	if r.Turn > 1 {
		return []modeltest.Item{modeltest.Text("It runs.")}
	}
	return []modeltest.Item{modeltest.Call("exec_command", map[string]any{"cmd": "sleep 1000 >made.txt", "yield_time_ms": 250})}
}
