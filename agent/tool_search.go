package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"codex-lsp/agent/exec"
	"codex-lsp/agent/mcp"
	"codex-lsp/agent/model"
)

// searchName is what Codex calls it.
const searchName = "tool_search"

// searchTool is tool_search: there are more tools of MCP servers than can be
// offered, and the model looks for the ones that it needs. What it has found is
// offered from then on.
type searchTool struct {
	spaces  []mcp.Namespace // that are not offered
	servers *servers
}

// How many tools one search finds.
const (
	usualFinds = 8
	maxFinds   = 20
)

func (s searchTool) offer() model.Tool {
	var b strings.Builder
	b.WriteString("Find tools of MCP servers that are not listed here. What it finds can be called from then on. The servers:")
	for _, n := range s.spaces {
		line, _, _ := strings.Cut(n.About, "\n")
		fmt.Fprintf(&b, "\n- %s: %d tools. %s", n.Server, len(n.Tools), firstPart(line, 200))
	}
	return model.Tool{
		Name: searchName, Description: b.String(),
		Parameters: schema(`"query":{"type":"string","description":"words for what is to be done, and the name of a server"},`+
			`"limit":{"type":"number","description":"how many tools; default 8, most 20"}`, "query"),
	}
}

func (searchTool) alone(*call) bool { return false }

func (s searchTool) run(_ context.Context, c *call) any {
	var args struct {
		Query string  `json:"query"`
		Limit float64 `json:"limit"`
	}
	if err := c.decode(&args); err != nil {
		return err.Error()
	}
	limit := int(args.Limit)
	if limit <= 0 {
		limit = usualFinds
	}
	var all []mcp.Tool
	for _, n := range s.spaces {
		all = append(all, n.Tools...)
	}
	found := mcp.Search(all, args.Query, min(limit, maxFinds))
	if len(found) == 0 {
		return fmt.Sprintf("No tool fits %q; try other words.", args.Query)
	}
	s.servers.look(found)
	var b strings.Builder
	fmt.Fprintf(&b, "%d tools, which can be called now:\n", len(found))
	for _, t := range found {
		fmt.Fprintf(&b, "- %s in %s: %s\n", t.Local, t.Namespace, firstPart(t.Description, 300))
	}
	return shortened(c, b.String())
}

// look notes tools that the model has found.
func (s *servers) look(found []mcp.Tool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range found {
		if !slices.Contains(s.found, t.Full()) {
			s.found = append(s.found, t.Full())
		}
	}
}

// shortened is a text within the model's budget for one output.
func shortened(c *call, text string) string { return exec.Truncate(text, c.turn.outputTokens(0)) }
