package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"codex-lsp/agent"
	"codex-lsp/agent/config"
)

// jsonLines reports a turn in the events of Codex's exec, one a line.
type jsonLines struct {
	w     io.Writer
	err   error               // the first that writing gave
	items int                 // so far: each has a number
	open  map[string]openItem // started and not completed, by the agent's id
	todo  *todoItem           // the plan, once there is one
	usage agent.Usage
}

// An openItem is what is left to say of an item if nothing more comes.
type openItem struct {
	id   string
	item agent.Item
}

func newJSONLines(w io.Writer) *jsonLines {
	return &jsonLines{w: w, open: make(map[string]openItem)}
}

type (
	execEvent struct {
		Type     string     `json:"type"`
		ThreadID string     `json:"thread_id,omitempty"`
		Item     any        `json:"item,omitempty"`
		Usage    *execUsage `json:"usage,omitempty"`
		Error    *execError `json:"error,omitempty"`
		Message  string     `json:"message,omitempty"`
	}
	execUsage struct {
		Input      int64 `json:"input_tokens"`
		Cached     int64 `json:"cached_input_tokens"`
		CacheWrite int64 `json:"cache_write_input_tokens"`
		Output     int64 `json:"output_tokens"`
		Reasoning  int64 `json:"reasoning_output_tokens"`
	}
	execError struct {
		Message string `json:"message"`
	}
	itemHead struct {
		ID   string `json:"id"`
		Type string `json:"type"`
	}
	textItem struct { // agent_message, reasoning
		itemHead
		Text string `json:"text"`
	}
	errorItem struct {
		itemHead
		Message string `json:"message"`
	}
	commandItem struct {
		itemHead
		Command  string `json:"command"`
		Output   string `json:"aggregated_output"`
		ExitCode *int   `json:"exit_code"` // null while there is none
		Status   string `json:"status"`
	}
	changeItem struct {
		itemHead
		Changes []changedPath `json:"changes"`
		Status  string        `json:"status"`
	}
	changedPath struct {
		Path string `json:"path"`
		Kind string `json:"kind"`
	}
	toolItem struct {
		itemHead
		Server    string           `json:"server"`
		Tool      string           `json:"tool"`
		Arguments json.RawMessage  `json:"arguments"`
		Result    *toolResult      `json:"result"` // null while there is none
		Error     *agent.ItemError `json:"error"`  // likewise
		Status    string           `json:"status"`
	}
	searchItem struct {
		itemHead
		Query  string          `json:"query"`
		Action json.RawMessage `json:"action"`
	}
	toolResult struct {
		Content    json.RawMessage `json:"content"`
		Structured json.RawMessage `json:"structured_content"`
	}
	todoItem struct {
		itemHead
		Items []todo `json:"items"`
	}
	todo struct {
		Text      string `json:"text"`
		Completed bool   `json:"completed"`
	}
)

// begin implements reporter.
func (j *jsonLines) begin(threadID, _ string, c *config.Config) {
	j.write(execEvent{Type: "thread.started", ThreadID: threadID})
	for _, p := range c.Problems {
		if p.File != "" {
			continue // the turn says so
		}
		j.problem(p.Error())
	}
}

// event implements reporter.
func (j *jsonLines) event(e agent.Event) {
	switch e := e.(type) {
	case agent.TurnStarted:
		j.write(execEvent{Type: "turn.started"})
	case agent.ItemStarted:
		j.started(e.Item)
	case agent.ItemCompleted:
		j.completed(e.Item)
	case agent.PlanUpdated:
		j.plan(e.Plan)
	case agent.UsageUpdated:
		j.usage = e.Usage
	case agent.Warning:
		j.problem(e.Message)
	case agent.Waiting:
		if e.Reason == agent.WaitRetry || e.Reason == agent.WaitLimit {
			j.write(execEvent{Type: "error", Message: "Reconnecting... " + e.Detail})
		}
	}
}

// end implements reporter. Nothing stays open: the plan is what it is, and
// commands that were left running are dead by now.
func (j *jsonLines) end(res agent.Result) error {
	for _, id := range slices.Sorted(maps.Keys(j.open)) {
		it := j.open[id].item
		it.Status = agent.ItemFailed
		j.completed(it)
	}
	if j.todo != nil {
		j.write(execEvent{Type: "item.completed", Item: j.todo})
	}
	u := j.usage
	switch res.Status {
	case agent.Completed:
		j.write(execEvent{Type: "turn.completed", Usage: &execUsage{u.Input, u.Cached, u.CacheWrite, u.Output, u.Reasoning}})
	case agent.Interrupted:
		j.write(execEvent{Type: "turn.failed", Error: &execError{"interrupted"}})
	default:
		j.write(execEvent{Type: "error", Message: res.Error})
		j.write(execEvent{Type: "turn.failed", Error: &execError{res.Error}})
	}
	return j.err
}

