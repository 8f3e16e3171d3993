package agent

import (
	"context"
	"fmt"
	"strings"
	"time"

	"codex-lsp/agent/exec"
	"codex-lsp/agent/execpolicy"
	"codex-lsp/agent/model"
	"codex-lsp/agent/policy"
)

// execTool is exec_command: a script for the user's shell.
type execTool struct{}

// execArgs are its arguments, as Codex defines them.
type execArgs struct {
	Cmd           string   `json:"cmd"`
	Workdir       string   `json:"workdir"`
	Shell         string   `json:"shell"`
	Login         *bool    `json:"login"`
	TTY           bool     `json:"tty"`
	YieldMS       int      `json:"yield_time_ms"`
	MaxTokens     int      `json:"max_output_tokens"`
	Justification string   `json:"justification"`
	PrefixRule    []string `json:"prefix_rule"`
	Permissions   string   `json:"sandbox_permissions"`
}

// The values of sandbox_permissions.
const (
	useDefault = "use_default"
	escalated  = "require_escalated"
)

func (a execArgs) escalated() bool { return a.Permissions == escalated }

func (execTool) offer() model.Tool {
	return model.Tool{
		Name: "exec_command",
		Description: "Run a shell command in the workspace. Returns its output, or a session id when it is still running after yield_time_ms; go on with write_stdin then. " +
			"To keep a server running, let it be what the command waits for: what is left in the background with & ends with its shell. " +
			"Commands see the files on disk, not unsaved text in the editor.",
		Parameters: schema(`"cmd":{"type":"string","description":"the shell script"},`+
			`"workdir":{"type":"string","description":"folder to run it in; default: the workspace"},`+
			`"shell":{"type":"string","description":"shell to use; default: the user's"},`+
			`"login":{"type":"boolean","description":"read the shell's profile; default true"},`+
			`"tty":{"type":"boolean","description":"give it a terminal, for programs that are typed to; default false"},`+
			`"yield_time_ms":{"type":"number","description":"how long to wait for output, 250 to 30000; default 10000"},`+
			`"max_output_tokens":{"type":"number","description":"more output than this is cut in the middle; default 10000"},`+
			`"sandbox_permissions":{"type":"string","enum":["`+useDefault+`","`+escalated+`"],"description":"`+escalated+` asks the user to let it run outside of the sandbox, where that would keep it from what it must do; default `+useDefault+`"},`+
			`"justification":{"type":"string","description":"one sentence that tells the user why, if it is not obvious; always with `+escalated+`"},`+
			`"prefix_rule":{"type":"array","items":{"type":"string"},"description":"words that commands like this one begin with, if the user may want to allow all of them from now on; never a shell or interpreter alone"}`, "cmd"),
	}
}

// alone keeps a patch in a heredoc from running beside other calls.
func (execTool) alone(c *call) bool {
	var args execArgs
	if c.decode(&args) != nil {
		return false
	}
	_, is := exec.Heredoc(args.Cmd)
	return is
}

func (execTool) run(ctx context.Context, c *call) any {
	var args execArgs
	if err := c.decode(&args); err != nil {
		return err.Error()
	}
	if strings.TrimSpace(args.Cmd) == "" {
		return "exec_command failed: cmd is empty; write the shell command there"
	}
	if p := args.Permissions; p != "" && p != useDefault && p != escalated {
		return fmt.Sprintf("exec_command failed: sandbox_permissions cannot be %q; leave it out, or set it to %s", p, escalated)
	}
	if args.Login != nil && *args.Login && !c.turn.config.Commands.Login {
		return "exec_command failed: the settings allow no login shell (allow_login_shell = false); leave login out"
	}
	dir := absolute(c.turn.thread.cwd, args.Workdir)
	if p, is := exec.Heredoc(args.Cmd); is {
		return "Wall time: 0.0000 seconds\nOutput:\n" + c.applyPatch(ctx, p.Text, absolute(dir, p.Dir))
	}
	return c.command(ctx, args, dir)
}

// mayRun asks the user where the policy wants it; key is what "for this
// session" covers, and proposed what "always" writes, which q shows. A session's grant stands
// for an answer, and so for nothing that the policy does not ask about.
func (c *call) mayRun(ctx context.Context, j Judgement, q Question, proposed []*execpolicy.Rule, key string) Answer {
	switch verdict := j.Decision.Verdict; {
	case verdict == policy.Forbid:
		return Answer{Decision: Declined, By: ByPolicy, Message: j.refusal()}
	case verdict == policy.Run || c.turn.thread.grants.command(key):
		return Answer{Decision: Approved, By: ByPolicy}
	}
	q.Policy, q.Rule = j.Decision.Reason, j.RuleName()
	q.Undo = c.turn.thread.notUndone()
	a := c.ask(ctx, q)
	switch a.Decision {
	case ApprovedForSession:
		c.turn.thread.grants.addCommand(key)
	case ApprovedWithRule:
		if err := c.turn.rules.add(ownRules(c.turn.config), proposed); err != nil {
			c.turn.report(Warning{Ref: c.turn.ref(), Message: err.Error() + "; the command was approved this once"})
		}
	}
	return a
}

