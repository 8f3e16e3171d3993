package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"codex-lsp/agent"
)

var _ agent.Peer = (*served)(nil)

// Read implements agent.Host.
func (t *served) Read(ctx context.Context, path string) (agent.Snapshot, error) {
	return t.host.Read(ctx, path)
}

// Edit implements agent.Host.
func (t *served) Edit(ctx context.Context, set agent.ChangeSet) agent.Outcome {
	return t.host.Edit(ctx, set)
}

// Report implements agent.Host.
func (t *served) Report(e agent.Event) { t.host.Report(e) }

// Show puts a question to the client. The ledger holds it by now, so an answer
// finds it however fast it comes.
func (t *served) Show(ctx context.Context, q *agent.Ticket) {
	c := t.current()
	if c == nil || !asksClients(c.req) {
		q.Settle(agent.Answer{Decision: agent.Declined, By: agent.ByNobody})
		return
	}
	res, err := c.req.Session.Elicit(ctx, t.elicitation(q.Question))
	switch {
	case ctx.Err() != nil: // settled elsewhere
	case err != nil:
		t.server.log.Warn("an approval was not answered", "id", q.ID, "err", err)
		q.Settle(agent.Answer{Decision: agent.Declined, By: agent.ByDisconnect})
	default:
		q.Settle(answerOf(q.Question, res))
	}
}

// asksClients tells whether a client can be asked.
func asksClients(req *sdk.CallToolRequest) bool {
	caps := req.ClientCapabilities()
	return caps != nil && caps.Elicitation != nil && (caps.Elicitation.Form != nil || caps.Elicitation.URL == nil)
}

// elicitation is a question as MCP has it. What is in _meta is for clients that
// know Codex.
func (t *served) elicitation(q agent.Question) *sdk.ElicitParams {
	var b strings.Builder
	b.WriteString(oneLine(q.Title))
	for _, s := range []string{q.Detail, q.Reason, q.Policy, q.Cwd} {
		if s != "" {
			b.WriteString("\n\n" + agent.Visible(s))
		}
	}
	p := &sdk.ElicitParams{
		Mode: "form", Message: b.String(),
		Meta: sdk.Meta{
			"codex_approval_kind": string(q.Kind), "threadId": q.ThreadID, "turnId": q.TurnID, "codex_call_id": string(q.CallID),
			"codex_decisions": q.Offers, "codex_cwd": q.Cwd, "codex_detail": q.Detail, "codex_files": q.Files,
		},
	}
	properties, required := map[string]any{}, []string{}
	if q.Kind == agent.AskForm {
		for _, f := range q.Form {
			properties[f.Name] = fieldSchema(f)
			if f.Required {
				required = append(required, f.Name)
			}
		}
	} else {
		properties["decision"] = map[string]any{
			"type": "string", "enum": q.Offers, "title": "Decision", "description": "what to do; approved if it is left out", "default": string(agent.Approved),
		}
	}
	p.RequestedSchema = map[string]any{"type": "object", "properties": properties, "required": required}
	return p
}

// fieldSchema is a field of another server's form, as that had it.
func fieldSchema(f agent.FormField) map[string]any {
	s := map[string]any{"type": f.Type}
	if f.Title != "" {
		s["title"] = f.Title
	}
	if f.Description != "" {
		s["description"] = f.Description
	}
	var values, titles []string
	for _, c := range f.Choices {
		values, titles = append(values, c.Value), append(titles, c.Title)
	}
	switch {
	case f.Type == "array":
		s["items"] = map[string]any{"type": "string", "enum": values}
	case values != nil:
		s["enum"], s["enumNames"] = values, titles
	}
	return s
}

// answerOf reads the client's answer. Only one that was offered is a yes.
func answerOf(q agent.Question, res *sdk.ElicitResult) agent.Answer {
	no := agent.Answer{Decision: agent.Declined, By: agent.ByUser}
	if res.Action != "accept" {
		return no
	}
	if q.Kind == agent.AskForm {
		if a, err := q.Fill(res.Content); err == nil {
			return a
		}
		return no
	}
	decision := agent.Approved
	if v, has := res.Content["decision"]; has {
		s, _ := v.(string)
		decision = agent.Decision(s)
	}
	if !slices.Contains(q.Offers, decision) {
		return no
	}
	return agent.Answer{Decision: decision, By: agent.ByUser}
}

