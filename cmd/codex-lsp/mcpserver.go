package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"codex-lsp/agent"
	"codex-lsp/agent/config"
)

const mcpServerUsage = `Usage: codex-lsp mcp-server [FLAGS]

Is an MCP server on the standard streams: any MCP client can have the agent do
something, with the tools codex and codex-reply. What needs an approval is asked
of the client by elicitation; a client without that gets none of it.

`

// runMCPServer is the subcommand mcp-server.
func runMCPServer(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("mcp-server", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	s := &mcpServer{threads: make(map[string]*served)}
	flags.Func("c", "override a setting: `key=value` (repeatable)", func(v string) error {
		s.options.Overrides = append(s.options.Overrides, v)
		return nil
	})
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stderr, mcpServerUsage)
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "mcp-server: %v\n", err)
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "mcp-server: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	log, closeLog := newLog("", s.options, slog.LevelInfo, stderr)
	defer closeLog()
	s.log = log
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := s.serve(ctx, stdin, stdout); err != nil && ctx.Err() == nil {
		log.Error("mcp-server", "err", err)
		fmt.Fprintln(stderr, "mcp-server:", err)
		return 1
	}
	return 0
}

// versions are those of the protocol in which a server can ask its client
// something: later ones have a client ask again instead, which a turn cannot
// wait for.
func versions() []string { return []string{"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"} }