// started announces what takes time; other items come whole.
func (j *jsonLines) started(it agent.Item) {
	if it.Type == agent.CommandExecution || it.Type == agent.FileChangeItem || it.Type == agent.McpToolCall || it.Type == agent.WebSearch {
		o := openItem{j.nextID(), it}
		j.open[it.ID] = o
		j.write(execEvent{Type: "item.started", Item: shown(o.id, it)})
	}
}

func (j *jsonLines) completed(it agent.Item) {
	switch it.Type {
	case agent.CommandExecution, agent.FileChangeItem, agent.McpToolCall, agent.WebSearch:
		o, known := j.open[it.ID]
		if !known {
			o.id = j.nextID()
			if it.Type == agent.WebSearch { // which began before anybody heard of it
				j.write(execEvent{Type: "item.started", Item: shown(o.id, it)})
			}
		}
		if it.Status == agent.ItemInProgress { // it goes on in the background
			j.open[it.ID] = openItem{o.id, it}
			j.write(execEvent{Type: "item.updated", Item: shown(o.id, it)})
			return
		}
		delete(j.open, it.ID)
		j.write(execEvent{Type: "item.completed", Item: shown(o.id, it)})
		if it.Type == agent.FileChangeItem && it.Status != agent.ItemCompletedS {
			j.problem(it.Output) // for which the item itself has no place
		}
		if it.Denied != "" { // nor for that
			j.problem("`" + agent.Describe(it.Command) + "`: " + it.Denied)
		}
	case agent.AgentMessage, agent.Reasoning:
		if it.Text != "" && it.Status == agent.ItemCompletedS {
			kind := map[agent.ItemType]string{agent.AgentMessage: "agent_message", agent.Reasoning: "reasoning"}[it.Type]
			j.write(execEvent{Type: "item.completed", Item: textItem{itemHead{j.nextID(), kind}, it.Text}})
		}
	}
}

// shown is a command, a patch, a call of an MCP server or a search of the web.
func shown(id string, it agent.Item) any {
	status := map[agent.ItemStatus]string{
		agent.ItemInProgress: "in_progress", agent.ItemCompletedS: "completed", agent.ItemFailed: "failed", agent.ItemDeclined: "declined",
	}[it.Status]
	if it.Type == agent.CommandExecution {
		return commandItem{itemHead{id, "command_execution"}, it.Command, it.Output, it.ExitCode, status}
	}
	if it.Type == agent.WebSearch {
		action := it.Action
		if action == nil { // not yet known, or not told
			action = json.RawMessage(`{"type":"other"}`)
		}
		return searchItem{itemHead{id, "web_search"}, it.Query, action}
	}
	if it.Type == agent.McpToolCall {
		if it.Status == agent.ItemDeclined {
			status = "failed" // calls are not declined in this schema
		}
		return toolItem{itemHead{id, "mcp_tool_call"}, it.Server, it.Tool, it.Arguments, resultOf(it), it.Error, status}
	}
	changes := []changedPath{}
	for _, c := range it.Changes {
		if c.MoveTo != "" { // for which the schema has no word
			changes = append(changes, changedPath{c.Path, "delete"}, changedPath{c.MoveTo, "add"})
			continue
		}
		changes = append(changes, changedPath{c.Path, c.Kind})
	}
	if it.Status == agent.ItemDeclined {
		status = "failed" // patches are not declined in this schema
	}
	return changeItem{itemHead{id, "file_change"}, changes, status}
}

// resultOf is the result of a server's call, which has another name for what is
// structured here than in the protocol.
func resultOf(it agent.Item) *toolResult {
	if it.Result == nil {
		return nil
	}
	var r struct{ Content, StructuredContent json.RawMessage }
	_ = json.Unmarshal(it.Result, &r) // it is the agent's own
	return &toolResult{r.Content, r.StructuredContent}
}

func (j *jsonLines) plan(steps []agent.PlanStep) {
	typ := "item.updated"
	if j.todo == nil {
		typ = "item.started"
		j.todo = &todoItem{itemHead: itemHead{j.nextID(), "todo_list"}}
	}
	j.todo.Items = make([]todo, len(steps))
	for i, s := range steps {
		j.todo.Items[i] = todo{s.Step, s.Status == "completed"}
	}
	j.write(execEvent{Type: typ, Item: j.todo})
}

// problem reports what does not end the turn.
func (j *jsonLines) problem(message string) {
	j.write(execEvent{Type: "item.completed", Item: errorItem{itemHead{j.nextID(), "error"}, message}})
}

func (j *jsonLines) nextID() string {
	j.items++
	return fmt.Sprint("item_", j.items-1)
}

// write sends one line at once, so that readers follow.
func (j *jsonLines) write(e execEvent) {
	if j.err != nil {
		return
	}
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(e) // values of our own types
	if _, err := j.w.Write(line.Bytes()); err != nil {
		j.err = fmt.Errorf("write the events: %w", err)
	}
}
