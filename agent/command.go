package agent

import (
	"context"
	"slices"
	"strings"

	"codex-lsp/agent/config"
	"codex-lsp/agent/exec"
	"codex-lsp/agent/execpolicy"
	"codex-lsp/agent/policy"
)

// An execution is one exec_command call from its question to its output.
type execution struct {
	*call
	args execArgs
	dir  string
	on   Terms
	item Item
}

// command asks where the policy says so and runs the script.
func (c *call) command(ctx context.Context, args execArgs, dir string) string {
	tn := c.turn
	e := &execution{call: c, args: args, dir: dir, on: Terms{tn.thread.confined(tn.config, tn.id), args.escalated()}}
	e.item = Item{ID: string(c.id), Type: CommandExecution, Status: ItemInProgress, Command: args.Cmd, Cwd: dir}
	tn.report(ItemStarted{Ref: tn.ref(), Item: e.item})
	judged := JudgeCommand(tn.config, tn.rules.get(), args.Cmd, policy.Place{Cwd: dir, Root: tn.thread.cwd, Shell: args.Shell}, e.on)
	var proposed []*execpolicy.Rule
	if judged.Decision.Verdict == policy.Ask {
		proposed = judged.propose(tn.rules.get(), args.Cmd, args.PrefixRule)
	}
	q := e.question(judged.Outside)
	q.Proposal = proposal(proposed, e.on)
	a := c.mayRun(ctx, judged, q, proposed, e.key(judged.Outside))
	if !a.Decision.Yes() {
		e.item.Output = refusal("command", a)
		e.end(ItemDeclined)
		return "exec_command failed: " + e.item.Output
	}
	e.approved(a.By)
	text, err := e.run(ctx, a.By, judged.Outside)
	if err != nil {
		e.item.Output = err.Error()
		e.end(ItemFailed)
		return "exec_command failed: " + err.Error()
	}
	e.end(e.item.Status)
	return text
}

// question is what the user is asked. A command that is to run outside of the
// sandbox says so in its title.
func (e *execution) question(outside bool) Question {
	title := "Run " + exec.Describe(e.args.Cmd)
	if e.args.Shell != "" {
		title += " with " + exec.Describe(e.args.Shell)
	}
	if outside {
		title += " outside the sandbox"
	}
	return Question{Kind: AskCommand, Title: title + "?", Detail: exec.Visible(e.args.Cmd), Reason: e.args.Justification, Cwd: e.dir}
}

// key is what a grant for the session is kept by: what may run in the sandbox
// may not run outside of it for that.
func (e *execution) key(outside bool) string {
	parts := []string{e.dir, e.args.Shell, e.args.Cmd}
	if outside {
		parts = append(parts, "outside")
	}
	return strings.Join(parts, "\x00")
}

// end tells what became of the command.
func (e *execution) end(s ItemStatus) {
	e.item.Status = s
	e.turn.report(ItemCompleted{Ref: e.turn.ref(), Item: e.item})
}

// run runs the script, and once more outside of the sandbox where that has
// denied it something and the user lets it out.
func (e *execution) run(ctx context.Context, by Settler, outside bool) (text string, err error) {
	tn := e.turn
	tn.thread.peers.save(ctx, tn.changes.paths())
	unsaved := tn.thread.peers.unsaved(tn.thread.cwd)
	res, note, err := e.once(ctx, by, outside)
	if err != nil {
		return "", err
	}
	e.item.fill(res)
	text = res.Text + unsavedNote(unsaved) + note
	if outside || !e.on.Exists {
		return text, nil
	}
	d, is := e.on.denied(res, e.dir)
	if !is {
		return text, nil
	}
	why := e.on.explain(d)
	e.item.Denied = why
	if tn.config.Approval != config.OnFailure {
		return text + deniedNote(tn.config, why), nil
	}
	a := e.askOutside(ctx, why)
	if !a.Decision.Yes() {
		return text + "\nNote: " + why + ". To run it again outside: " + refusal("that", a) + ".", nil
	}
	res, note, err = e.once(ctx, a.By, true)
	if err != nil {
		return "", err
	}
	e.item.fill(res)
	return "It ran twice: " + why + ", and the user let it run again outside. This is what it has done then.\n" + res.Text + unsavedNote(unsaved) + note, nil
}

// askOutside asks whether a command that the sandbox denied something may run
// again without one.
func (e *execution) askOutside(ctx context.Context, why string) Answer {
	tn := e.turn
	on := e.on
	on.Escalated = true
	judged := JudgeCommand(tn.config, tn.rules.get(), e.args.Cmd, policy.Place{Cwd: e.dir, Root: tn.thread.cwd, Shell: e.args.Shell}, on)
	if judged.Decision.Verdict == policy.Ask {
		judged.Decision.Reason = why + "; what it has done until then it may do twice"
	}
	q := e.question(true)
	q.Title = strings.Replace(q.Title, "Run ", "Run again ", 1)
	return e.mayRun(ctx, judged, q, nil, e.key(true))
}

// once runs the script. The note is what the model should know beside its
// output.
func (e *execution) once(ctx context.Context, by Settler, outside bool) (res exec.Result, note string, err error) {
	tn := e.turn
	c := exec.Command{
		Owner: tn.thread.id, Script: e.args.Cmd, Dir: e.dir, Shell: e.args.Shell, TTY: e.args.TTY,
		Login: tn.config.Commands.Login && (e.args.Login == nil || *e.args.Login),
		Vars:  commandVars(tn.config),
		Env:   []string{"CODEX_THREAD_ID=" + tn.thread.id, "CODEX_SESSION_ID=" + tn.thread.id, "CODEX_TOOL_CALL_ID=" + string(e.id)},
		Unset: append(slices.Clip(tn.config.Provider.HeaderVars), tn.config.Provider.EnvKey), // keys are the agent's, not the command's
		Yield: milliseconds(e.args.YieldMS), MaxTokens: tn.outputTokens(e.args.MaxTokens),
		Output: e.streamOutput,
	}
	if e.on.Exists && !outside {
		e.on.confine(&c)
	}
	done := e.watched(ctx, by)
	if err := e.begin(); err != nil {
		done()
		return res, "", err
	}
	tn.waits(WaitCommand, exec.Describe(e.args.Cmd))
	res, err = tn.thread.agent.runner.Run(ctx, c)
	tn.waits("", "")
	done()
	return res, tn.thread.peers.reload(context.WithoutCancel(ctx)), err
}

// deniedNote tells the model what the sandbox denied, and what can be done.
func deniedNote(c *config.Config, why string) string {
	if nobody := refusesQuestions(c.Approval); nobody != "" {
		return "\nNote: " + why + ". It cannot run outside of the sandbox, since " + nobody + ": find another way, or tell the user what to run and why."
	}
	return "\nNote: " + why + ". If that is needed, call exec_command again with sandbox_permissions \"" + escalated + "\" and a justification: the user is asked."
}

// commandVars is shell_environment_policy, as those take it who run commands.
func commandVars(c *config.Config) exec.Environment {
	e := c.Commands.Env
	vars := exec.Environment{Inherit: e.Inherit, HideSecrets: e.HideSecrets, Exclude: e.Exclude, IncludeOnly: e.IncludeOnly, Set: make(map[string]string, len(e.Set))}
	for name, value := range e.Set {
		vars.Set[name] = string(value)
	}
	return vars
}
