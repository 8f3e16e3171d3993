package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent/config"
	"codex-lsp/agent/mcp"
	"codex-lsp/agent/mcp/mcptest"
	"codex-lsp/agent/model/modeltest"
)

// server is this test binary as an MCP server of a kind.
func server(kind string) config.MCPServer {
	return config.MCPServer{
		Name: kind, Command: os.Args[0], Env: map[string]config.Secret{mcptest.KindEnv: config.Secret(kind)},
		StartupTimeout: time.Minute, ToolTimeout: time.Minute, Approval: config.MCPAuto,
	}
}

func withServers(list ...config.MCPServer) func(*config.Config) {
	return func(c *config.Config) { c.MCP = config.MCP{Servers: list, Store: "file"} }
}

// mcpCall is a call of a tool in a namespace.
func mcpCall(id, server, name, args string) modeltest.Item {
	quoted, _ := json.Marshal(args)
	return modeltest.Raw(fmt.Sprintf(`{"type":"function_call","id":"fc_%s","call_id":%q,"namespace":"mcp__%s","name":%q,"arguments":%s}`, id, id, server, name, quoted))
}

// withoutTime cuts the wall time off an output.
func withoutTime(output string) string {
	if rest, ok := strings.CutPrefix(output, "Wall time: "); ok {
		_, rest, _ = strings.Cut(rest, "\n")
		return rest
	}
	return output
}

// A turn uses servers: what only reads runs unasked, the rest is asked about,
// and the model reads results in Codex's form.
func TestTurnCallsServers(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(
			mcpCall("c1", "good", "echo_args", `{"a":1}`), mcpCall("c2", "good", "structured", ``), mcpCall("c3", "good", "picture", `{}`),
			mcpCall("c4", "good", "fail", `{}`), mcpCall("c5", "good", "crash", `{}`), mcpCall("c6", "good", "nonsense", `{}`), mcpCall("c7", "good", "echo_args", `[1]`),
			modeltest.CallAs("c8", "list_mcp_resources", map[string]any{}), modeltest.CallAs("c9", "read_mcp_resource", map[string]any{"server": "good", "uri": "test://one"})),
		modeltest.Says(modeltest.Text("ok")))
	p := newPeer(func(q Question) Decision {
		if strings.Contains(q.Title, "fail") {
			return Declined
		}
		return Approved
	})
	th := newTestThread(t, m, p, withServers(server("good"), server("dead")))
	askAndWait(t, th, "go")
	r := m.Requests()[1]
	want := map[string]string{
		"c1": "Output:\n{\"a\":1}", "c2": "Output:\n{\"a\":1}", "c3": "",
		"c4": "user rejected MCP tool call",
		"c5": "tool call error: MCP server `good` has ended: exit status 7; it printed: out of cheese; it may have been done in part or in full, check before calling again",
		"c9": "Output:\nthe text",
	}
	got := map[string]string{}
	for id := range want {
		out, _ := r.Output(id)
		got[id] = withoutTime(out)
	}
	if !strings.Contains(string(r.Body), `{"type":"input_image","image_url":"data:image/png;base64,cG5n"}`) {
		t.Errorf("no picture in %s", r.Body)
	}
	got["c3"] = ""
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	for id, part := range map[string]string{"c6": "unsupported call: mcp__good__nonsense", "c7": "must be one JSON object", "c8": `"uri":"test://one"`} {
		if out, _ := r.Output(id); !strings.Contains(out, part) {
			t.Errorf("%s: %s", id, out)
		}
	}
	var asked []string
	for _, e := range of[ApprovalRequested](p) {
		asked = append(asked, e.Question.Title)
	}
	if want := []string{"Call structured of the MCP server good?", "Call picture of the MCP server good?", "Call fail of the MCP server good?", "Call crash of the MCP server good?"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q", asked)
	}
	told := of[Warning](p)
	if len(told) != 1 || told[0].Message != "MCP server `dead` has ended: exit status 3; it printed: no licence found" {
		t.Errorf("told %q", told)
	}
	var items []string
	for _, e := range of[ItemCompleted](p) {
		if e.Item.Type == McpToolCall {
			items = append(items, fmt.Sprint(e.Item.Tool, " ", e.Item.Status))
		}
	}
	if want := []string{"echo-args completed", "structured completed", "picture completed", "fail declined", "crash failed", "list_mcp_resources completed", "read_mcp_resource completed"}; !slices.Equal(slices.Sorted(slices.Values(items)), slices.Sorted(slices.Values(want))) {
		t.Errorf("items %q", items)
	}
}

