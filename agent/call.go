package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"codex-lsp/agent/model"
	"codex-lsp/agent/point"
)

// A call is one tool call of the model, from its item to its output.
type call struct {
	turn   *turn
	id     CallID
	name   string // in one piece with the namespace, if there is one
	args   string // JSON of a function, free text of a custom tool
	custom bool
	tool   tool // nil when there is none of this name
	alone  bool // runs with no other call beside it
	kept   bool // the rollout has it

	done    chan struct{}
	output  json.RawMessage // set before done is closed
	aborted bool            // the user wants the turn to end; likewise
	made    string          // what it did to files, which an interrupt does not undo
	context []string        // what hooks want the model to know; set before done is closed
}

// newCall makes a call of an item. Its id is made unique in the thread, and
// the item rewritten only if it was not: some models repeat or omit ids, and
// no provider takes the history back that way.
func newCall(tn *turn, out output, raw json.RawMessage) (*call, json.RawMessage) {
	c := &call{turn: tn, id: out.CallID, name: model.Full(out.Namespace, out.Name), args: out.Arguments, done: make(chan struct{})}
	if out.Type == "custom_tool_call" {
		c.custom, c.args = true, out.Input
	}
	if c.id == "" || tn.thread.calls[c.id] || tn.thread.partial && len(c.id) < longID {
		c.id = CallID("call_" + newID())
		raw = withCallID(raw, c.id)
	}
	tn.thread.calls[c.id] = true
	c.tool = tn.tools[c.name]
	c.alone = c.tool != nil && c.tool.alone(c)
	return c, raw
}

// longID is how long an id is, in characters, that no model makes twice. Of a
// resumed thread, not all ids that it had are known.
const longID = 16

func withCallID(raw json.RawMessage, id CallID) json.RawMessage {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return raw
	}
	fields["call_id"] = mustJSON(id)
	return mustJSON(fields)
}

// run waits for the calls before it, then does what is asked. The response
// waits for done.
func (c *call) run(before []*call) {
	defer close(c.done)
	for _, other := range before {
		<-other.done
	}
	start := time.Now()
	content := c.do(c.turn.ctx)
	if text, ok := content.(string); ok { // a command can find what it is not given
		content = c.turn.redact(text + c.turn.drifted(c.turn.ctx))
	}
	if c.turn.ctx.Err() != nil {
		content = strings.TrimSpace(fmt.Sprintf("Wall time: %.1f seconds\naborted by user\n%s", time.Since(start).Seconds(), c.made))
	}
	c.output = callOutput(c.custom, c.id, content)
}

func (c *call) do(ctx context.Context) any {
	if ctx.Err() != nil {
		return nil // run says so
	}
	if c.tool == nil {
		return fmt.Sprintf("unsupported call: %s. The tools are: %s.", c.name, c.turn.tools.names())
	}
	if len(c.turn.hooks) == 0 {
		return c.runTool(ctx)
	}
	if stopped := c.beforeTool(ctx); stopped != "" {
		return stopped
	}
	return c.afterTool(ctx, c.runTool(ctx))
}

func (c *call) runTool(ctx context.Context) any {
	switch c.tool.(type) {
	case execTool, stdinTool, patchTool: // mark their start when it has come
	case readTool, imageTool, planTool, askTool, permissionsTool: // change nothing, so may run again
	default:
		if err := c.begin(); err != nil {
			return c.name + " failed: " + err.Error()
		}
	}
	return c.tool.run(ctx, c)
}

// approved notes in the rollout that the call may run.
func (c *call) approved(by Settler) {
	if c.kept {
		c.turn.kept(c.turn.thread.record.file.Approved(c.turn.id, string(c.id), string(by)))
	}
}

// begin notes in the rollout that the call is about to run. It must not, if that
// fails and the call itself is there: after a crash it would seem not to have.
func (c *call) begin() error {
	if !c.kept {
		return nil
	}
	return c.begun(c.turn.thread.record.file.Started(c.turn.id, string(c.id)))
}

// beginEdit does the same for what the journal tells of.
func (c *call) beginEdit(journalled bool) error {
	if !c.kept || !journalled {
		return c.begin()
	}
	return c.begun(c.turn.thread.record.file.Editing(c.turn.id, string(c.id)))
}

func (c *call) begun(err error) error {
	if err == nil {
		point.At("call begun")
		return nil
	}
	c.turn.kept(err)
	return fmt.Errorf("not run, as its start cannot be saved (%w), and it could run twice after a crash; the conversation goes on unsaved, so if it is still wanted, call it again", err)
}

// decode reads the arguments of a function call into v. The error is written
// for the model: what is wrong, where, and what is expected.
func (c *call) decode(v any) error {
	if err := json.Unmarshal([]byte(c.args), v); err != nil {
		return fmt.Errorf("failed to parse function arguments: %w\nThe arguments of %s must be one JSON object: %s", err, c.name, c.tool.offer().Parameters)
	}
	return nil
}

// ask puts a question about this call to the user and waits for the answer.
func (c *call) ask(ctx context.Context, q Question) Answer {
	tn := c.turn
	if a, settled := c.permitted(ctx, q); settled {
		return a
	}
	q.CallID = c.id
	q.Offers = []Decision{Approved, ApprovedForSession, Declined, Abort}
	if len(q.Proposal) > 0 {
		q.Offers = slices.Insert(q.Offers, 2, ApprovedWithRule)
	}
	answer := tn.ask(ctx, q)
	if answer.Decision == Abort {
		c.aborted = true
	}
	return answer
}

// ask puts a question to the user and waits for the answer.
func (tn *turn) ask(ctx context.Context, q Question) Answer {
	q.ThreadID, q.TurnID = tn.thread.id, tn.id
	ticket, err := tn.thread.agent.ledger.Open(q)
	if err != nil {
		return Answer{Decision: Declined, By: ByPolicy, Message: err.Error()}
	}
	tn.report(ApprovalRequested{Ref: tn.ref(), Question: ticket.Question})
	tn.waits(WaitApproval, ticket.Title)
	answer := ticket.Ask(ctx)
	tn.report(ApprovalResolved{Ref: tn.ref(), ID: ticket.ID, Answer: answer})
	if len(tn.thread.agent.ledger.Pending(tn.thread.id)) == 0 {
		tn.waits("", "")
	}
	return answer
}

// refusal is what the model is told of a call that was not approved.
func refusal(what string, a Answer) string {
	said := ""
	if a.Message != "" {
		said = "\nThe user says: " + a.Message
	}
	switch a.By {
	case ByUser:
		return what + " rejected by user" + said
	case ByPolicy:
		return what + " rejected: " + a.Message
	case ByHook:
		return what + " rejected by a hook: " + a.Message
	case ByTimeout:
		return what + " rejected: the user did not answer in time"
	case ByDisconnect:
		return what + " rejected: the editor that was asked has disconnected"
	case ByNobody:
		return what + " rejected: it needs an approval, and nobody is there to give it"
	}
	return what + " rejected: the turn was interrupted"
}
