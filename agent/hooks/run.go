package hooks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	service "codex-lsp/agent/exec"
)

// A Runner runs hooks. Whoever made it closes it.
type Runner struct {
	services *service.Services
	env      func() []string
	ctx      context.Context
	stop     context.CancelFunc
	async    sync.WaitGroup // what nobody waits for, but Close
}

// NewRunner returns a runner whose programs have this environment when they
// start.
func NewRunner(services *service.Services, env func() []string) *Runner {
	r := &Runner{services: services, env: env}
	r.ctx, r.stop = context.WithCancel(context.Background())
	return r
}

// patience is how long Close waits for what nobody waited for until then.
const patience = 5 * time.Second

// Close ends what still runs, after a while.
func (r *Runner) Close() {
	t := time.AfterFunc(patience, r.stop)
	defer t.Stop()
	defer r.stop()
	r.async.Wait()
}

// Tell runs a program with one more argument, and waits for nothing. What it
// cannot be told is handed to failed.
func (r *Runner) Tell(argv []string, dir, argument string, failed func(error)) {
	r.async.Go(func() {
		args := append(slices.Clone(argv[1:]), argument)
		a, err := r.program(r.ctx, service.Service{Path: argv[0], Args: args, Dir: dir, Env: r.env()}, nil)
		if err == nil && a.code != 0 {
			err = fmt.Errorf("it ended with exit code %d: %s", a.code, short(a.stderr))
		}
		if err != nil && r.ctx.Err() == nil {
			failed(err)
		}
	})
}

// An Outcome is what the hooks of an event say together.
type Outcome struct {
	Blocked bool   // what was about to happen does not
	Reason  string // why, for the model or the user
	Allow   bool   // of a PermissionRequest: nobody need be asked
	Context []string
	Notes   []string // what the user should know: hooks that failed, and what they want to be shown
}

// Run runs all hooks for an event about what, side by side, and waits for those
// that are waited for. input is the event; its hook_event_name is filled in.
func (r *Runner) Run(ctx context.Context, list []Hook, dir string, event Event, what string, input map[string]any) Outcome {
	input["hook_event_name"] = string(event)
	raw, err := json.Marshal(input)
	if err != nil {
		return Outcome{Notes: []string{fmt.Sprintf("hooks of %s did not run: %v", event, err)}}
	}
	var wanted []Hook
	for _, h := range list {
		if h.Wants(event, what) {
			wanted = append(wanted, h)
		}
	}
	said := make([]Outcome, len(wanted))
	var running sync.WaitGroup
	for i, h := range wanted {
		if h.Async {
			r.async.Go(func() { _, _ = r.run(r.ctx, h, dir, raw) })
			continue
		}
		running.Go(func() { said[i] = r.hear(ctx, h, dir, raw) })
	}
	running.Wait()
	var all Outcome
	for _, o := range said {
		all.add(o)
	}
	return all
}

// add takes what another hook says: one that blocks does, whatever the others
// say.
func (o *Outcome) add(other Outcome) {
	if other.Blocked && !o.Blocked {
		o.Blocked, o.Reason = true, other.Reason
	}
	o.Allow = (o.Allow || other.Allow) && !o.Blocked
	o.Context = append(o.Context, other.Context...)
	o.Notes = append(o.Notes, other.Notes...)
}

// An answer is what a program left.
type answer struct {
	stdout, stderr string
	code           int
}

// hear runs a hook and takes what it says for what it means.
func (r *Runner) hear(ctx context.Context, h Hook, dir string, input []byte) Outcome {
	a, err := r.run(ctx, h, dir, input)
	switch {
	case ctx.Err() != nil:
		return Outcome{}
	case err != nil:
		return Outcome{Notes: []string{fmt.Sprintf("the %s hook %q did not run to its end: %v", h.Event, short(h.Command), err)}}
	case a.code == 2:
		reason := strings.TrimSpace(a.stderr)
		if reason == "" {
			return Outcome{Notes: []string{fmt.Sprintf("the %s hook %q blocks without saying why, which does not count", h.Event, short(h.Command))}}
		}
		return Outcome{Blocked: true, Reason: reason}
	case a.code != 0:
		return Outcome{Notes: []string{fmt.Sprintf("the %s hook %q failed with exit code %d: %s", h.Event, short(h.Command), a.code, short(a.stderr))}}
	}
	return h.understand(strings.TrimSpace(a.stdout))
}