// serve serves one client until it leaves or ctx ends.
func (s *mcpServer) serve(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	server := sdk.NewServer(&sdk.Implementation{Name: "codex-mcp-server", Title: "Codex", Version: version}, &sdk.ServerOptions{
		Logger: s.log, SupportedProtocolVersions: versions(),
	})
	server.AddTool(&sdk.Tool{
		Name: "codex", Title: "Codex",
		Description: "Has the Codex agent do something in a folder, in a new conversation. Returns its answer, and the threadId to go on with by codex-reply.",
		InputSchema: json.RawMessage(codexSchema), OutputSchema: json.RawMessage(answerSchema),
	}, s.codex)
	server.AddTool(&sdk.Tool{
		Name: "codex-reply", Title: "Codex Reply",
		Description: "Goes on with a conversation that codex began.",
		InputSchema: json.RawMessage(replySchema), OutputSchema: json.RawMessage(answerSchema),
	}, s.reply)
	defer s.close()
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	t := &tapped{Transport: &sdk.IOTransport{Reader: io.NopCloser(stdin), Writer: nopCloser{stdout}}, server: s, left: leave}
	session, err := server.Connect(context.WithoutCancel(ctx), t, nil)
	if err != nil {
		return err
	}
	<-ctx.Done() // the client has left, or a signal came
	s.close()    // ends the calls, which the session waits for
	session.Close()
	return session.Wait()
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// A tapped transport hands its connection on, since events are notifications
// of a kind that the SDK does not know, and tells when the client leaves.
type tapped struct {
	sdk.Transport
	server *mcpServer
	left   func()
}

// Connect implements sdk.Transport.
func (t *tapped) Connect(ctx context.Context) (sdk.Connection, error) {
	c, err := t.Transport.Connect(ctx)
	t.server.conn = c
	return &tappedConn{c, t.left}, err
}

type tappedConn struct {
	sdk.Connection
	left func()
}

// Read implements sdk.Connection.
func (c *tappedConn) Read(ctx context.Context) (jsonrpc.Message, error) {
	msg, err := c.Connection.Read(ctx)
	if err != nil {
		c.left()
	}
	return msg, err
}

// The tools' arguments and answers, as Codex had them.
const (
	codexSchema = `{"type":"object","additionalProperties":false,"required":["prompt"],"properties":{
		"prompt":{"type":"string","description":"what to do"},
		"cwd":{"type":"string","description":"the folder to work in; default: that of the server"},
		"model":{"type":"string","description":"the model to ask"},
		"profile":{"type":"string","description":"NAME of a NAME.config.toml in Codex's home"},
		"sandbox":{"type":"string","enum":["read-only","workspace-write","danger-full-access"],"description":"what commands may touch"},
		"approval-policy":{"type":"string","enum":["untrusted","on-request","on-failure","never"],"description":"when to ask"},
		"config":{"type":"object","additionalProperties":true,"description":"settings that override those of config.toml"},
		"base-instructions":{"type":"string","description":"instructions in the place of the usual ones"},
		"developer-instructions":{"type":"string","description":"further instructions"}}}`
	replySchema = `{"type":"object","additionalProperties":false,"required":["prompt"],"properties":{
		"threadId":{"type":"string","description":"of the conversation, as codex returned it"},
		"conversationId":{"type":"string","description":"an older name of threadId"},
		"prompt":{"type":"string","description":"what to say next"}}}`
	answerSchema = `{"type":"object","required":["threadId","content"],"properties":{"threadId":{"type":"string"},"content":{"type":"string"}}}`
)

// codex begins a conversation.
func (s *mcpServer) codex(ctx context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
	var args codexArgs
	if err := json.Unmarshal(req.Params.Arguments, &args); err != nil {
		return nil, fmt.Errorf("the arguments of codex: %w", err)
	}
	t, err := s.begin(args)
	if err != nil {
		return failure("", err), nil
	}
	return s.turn(ctx, req, t, args.Prompt), nil
}

// reply goes on with one.
func (s *mcpServer) reply(ctx context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
	var args struct {
		ThreadID       string `json:"threadId"`
		ConversationID string `json:"conversationId"`
		Prompt         string `json:"prompt"`
	}
	if err := json.Unmarshal(req.Params.Arguments, &args); err != nil {
		return nil, fmt.Errorf("the arguments of codex-reply: %w", err)
	}
	id := args.ThreadID
	if id == "" {
		id = args.ConversationID
	}
	t, err := s.find(id)
	if err != nil {
		return failure(id, err), nil
	}
	return s.turn(ctx, req, t, args.Prompt), nil
}

// turn takes a prompt to its answer. When the client cancels the call, the turn
// is interrupted.
func (s *mcpServer) turn(ctx context.Context, req *sdk.CallToolRequest, t *served, prompt string) *sdk.CallToolResult {
	id, err := t.thread.Ask(agent.Input{Text: prompt})
	if err != nil {
		return failure(t.thread.ID(), err)
	}
	defer t.follow(&servedCall{turnID: id, req: req})()
	defer context.AfterFunc(ctx, func() { t.thread.Interrupt() })()
	res, err := t.thread.Wait(context.Background(), id)
	switch {
	case err != nil:
		return failure(t.thread.ID(), err)
	case res.Status == agent.Interrupted:
		return failure(t.thread.ID(), errors.New("interrupted"))
	case res.Status == agent.Failed:
		return failure(t.thread.ID(), errors.New(res.Error))
	}
	return answered(t.thread.ID(), res.Answer)
}

func answered(threadID, text string) *sdk.CallToolResult {
	return &sdk.CallToolResult{
		Content:           []sdk.Content{&sdk.TextContent{Text: text}},
		StructuredContent: map[string]string{"threadId": threadID, "content": text},
	}
}

// failure is a result too: the client's model must read it.
func failure(threadID string, err error) *sdk.CallToolResult {
	r := answered(threadID, err.Error())
	r.IsError = true
	return r
}

// folderAt is the absolute path of a folder that is there.
func folderAt(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(abs); err != nil || !info.IsDir() {
		return "", fmt.Errorf("cwd %s is no folder", abs)
	}
	return abs, nil
}

// An mcpServer is the conversations of one client.
type mcpServer struct {
	options config.Options
	log     *slog.Logger
	conn    sdk.Connection // for events; set once, before any call

	closing sync.WaitGroup // of conversations that made room

	mu      sync.Mutex
	threads map[string]*served // by id; guarded by mu
	closed  bool               // guarded by mu
}
