// Package exec runs the commands that a model asks for: in a shell, in the
// workspace, output streamed and bounded, the whole process group gone when it
// should be. It decides nothing: what may run is decided before.
package exec

import "time"

// A Command is one exec_command call, ready to run.
type Command struct {
	Script    string        // as the model wrote it
	Dir       string        // absolute
	Shell     string        // "" for the user's
	Login     bool          // read the shell's profile
	TTY       bool          // give it a terminal
	Env       []string      // added to the inherited environment
	Yield     time.Duration // how long to wait before the command is left running
	MaxTokens int           // of output shown to the model
	Output    func([]byte)  // hears output as it comes, whole UTF-8; may be nil
}

// A Result is a command's state when it ended or the wait was over.
type Result struct {
	Text      string // all the model is shown, in Codex's format
	Output    string // what the command printed, bounded
	ExitCode  int    // 128+n for signal n; meaningless while Running
	Running   bool
	SessionID int // for write_stdin while Running
	Wall      time.Duration
}
