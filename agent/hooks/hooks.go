// Package hooks runs the user's own programs at the events of a conversation, as
// Codex does: hooks.json beside each config.toml, or [[hooks.EVENT]] in one.
//
//	{"hooks": {"PreToolUse": [{"matcher": "^Bash$", "hooks": [
//		{"type": "command", "command": "check", "timeout": 30}]}]}}
//
// A hook gets the event as JSON on its standard input. What it says comes back
// as JSON on its standard output, or as an exit code of 2 with the reason on its
// standard error. None runs that the user has not trusted as it is now: its
// definition's hash is in config.toml, under its key.
package hooks

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"time"

	"codex-lsp/agent/config"
)

// An Event is when a hook runs, by the name that files have.
type Event string

// The events that are known here.
const (
	SessionStart      Event = "SessionStart"
	SessionEnd        Event = "SessionEnd"
	UserPromptSubmit  Event = "UserPromptSubmit"
	PreToolUse        Event = "PreToolUse"
	PermissionRequest Event = "PermissionRequest"
	PostToolUse       Event = "PostToolUse"
	PreCompact        Event = "PreCompact"
	PostCompact       Event = "PostCompact"
	Stop              Event = "Stop"
	Interrupt         Event = "Interrupt"
)

// labels are how keys and hashes name events.
var labels = map[Event]string{
	SessionStart: "session_start", SessionEnd: "session_end", UserPromptSubmit: "user_prompt_submit",
	PreToolUse: "pre_tool_use", PermissionRequest: "permission_request", PostToolUse: "post_tool_use",
	PreCompact: "pre_compact", PostCompact: "post_compact", Stop: "stop", Interrupt: "interrupt",
}

// elsewhere are the events of Codex that never come here.
var elsewhere = []Event{"SubagentStart", "SubagentStop", "PreModelRequest", "PostModelRequest"}

const (
	usualTimeout = 600 * time.Second
	endTimeout   = 3 * time.Second // of a hook that holds up an end
	endDefault   = time.Second     // of such a hook that names none
)

// A Hook is one handler of one event.
type Hook struct {
	Key     string // FILE:event:GROUP:HANDLER, as Codex has it
	Hash    string // of the definition
	Event   Event
	Matcher string // a regular expression of what it is for; "" for everything
	Command string // for a shell
	Timeout time.Duration
	Async   bool   // nobody waits for it, and what it says counts for nothing
	Status  string // shown while it runs
	State   State

	matches *regexp.Regexp
}

// A State tells whether a hook runs.
type State string

const (
	Managed   State = "managed"   // runs: the administrator has it so
	Trusted   State = "trusted"   // runs
	Untrusted State = "untrusted" // does not: the user has not looked at it
	Modified  State = "modified"  // does not: it is another than the user looked at
	Disabled  State = "disabled"  // does not
)

// Runs tells whether it runs.
func (s State) Runs() bool { return s == Managed || s == Trusted }

// group and handler are how files define hooks.
type group struct {
	Matcher *string   `json:"matcher"`
	Hooks   []handler `json:"hooks"`
}

type handler struct {
	Type    string `json:"type"`
	Command string `json:"command"`
	Timeout *int64 `json:"timeout"` // seconds
	Async   bool   `json:"async"`
	Status  string `json:"statusMessage"`
}

// Load reads the definitions. What is wrong with one is a problem, and it does
// not run.
func Load(c config.Hooks) (list []Hook, problems []config.Problem) {
	for _, f := range c.Files {
		problem := func(key, format string, args ...any) {
			problems = append(problems, config.Problem{File: f.Path, Key: key, Message: fmt.Sprintf(format, args...)})
		}
		for _, name := range sortedKeys(f.Events) {
			event := Event(name)
			if labels[event] == "" {
				if !slices.Contains(elsewhere, event) {
					problem("hooks."+name, "there is no such event")
				}
				continue
			}
			var groups []group
			raw, err := json.Marshal(f.Events[name])
			if err == nil {
				err = json.Unmarshal(raw, &groups)
			}
			if err != nil {
				problem("hooks."+name, "expected a list of {matcher, hooks}: %v", err)
				continue
			}
			for g, gr := range groups {
				for h, ha := range gr.Hooks {
					hook, err := define(f, event, gr, ha, g, h)
					if err != nil {
						problem("hooks."+name, "%v", err)
						continue
					}
					hook.State = stateOf(c, f, hook)
					list = append(list, hook)
				}
			}
		}
	}
	return list, problems
}

// define makes a hook of its definition.
func define(f config.HookFile, event Event, gr group, ha handler, g, h int) (Hook, error) {
	hook := Hook{
		Key:   fmt.Sprintf("%s:%s:%d:%d", f.Path, labels[event], g, h),
		Event: event, Command: ha.Command, Async: ha.Async, Status: ha.Status,
		Timeout: timeoutOf(event, ha.Timeout),
	}
	switch {
	case cmp.Or(ha.Type, "command") != "command":
		return hook, fmt.Errorf("hooks of type %q are not run here; only commands are", ha.Type)
	case ha.Command == "":
		return hook, fmt.Errorf("a hook without a command")
	}
	if event == UserPromptSubmit || event == Stop || event == Interrupt {
		gr.Matcher = nil // these are about nothing that could match
	}
	if gr.Matcher != nil && *gr.Matcher != "" && *gr.Matcher != "*" {
		hook.Matcher = *gr.Matcher
		re, err := regexp.Compile("^(?:" + hook.Matcher + ")$")
		if err != nil {
			return hook, fmt.Errorf("matcher %q is no regular expression: %w", hook.Matcher, err)
		}
		hook.matches = re
	}
	hook.Hash = hashOf(hook, gr.Matcher)
	return hook, nil
}

// timeoutOf is how long a hook may take, within what Codex allows.
func timeoutOf(event Event, seconds *int64) time.Duration {
	ends := event == SessionEnd || event == Interrupt
	d := usualTimeout
	if ends {
		d = endDefault
	}
	if seconds != nil {
		d = time.Duration(max(*seconds, 1)) * time.Second
	}
	if ends {
		d = min(d, endTimeout)
	}
	return d
}

func stateOf(c config.Hooks, f config.HookFile, h Hook) State {
	st, known := c.Trusted[h.Key]
	switch {
	case st.Disabled:
		return Disabled
	case f.Managed:
		return Managed
	case c.Bypass, st.Hash == h.Hash:
		return Trusted
	case known && st.Hash != "":
		return Modified
	}
	return Untrusted
}

// Wants tells whether a hook is for an event about what.
func (h Hook) Wants(event Event, what string) bool {
	return h.State.Runs() && h.Event == event && (h.matches == nil || h.matches.MatchString(what))
}
