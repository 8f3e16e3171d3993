package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"codex-lsp/agent/model/modeltest"
)

// serverCommand is codex-lsp mcp-server with the scripted model.
func serverCommand(t *testing.T, url string) (*exec.Cmd, *execution) {
	t.Helper()
	e := newExecution(t, url)
	e.args = []string{"mcp-server"}
	cmd, _, stderr := e.command(t)
	cmd.Stdout = nil
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("stderr: %s", stderr)
		}
	})
	return cmd, e
}

func callText(t *testing.T, res *sdk.CallToolResult) (threadID, text string) {
	t.Helper()
	var s struct{ ThreadID, Content string }
	b, _ := json.Marshal(res.StructuredContent)
	if err := json.Unmarshal(b, &s); err != nil || s.ThreadID == "" {
		t.Fatalf("%s, %v", b, err)
	}
	if got := res.Content[0].(*sdk.TextContent).Text; got != s.Content {
		t.Errorf("content %q, structured %q", got, s.Content)
	}
	return s.ThreadID, s.Content
}

// threeTurns makes a file, says something, and then never ends a turn, of which
// it tells that it has begun.
func threeTurns(began, never chan struct{}) modeltest.Script {
	return modeltest.Func(func(r modeltest.Request) []modeltest.Item {
		switch r.Turn {
		case 1:
			return []modeltest.Item{modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "touch made"})}
		case 2:
			return []modeltest.Item{modeltest.Text("made it")}
		case 3:
			return []modeltest.Item{modeltest.Text("again")}
		}
		close(began)
		return []modeltest.Item{modeltest.Gate(never)}
	})
}

// A client of the SDK begins a conversation, is asked, hears of progress, goes
// on, and cancels.
func TestMCPServer(t *testing.T) {
	began, never := make(chan struct{}), make(chan struct{})
	defer close(never)
	m := modeltest.ServeScript(t, threeTurns(began, never))
	cmd, e := serverCommand(t, m.URL)
	var mu sync.Mutex
	var asked, progress []string
	heard := make(chan struct{}, 100)
	c := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, &sdk.ClientOptions{
		ElicitationHandler: func(_ context.Context, r *sdk.ElicitRequest) (*sdk.ElicitResult, error) {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, r.Params.Message)
			return &sdk.ElicitResult{Action: "accept", Content: map[string]any{"decision": "approvedForSession"}}, nil
		},
		ProgressNotificationHandler: func(_ context.Context, r *sdk.ProgressNotificationClientRequest) {
			mu.Lock()
			defer mu.Unlock()
			progress = append(progress, r.Params.Message)
			heard <- struct{}{}
		},
	})
	session, err := c.Connect(t.Context(), &sdk.CommandTransport{Command: cmd}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	params := &sdk.CallToolParams{Name: "codex", Arguments: map[string]any{"prompt": "make it", "cwd": e.dir, "approval-policy": "untrusted", "config": map[string]any{"model_verbosity": "high"}, "base-instructions": "Be a pirate."}}
	params.SetProgressToken("p")
	res, err := session.CallTool(t.Context(), params)
	if err != nil {
		t.Fatal(err)
	}
	id, text := callText(t, res)
	if text != "made it" || res.IsError {
		t.Errorf("%q", text)
	}
	if _, err := os.Stat(filepath.Join(e.dir, "made")); err != nil {
		t.Error(err)
	}
	if body := string(m.Requests()[0].Body); !strings.Contains(body, "Be a pirate.") || !strings.Contains(body, `"verbosity":"high"`) {
		t.Error("the settings do not hold")
	}
	if len(asked) != 1 || !strings.HasPrefix(asked[0], "Run touch made?") {
		t.Errorf("asked %q", asked)
	}
	<-heard
	if res, err = session.CallTool(t.Context(), &sdk.CallToolParams{Name: "codex-reply", Arguments: map[string]any{"conversationId": id, "prompt": "more"}}); err != nil {
		t.Fatal(err)
	}
	if _, text := callText(t, res); text != "again" {
		t.Error(text)
	}
	ctx, cancel := context.WithCancel(t.Context())
	params = &sdk.CallToolParams{Name: "codex-reply", Arguments: map[string]any{"threadId": id, "prompt": "wait"}}
	go func() { <-began; cancel() }()
	if _, err = session.CallTool(ctx, params); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for _, bad := range []map[string]any{{"prompt": "x", "threadId": "none"}, {"prompt": "x"}} {
		if res, err := session.CallTool(t.Context(), &sdk.CallToolParams{Name: "codex-reply", Arguments: bad}); err != nil || !res.IsError {
			t.Errorf("%v: %+v, %v", bad, res, err)
		}
	}
}

// A rawClient answers from inside its read loop: nothing it is asked waits for
// anything, so an answer comes as fast as one can.
type rawClient struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Reader
}

func (c *rawClient) send(message string) {
	if _, err := io.WriteString(c.in, message+"\n"); err != nil {
		c.t.Fatal(err)
	}
}

