package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"codex-lsp/agent/config"
	"codex-lsp/agent/mcp/mcptest"
	"codex-lsp/agent/model/modeltest"
)

// Servers that others have written, used in a turn: what only reads runs
// unasked, what writes is asked about, and nothing of the provider's key gets
// to them.
func TestRealServers(t *testing.T) {
	programs, err := mcptest.Programs()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEST_KEY", "not for servers")
	dir := t.TempDir()
	server := func(name string, args ...string) config.MCPServer {
		return config.MCPServer{
			Name: name, Command: filepath.Join(programs, "mcp-server-"+name), Args: args, StartupTimeout: time.Minute, ToolTimeout: time.Minute, Approval: config.MCPAuto,
			Env: map[string]config.Secret{"PATH": config.Secret(programs + ":" + os.Getenv("PATH"))}, EnvVars: []string{"TEST_KEY"},
		}
	}
	made := filepath.Join(dir, "made.txt")
	m := modeltest.Serve(t,
		modeltest.Says(
			mcpCall("c1", "everything", "echo", `{"message":"hi"}`), mcpCall("c2", "everything", "get_structured_content", `{"location":"New York"}`),
			mcpCall("c3", "everything", "get_tiny_image", `{}`), mcpCall("c4", "everything", "get_env", `{}`),
			mcpCall("c5", "filesystem", "write_file", fmt.Sprintf(`{"path":%q,"content":"made by a server\n"}`, made)),
			mcpCall("c6", "filesystem", "write_file", `{"path":"/etc/not-here","content":"x"}`),
			mcpCall("c7", "filesystem", "read_text_file", fmt.Sprintf(`{"path":%q}`, made)),
			modeltest.CallAs("c8", "list_mcp_resources", map[string]any{"server": "everything"})),
		modeltest.Says(modeltest.Text("ok")))
	p := newPeer(always(Approved))
	th := newTestThread(t, m, p, func(c *config.Config) {
		withServers(server("everything"), server("filesystem", dir))(c)
		c.Provider.EnvKey = "TEST_KEY"
	})
	askAndWait(t, th, "go")
	for _, w := range of[Warning](p) {
		t.Errorf("warned: %s", w.Message)
	}
	r := m.Requests()[1]
	for id, want := range map[string]string{
		"c1": "Output:\nEcho: hi", "c2": `"temperature"`, "c5": "Successfully wrote", "c6": "Access denied", "c7": "made by a server", "c8": `"uri":`,
	} {
		if out, _ := r.Output(id); !strings.Contains(out, want) {
			t.Errorf("%s: %s", id, out)
		}
	}
	if !strings.Contains(string(r.Body), `"image_url":"data:image/png;base64,`) {
		t.Error("there is no picture")
	}
	if env, _ := r.Output("c4"); strings.Contains(env, "TEST_KEY") || !strings.Contains(env, `"PATH"`) {
		t.Errorf("the server's environment: %s", env)
	}
	if b, err := os.ReadFile(made); err != nil || string(b) != "made by a server\n" {
		t.Errorf("%s, %v", b, err)
	}
	var asked []string
	for _, e := range of[ApprovalRequested](p) {
		asked = append(asked, e.Question.Title)
	}
	if want := slices.Repeat([]string{"Call write_file of the MCP server filesystem?"}, 2); !slices.Equal(asked, want) {
		t.Errorf("asked %q", asked)
	}
}
