package agent

import (
	"context"
	"fmt"

	"codex-lsp/agent/model"
)

// planTool is update_plan: the model tells the user what it is about to do.
type planTool struct{}

func (planTool) offer() model.Tool {
	return model.Tool{
		Name:        "update_plan",
		Description: "Show the user the steps of a longer task and where you are. At most one step is in_progress.",
		Parameters: schema(`"explanation":{"type":"string"},"plan":{"type":"array","items":{"type":"object","properties":{`+
			`"step":{"type":"string"},"status":{"type":"string","enum":["pending","in_progress","completed"]}},`+
			`"required":["step","status"],"additionalProperties":false}}`, "plan"),
	}
}

func (planTool) alone(*call) bool { return false }

func (planTool) run(_ context.Context, c *call) any {
	var args struct {
		Explanation string     `json:"explanation"`
		Plan        []PlanStep `json:"plan"`
	}
	if err := c.decode(&args); err != nil {
		return err.Error()
	}
	for i, step := range args.Plan {
		switch step.Status {
		case "pending", "in_progress", "completed":
		default:
			return fmt.Sprintf("update_plan failed: step %d has status %q; use pending, in_progress or completed", i+1, step.Status)
		}
	}
	c.turn.report(PlanUpdated{Ref: c.turn.ref(), Explanation: args.Explanation, Plan: args.Plan})
	return "Plan updated"
}