type rawMessage struct {
	ID     json.RawMessage
	Method string
	Params struct {
		Meta struct {
			Call string `json:"codex_call_id"`
		} `json:"_meta"`
		Msg struct{ Type string }
	}
	Result json.RawMessage
}

func (c *rawClient) read() rawMessage {
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		c.t.Fatal(err)
	}
	var m rawMessage
	if err := json.Unmarshal(line, &m); err != nil {
		c.t.Fatalf("%s: %v", line, err)
	}
	return m
}

// 500 approvals at once, each answered from inside the client's read: every
// answer finds its question, and each call does what its own answer said.
func TestMCPServerApprovalsAtOnce(t *testing.T) {
	const calls = 500
	var all []modeltest.Item
	for i := range calls {
		all = append(all, modeltest.CallAs(fmt.Sprintf("c%d", i), "exec_command", map[string]any{"cmd": fmt.Sprintf("touch f%d", i)}))
	}
	m := modeltest.Serve(t, modeltest.Says(all...), modeltest.Says(modeltest.Text("done")))
	cmd, e := serverCommand(t, m.URL)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &rawClient{t, in, bufio.NewReaderSize(out, 1<<20)}
	c.send(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{"elicitation":{}},"clientInfo":{"name":"raw","version":"1"}}}`)
	c.read()
	c.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	args, _ := json.Marshal(map[string]any{"prompt": "go", "cwd": e.dir, "approval-policy": "untrusted"})
	c.send(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"codex","arguments":` + string(args) + `}}`)
	asked, events := 0, map[string]int{}
	for done := false; !done; {
		switch msg := c.read(); {
		case msg.Method == "elicitation/create":
			asked++
			decision := "declined"
			if strings.HasSuffix(msg.Params.Meta.Call, "7") { // each tenth
				decision = "approved"
			}
			c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept","content":{"decision":%q}}}`, msg.ID, decision))
		case msg.Method == "codex/event":
			events[msg.Params.Msg.Type]++
		case string(msg.ID) == "2":
			if done = true; !strings.Contains(string(msg.Result), `"content":"done"`) {
				t.Errorf("%s", msg.Result)
			}
		}
	}
	in.Close()
	io.Copy(io.Discard, out)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if asked != calls || events["approval_request"] != calls || events["exec_command_begin"] != calls || events["session_configured"] != 1 {
		t.Errorf("asked %d times; events %v", asked, events)
	}
	made, _ := filepath.Glob(filepath.Join(e.dir, "f*7"))
	if others, _ := filepath.Glob(filepath.Join(e.dir, "f*")); len(made) != calls/10 || len(others) != len(made) {
		t.Errorf("%d files of %d were approved", len(made), len(others))
	}
	for i := range calls {
		out, _ := m.Requests()[1].Output(fmt.Sprintf("c%d", i))
		if refused := strings.Contains(out, "rejected by user"); refused == (i%10 == 7) {
			t.Errorf("call %d: %s", i, out)
		}
	}
}

// A client that cannot be asked, or leaves while it is, approves nothing.
func TestMCPServerWithoutAnswers(t *testing.T) {
	script := modeltest.Func(func(r modeltest.Request) []modeltest.Item {
		if r.Turn == 1 {
			return []modeltest.Item{modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "touch made"})}
		}
		return []modeltest.Item{modeltest.Text("done")}
	})
	m := modeltest.ServeScript(t, script)
	cmd, e := serverCommand(t, m.URL)
	session, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), &sdk.CommandTransport{Command: cmd}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	args := map[string]any{"prompt": "go", "cwd": e.dir, "approval-policy": "untrusted"}
	if _, err := session.CallTool(t.Context(), &sdk.CallToolParams{Name: "codex", Arguments: args}); err != nil {
		t.Fatal(err)
	}
	if out := m.Requests()[1].LastOutput(); !strings.Contains(out, "nobody is there to give it") {
		t.Error(out)
	}

	m = modeltest.ServeScript(t, script)
	cmd, e = serverCommand(t, m.URL)
	args["cwd"] = e.dir
	asked := make(chan struct{})
	c := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, &sdk.ClientOptions{
		ElicitationHandler: func(ctx context.Context, _ *sdk.ElicitRequest) (*sdk.ElicitResult, error) {
			close(asked)
			<-ctx.Done()
			return nil, ctx.Err()
		},
	})
	leaving, err := c.Connect(t.Context(), &sdk.CommandTransport{Command: cmd}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	called := make(chan struct{})
	go func() {
		defer close(called)
		leaving.CallTool(ctx, &sdk.CallToolParams{Name: "codex", Arguments: args})
	}()
	<-asked
	cmd.Process.Signal(os.Interrupt) // as when a client's window is closed
	leaving.Wait()                   // the client waits for the process, which can be waited for once
	cancel()
	<-called
	leaving.Close()
	if _, err := os.Stat(filepath.Join(e.dir, "made")); err == nil {
		t.Error("it was run")
	}
}