// event implements reporter: it tells the client what happens, as events of
// Codex and, where the client asked for it, as progress.
func (t *served) event(e agent.Event) {
	msg := codexEvent(e)
	if msg == nil {
		return
	}
	t.send(agent.RefOf(e).TurnID, msg)
	c := t.current()
	if c == nil {
		return
	}
	if token := c.req.Params.GetProgressToken(); token != nil {
		c.steps++
		_ = c.req.Session.NotifyProgress(context.Background(), &sdk.ProgressNotificationParams{ // it is only said
			ProgressToken: token, Progress: float64(c.steps), Message: progressText(msg),
		})
	}
}

// send sends an event as Codex did. That a client has left is found out by who
// reads from it.
func (t *served) send(turnID string, msg map[string]any) {
	meta := map[string]any{"threadId": t.thread.ID()}
	if c := t.current(); c != nil && c.req.Extra != nil {
		meta["turnId"] = c.turnID
	}
	params, err := json.Marshal(map[string]any{"_meta": meta, "id": turnID, "msg": msg})
	if err != nil {
		return
	}
	_ = t.server.conn.Write(context.Background(), &jsonrpc.Request{Method: "codex/event", Params: params})
}

// codexEvent is an event by Codex's names for it; nil for one that it has none
// for.
func codexEvent(e agent.Event) map[string]any {
	switch e := e.(type) {
	case agent.TurnStarted:
		return map[string]any{"type": "task_started"}
	case agent.TurnCompleted:
		if e.Status == agent.Interrupted {
			return map[string]any{"type": "turn_aborted", "reason": "interrupted"}
		}
		if e.Status == agent.Failed {
			return map[string]any{"type": "error", "message": e.Error}
		}
		return map[string]any{"type": "task_complete", "last_agent_message": e.Answer}
	case agent.ItemStarted:
		return itemEvent(e.Item, "_begin")
	case agent.ItemCompleted:
		return itemEvent(e.Item, "_end")
	case agent.PlanUpdated:
		return map[string]any{"type": "plan_update", "explanation": e.Explanation, "plan": e.Plan}
	case agent.UsageUpdated:
		return map[string]any{"type": "token_count", "info": e.Usage}
	case agent.Warning:
		return map[string]any{"type": "warning", "message": e.Message}
	case agent.ApprovalRequested:
		return map[string]any{"type": "approval_request", "call_id": e.Question.CallID, "title": e.Question.Title}
	}
	return nil
}

func itemEvent(it agent.Item, end string) map[string]any {
	switch it.Type {
	case agent.AgentMessage:
		if end == "_end" && it.Status == agent.ItemCompletedS {
			return map[string]any{"type": "agent_message", "message": it.Text}
		}
	case agent.Reasoning:
		if end == "_end" && it.Text != "" {
			return map[string]any{"type": "agent_reasoning", "text": it.Text}
		}
	case agent.CommandExecution:
		return map[string]any{"type": "exec_command" + end, "call_id": it.ID, "command": it.Command, "cwd": it.Cwd, "status": it.Status, "aggregated_output": it.Output, "exit_code": it.ExitCode}
	case agent.FileChangeItem:
		return map[string]any{"type": "patch_apply" + end, "call_id": it.ID, "changes": it.Changes, "status": it.Status}
	case agent.WebSearch:
		return map[string]any{"type": "web_search" + end, "call_id": it.ID, "query": it.Query}
	case agent.McpToolCall:
		return map[string]any{"type": "mcp_tool_call" + end, "call_id": it.ID, "invocation": map[string]any{"server": it.Server, "tool": it.Tool, "arguments": it.Arguments}, "status": it.Status, "result": it.Result, "error": it.Error}
	}
	return nil
}

// progressText is an event in a few words.
func progressText(msg map[string]any) string {
	text, _ := msg["type"].(string)
	text = strings.ReplaceAll(text, "_", " ")
	for _, key := range []string{"command", "message", "title", "last_agent_message"} {
		if s, ok := msg[key].(string); ok && s != "" {
			s = oneLine(s)
			if r := []rune(s); len(r) > 120 {
				s = string(r[:120]) + "…"
			}
			return text + ": " + s
		}
	}
	return text
}
