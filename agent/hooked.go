package agent

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"codex-lsp/agent/config"
	"codex-lsp/agent/hooks"
)

// The user's programs run at the events of a conversation, see package hooks.

// hooked runs the hooks of an event, and tells the user what they want to be
// known.
func (tn *turn) hooked(ctx context.Context, event hooks.Event, what string, input map[string]any) hooks.Outcome {
	if len(tn.hooks) == 0 {
		return hooks.Outcome{}
	}
	t := tn.thread
	all := t.hookInput(tn.config)
	all["turn_id"] = tn.id
	for name, v := range input {
		all[name] = v
	}
	if i := slices.IndexFunc(tn.hooks, func(h hooks.Hook) bool { return h.Wants(event, what) && !h.Async }); i >= 0 {
		tn.waits(WaitHook, cmp.Or(tn.hooks[i].Status, string(event)))
		defer tn.waits("", "")
	}
	o := t.agent.hooks.Run(ctx, tn.hooks, t.cwd, event, what, all)
	for _, note := range o.Notes {
		tn.report(Warning{Ref: tn.ref(), Message: note})
	}
	return o
}

// hookInput is what every hook is told.
func (t *Thread) hookInput(c *config.Config) map[string]any {
	mode := "default"
	if refusesQuestions(c.Approval) != "" {
		mode = "bypassPermissions"
	}
	var transcript any
	if path := t.record.file.Path(); path != "" {
		transcript = path
	}
	return map[string]any{
		"session_id": t.id, "cwd": t.cwd, "model": c.Model, "permission_mode": mode, "transcript_path": transcript,
	}
}

// takeHooks reads which hooks hold for the turn. The user hears once of those
// that wait for their trust.
func (tn *turn) takeHooks() {
	list, problems := hooks.Load(tn.config.Hooks)
	tn.hooks = list
	var waiting []string
	for _, h := range list {
		if h.State == hooks.Untrusted || h.State == hooks.Modified {
			waiting = append(waiting, h.Key)
		}
	}
	t := tn.thread
	if slices.Equal(t.warnedHooks, waiting) {
		return
	}
	t.warnedHooks = waiting
	for _, p := range problems {
		tn.report(Warning{Ref: tn.ref(), Message: p.Error()})
	}
	if len(waiting) > 0 {
		tn.report(Warning{Ref: tn.ref(), Message: fmt.Sprintf(
			"hooks do not run until you trust them as they are now: %s; codex-lsp hooks shows them, codex-lsp hooks trust lets them run", strings.Join(waiting, ", "))})
	}
}

// startHooks runs the hooks of a conversation that begins, goes on in another
// process, or was summarised.
func (tn *turn) startHooks(source string) {
	o := tn.hooked(tn.ctx, hooks.SessionStart, source, map[string]any{"source": source})
	tn.addContext(o.Context)
}

// take hears what was said. A turn that begins with what a hook stops ends; what
// is stopped later is only not said.
func (tn *turn) take(said []Input, begins bool) error {
	for _, in := range said {
		var err error
		if in.Text, err = expanded(tn.config.Home, in.Text); err == nil {
			err = tn.admit(in)
		}
		if err != nil && begins {
			return err
		} else if err != nil {
			tn.report(Warning{Ref: tn.ref(), Message: err.Error()})
			continue
		}
		tn.said = append(tn.said, in.Text)
		tn.hear(in)
	}
	return nil
}

func (tn *turn) addContext(texts []string) {
	for _, text := range texts {
		tn.remember(developerMessage(text))
	}
}

// admit lets hooks see what the user says before the model does. What they stop
// is not said.
func (tn *turn) admit(in Input) error {
	o := tn.hooked(tn.ctx, hooks.UserPromptSubmit, "", map[string]any{"prompt": in.Text})
	if o.Blocked {
		return fmt.Errorf("a hook stopped the prompt: %s", o.Reason)
	}
	tn.addContext(o.Context)
	return nil
}

// maxStops is how often hooks may have a turn go on that would end.
const maxStops = 20

// goesOn tells whether hooks want more before the turn ends: the model is told
// what.
func (tn *turn) goesOn() bool {
	tn.thread.mu.Lock()
	said := len(tn.mail) > 0
	tn.thread.mu.Unlock()
	if said || tn.stops >= maxStops {
		return false
	}
	o := tn.hooked(tn.ctx, hooks.Stop, "", map[string]any{
		"stop_hook_active": tn.stops > 0, "last_assistant_message": tn.result.Answer,
	})
	if !o.Blocked {
		return false
	}
	tn.stops++
	tn.remember(userMessage(fmt.Sprintf("<hook_prompt hook_run_id=\"stop:%d\">%s</hook_prompt>", tn.stops, escape(o.Reason))))
	return true
}

