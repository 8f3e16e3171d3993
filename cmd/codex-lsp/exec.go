package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"

	"codex-lsp/agent"
	"codex-lsp/agent/auth"
	"codex-lsp/agent/config"
	"codex-lsp/agent/sandbox"
)

// runExec is the subcommand exec: one turn without an editor. Nobody can be
// asked here, so the approval policy is never: what would need an approval is
// refused, and both user and model are told.
func runExec(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var c execCall
	switch err := c.parse(args, stdout, stderr); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	defer surviveUnread()()
	ctx, unread := context.WithCancel(context.Background())
	defer unread()
	stdout, stderr = newOutlet(stdout, unread), newOutlet(stderr, unread)
	run, err := c.prepare(stdin, stdout, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "exec:", err)
		if errors.As(err, new(misuse)) {
			return 2
		}
		return 1
	}
	log, closeLog := newLog(logName("", c.ephemeral), c.settings.options, slog.LevelInfo, stderr)
	defer closeLog()
	res, err := run.play(ctx, log)
	if err == nil {
		err = c.keepAnswer(res, stderr)
	}
	if err != nil && ctx.Err() == nil {
		log.Error("exec", "err", err)
		fmt.Fprintln(stderr, "exec:", err)
	}
	switch {
	case ctx.Err() != nil:
		return exitUnread
	case res.Status == agent.Interrupted:
		return exitInterrupted
	case err != nil || res.Status == agent.Failed:
		return 1
	}
	return 0
}

// A misuse is a command line that is found to be wrong only once it is used.
type misuse struct{ error }

// An execRun is all that a turn needs, checked.
type execRun struct {
	call     *execCall
	settings *settings
	config   *config.Config
	dir      string // absolute
	input    agent.Input
	out      reporter
}

// prepare checks everything that can be checked before the model is asked.
func (c *execCall) prepare(stdin io.Reader, stdout, stderr io.Writer) (*execRun, error) {
	run := &execRun{call: c, settings: &c.settings}
	var err error
	if c.oss {
		if err = c.settings.useOSS(context.Background()); err != nil {
			return nil, err
		}
	}
	if err = c.prepareFolder(run, stderr); err != nil {
		return nil, err
	}
	if run.input, err = c.input(stdin, stderr); err != nil {
		return nil, err
	}
	if err = c.checkAnswerFile(); err != nil {
		return nil, err
	}
	if c.json {
		run.out = newJSONLines(stdout)
	} else {
		run.out = newTranscript(stdout, stderr, c.inColor(stderr))
	}
	return run, nil
}

// play takes the turn to its end, which ctx hastens, and reports it.
func (r *execRun) play(ctx context.Context, log *slog.Logger) (agent.Result, error) {
	account := auth.New(auth.Options{Home: r.config.Home, Log: log, Version: version})
	defer account.Close()
	o := agent.Options{Config: r.settings.current, Log: log, Version: version, Unattended: true, Account: account, Sandbox: sandbox.Probe}
	r.keep(&o)
	a := agent.New(o)
	host := newDiskHost(r.out)
	res, err := r.turn(ctx, a, host)
	a.Close() // kills the commands that were left running
	host.close()
	if err != nil {
		return res, err
	}
	return res, r.out.end(res)
}

// turn asks and waits. The first Ctrl-C interrupts the turn, which kills its
// commands; a second one, should that take long, ends the program.
func (r *execRun) turn(ctx context.Context, a *agent.Agent, host agent.Host) (agent.Result, error) {
	t, err := r.thread(a)
	if err != nil {
		return agent.Result{}, err
	}
	defer t.AttachHost(host)()
	r.out.begin(t.ID(), t.Cwd(), r.config)
	for _, note := range a.CutNotes() {
		host.Report(agent.Warning{Message: note})
	}
	ctx, stop := signal.NotifyContext(ctx, endings()...)
	defer stop()
	id, err := t.Ask(r.input)
	if err != nil {
		return agent.Result{}, err
	}
	defer context.AfterFunc(ctx, func() { stop(); t.Interrupt() })()
	return t.Wait(context.Background(), id)
}

// checkAnswerFile finds out whether there can be an answer file, which is empty
// until there is an answer. What is no plain file is not opened before that: a
// pipe's reader would take it for the end.
func (c *execCall) checkAnswerFile() error {
	if c.answerFile == "" {
		return nil
	}
	if info, err := os.Stat(c.answerFile); err == nil && !info.IsDir() && !info.Mode().IsRegular() {
		return nil
	}
	f, err := os.OpenFile(c.answerFile, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("file for the last message: %w", err)
	}
	return f.Close()
}

// keepAnswer writes the last message of the model where the user wants it.
func (c *execCall) keepAnswer(res agent.Result, stderr io.Writer) error {
	if c.answerFile == "" {
		return nil
	}
	if res.Answer == "" {
		fmt.Fprintf(stderr, "exec: there is no last message; %s is empty\n", c.answerFile)
	}
	return os.WriteFile(c.answerFile, []byte(res.Answer), 0o644)
}

// inColor tells whether the transcript has colours.
func (c *execCall) inColor(stderr io.Writer) bool {
	switch cmp.Or(c.color, "auto") {
	case "always":
		return true
	case "never":
		return false
	}
	return isTerminal(stderr) && os.Getenv("NO_COLOR") == ""
}
