package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"

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
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "demo: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	s := newDemoScreen(stdout, isTerminal(stdout) && !*fast)
	if isTerminal(stdin) && isTerminal(stdout) && !*yes {
		s.keys = bufio.NewReader(stdin)
	}
	if err := playDemo(s); err != nil {
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
func playDemo(s *demoScreen) error {
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
	settings := fmt.Sprintf("model_provider = \"demo\"\n[model_providers.demo]\nname = \"the demo's model\"\nbase_url = %q\nenv_key = \"CODEX_DEMO_KEY\"\n", m.URL)
	if err := os.WriteFile(filepath.Join(home, "config.toml"), []byte(settings), 0o600); err != nil {
		return err
	}
	e, stop, err := startDemoServer(home, work, s)
	if err != nil {
		return err
	}
	err = errors.Join(converse(e, s, work), stop(), m.Err())
	if err == nil {
		s.farewell()
	}
	return err
}

// startDemoServer starts this program as the language server of an editor.
func startDemoServer(home, work string, s *demoScreen) (e *demoEditor, stop func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(self, "serve")
	cmd.Dir = work
	cmd.Env = append(os.Environ(), "CODEX_HOME="+home, "CODEX_DEMO_KEY=none")
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
		notified: s.notified, approve: s.approve, edited: s.edited, replies: make(map[int]chan []byte), done: make(chan struct{}),
	}
	go e.read()
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

// converse asks, waits for the end, and holds the result against the promise:
// the test failed before and passes now, and the user's typing is still there.
func converse(e *demoEditor, s *demoScreen, work string) error {
	folder := map[string]string{"uri": "file://" + work, "name": filepath.Base(work)}
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
	var end struct{ Status, Error string }
	start := time.Now()
	ask := map[string]any{"command": "codex.ask", "arguments": []any{map[string]any{"prompt": demo.Prompt, "wait": true}}}
	if err := e.call(2, "workspace/executeCommand", ask, &end); err != nil {
		return err
	}
	if end.Status != "completed" {
		return fmt.Errorf("the turn is %s %s", end.Status, end.Error)
	}
	s.closing(time.Since(start))
	onDisk, err := os.ReadFile(e.path)
	switch {
	case err != nil:
		return err
	case !strings.HasPrefix(string(onDisk), unsavedLine) || string(onDisk) != e.text:
		return errors.New("the buffer and the file differ after the turn")
	case s.declined: // the model was told, and went on without it
		return nil
	case len(s.exits) != 2 || s.exits[0] == 0 || s.exits[1] != 0:
		return fmt.Errorf("the test should have failed and then passed; its exit codes were %v", s.exits)
	}
	return nil
}
