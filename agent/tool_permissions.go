package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"codex-lsp/agent/exec"
	"codex-lsp/agent/model"
)

// permissionsTool is request_permissions: the model asks for more than the
// sandbox allows, for the commands and patches that follow. Codex has it with a
// feature that is off by default.
type permissionsTool struct{}

func (permissionsTool) offer() model.Tool {
	return model.Tool{
		Name: "request_permissions",
		Description: "Ask the user to let the commands that follow write to more folders or use the network, within the sandbox, until the turn ends or for the session. " +
			"Returns what was granted. For one command, sandbox_permissions of exec_command is less to ask for.",
		Parameters: schema(`"reason":{"type":"string","description":"one sentence that tells the user why"},`+
			`"permissions":{"type":"object","properties":{`+
			`"network":{"type":"object","properties":{"enabled":{"type":"boolean"}},"additionalProperties":false},`+
			`"file_system":{"type":"object","properties":{`+
			`"read":{"type":"array","items":{"type":"string"},"description":"commands read everything as it is"},`+
			`"write":{"type":"array","items":{"type":"string"},"description":"folders that are there; absolute, or relative to the workspace"}},"additionalProperties":false}},`+
			`"additionalProperties":false}`, "permissions"),
	}
}

func (permissionsTool) alone(*call) bool { return true } // what follows runs under it

// permissionsArgs are its arguments, and with a scope its output, as Codex
// defines them.
type permissionsArgs struct {
	Reason      string `json:"reason,omitempty"`
	Permissions struct {
		Network *struct {
			Enabled bool `json:"enabled"`
		} `json:"network,omitempty"`
		Files *struct {
			Read  []string `json:"read,omitempty"`
			Write []string `json:"write,omitempty"`
		} `json:"file_system,omitempty"`
	} `json:"permissions"`
	Scope string `json:"scope,omitempty"` // turn or session
}

func (permissionsTool) run(ctx context.Context, c *call) any {
	var args permissionsArgs
	if err := c.decode(&args); err != nil {
		return err.Error()
	}
	want, err := c.wanted(args)
	if err != nil {
		return "request_permissions failed: " + err.Error()
	}
	a := c.mayHave(ctx, want, args.Reason)
	switch {
	case a.Decision == ApprovedForSession:
		c.turn.thread.grants.permit(want, "")
		args.Scope = "session"
	case a.Decision.Yes():
		c.turn.thread.grants.permit(want, c.turn.id)
		args.Scope = "turn"
	default:
		return "request_permissions failed: " + refusal("permissions", a)
	}
	args.Reason = ""
	if args.Permissions.Files != nil {
		args.Permissions.Files.Write = want.Write
	}
	return string(mustJSON(args))
}

// wanted is what the model asks for. The error is for it.
func (c *call) wanted(args permissionsArgs) (p Permissions, err error) {
	asked := args.Permissions
	p.Network = asked.Network != nil && asked.Network.Enabled
	if asked.Files != nil {
		for _, path := range asked.Files.Write {
			dir, err := grantable(c.turn.config, c.turn.thread.cwd, path)
			if err != nil {
				return p, err
			}
			p.Write = append(p.Write, dir)
		}
	}
	switch {
	case p.none():
		return p, errors.New("it asks for nothing that commands do not have: name folders under file_system.write, or enable network")
	case !c.turn.thread.confined(c.turn.config, c.turn.id).Exists:
		return p, errors.New("commands run without a sandbox here, so there is nothing to widen; run the command, and the user is asked where that is needed")
	}
	return p, nil
}

// mayHave asks the user, unless the settings want nobody to be asked.
func (c *call) mayHave(ctx context.Context, want Permissions, reason string) Answer {
	if why := refusesQuestions(c.turn.config.Approval); why != "" {
		return Answer{Decision: Declined, By: ByPolicy, Message: why}
	}
	if c.turn.config.GrantsSilent {
		return Answer{Decision: Declined, By: ByPolicy, Message: "approval_policy.granular.request_permissions is false"}
	}
	var all, brief []string
	for _, dir := range want.Write {
		all = append(all, "write below "+exec.Visible(dir))
	}
	if brief = slices.Clone(all); len(all) > 1 {
		brief = []string{fmt.Sprintf("write below %d folders", len(all))}
	}
	if want.Network {
		const network = "use the network"
		all, brief = append(all, network), append(brief, network)
	}
	return c.ask(ctx, Question{
		Kind: AskPermissions, Title: "Let commands " + strings.Join(brief, " and ") + " from now on?",
		Detail: strings.Join(all, "\n"), Reason: reason, Cwd: c.turn.thread.cwd,
		Policy: "in the sandbox and unasked; approved once, until the turn ends, and what it leaves running",
	})
}
