package main

import (
	"errors"
	"fmt"
	"strings"

	"codex-lsp/agent"
	"codex-lsp/agent/journal"
	"codex-lsp/agent/rollout"
)

// take reads what is no flag: a prompt, or "resume" or "fork", which
// conversation, and a prompt.
func (c *execCall) take(rest []string) error {
	if len(rest) > 0 && (rest[0] == "resume" || rest[0] == "fork") {
		what := rest[0]
		c.resume, c.fork, rest = what == "resume", what == "fork", rest[1:]
		if !c.last {
			if len(rest) == 0 {
				return errors.New(what + " takes the id of a conversation, or --last for the last one about this folder")
			}
			c.threadID, rest = rest[0], rest[1:]
		}
	}
	if len(rest) > 1 {
		return fmt.Errorf("unexpected argument %q; a prompt of many words stands in quotes", rest[1])
	}
	if c.last && !c.resume && !c.fork {
		return errors.New("--last goes with resume")
	}
	if c.all && !c.last {
		return errors.New("--all goes with --last")
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
// this folder from now on; a copy is made of one that is forked.
func (r *execRun) thread(a *agent.Agent) (*agent.Thread, error) {
	if !r.call.resume && !r.call.fork {
		return a.NewThread(r.dir)
	}
	id := r.call.threadID
	if r.call.last {
		where := r.dir
		if r.call.all {
			where = ""
		}
		var err error
		if id, err = a.Latest(where); err != nil {
			return nil, err
		}
		if id == "" {
			return nil, fmt.Errorf("no conversation about %s is saved; resume --last --all takes the last about any folder", r.dir)
		}
	}
	if r.call.fork {
		return a.Fork(id, 0, r.dir)
	}
	return a.Resume(id, r.dir)
}
