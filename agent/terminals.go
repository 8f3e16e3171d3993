package agent

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"codex-lsp/agent/exec"
)

// A Terminal is a command that was left running, or has ended and left
// something in the background.
type Terminal struct {
	ID       int        `json:"id"` // the model's session_id
	ThreadID string     `json:"threadId"`
	Command  string     `json:"command"`
	Cwd      string     `json:"cwd"`
	TTY      bool       `json:"tty"`
	State    exec.State `json:"state"` // running, ended or background
	Started  time.Time  `json:"started"`
}

// Terminals lists the terminals of a thread, or of all for "", oldest first.
func (a *Agent) Terminals(threadID string) []Terminal {
	var all []Terminal
	for _, s := range a.runner.Sessions() {
		if threadID == "" || s.Owner == threadID {
			all = append(all, Terminal{ID: s.ID, ThreadID: s.Owner, Command: s.Script, Cwd: s.Dir, TTY: s.TTY, State: s.State, Started: s.Started})
		}
	}
	return all
}

// KillTerminal ends what runs in a terminal, with all that it has started. The
// model is told when it asks for the terminal next.
func (a *Agent) KillTerminal(id int) error {
	if err := a.runner.Kill(id); err != nil {
		return fmt.Errorf("there is no terminal %d; codex.listTerminals names those there are", id)
	}
	return nil
}

// interruptedNote is what the model reads at the turn after an interrupted one.
// What the turn waited for is gone; what was left running before is not, as
// with Codex.
func (t *Thread) interruptedNote() string {
	left := slices.DeleteFunc(t.agent.Terminals(t.id), func(t Terminal) bool { return t.State != exec.Running })
	note := "The user stopped the previous turn on purpose. Commands that it waited for were killed and may have done part of their work: check before relying on it."
	if len(left) > 0 {
		var ids []string
		for _, terminal := range left {
			ids = append(ids, fmt.Sprint(terminal.ID))
		}
		note += " Those that it had left running still run: session_id " + strings.Join(ids, ", ") + "."
	}
	return "<turn_aborted>\n" + note + "\n</turn_aborted>"
}
