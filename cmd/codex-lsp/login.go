package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/term"

	"codex-lsp/agent/auth"
	"codex-lsp/agent/config"
)

const loginHelp = `Usage: codex-lsp login [FLAGS]           with ChatGPT, in a browser on this machine
       codex-lsp login --device-auth     with ChatGPT, in a browser anywhere
       codex-lsp login --with-api-key    with an API key from standard input
       codex-lsp login status            says who is signed in; exit code 1: nobody

Signs in, for Codex too: both use the same credentials. Those that are there
stay until the new ones are.

`

// runLogin is the subcommand login.
func runLogin(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var call loginCall
	switch err := call.parse(args, stderr); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "login: %v\n", err)
		return 2
	}
	c, err := call.settings.current("")
	if err != nil {
		fmt.Fprintln(stderr, "login:", err)
		return 1
	}
	log, closeLog := newLog("", call.settings.options, 0, stderr)
	defer closeLog()
	a := auth.New(auth.Options{Home: c.Home, Log: log, Version: version, Issuer: call.issuer, Client: call.client})
	defer a.Close()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if call.status {
		return printStatus(a, c, stdout, stderr)
	}
	status, err := call.signIn(ctx, a, c, stdin, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "login:", err)
		return 1
	}
	fmt.Fprintln(stderr, "Signed in: "+describe(status)+".")
	return 0
}

// A loginCall is the command line of one login.
type loginCall struct {
	settings       settings
	status         bool
	device         bool
	key, token     bool
	issuer, client string
}

func (l *loginCall) parse(args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("login", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.BoolVar(&l.device, "device-auth", false, "sign in with a code, in a browser on whichever machine")
	flags.BoolVar(&l.key, "with-api-key", false, "read an API key from standard input")
	flags.BoolVar(&l.token, "with-access-token", false, "read a personal access token from standard input")
	flags.StringVar(&l.issuer, "experimental_issuer", "", "sign in at this `URL`")
	flags.StringVar(&l.client, "experimental_client-id", "", "sign in as this `client`")
	flags.Func("c", "override a setting: `key=value` (repeatable)", func(v string) error {
		l.settings.options.Overrides = append(l.settings.options.Overrides, v)
		return nil
	})
	rest, err := parseAnywhere(flags, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stderr, loginHelp)
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		return err
	case err != nil:
		return errors.New(withoutValue(err.Error(), args))
	case len(rest) == 1 && rest[0] == "status":
		l.status = true
	case len(rest) > 0: // which may be a key: it is not repeated
		return errors.New("there is an argument too many; keys and tokens are read from standard input, as in: printenv OPENAI_API_KEY | codex-lsp login --with-api-key")
	}
	if l.device && (l.key || l.token) || l.key && l.token {
		return errors.New("choose one of --device-auth, --with-api-key and --with-access-token")
	}
	return nil
}

// withoutValue takes the command line out of what flag says of it: somebody may
// have written --with-api-key=KEY.
func withoutValue(message string, args []string) string {
	for _, arg := range args {
		if _, value, ok := strings.Cut(arg, "="); ok && value != "" {
			message = strings.ReplaceAll(message, value, "…")
		}
	}
	return message
}

func (l *loginCall) signIn(ctx context.Context, a *auth.Account, c *config.Config, stdin io.Reader, stderr io.Writer) (auth.Status, error) {
	switch {
	case l.key, l.token:
		secret, err := readSecret(stdin, stderr)
		if err != nil {
			return auth.Status{}, err
		}
		if l.token {
			return a.SignInWithToken(ctx, c, secret)
		}
		if err := a.SignInWithKey(ctx, c, secret); err != nil {
			return auth.Status{}, err
		}
		return a.Status(c)
	case l.device:
		d, err := a.SignInWithCode(ctx, c)
		if err != nil {
			return auth.Status{}, err
		}
		fmt.Fprintf(stderr, "Open %s\nand type the code %s there, within 15 minutes. Give it to nobody.\n", d.URL, d.Code)
		return d.Wait(ctx)
	}
	b, err := a.SignInWithBrowser(c)
	if err != nil {
		return auth.Status{}, err
	}
	opened := "Open"
	if browse(b.URL) {
		opened = "Sign in with the browser that opens. If none does, open"
	}
	fmt.Fprintf(stderr, "%s\n\n  %s\n\nOn a machine without a browser: codex-lsp login --device-auth. Ctrl-C gives up.\n", opened, b.URL)
	return b.Wait(ctx)
}

// maxSecret is more than any key or token takes.
const maxSecret = 64 << 10

// readSecret reads a key from standard input, which does not show it where it
// is a terminal.
func readSecret(stdin io.Reader, stderr io.Writer) (string, error) {
	if f, ok := stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(stderr, "Type or paste it (it is not shown): ")
		text, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(stderr)
		return string(text), err
	}
	text, err := io.ReadAll(io.LimitReader(stdin, maxSecret))
	if err == nil && len(text) == 0 {
		err = errors.New("standard input is empty: pipe the key in")
	}
	return string(text), err
}

// printStatus says who is signed in.
func printStatus(a *auth.Account, c *config.Config, stdout, stderr io.Writer) int {
	s, err := a.Status(c)
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "login:", err)
		return 1
	case s.Method == auth.NotSignedIn:
		fmt.Fprintln(stdout, "Not signed in")
		return 1
	}
	fmt.Fprintln(stdout, "Signed in: "+describe(s))
	if s.Problem != "" {
		fmt.Fprintln(stdout, "It cannot be used:", s.Problem)
		return 1
	}
	return 0
}

// describe says in words how somebody is signed in.
func describe(s auth.Status) string {
	var who string
	switch s.Method {
	case auth.ByKey:
		return "with the API key " + s.Key
	case auth.ByEnv:
		return "with the API key " + s.Key + " of the environment"
	case auth.ByChatGPT:
		who = "with ChatGPT"
	case auth.ByToken:
		who = "with a personal access token"
	default:
		return "in a way that only Codex itself knows"
	}
	if s.Email != "" {
		who += " as " + s.Email
	}
	if s.Plan != "" {
		who += " (" + s.Plan + ")"
	}
	return who
}

// runLogout is the subcommand logout.
func runLogout(args []string, _ io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("logout", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var s settings
	flags.Func("c", "override a setting: `key=value` (repeatable)", func(v string) error {
		s.options.Overrides = append(s.options.Overrides, v)
		return nil
	})
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "logout: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	c, err := s.current("")
	if err != nil {
		fmt.Fprintln(stderr, "logout:", err)
		return 1
	}
	log, closeLog := newLog("", s.options, 0, stderr)
	defer closeLog()
	a := auth.New(auth.Options{Home: c.Home, Log: log, Version: version})
	defer a.Close()
	found, err := a.SignOut(context.Background(), c)
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "logout:", err)
		return 1
	case found:
		fmt.Fprintln(stdout, "Signed out")
	default:
		fmt.Fprintln(stdout, "Nobody was signed in")
	}
	return 0
}
