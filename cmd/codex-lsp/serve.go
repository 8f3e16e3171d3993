package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"codex-lsp/agent"
	"codex-lsp/agent/auth"
	"codex-lsp/agent/config"
	"codex-lsp/agent/sandbox"
	"codex-lsp/lsp"
	"codex-lsp/lsp/door"
)

const terminalHint = `codex-lsp speaks the Language Server Protocol on its standard streams; an editor starts it.
  codex-lsp demo    shows what it does, without a key or a network
  codex-lsp help    lists its commands
Waiting for a client; Ctrl-C ends.
`

// serve is what editors start.
func serve(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(stderr)
	listen := flags.String("listen", "", "serve every client of a socket: unix:PATH or tcp:127.0.0.1:PORT")
	flags.Bool("stdio", true, "serve one client on the standard streams (the default)")
	logFile := flags.String("log", "", "file for the log; default: log/codex-lsp.log in CODEX_HOME")
	level := slog.LevelInfo
	flags.TextVar(&level, "log-level", level, "debug, info, warn or error")
	ephemeral := flags.Bool("ephemeral", false, "keep nothing on disk: no conversations, no undo after the end, no log unless -log names one")
	local := flags.Bool("oss", false, "ask a model on this machine, of Ollama or LM Studio")
	s := &settings{}
	flags.Func("c", "override a setting: key=value (repeatable)", func(v string) error {
		s.options.Overrides = append(s.options.Overrides, v)
		return nil
	})
	for _, name := range []string{"p", "profile"} {
		flags.StringVar(&s.options.Profile, name, "", "take the settings of `NAME`.config.toml too, in Codex's home")
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "serve: unexpected argument %q%s\n", flags.Arg(0), behind(flags.Arg(0)))
		return 2
	}
	log, closeLog := newLog(logName(*logFile, *ephemeral), s.options, level, stderr)
	defer closeLog()
	if *local {
		if err := s.useOSS(context.Background()); err != nil {
			fmt.Fprintln(stderr, "codex-lsp:", err)
			return 1
		}
	}
	home, err := config.Home(s.options)
	if err != nil {
		fmt.Fprintln(stderr, "codex-lsp:", err)
		return 1
	}
	account := auth.New(auth.Options{Home: home, Log: log, Version: version})
	defer account.Close()
	kept := agent.Options{Config: s.current, Log: log, Version: version, Account: account, Sandbox: sandbox.Probe}
	chats, forget, err := keep(&kept, home, *ephemeral)
	if err != nil {
		fmt.Fprintln(stderr, "codex-lsp:", err)
		return 1
	}
	defer forget()
	a := agent.New(kept)
	defer a.Close()
	defer openDoor(home, a.Ledger(), log)()
	o := lsp.Options{Agent: a, Log: log, Version: version, Home: home, Chats: chats, Configure: s.configure, UseProxy: s.useProxy}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *listen != "" {
		err = lsp.Listen(ctx, *listen, o)
	} else {
		hint(stdin, stderr)
		err = lsp.Serve(ctx, stdio{stdin, stdout}, o)
	}
	if err != nil && ctx.Err() == nil {
		log.Error("serve", "err", err)
		fmt.Fprintln(stderr, "codex-lsp:", err)
		return 1
	}
	return 0
}

// openDoor lets codex-lsp approve answer questions, until it is closed.
func openDoor(home string, l *agent.Ledger, log *slog.Logger) (closeDoor func()) {
	d, err := door.Open(home, l, log)
	if err != nil {
		log.Warn("codex-lsp approve does not reach this server", "err", err)
		return func() {}
	}
	return func() { d.Close() }
}

// hint tells somebody who has started the server by hand what it is.
func hint(stdin io.Reader, stderr io.Writer) {
	if f, ok := stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(stderr, terminalHint)
	}
}

// stdio is the process's standard streams as one connection.
type stdio struct {
	io.Reader
	io.Writer
}

func (s stdio) Close() error {
	if c, ok := s.Reader.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
