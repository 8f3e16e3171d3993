package main

import (
	"errors"
	"fmt"
	"strings"

	"codex-lsp/agent"
	"codex-lsp/agent/journal"
	"codex-lsp/agent/rollout"
)

// take reads what is no flag: a prompt, or "resume", which conversation, and a
// prompt.
func (c *execCall) take(rest []string) error {
	if len(rest) > 0 && rest[0] == "resume" {
		c.resume, rest = true, rest[1:]
		if !c.last {
			if len(rest) == 0 {
				return errors.New("resume takes the id of a conversation, or --last for the last one about this folder")
			}
			c.threadID, rest = rest[0], rest[1:]
		}
	}
	if len(rest) > 1 {
		return fmt.Errorf("unexpected argument %q; a prompt of many words stands in quotes", rest[1])
	}
	if c.last && !c.resume {
		return errors.New("--last goes with resume")
	}
	c.prompt = strings.Join(rest, "")
	return nil
}

// keep has the agent keep the conversation, unless it is not wanted.
func (r *execRun) keep(o *agent.Options) {
	if r.call.ephemeral {
		return
	}
	o.Sessions, o.Journals, o.Source = rollout.NewStore(r.config.Home), journal.NewStore(r.config.Home), rollout.FromExec
}

// thread begins a conversation, or finds the one to go on with, which is about
// this folder from now on.
func (r *execRun) thread(a *agent.Agent) (*agent.Thread, error) {
	if !r.call.resume {
		return a.NewThread(r.dir)
	}
	id := r.call.threadID
	if r.call.last {
		var err error
		if id, err = a.Latest(r.dir); err != nil {
			return nil, err
		}
		if id == "" {
			return nil, fmt.Errorf("no conversation about %s is saved", r.dir)
		}
	}
	return a.Resume(id, r.dir)
}
