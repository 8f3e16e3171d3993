// Package mcptest makes a test binary an MCP server: a good one, or one of the
// kinds that a client must survive.
package mcptest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// KindEnv names the variable that says which kind of server to be.
const KindEnv = "CODEX_LSP_TEST_MCP"

// Main serves on the standard streams and tells that it did, if the variable is
// set. It is the first thing that a TestMain calls.
//
// The kinds: "never" starts and says nothing; "dead" ends at once; "flood"
// never stops talking, nor does "babble", which says nothing that is a message; "many" has 500 tools and "endless" 1500; "noisy" prints
// what is no message. Everything else is a good server, see addUsual.
func Main() bool {
	kind := os.Getenv(KindEnv)
	if kind == "" {
		return false
	}
	serveKind(kind)
	return true
}

// Programs is the folder with the programs that scripts/install-mcp.sh installs.
func Programs() (string, error) {
	dir := os.Getenv("MCP_PREFIX")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(cache, "codex-lsp", "mcp")
	}
	dir = filepath.Join(dir, "node_modules", ".bin")
	if _, err := os.Stat(filepath.Join(dir, "mcp-inspector")); err != nil {
		return "", fmt.Errorf("%w: install it by scripts/install-mcp.sh", err)
	}
	return dir, nil
}

func serveKind(kind string) {
	switch kind {
	case "never": // starts, and says nothing
		select {}
	case "babble": // prints what is no message, without end
		out := bufio.NewWriter(os.Stdout)
		for {
			if _, err := out.WriteString("still alive\n"); err != nil {
				return
			}
		}
	case "dead":
		fmt.Fprintln(os.Stderr, "no licence found")
		os.Exit(3)
	case "flood":
		answerThenFlood()
		return
	}
	s := sdk.NewServer(&sdk.Implementation{Name: kind, Version: "1"}, &sdk.ServerOptions{Instructions: "Use it well.", PageSize: 100})
	switch kind {
	case "many":
		for i := range 500 {
			AddTool(s, fmt.Sprintf("tool-%03d", i), nil, Say("x"))
		}
	case "endless":
		for i := range 1500 {
			AddTool(s, fmt.Sprintf("tool-%04d", i), nil, Say("x"))
		}
	case "noisy":
		fmt.Println("Listening on stdio ...")
		fmt.Println(strings.Repeat("very long line ", 20_000))
		fmt.Fprintln(os.Stderr, "a warning")
		fallthrough
	default:
		addUsual(s)
	}
	if err := s.Run(context.Background(), &sdk.StdioTransport{}); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// addUsual adds a tool for everything that a test wants done.
func addUsual(s *sdk.Server) {
	yes, no := true, false
	AddTool(s, "echo-args", &sdk.ToolAnnotations{ReadOnlyHint: true}, func(_ context.Context, r *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		return text(string(r.Params.Arguments)), nil
	})
	AddTool(s, "environment", &sdk.ToolAnnotations{DestructiveHint: &no, OpenWorldHint: &no}, func(context.Context, *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		return text(strings.Join(os.Environ(), "\n")), nil
	})
	AddTool(s, "crash", &sdk.ToolAnnotations{DestructiveHint: &yes}, func(context.Context, *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		fmt.Fprintln(os.Stderr, "out of cheese")
		os.Exit(7)
		return nil, nil
	})
	AddTool(s, "hang", nil, func(ctx context.Context, _ *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	AddTool(s, "fail", nil, func(context.Context, *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		r := text("it cannot be done")
		r.IsError = true
		return r, nil
	})
	AddTool(s, "refuse", nil, func(context.Context, *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		return nil, errors.New("no such luck")
	})
	AddTool(s, "picture", nil, func(context.Context, *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		return &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: "see"}, &sdk.ImageContent{MIMEType: "image/png", Data: []byte("png")}}}, nil
	})
	AddTool(s, "structured", nil, func(context.Context, *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		return &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: "a: 1"}}, StructuredContent: map[string]any{"a": 1}}, nil
	})
	AddTool(s, "ask", nil, askUser)
	AddTool(s, "grow", nil, func(context.Context, *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		AddTool(s, "grown", nil, Say("x"))
		return text("grown"), nil
	})
	s.AddResource(&sdk.Resource{URI: "test://one", Name: "one", MIMEType: "text/plain"}, func(context.Context, *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
		return &sdk.ReadResourceResult{Contents: []*sdk.ResourceContents{{URI: "test://one", Text: "the text"}}}, nil
	})
	s.AddResourceTemplate(&sdk.ResourceTemplate{URITemplate: "test://{name}", Name: "any"}, func(_ context.Context, r *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
		return nil, sdk.ResourceNotFoundError(r.Params.URI)
	})
}

// askUser puts a form to the user, or an address, and says what came of it.
func askUser(ctx context.Context, r *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
	p := &sdk.ElicitParams{Message: "Who?", RequestedSchema: map[string]any{
		"type": "object", "required": []string{"name"},
		"properties": map[string]any{
			"name": map[string]any{"type": "string", "title": "Name"},
			"size": map[string]any{"type": "string", "enum": []string{"s", "l"}},
		},
	}}
	if strings.Contains(string(r.Params.Arguments), "url") {
		p = &sdk.ElicitParams{Mode: "url", Message: "Pay?", URL: "https://pay.example/1", ElicitationID: "1"}
	}
	res, err := r.Session.Elicit(ctx, p)
	if err != nil {
		return nil, err
	}
	return text(fmt.Sprintf("%s %v", res.Action, res.Content)), nil
}

// answerThenFlood greets, and then never stops talking.
func answerThenFlood() {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		if strings.Contains(in.Text(), `"initialize"`) {
			fmt.Println(`{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"flood","version":"1"}}}`)
		}
		if strings.Contains(in.Text(), `"tools/list"`) {
			break
		}
	}
	out := bufio.NewWriter(os.Stdout)
	for {
		if _, err := out.WriteString(`{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"` + strings.Repeat("x", 200) + "\"}}\n"); err != nil {
			return
		}
	}
}

// AddTool adds a tool that takes anything.
func AddTool(s *sdk.Server, name string, a *sdk.ToolAnnotations, h sdk.ToolHandler) {
	s.AddTool(&sdk.Tool{Name: name, Description: "Does " + name + ".", Annotations: a, InputSchema: map[string]any{"type": "object"}}, h)
}

// Say is a tool that says something.
func Say(s string) sdk.ToolHandler {
	return func(context.Context, *sdk.CallToolRequest) (*sdk.CallToolResult, error) { return text(s), nil }
}

func text(s string) *sdk.CallToolResult {
	return &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: s}}}
}