// interruptHooks tell that the user stopped the turn.
func (tn *turn) interruptHooks() {
	tn.hooked(context.WithoutCancel(tn.ctx), hooks.Interrupt, "", map[string]any{"last_assistant_message": tn.result.Answer})
}

// endHooks tell that the thread is closed. No turn runs any more.
func (t *Thread) endHooks() {
	tn := t.current
	if !t.started || len(tn.hooks) == 0 {
		return
	}
	t.started = false
	t.agent.hooks.Run(context.Background(), tn.hooks, t.cwd, hooks.SessionEnd, "other", mergedInput(t.hookInput(tn.config), "reason", "other"))
}

func mergedInput(m map[string]any, name string, v any) map[string]any {
	m[name] = v
	return m
}

// hookName is what hooks call the tool of a call, and hookArgs what they are told
// that it does: Codex's names, which are those of an older program.
func (c *call) hookName() string {
	if c.name == "exec_command" {
		return "Bash"
	}
	return c.name
}

func (c *call) hookArgs() map[string]any {
	args := map[string]any{}
	if c.custom {
		return map[string]any{"command": c.args}
	}
	if json.Unmarshal([]byte(c.args), &args) != nil {
		return map[string]any{"arguments": c.args}
	}
	for from, tool := range map[string]string{"cmd": "exec_command", "input": "apply_patch"} {
		if v, ok := args[from]; ok && tool == c.name {
			args["command"] = v
			delete(args, from)
		}
	}
	return args
}

// beforeTool has hooks look at a call before it runs. It returns what the model
// is told if they stop it.
func (c *call) beforeTool(ctx context.Context) (stopped string) {
	args := c.hookArgs()
	o := c.turn.hooked(ctx, hooks.PreToolUse, c.hookName(), map[string]any{
		"tool_name": c.hookName(), "tool_input": args, "tool_use_id": string(c.id),
	})
	c.context = append(c.context, o.Context...)
	if !o.Blocked {
		return ""
	}
	stopped = "Command blocked by PreToolUse hook: " + o.Reason
	if cmd, ok := args["command"].(string); ok {
		stopped += ". Command: " + cmd
	}
	return stopped
}

// afterTool has hooks look at what came of a call. What they object to, the
// model reads with it.
func (c *call) afterTool(ctx context.Context, content any) any {
	o := c.turn.hooked(ctx, hooks.PostToolUse, c.hookName(), map[string]any{
		"tool_name": c.hookName(), "tool_input": c.hookArgs(), "tool_use_id": string(c.id), "tool_response": content,
	})
	c.context = append(c.context, o.Context...)
	if text, ok := content.(string); ok && o.Blocked {
		return text + "\n\nA PostToolUse hook says: " + o.Reason
	}
	return content
}

// permitted has hooks answer in the user's place, if they want to.
func (c *call) permitted(ctx context.Context, q Question) (a Answer, settled bool) {
	o := c.turn.hooked(ctx, hooks.PermissionRequest, c.hookName(), map[string]any{
		"tool_name": c.hookName(), "tool_input": c.hookArgs(), "tool_use_id": string(c.id), "reason": q.Policy,
	})
	switch {
	case o.Blocked:
		return Answer{Decision: Declined, By: ByHook, Message: o.Reason}, true
	case o.Allow:
		return Answer{Decision: Approved, By: ByHook}, true
	}
	return Answer{}, false
}

// notify tells the program of the user's that a turn was completed.
func (tn *turn) notify() {
	if tn.result.Status != Completed { // it may have failed for want of settings
		return
	}
	argv := tn.config.Hooks.Notify
	if len(argv) == 0 {
		return
	}
	t := tn.thread
	told := mustJSON(map[string]any{
		"type": "agent-turn-complete", "thread-id": t.id, "turn-id": tn.id, "cwd": t.cwd, "client": "codex-lsp",
		"input-messages": tn.said, "last-assistant-message": tn.result.Answer,
	})
	t.agent.hooks.Tell(argv, t.cwd, string(told), func(err error) {
		t.agent.log.Warn("notify", "program", argv[0], "err", err)
	})
}
