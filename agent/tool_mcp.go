package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"codex-lsp/agent/config"
	"codex-lsp/agent/configfile"
	"codex-lsp/agent/exec"
	"codex-lsp/agent/mcp"
	"codex-lsp/agent/model"
)

// mcpTool is a tool of an MCP server.
type mcpTool struct {
	tool     mcp.Tool
	about    string // the server
	deferred bool   // offered only once the model has looked it up
}

func (m mcpTool) offer() model.Tool {
	return model.Tool{Namespace: m.tool.Namespace, About: m.about, Name: m.tool.Local, Description: m.tool.Description, Parameters: m.tool.Schema}
}

// alone is how Codex calls servers that do not say that they can do several
// things at once. A call that only reads can wait for none.
func (m mcpTool) alone(*call) bool { return !m.tool.Parallel }

func (m mcpTool) run(ctx context.Context, c *call) any {
	args := json.RawMessage(strings.TrimSpace(c.args))
	if len(args) == 0 {
		args = json.RawMessage("{}")
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(args, &object); err != nil {
		return c.decode(&object).Error()
	}
	tn := c.turn
	item := Item{ID: string(c.id), Type: McpToolCall, Status: ItemInProgress, Server: m.tool.Server, Tool: m.tool.Name, Arguments: args}
	tn.report(ItemStarted{Ref: tn.ref(), Item: item})
	start := time.Now()
	end := func(s ItemStatus, why string) {
		item.Status, item.Millis = s, time.Since(start).Milliseconds()
		if why != "" {
			item.Error = &ItemError{Message: why}
		}
		tn.report(ItemCompleted{Ref: tn.ref(), Item: item})
	}
	a := c.mayCall(ctx, m.tool, args)
	if !a.Decision.Yes() {
		why := refusedCall(a)
		end(ItemDeclined, why)
		return why
	}
	start = time.Now()
	res, err := c.callServer(ctx, m.tool, args, a.By)
	if err != nil {
		why := tn.redact(failed(err))
		end(ItemFailed, why)
		return "tool call error: " + why
	}
	content, shown := c.mcpContent(res, time.Since(start))
	item.Result = shown
	if res.IsError {
		end(ItemFailed, "")
	} else {
		end(ItemCompletedS, "")
	}
	return content
}

// callServer makes the call. A server may change files as a command may, so
// what commands are given, it is given too: files as the user sees them, and
// undo.
func (c *call) callServer(ctx context.Context, t mcp.Tool, args json.RawMessage, by Settler) (mcp.Result, error) {
	tn := c.turn
	set := tn.thread.servers.current()
	if set == nil {
		return mcp.Result{}, fmt.Errorf("the MCP server `%s` was stopped", t.Server)
	}
	defer tn.thread.servers.begin(t.Server, c)()
	done := func() {}
	if !t.Hints.ReadOnly {
		tn.thread.peers.save(ctx, tn.changes.paths())
		done = c.watched(ctx, by)
	}
	tn.waits(WaitCommand, t.Full())
	res, err := set.Call(ctx, t, args)
	tn.waits("", "")
	done()
	if !t.Hints.ReadOnly {
		tn.thread.peers.reload(context.WithoutCancel(ctx))
	}
	return res, err
}

// mayCall asks the user where the settings and what the server says of the tool
// want it.
func (c *call) mayCall(ctx context.Context, t mcp.Tool, args json.RawMessage) Answer {
	tn := c.turn
	key := "mcp\x00" + t.Server + "\x00" + t.Name
	asks := t.Asks() || tn.config.Approval == config.Untrusted && t.Approval != config.MCPApprove
	if !asks || tn.thread.grants.command(key) {
		return Answer{Decision: Approved, By: ByPolicy}
	}
	if refusesQuestions(tn.config.Approval) != "" || tn.config.MCP.Silent {
		return Answer{Decision: Declined, By: ByPolicy}
	}
	q := Question{
		Kind: AskTool, Title: fmt.Sprintf("Call %s of the MCP server %s?", Describe(t.Name), Describe(t.Server)),
		Detail: exec.Visible(indented(args)), Reason: t.Title, Policy: doubt(t), Cwd: tn.thread.cwd,
	}
	if configfile.Has(tn.config.Home, "mcp_servers", t.Server) { // elsewhere it would be a server without a command
		q.Proposal = []string{fmt.Sprintf(`[mcp_servers.%s.tools.%s] approval_mode = "approve"`, t.Server, t.Name)}
	}
	a := c.ask(ctx, q)
	switch a.Decision {
	case ApprovedForSession:
		tn.thread.grants.addCommand(key)
	case ApprovedWithRule:
		tn.thread.grants.addCommand(key) // the settings of this turn are the old ones
		err := configfile.Edit(ctx, tn.config.Home, func(d *config.Document) error {
			return d.Set(string(config.MCPApprove), "mcp_servers", t.Server, "tools", t.Name, "approval_mode")
		})
		if err != nil {
			tn.report(Warning{Ref: tn.ref(), Message: err.Error() + "; the tool was approved for this session"})
		}
	}
	return a
}

// doubt is why a call is asked about.
func doubt(t mcp.Tool) string {
	switch {
	case t.Approval == config.MCPPrompt:
		return "the settings want every call of it approved"
	case t.Hints.Destructive && t.Hints.OpenWorld:
		return "the server does not say that the tool only reads"
	case t.Hints.Destructive:
		return "the server says that the tool may destroy something"
	case t.Hints.OpenWorld:
		return "the server says that the tool reaches beyond it"
	}
	return "the server says that the tool changes something"
}

// refusedCall is what the model is told of a call that was not approved, in
// Codex's words.
func refusedCall(a Answer) string {
	switch a.By {
	case ByPolicy:
		if a.Message == "" {
			return "MCP tool call requires approval, but approval policy is never"
		}
	case ByUser:
		if a.Decision == Abort {
			return "user cancelled MCP tool call"
		}
		if a.Message == "" {
			return "user rejected MCP tool call"
		}
		return "user rejected MCP tool call\nThe user says: " + a.Message
	case ByInterrupt:
		return "user cancelled MCP tool call"
	}
	return refusal("MCP tool call", a)
}

func indented(args json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, args, "", "  ") != nil {
		return string(args)
	}
	return b.String()
}

