// Package exec runs the commands that a model asks for: in a shell, in the
// workspace, output streamed and bounded, the whole process group gone when it
// should be. It decides nothing: what may run is decided before.
//
// Every command gets a session of its own, in the kernel's sense, so that it
// has no terminal but the one it is given, and can be killed with everything
// it started. What gets out is a process that calls setsid(2) itself, which is
// how a daemon says that it means to stay, and a job that a shell with job
// control (set -m) leaves behind when it ends.
//
// Invariants, as absences: no output callback is called after Run or Write has
// returned; no command outlives its Runner, not even when the server is killed
// with SIGKILL; no amount of output takes more than a bounded amount of memory.
package exec

import (
	"io"
	"os/exec"
	"time"
)

// A Command is one exec_command call, ready to run.
type Command struct {
	Owner     string        // the thread; sessions are its own, and so is the room for them
	Script    string        // as the model wrote it
	Dir       string        // absolute
	Shell     string        // "" for the user's
	Login     bool          // read the shell's profile
	TTY       bool          // give it a terminal; without one its input is empty
	Env       []string      // added to the inherited environment; the last word
	Vars      Environment   // which variables of ours are inherited
	Unset     []string      // names never inherited, beside those that hold keys
	Yield     time.Duration // how long to wait before the command is left running; 0 for 10 s, within 250 ms and 30 s
	MaxTokens int           // of output shown to the model; 0 for as many as the Runner allows
	Output    func([]byte)  // hears output as it comes, whole UTF-8; may be nil

	// Wrap puts the process into a sandbox before it starts; nil for none. What
	// it returns is closed when the process is gone, and says then if the
	// command has never run. Confinement says which sandbox it is: commands of
	// which it is the same share what a login shell's start-up files leave, and
	// others do not.
	Wrap        func(*exec.Cmd) (io.Closer, error)
	Confinement string

	argv    []string // see Runner.prepare
	environ []string
}

// An Input is for a command that was left running.
type Input struct {
	Owner     string        // of the command
	SessionID int           // that its Result had
	Chars     string        // what is typed; "" only waits
	Yield     time.Duration // how long to wait: 0 for 250 ms after typing and 5 s without
	MaxYield  time.Duration // the longest wait without typing; 0 for 5 minutes
	MaxTokens int           // as a Command's
	Output    func([]byte)  // as a Command's
}

// A Result is a command's state when it ended or the wait was over.
type Result struct {
	Text      string // all the model is shown, in Codex's format
	Output    string // what the command printed since the last Result, bounded
	ExitCode  int    // 128+n for signal n; meaningless while Running
	Running   bool
	SessionID int           // for write_stdin while Running
	Wall      time.Duration // of this wait
}

// A Session is a command that was left running.
type Session struct {
	ID      int
	Owner   string
	Script  string
	Dir     string
	TTY     bool
	Started time.Time
	State   State

	Confinement string // of its Command
}

// A State is what is left of a command.
type State string

const (
	Running    State = "running"
	Ended      State = "ended"      // its last output has not been asked for
	Background State = "background" // the shell is done, something it started is not
)