func (c *call) streamOutput(chunk []byte) {
	c.turn.report(OutputDelta{Ref: c.turn.ref(), ItemID: string(c.id), Delta: string(chunk)})
}

// fill sets what a finished or yielded command shows.
func (it *Item) fill(res exec.Result) {
	it.Output, it.Millis = res.Output, res.Wall.Milliseconds()
	it.Status = ItemCompletedS
	if res.Running {
		it.Status = ItemInProgress
		return
	}
	it.ExitCode = &res.ExitCode
	if res.ExitCode != 0 {
		it.Status = ItemFailed
	}
}

// outputTokens is how much of an output the model is shown: what it asks for,
// and no more than it or the user can bear.
func (tn *turn) outputTokens(asked int) int {
	most := tn.facts.OutputTokens
	if asked <= 0 {
		return most
	}
	return min(asked, most)
}

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func unsavedNote(paths []string) string {
	if len(paths) == 0 {
		return ""
	}
	return "\nNote: the command did not see the unsaved text of " + strings.Join(paths, ", ") + "; read_file does."
}

// stdinTool is write_stdin: input for a command that still runs.
type stdinTool struct{}

func (stdinTool) offer() model.Tool {
	return model.Tool{
		Name:        "write_stdin",
		Description: "Type into a command that exec_command left running, or wait for more of its output. \\u0003 interrupts it. Typing needs tty: true when the command was started.",
		Parameters: schema(`"session_id":{"type":"number","description":"as exec_command returned it"},`+
			`"chars":{"type":"string","description":"what to type; empty to only wait"},`+
			`"yield_time_ms":{"type":"number","description":"how long to wait for output; default 250 after typing, 5000 when only waiting"},`+
			`"max_output_tokens":{"type":"number"}`, "session_id"),
	}
}

func (stdinTool) alone(*call) bool { return false }

func (stdinTool) run(ctx context.Context, c *call) any {
	var args struct {
		Session   int    `json:"session_id"`
		Chars     string `json:"chars"`
		YieldMS   int    `json:"yield_time_ms"`
		MaxTokens int    `json:"max_output_tokens"`
	}
	if err := c.decode(&args); err != nil {
		return err.Error()
	}
	by := ByPolicy
	on := c.turn.confinedSession(args.Session)
	if !harmless(args.Chars) { // a shell that waits for input runs whatever is typed
		key := fmt.Sprint(args.Session) + "\x00" + args.Chars
		q := Question{Kind: AskCommand, Title: "Type " + exec.Describe(args.Chars) + " into the running command?", Detail: exec.Visible(args.Chars), Cwd: c.turn.thread.cwd}
		j := judgeTyped(c.turn.config, c.turn.rules.get(), args.Chars, c.turn.thread.cwd, on)
		if err := c.turn.thread.agent.runner.Knows(c.turn.thread.id, args.Session); err != nil && j.Class.Level < policy.Catastrophic {
			return "write_stdin failed: " + err.Error() // what is not there, no sandbox holds either
		}
		a := c.mayRun(ctx, j, q, nil, key)
		if !a.Decision.Yes() {
			return "write_stdin failed: " + refusal("input", a)
		}
		by = a.By
	}
	c.approved(by)
	done := c.watched(ctx, by)
	if err := c.begin(); err != nil {
		done()
		return "write_stdin failed: " + err.Error()
	}
	res, err := c.turn.thread.agent.runner.Write(ctx, exec.Input{
		Owner: c.turn.thread.id, SessionID: args.Session, Chars: args.Chars,
		Yield: milliseconds(args.YieldMS), MaxYield: c.turn.config.Commands.MaxPoll,
		MaxTokens: c.turn.outputTokens(args.MaxTokens), Output: c.streamOutput,
	})
	done()
	if err != nil {
		return "write_stdin failed: " + err.Error()
	}
	if d, is := on.denied(res, on.root); is && on.Exists {
		return res.Text + deniedNote(c.turn.config, on.explain(d))
	}
	return res.Text
}

// confinedSession tells what holds a command that was left running.
func (tn *turn) confinedSession(id int) Terms {
	a := tn.thread.agent
	f := tn.thread.confined(tn.config, tn.id)
	for _, s := range a.runner.Sessions() {
		if s.ID == id && s.Owner == tn.thread.id && s.Confinement == f.name() {
			return Terms{Confinement: f}
		}
	}
	return Terms{}
}

// harmless tells whether the input can only end a command. A line end alone can
// be the yes to what the command asks.
func harmless(chars string) bool {
	return strings.Trim(chars, "\x03\x04") == ""
}