// maxShown bounds what clients are told of a result; the model has more of it.
const maxShown = 64 << 10

// mcpContent is a result for the model, in Codex's form, and for clients.
func (c *call) mcpContent(res mcp.Result, wall time.Duration) (content any, shown json.RawMessage) {
	tn := c.turn
	head := fmt.Sprintf("Wall time: %.4f seconds\nOutput:\n", wall.Seconds())
	var parts []part
	var texts []string
	budget := tn.outputTokens(0)
	images := false
	for _, p := range res.Parts() {
		if p.Image != "" {
			images = true
			parts = append(parts, part{Type: "input_image", ImageURL: p.Image})
			continue
		}
		text := exec.Truncate(tn.redact(p.Text), budget)
		budget = max(0, budget-exec.Tokens(text))
		texts = append(texts, text)
		parts = append(parts, part{Type: "input_text", Text: text})
	}
	said, shown := strings.Join(texts, "\n"), tn.shownResult(res)
	if !images {
		return head + said, shown
	}
	return append([]part{{Type: "input_text", Text: head}}, parts...), shown
}

// shownResult is a result for clients, in the shape of Codex's protocol and
// bounded. What is structured is left out where it is too long for that: cut, it
// would be no JSON.
func (tn *turn) shownResult(res mcp.Result) json.RawMessage {
	left := maxShown
	parts := []part{}
	for _, text := range res.Pieces() {
		if left == 0 {
			break
		}
		text = firstPart(tn.redact(text), left)
		left = max(0, left-len(text))
		parts = append(parts, part{Type: "text", Text: text})
	}
	structured := json.RawMessage(tn.redact(string(res.Structured)))
	if len(structured) > left || !json.Valid(structured) {
		structured = nil
	}
	return mustJSON(struct {
		Content    []part          `json:"content"`
		Structured json.RawMessage `json:"structuredContent"`
	}{parts, structured})
}

// firstPart is the beginning of a text that is too long.
func firstPart(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
