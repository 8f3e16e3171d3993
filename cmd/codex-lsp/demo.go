package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/term"

	"codex-lsp/agent"
	"codex-lsp/agent/demo"
	"codex-lsp/agent/model/modeltest"
)

// unsavedLine is what the demo's user has typed and not saved.
const unsavedLine = "# Prices as agreed with sales. (typed, not saved)\n"

// runDemo is the subcommand demo: the embedded scripted model over real HTTP,
// this program as the server, and an editor that shows in the terminal what it
// is told. Everything but the model's words is real.
func runDemo(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	yes := flags.Bool("yes", false, "approve everything without asking")
	fast := flags.Bool("fast", false, "do not slow down to a human pace")
	plain := flags.Bool("no-color", os.Getenv("NO_COLOR") != "", "no colours, as with NO_COLOR set")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "demo: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	tty := isTerminal(stdout)
	s := &demoScreen{out: stdout, slow: tty && !*fast, color: tty && !*plain, interrupted: ctx.Done(), ended: make(chan agent.Result, 1)}
	if isTerminal(stdin) && tty && !*yes {
		s.keys = bufio.NewReader(stdin)
	}
	err := playDemo(ctx, s)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "\ndemo: interrupted")
		return 1
	case err != nil:
		fmt.Fprintln(stderr, "demo:", err)
		return 1
	}
	return 0
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// playDemo runs the demo in folders of its own and removes them.
func playDemo(ctx context.Context, s *demoScreen) error {
	dir, err := os.MkdirTemp("", "codex-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	work, home := filepath.Join(dir, "till"), filepath.Join(dir, "home")
	for _, d := range []string{work, home} {
		if err := os.Mkdir(d, 0o700); err != nil {
			return err
		}
	}
	if err := demo.Write(work); err != nil {
		return err
	}
	m, err := modeltest.Start(demo.Script())
	if err != nil {
		return err
	}
	defer m.Close()
	settings := fmt.Sprintf("sandbox_mode = \"workspace-write\"\nmodel_provider = \"demo\"\n[model_providers.demo]\nname = \"the demo's model\"\nbase_url = %q\n", m.URL)
	if err := os.WriteFile(filepath.Join(home, "config.toml"), []byte(settings), 0o600); err != nil {
		return err
	}
	if err := writeDemoRules(home); err != nil {
		return err
	}
	e, stop, err := startDemoServer(ctx, work, home)
	if err != nil {
		return err
	}
	e.screen = s
	go e.read()
	err = errors.Join(converse(e, s, work), stop(), m.Err())
	if err == nil {
		s.farewell()
	}
	return err
}

// writeDemoRules makes the demo's command one that is asked about: in a sandbox
// it would just run, and nobody would see how an approval looks.
func writeDemoRules(home string) error {
	const rules = "prefix_rule(pattern=[\"sh\", \"test.sh\"], decision=\"prompt\", justification=\"you see here how you are asked\")\n"
	if err := os.Mkdir(filepath.Join(home, "rules"), 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(home, "rules", "default.rules"), []byte(rules), 0o600)
}

// startDemoServer starts this program as the language server of an editor.
func startDemoServer(ctx context.Context, work, home string) (e *demoEditor, stop func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.CommandContext(ctx, self, "serve")
	cmd.Dir = work
	cmd.Env = append(os.Environ(), "CODEX_HOME="+home)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	e = &demoEditor{
		in: in, out: bufio.NewReader(out), path: filepath.Join(work, demo.File),
		replies: make(map[int]chan []byte), done: make(chan struct{}),
	}
	return e, func() error {
		_ = e.call(9, "shutdown", nil, nil)
		_ = e.notify("exit", nil)
		<-e.done
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("the server: %w\n%s", err, said.String())
		}
		return nil
	}, nil
}

// converse opens the project, asks the agent to mend it, and waits for the end.
func converse(e *demoEditor, s *demoScreen, work string) error {
	folder := map[string]string{"uri": fileURI(work), "name": filepath.Base(work)}
	err := e.call(1, "initialize", map[string]any{
		"processId": os.Getpid(), "rootUri": folder["uri"], "workspaceFolders": []any{folder},
		"clientInfo": map[string]string{"name": "codex-lsp demo", "version": version},
		"capabilities": map[string]any{
			"general": map[string]any{"positionEncodings": []string{"utf-8"}},
			"window":  map[string]any{"workDoneProgress": true, "showMessage": map[string]any{}},
			"workspace": map[string]any{"applyEdit": true, "workspaceFolders": true,
				"workspaceEdit": map[string]any{"documentChanges": true}},
			"textDocument": map[string]any{"synchronization": map[string]any{"didSave": true}},
		},
		"initializationOptions": map[string]any{"capabilities": map[string]any{
			"events": true, "saveDocuments": true, "reloadDocuments": true, "debounce": 0}},
	}, nil)
	if err != nil {
		return err
	}
	if err := errors.Join(e.notify("initialized", map[string]any{}), e.open(unsavedLine)); err != nil {
		return err
	}
	s.opening(e.name())
	ask := map[string]any{"command": "codex.ask", "arguments": []any{map[string]any{"prompt": demo.Prompt}}}
	if err := e.call(2, "workspace/executeCommand", ask, nil); err != nil {
		return err
	}
	select {
	case end := <-s.ended: // the last of the turn's events, so all is on the screen
		if end.Status != agent.Completed {
			return fmt.Errorf("the turn %s: %s", end.Status, end.Error)
		}
	case <-e.done:
		return errors.New("the server ended before the turn did")
	}
	return verify(e, s)
}

// verify holds the outcome against the promise: the test failed before and
// passes now, and what the user typed is still there, and on disk.
func verify(e *demoEditor, s *demoScreen) error {
	onDisk, err := os.ReadFile(e.path)
	switch {
	case err != nil:
		return err
	case s.declined:
		return errors.New("the test was declined, so nothing is proven; run the demo again and approve it")
	case len(s.exits) != 2 || s.exits[0] == 0 || s.exits[1] != 0:
		return fmt.Errorf("the test should have failed and then passed; its exit codes were %v", s.exits)
	case !strings.HasPrefix(string(onDisk), unsavedLine) || string(onDisk) != e.text:
		return errors.New("the buffer and the file differ after the turn")
	}
	s.closing()
	return nil
}