// A reply is the JSON that a hook may print.
type reply struct {
	Continue      *bool  `json:"continue"`
	StopReason    string `json:"stopReason"`
	SystemMessage string `json:"systemMessage"`
	Decision      string `json:"decision"`
	Reason        string `json:"reason"`
	Specific      struct {
		AdditionalContext  string `json:"additionalContext"`
		PermissionDecision string `json:"permissionDecision"`
		PermissionReason   string `json:"permissionDecisionReason"`
		Decision           struct {
			Behavior string `json:"behavior"`
			Message  string `json:"message"`
		} `json:"decision"`
	} `json:"hookSpecificOutput"`
}

// understand reads what a hook printed.
func (h Hook) understand(text string) (o Outcome) {
	var r reply
	if !strings.HasPrefix(text, "{") || json.Unmarshal([]byte(text), &r) != nil {
		if text != "" && (h.Event == SessionStart || h.Event == UserPromptSubmit) {
			o.Context = []string{text}
		}
		return o
	}
	if r.SystemMessage != "" {
		o.Notes = append(o.Notes, r.SystemMessage)
	}
	if c := r.Specific.AdditionalContext; c != "" {
		o.Context = append(o.Context, c)
	}
	s := r.Specific
	switch {
	case h.Event == PreToolUse && s.PermissionDecision == "deny":
		o.Blocked, o.Reason = true, s.PermissionReason
	case h.Event == PermissionRequest && s.Decision.Behavior == "deny":
		o.Blocked, o.Reason = true, s.Decision.Message
	case h.Event == PermissionRequest && s.Decision.Behavior == "allow":
		o.Allow = true
	case r.Decision == "block" || r.Decision == "deny":
		o.Blocked, o.Reason = true, r.Reason
	case r.Continue != nil && !*r.Continue && h.Event != Stop:
		o.Blocked, o.Reason = true, r.StopReason
	}
	if o.Blocked && o.Reason == "" {
		o.Reason = "a hook says so, and not why"
	}
	return o
}

// maxSaid bounds what is read of a hook, in bytes.
const maxSaid = 1 << 20

var errTooSlow = errors.New("it took too long")

// run runs a hook's command and waits for it.
func (r *Runner) run(ctx context.Context, h Hook, dir string, input []byte) (a answer, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, h.Timeout, errTooSlow)
	defer cancel()
	return r.program(ctx, service.Service{Path: "/bin/sh", Args: []string{"-c", h.Command}, Dir: dir, Env: r.env()}, input)
}

// program runs a program with an input until it ends or ctx does.
func (r *Runner) program(ctx context.Context, o service.Service, input []byte) (a answer, err error) {
	var errs limited
	o.Stderr = &errs
	p, err := r.services.Start(o)
	if err != nil {
		return a, err
	}
	var out limited
	var reading sync.WaitGroup
	reading.Go(func() {
		_, _ = p.Stdin.Write(input) // a hook need not read it
		_ = p.Stdin.Close()
	})
	reading.Go(func() { _, _ = io.Copy(&out, p.Stdout) })
	defer reading.Wait()
	defer p.Stop() // which ends both
	select {
	case <-p.Ended():
	case <-ctx.Done():
		return a, context.Cause(ctx)
	}
	p.Stop()
	reading.Wait()
	var exit *exec.ExitError
	switch err := p.Err(); {
	case errors.As(err, &exit):
		a.code = exit.ExitCode()
	case err != nil:
		return a, err
	}
	a.stdout, a.stderr = out.String(), errs.String()
	return a, nil
}

// A limited buffer keeps the first bytes and drops the rest.
type limited struct{ b bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	l.b.Write(p[:min(len(p), maxSaid-l.b.Len())])
	return len(p), nil
}

func (l *limited) String() string { return l.b.String() }

// short is a text for a message.
func short(s string) string {
	const most = 120
	s = strings.TrimSpace(s)
	if line, _, more := strings.Cut(s, "\n"); more || len(line) > most {
		return strings.ToValidUTF8(line[:min(len(line), most)], "") + "…"
	}
	return s
}
