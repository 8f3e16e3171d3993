package agent

import (
	"context"
	"encoding/json"
	"time"

	"codex-lsp/agent/model"
)

// resourcesTool is list_mcp_resources, or list_mcp_resource_templates.
type resourcesTool struct{ templates bool }

func (r resourcesTool) offer() model.Tool {
	name, what := "list_mcp_resources", "resources, which are texts and other data that MCP servers have"
	if r.templates {
		name, what = "list_mcp_resource_templates", "templates of addresses of resources that MCP servers have"
	}
	return model.Tool{
		Name:        name,
		Description: "List " + what + ". Prefer them to a web search where they fit.",
		Parameters: schema(`"server":{"type":"string","description":"name of the server; all servers if it is left out"},` +
			`"cursor":{"type":"string","description":"nextCursor of an earlier list of the same server"}`),
	}
}

func (resourcesTool) alone(*call) bool { return false }

func (r resourcesTool) run(ctx context.Context, c *call) any {
	var args struct {
		Server string `json:"server"`
		Cursor string `json:"cursor"`
	}
	if err := c.decode(&args); err != nil {
		return err.Error()
	}
	var list json.RawMessage
	return c.resource(args.Server, func() (err error) {
		list, err = c.turn.thread.servers.current().ListResources(ctx, args.Server, args.Cursor, r.templates)
		return err
	}, func(time.Duration) (any, json.RawMessage) {
		return shortened(c, string(list)), nil
	})
}

// resourceTool is read_mcp_resource.
type resourceTool struct{}

func (resourceTool) offer() model.Tool {
	return model.Tool{
		Name:        "read_mcp_resource",
		Description: "Read a resource of an MCP server.",
		Parameters: schema(`"server":{"type":"string","description":"name of the server, as list_mcp_resources gives it"},`+
			`"uri":{"type":"string","description":"address of the resource"}`, "server", "uri"),
	}
}

func (resourceTool) alone(*call) bool { return false }

func (resourceTool) run(ctx context.Context, c *call) any {
	var args struct {
		Server string `json:"server"`
		URI    string `json:"uri"`
	}
	if err := c.decode(&args); err != nil {
		return err.Error()
	}
	var content func(time.Duration) (any, json.RawMessage)
	return c.resource(args.Server, func() error {
		res, err := c.turn.thread.servers.current().ReadResource(ctx, args.Server, args.URI)
		content = func(d time.Duration) (any, json.RawMessage) { return c.mcpContent(res, d) }
		return err
	}, func(d time.Duration) (any, json.RawMessage) { return content(d) })
}

// resource asks a server for something that it has. That needs no approval: the
// user has set the server up for it.
func (c *call) resource(server string, ask func() error, content func(time.Duration) (any, json.RawMessage)) any {
	tn := c.turn
	if tn.thread.servers.current() == nil {
		return c.name + " failed: the MCP servers were stopped"
	}
	args := json.RawMessage(c.args)
	item := Item{ID: string(c.id), Type: McpToolCall, Status: ItemInProgress, Server: server, Tool: c.name, Arguments: args}
	tn.report(ItemStarted{Ref: tn.ref(), Item: item})
	defer func() { tn.report(ItemCompleted{Ref: tn.ref(), Item: item}) }()
	if server != "" {
		defer tn.thread.servers.begin(server, c)()
	}
	start := time.Now()
	if err := ask(); err != nil {
		why := tn.redact(failed(err))
		item.Status, item.Error = ItemFailed, &ItemError{Message: why}
		return c.name + " failed: " + why
	}
	took := time.Since(start)
	item.Status, item.Millis = ItemCompletedS, took.Milliseconds()
	said, shown := content(took)
	item.Result = shown
	return said
}
