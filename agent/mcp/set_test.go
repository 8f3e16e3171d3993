package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent/config"
	"codex-lsp/agent/exec"
	"codex-lsp/agent/mcp/mcptest"
)

// newTestSet is a Set whose servers are this test binary.
func newTestSet(t *testing.T, ask func(context.Context, string, Question) Reply) *Set {
	t.Helper()
	services := exec.NewServices(slog.Default())
	s := NewSet(Options{Log: slog.New(slog.DiscardHandler), Version: "test", Dir: t.TempDir(), Getenv: os.Getenv, Services: services, Ask: ask})
	t.Cleanup(services.Close)
	t.Cleanup(s.Close)
	return s
}

// kind is a server of one of the kinds in serveKind, under the same name.
func kind(name string, change ...func(*config.MCPServer)) config.MCPServer {
	c := config.MCPServer{
		Name: name, Command: os.Args[0], Env: map[string]config.Secret{mcptest.KindEnv: config.Secret(name)},
		StartupTimeout: longTime, ToolTimeout: longTime, Approval: config.MCPAuto,
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func settings(servers ...config.MCPServer) Settings {
	return Settings{MCP: config.MCP{Servers: servers, Store: "file"}}
}

func use(t *testing.T, s *Set, servers ...config.MCPServer) {
	t.Helper()
	if err := s.Use(t.Context(), settings(servers...)); err != nil {
		t.Fatal(err)
	}
}

// tool finds a tool by the name that the model knows it by.
func tool(t *testing.T, s *Set, full string) Tool {
	t.Helper()
	for _, n := range s.Namespaces() {
		for _, tool := range n.Tools {
			if tool.Full() == full {
				return tool
			}
		}
	}
	t.Fatalf("there is no %s; the servers are %+v", full, s.Status())
	return Tool{}
}

func call(t *testing.T, s *Set, full, args string) (string, error) {
	t.Helper()
	r, err := s.Call(t.Context(), tool(t, s, full), json.RawMessage(args))
	var all []string
	for _, p := range r.Parts() {
		all = append(all, p.Text+p.Image)
	}
	return strings.Join(all, "|"), err
}

func TestToolsAreCalled(t *testing.T) {
	s := newTestSet(t, nil)
	use(t, s, kind("good-one"))
	for _, tt := range []struct{ tool, args, want string }{
		{"echo_args", `{"a":[1]}`, `{"a":[1]}`},
		{"picture", `{}`, "see|data:image/png;base64,cG5n"},
		{"structured", `{}`, `{"a":1}`},
		{"fail", `{}`, "it cannot be done"},
	} {
		if got, err := call(t, s, "mcp__good_one__"+tt.tool, tt.args); err != nil || got != tt.want {
			t.Errorf("%s: %q, %v; want %q", tt.tool, got, err, tt.want)
		}
	}
	var e *CallError
	if _, err := call(t, s, "mcp__good_one__refuse", `{}`); !errors.As(err, &e) || e.Sent || !strings.Contains(err.Error(), "no such luck") {
		t.Errorf("refuse: %v", err)
	}
	asks := map[string]bool{}
	for _, tool := range s.Namespaces()[0].Tools {
		asks[tool.Local] = tool.Asks()
	}
	for name, want := range map[string]bool{"echo_args": false, "environment": false, "crash": true, "hang": true} {
		if asks[name] != want {
			t.Errorf("%s asks: %v", name, asks[name])
		}
	}
	if about := s.Namespaces()[0].About; about != "Use it well." {
		t.Error(about)
	}
}

// A server sees what it needs to run and what it is given, and never a key of
// the provider's.
func TestEnvironmentIsMinimal(t *testing.T) {
	t.Setenv("PROVIDER_KEY", "secret")
	t.Setenv("GIVEN", "given")
	t.Setenv("OTHER", "other")
	s := newTestSet(t, nil)
	with := settings(kind("good", func(c *config.MCPServer) { c.EnvVars = []string{"GIVEN", "PROVIDER_KEY"} }))
	with.Hidden = []string{"PROVIDER_KEY"}
	if err := s.Use(t.Context(), with); err != nil {
		t.Fatal(err)
	}
	got, err := call(t, s, "mcp__good__environment", `{}`)
	if err != nil || strings.Contains(got, "PROVIDER_KEY") || strings.Contains(got, "OTHER") || !strings.Contains(got, "GIVEN=given") {
		t.Errorf("%v\n%s", err, got)
	}
}

// Servers that are no good cost nothing but their tools, and are told why.
func TestBadServers(t *testing.T) {
	s := newTestSet(t, nil)
	use(t, s, kind("good"),
		kind("never", func(c *config.MCPServer) { c.StartupTimeout = 200 * time.Millisecond }),
		kind("dead"),
		kind("flood", func(c *config.MCPServer) { c.StartupTimeout = longTime }),
		kind("babble"),
		kind("noisy"),
		kind("missing", func(c *config.MCPServer) { c.Command = "no-such-program" }),
		kind("lost", func(c *config.MCPServer) { c.Cwd = "no/such/folder" }),
		kind("off", func(c *config.MCPServer) { c.Disabled = true }),
	)
	want := map[string]string{
		"good": "", "noisy": "",
		"never":   "MCP client for `never` timed out after 0.2 seconds. Add or adjust `startup_timeout_sec` in [mcp_servers.never] of config.toml if it needs longer",
		"dead":    "MCP server `dead` has ended: exit status 3; it printed: no licence found",
		"flood":   "MCP server `flood` was stopped: it sent more than 20000 messages within 10s that nobody asked for",
		"babble":  "MCP server `babble` was stopped: it printed more than 16 MiB that is no message",
		"missing": "MCP server `missing`: there is no program no-such-program in PATH",
		"lost":    "its cwd",
	}
	got := map[string]string{}
	for _, st := range s.Status() {
		got[st.Name] = st.Error
		if want := want[st.Name]; st.Name == "lost" && strings.Contains(st.Error, want) {
			got[st.Name] = want
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, err := call(t, s, "mcp__noisy__echo_args", `{}`); err != nil || got != "{}" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestManyTools(t *testing.T) {
	s := newTestSet(t, nil)
	use(t, s, kind("endless"), kind("many"))
	n := s.Namespaces()
	if len(n) != 2 || len(n[1].Tools) != 500 || len(n[0].Tools) != maxTools {
		t.Fatalf("%d namespaces; %+v", len(n), s.Status())
	}
	if got := n[1].Tools[7].Full(); got != "mcp__many__tool_007" {
		t.Error(got)
	}
	if st := s.Status()[0]; len(st.LeftOut) != 1 || !strings.Contains(st.LeftOut[0], "first 1000") {
		t.Error(st.LeftOut)
	}
}

// A server that ends during a call is not called twice, is started again for
// the next, and is given up when it keeps ending.
func TestCrash(t *testing.T) {
	s := newTestSet(t, nil)
	use(t, s, kind("good"))
	echo, crash := tool(t, s, "mcp__good__echo_args"), tool(t, s, "mcp__good__crash")
	for i := range maxStarts {
		if _, err := s.Call(t.Context(), echo, json.RawMessage(`{}`)); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
		_, err := s.Call(t.Context(), crash, json.RawMessage(`{}`))
		var e *CallError
		if !errors.As(err, &e) || !e.Sent || !strings.Contains(err.Error(), "exit status 7; it printed: out of cheese; it may have been done") {
			t.Fatalf("crash %d: %v", i, err)
		}
	}
	if _, err := s.Call(t.Context(), echo, json.RawMessage(`{}`)); err == nil {
		t.Error("it was started once more")
	}
	if st := s.Status()[0]; st.State != Failed || !strings.Contains(st.Error, "It failed 3 times") {
		t.Errorf("%+v", st)
	}
	use(t, s, kind("good", func(c *config.MCPServer) { c.ToolTimeout++ })) // other settings, another chance
	if got, err := call(t, s, "mcp__good__echo_args", `{}`); err != nil || got != "{}" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestRequired(t *testing.T) {
	s := newTestSet(t, nil)
	err := s.Use(t.Context(), settings(kind("dead", func(c *config.MCPServer) { c.Required = true })))
	if err == nil || !strings.Contains(err.Error(), "It is required; required = false in [mcp_servers.dead]") {
		t.Error(err)
	}
}

// The settings are followed: servers come, change and go, and what stays the
// same stays up.
func TestReload(t *testing.T) {
	s := newTestSet(t, nil)
	stays := kind("good")
	use(t, s, stays, kind("many"))
	before := s.all()[0].current()
	use(t, s, stays, kind("noisy", func(c *config.MCPServer) { c.EnabledTools = []string{"fail", "ask"}; c.DisabledTools = []string{"ask"} }))
	if s.all()[0].current() != before {
		t.Error("a server was started again for nothing")
	}
	var names []string
	for _, n := range s.Namespaces() {
		names = append(names, fmt.Sprint(n.Name, len(n.Tools)))
	}
	if want := []string{"mcp__good10", "mcp__noisy1"}; !cmp.Equal(names, want) {
		t.Errorf("%v, want %v", names, want)
	}
	if _, err := call(t, s, "mcp__good__grow", `{}`); err != nil {
		t.Fatal(err)
	}
	for range 1000 { // the notification comes when it does; each Use looks
		if use(t, s, stays); len(s.Namespaces()[0].Tools) == 11 {
			return
		}
		runtime.Gosched()
		time.Sleep(time.Millisecond)
	}
	t.Error("a new tool is not listed")
}

func TestCallsEnd(t *testing.T) {
	s := newTestSet(t, nil)
	use(t, s, kind("good", func(c *config.MCPServer) { c.ToolTimeout = 50 * time.Millisecond }))
	_, err := call(t, s, "mcp__good__hang", `{}`)
	if err == nil || !strings.HasPrefix(err.Error(), "timed out awaiting tools/call after 0.05s; it may") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Call(ctx, tool(t, s, "mcp__good__hang"), nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A server asks through the tool that is called, and the user's time is not the
// call's.
func TestElicitation(t *testing.T) {
	var asked []Question
	answer := Reply{Action: "accept", Content: map[string]any{"name": "Ada"}}
	s := newTestSet(t, func(_ context.Context, server string, q Question) Reply {
		if server != "good" {
			t.Error(server)
		}
		asked = append(asked, q)
		time.Sleep(100 * time.Millisecond) // longer than a call may take
		return answer
	})
	use(t, s, kind("good", func(c *config.MCPServer) { c.ToolTimeout = 80 * time.Millisecond }))
	if got, err := call(t, s, "mcp__good__ask", `{}`); err != nil || got != "accept map[name:Ada]" {
		t.Errorf("%q, %v", got, err)
	}
	answer = Reply{Action: "decline"}
	if got, err := call(t, s, "mcp__good__ask", `{"url":1}`); err != nil || got != "decline map[]" {
		t.Errorf("%q, %v", got, err)
	}
	want := []Question{
		{Message: "Who?", Fields: []Field{
			{Name: "name", Title: "Name", Type: "string", Required: true},
			{Name: "size", Type: "string", Choices: []Choice{{"s", "s"}, {"l", "l"}}},
		}},
		{Message: "Pay?", URL: "https://pay.example/1"},
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestResources(t *testing.T) {
	s := newTestSet(t, nil)
	use(t, s, kind("good"), kind("many"))
	if !s.HasResources() {
		t.Fatal("there are none")
	}
	got, err := s.ListResources(t.Context(), "", "", false)
	if err != nil || !strings.Contains(string(got), `"server":"good"`) || !strings.Contains(string(got), `"uri":"test://one"`) {
		t.Errorf("%s, %v", got, err)
	}
	got, err = s.ListResources(t.Context(), "good", "", true)
	if err != nil || !strings.Contains(string(got), `"uriTemplate":"test://{name}"`) {
		t.Errorf("%s, %v", got, err)
	}
	r, err := s.ReadResource(t.Context(), "good", "test://one")
	if err != nil || len(r.Parts()) != 1 || r.Parts()[0].Text != "the text" {
		t.Errorf("%+v, %v", r, err)
	}
	for _, name := range []string{"many", "none"} {
		if _, err := s.ListResources(t.Context(), name, "", false); err == nil {
			t.Error(name)
		}
	}
}