// "For this session" and "always" are about one tool, and always is written.
func TestServersToolIsApprovedForLonger(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(mcpCall("c1", "good", "picture", `{}`)), modeltest.Says(mcpCall("c2", "good", "picture", `{"b":1}`)),
		modeltest.Says(mcpCall("c3", "good", "structured", `{}`)), modeltest.Says(modeltest.Text("ok")))
	answers := []Decision{ApprovedForSession, ApprovedWithRule}
	asked := 0
	p := newPeer(func(Question) Decision { asked++; return answers[asked-1] })
	home := ""
	th := newTestThread(t, m, p, func(c *config.Config) {
		withServers(server("good"))(c)
		home = c.Home
		if err := os.WriteFile(filepath.Join(home, "config.toml"), []byte("[mcp_servers.good] # mine\ncommand = \"x\"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	askAndWait(t, th, "go")
	if asked != 2 {
		t.Errorf("asked %d times", asked)
	}
	b, _ := os.ReadFile(filepath.Join(home, "config.toml"))
	if want := "[mcp_servers.good] # mine\ncommand = \"x\"\n\n[mcp_servers.good.tools.structured]\napproval_mode = \"approve\"\n"; string(b) != want {
		t.Errorf("%s", b)
	}
}

func TestServersToolWithNobodyToAsk(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(mcpCall("c1", "good", "picture", `{}`), mcpCall("c2", "good", "echo_args", `{}`)), modeltest.Says(modeltest.Text("ok")))
	th := newTestThread(t, m, newPeer(nil), func(c *config.Config) {
		withServers(server("good"))(c)
		c.Approval = config.Never
	})
	askAndWait(t, th, "go")
	if out, _ := m.Requests()[1].Output("c1"); out != "MCP tool call requires approval, but approval policy is never" {
		t.Error(out)
	}
	if out, _ := m.Requests()[1].Output("c2"); withoutTime(out) != "Output:\n{}" {
		t.Error(out)
	}
}

// What a server asks goes through the ledger, to whom the thread's clients are.
func TestServerAsksTheUser(t *testing.T) {
	for _, tt := range []struct {
		name string
		args string
		want string
		show func(*Ticket)
	}{
		{"accepted", `{}`, "accept map[name:Ada]", func(t *Ticket) {
			a, err := t.Fill(map[string]any{"name": "Ada"})
			if err != nil {
				panic(err)
			}
			t.Settle(a)
		}},
		{"declined", `{}`, "decline map[]", func(t *Ticket) { t.Settle(Answer{Decision: Declined, By: ByUser}) }},
		{"nobody answers in time", `{}`, "cancel map[]", func(t *Ticket) { t.Settle(Answer{Decision: Declined, By: ByTimeout}) }},
		{"a page", `{"url":1}`, "accept map[]", func(t *Ticket) { t.Settle(Answer{Decision: Approved, By: ByUser}) }},
		{"the client is gone", `{}`, "decline map[]", func(t *Ticket) { t.Settle(Answer{Decision: Declined, By: ByDisconnect}) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := modeltest.Serve(t, modeltest.Says(mcpCall("c1", "good", "ask", tt.args)), modeltest.Says(modeltest.Text("ok")))
			p := &formPeer{peer: newPeer(nil), show: tt.show}
			th := newTestThread(t, m, p.peer, withServers(server("good")))
			th.agent.ledger.Attach(th.id, p)
			askAndWait(t, th, "go")
			if out, _ := m.Requests()[1].Output("c1"); withoutTime(out) != "Output:\n"+tt.want {
				t.Errorf("%q, want %q", out, tt.want)
			}
		})
	}
	q := Question{Form: []mcp.Field{{Name: "name", Type: "string", Required: true}}}
	if _, err := q.Fill(nil); err == nil {
		t.Error("an empty form was taken")
	}
}

// A formPeer approves calls and answers forms, beside a peer that leaves all of
// it alone.
type formPeer struct {
	*peer
	show func(*Ticket)
}

func (p *formPeer) Show(_ context.Context, t *Ticket) {
	if t.Kind == AskForm || t.Kind == AskURL {
		p.show(t)
		return
	}
	t.Settle(Answer{Decision: Approved, By: ByUser})
}

// What does not fit in is looked up, and what was found is offered from then on,
// behind everything else.
func TestManyToolsAreLookedUp(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.CallAs("c1", "tool_search", map[string]any{"query": "tool 123"})),
		modeltest.Says(mcpCall("c2", "many", "tool_123", `{}`)),
		modeltest.Says(modeltest.Text("ok")))
	th := newTestThread(t, m, newPeer(always(Approved)), withServers(server("many"), server("good")))
	askAndWait(t, th, "go")
	rs := m.Requests()
	first, second := toolsOf(t, rs[0].Body), toolsOf(t, rs[1].Body)
	if !strings.HasPrefix(second, strings.TrimSuffix(first, "]")) {
		t.Error("what was offered before has changed")
	}
	if strings.Contains(first, "tool_123") || !strings.Contains(second, `"tool_123"`) || !strings.Contains(first, "many: 500 tools.") || !strings.Contains(first, `"echo_args"`) {
		t.Errorf("offered first %s", first)
	}
	if out, _ := rs[2].Output("c2"); withoutTime(out) != "Output:\nx" {
		t.Error(out)
	}
}

func toolsOf(t *testing.T, body []byte) string {
	t.Helper()
	var b struct{ Tools json.RawMessage }
	if err := json.Unmarshal(body, &b); err != nil {
		t.Fatal(err)
	}
	return string(b.Tools)
}

// A server that a turn cannot do without ends it, in words.
func TestRequiredServer(t *testing.T) {
	m := modeltest.Serve(t)
	s := server("dead")
	s.Required = true
	th := newTestThread(t, m, newPeer(nil), withServers(s))
	id, err := th.Ask(Input{Text: "go"})
	if err != nil {
		t.Fatal(err)
	}
	res, err := th.Wait(t.Context(), id)
	if err != nil || res.Status != Failed || !strings.Contains(res.Error, "It is required") {
		t.Errorf("%+v, %v", res, err)
	}
}

// Servers of threads that are long done make room for others.
func TestServersAreNotKeptForEver(t *testing.T) {
	m := modeltest.ServeScript(t, modeltest.Func(func(modeltest.Request) []modeltest.Item { return []modeltest.Item{modeltest.Text("ok")} }))
	p := newPeer(nil)
	th := newTestThread(t, m, p, withServers(server("good")))
	askAndWait(t, th, "go")
	for range maxServerSets {
		other, err := th.agent.NewThread(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		askAndWait(t, other, "go")
	}
	if th.Servers() != nil {
		t.Error("its servers still run")
	}
	askAndWait(t, th, "again")
	if st := th.Servers(); len(st) != 1 || st[0].State != mcp.Ready {
		t.Errorf("%+v", st)
	}
}
