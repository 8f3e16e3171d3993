package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent"
	"codex-lsp/agent/config"
	"codex-lsp/agent/journal"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/agent/rollout"
	"codex-lsp/lsp/lsptest"
)

// connect connects an editor to a server with these surroundings, in a folder.
func connect(t testing.TB, p lsptest.Profile, o Options, dir string) *bench {
	t.Helper()
	b := &bench{t: t, dir: dir}
	started := make(chan *server, 1)
	b.Editor = lsptest.Start(t, p, func(ctx context.Context, rwc io.ReadWriteCloser) error {
		s := start(ctx, rwc, o)
		started <- s
		return s.wait()
	}, dir)
	b.server = <-started
	return b
}

// withModel connects an editor to a server whose agent asks the scripted model
// over HTTP, in a folder with these files.
func withModel(t *testing.T, p lsptest.Profile, m *modeltest.Server, files map[string]string) *bench {
	t.Helper()
	return restarted(t, p, m, t.TempDir(), t.TempDir(), files)
}

// restarted is withModel with a Codex folder and a workspace that were used
// before. Each server is a process of its own, but for the lock on what it keeps:
// the one before must have been closed.
func restarted(t *testing.T, p lsptest.Profile, m *modeltest.Server, home, dir string, files map[string]string) *bench {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	loaded, err := config.Load(config.Options{Home: home, Getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	c := *loaded
	c.Provider.BaseURL, c.Provider.Key = m.URL, "test"
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	a := agent.New(agent.Options{
		Config: func(string) (*config.Config, error) { return &c, nil }, Log: log, Version: "test",
		Sessions: rollout.NewStore(home), Journals: journal.NewStore(home), Source: rollout.FromEditor,
	})
	t.Cleanup(a.Close)
	return connect(t, p, Options{Agent: a, Log: log, Version: "test", Home: home}, dir)
}

// answering reacts to every prompt alike, and keeps what was asked.
func answering(title string) func(lsptest.Prompt) lsptest.Reaction {
	return func(lsptest.Prompt) lsptest.Reaction { return lsptest.Pick(title) }
}

// An actionable is a code action or a lens, as a client reads it.
type actionable struct {
	Title, Kind string
	Range       struct{ Start struct{ Line int } }
	Command     runnable
}

// A runnable is a command to send to the server.
type runnable struct {
	Title, Command string
	Arguments      []json.RawMessage
}

// UnmarshalJSON takes a plain command for an action, too.
func (a *actionable) UnmarshalJSON(raw []byte) error {
	type full actionable
	if err := json.Unmarshal(raw, (*full)(a)); err == nil {
		return nil
	}
	err := json.Unmarshal(raw, &a.Command)
	a.Title = a.Command.Title
	return err
}

// actions asks for the code actions on a line of a document.
func (b *bench) actions(path string, line int) map[string]actionable {
	b.t.Helper()
	at := map[string]any{"line": line, "character": 0}
	var list []actionable
	if err := b.Call("textDocument/codeAction", map[string]any{
		"textDocument": map[string]any{"uri": string(uriOf(path))},
		"range":        map[string]any{"start": at, "end": at}, "context": map[string]any{"diagnostics": []any{}},
	}, &list); err != nil {
		b.t.Fatal(err)
	}
	byTitle := make(map[string]actionable)
	for _, a := range list {
		byTitle[a.Title] = a
	}
	return byTitle
}

// run runs the command of a code action or lens as a stock client does.
func (b *bench) run(a actionable, result any) error {
	return b.Call("workspace/executeCommand", map[string]any{"command": a.Command.Command, "arguments": a.Command.Arguments}, result)
}

const calc = "package calc\n\nfunc Add(a, b int) int { return a - b }\n"

const fixCalc = `*** Begin Patch
*** Update File: calc.go
@@
-func Add(a, b int) int { return a - b }
+func Add(a, b int) int { return a + b }
*** End Patch`

// TestChatFromPromptToAnswer goes all the way in several editors: a prompt in
// a chat document, sent by a code action; a command, approved; a patch, made
// over unsaved text; the answer, in the document.
func TestChatFromPromptToAnswer(t *testing.T) {
	for _, p := range []lsptest.Profile{lsptest.VSCode, lsptest.Helix, lsptest.Neovim, lsptest.WithPlugin, lsptest.Eglot, lsptest.VimLSP} {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			chatFlow(t, p)
		})
	}
}

func chatFlow(t *testing.T, p lsptest.Profile) {
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.Text("I ", "look."), modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "echo tested"})),
		modeltest.Says(modeltest.CustomAs("c2", "apply_patch", fixCalc)),
		modeltest.Says(modeltest.Text("Add ", "adds ", "now.")),
	)
	b := withModel(t, p, m, map[string]string{"calc.go": calc, "x.codex.md": "## You\n\nmake @calc.go right\n"})
	b.OnPrompt = answering("Approve")
	source, chat := b.path("calc.go"), b.path("x.codex.md")
	b.Open(source)
	b.Type(source, "package calc\n", "package calc // unsaved\n")
	b.Open(chat)
	b.settled("calc.go")

	send, ok := b.actions(chat, 2)["Send to Codex"]
	if !ok {
		t.Fatalf("no way to send; actions: %v", b.actions(chat, 2))
	}
	var result AskResult
	if err := b.run(send, &result); err != nil {
		t.Fatal(err)
	}
	th, err := b.server.agent.Thread(result.ThreadID)
	if err != nil || th.Cwd() != b.dir || result.Cwd != b.dir {
		t.Fatalf("the thread is about %+v, %v; want %s", result, err, b.dir)
	}
	b.AwaitText(chat, "## You\n\nmake @calc.go right\n\n## Codex\n\nI look.\n\n> ran `echo tested` (exit 0)\n\n> edited calc.go +1 −1\n\nAdd adds now.\n\n## You\n\n")
	if want := strings.Replace(strings.Replace(calc, "calc\n", "calc // unsaved\n", 1), "a - b", "a + b", 1); b.Text(source) != want {
		t.Errorf("calc.go holds\n%s\nwant\n%s", b.Text(source), want)
	}
	b.progressEnded(1)
	b.sawMention(m, source)
	if n := len(b.Received("window/showMessageRequest")); n != 1 {
		t.Errorf("%d prompts, want 1", n)
	}
	if p.Name != lsptest.WithPlugin.Name && len(heard(b.Editor)) > 0 {
		t.Errorf("unannounced notifications: %q", heard(b.Editor)[0])
	}
	var files []agent.ChangedFile
	if err := b.Execute("codex.changedFiles", nil, &files); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]agent.ChangedFile{{Path: source, Kind: "update", TurnID: result.TurnID}}, files); diff != "" {
		t.Errorf("changed files (-want +got):\n%s", diff)
	}
}

// sawMention checks that the model was shown a file that the prompt names.
func (b *bench) sawMention(m *modeltest.Server, path string) {
	b.t.Helper()
	if body := string(m.Requests()[0].Body); !strings.Contains(body, path) {
		b.t.Errorf("the model was not pointed at %s: %s", path, body)
	}
}

// progressEnded waits until n displays have ended, and checks that each began
// and ended exactly once.
func (b *bench) progressEnded(n int) {
	b.t.Helper()
	tokens := map[string]string{}
	for {
		clear(tokens)
		ended := 0
		got := b.Received("$/progress")
		for _, r := range got {
			var p struct {
				Token json.RawMessage
				Value struct{ Kind string }
			}
			if err := json.Unmarshal(r.Params, &p); err != nil {
				b.t.Fatal(err)
			}
			if p.Value.Kind != "report" {
				tokens[string(p.Token)] += p.Value.Kind + " "
			}
			if p.Value.Kind == "end" {
				ended++
			}
		}
		if ended >= n {
			break
		}
		b.Await("$/progress", len(got)+1)
	}
	for token, kinds := range tokens {
		if kinds != "begin end " {
			b.t.Errorf("progress %s: %s", token, kinds)
		}
	}
}

// TestAskWaits: with wait the reply carries the end, and the request's own
// token shows progress.
func TestAskWaits(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.CustomAs("c2", "apply_patch", fixCalc)),
		modeltest.Says(modeltest.Text("done")),
	)
	b := withModel(t, lsptest.Plain, m, map[string]string{"calc.go": calc})
	var got AskResult
	err := b.Call("workspace/executeCommand", map[string]any{
		"command": "codex.ask", "workDoneToken": 7,
		"arguments": []any{map[string]any{"prompt": "fix it", "wait": true}},
	}, &got)
	if err != nil {
		t.Fatal(err)
	}
	want := AskResult{ThreadID: got.ThreadID, TurnID: got.TurnID, Cwd: b.dir, Status: agent.Completed, Answer: "done", ChangedFiles: []string{b.path("calc.go")}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reply (-want +got):\n%s", diff)
	}
	own := 0
	for _, r := range b.Received("$/progress") { // all of the token's came before the reply
		if strings.HasPrefix(string(r.Params), `{"token":7,`) && strings.Contains(string(r.Params), `"kind":"end"`) {
			own++
		}
	}
	if own != 1 {
		t.Errorf("the request's own progress ended %d times before the reply", own)
	}
	b.progressEnded(2)
	if got := b.onDisk("calc.go"); got != strings.Replace(calc, "a - b", "a + b", 1) {
		t.Errorf("calc.go holds %q", got)
	}
	if n := len(b.Received("window/showMessage")); n != 0 {
		t.Errorf("the answer was told %d times more", n)
	}
}

// TestAskAnswersAtOnce: the reply does not wait for the model, and an editor
// that draws nothing gets the answer as a message.
func TestAskAnswersAtOnce(t *testing.T) {
	speak := make(chan struct{})
	m := modeltest.Serve(t, modeltest.Says(modeltest.Gate(speak), modeltest.Text("forty-two")))
	b := withModel(t, lsptest.Helix, m, nil)
	var got AskResult
	if err := b.Execute("codex.ask", map[string]any{"prompt": "what is it?"}, &got); err != nil {
		t.Fatal(err)
	}
	if got.Status != "" || got.ThreadID == "" || got.TurnID == "" {
		t.Errorf("reply %+v", got)
	}
	var status StatusResult
	if err := b.Execute("codex.status", map[string]any{"threadId": got.ThreadID}, &status); err != nil {
		t.Fatal(err)
	}
	if len(status.Threads) != 1 || status.Threads[0].TurnID != got.TurnID || status.Threads[0].Title != "what is it?" {
		t.Errorf("status %+v", status)
	}
	close(speak)
	var shown struct {
		Type    int
		Message string
	}
	if err := json.Unmarshal(b.Await("window/showMessage", 1)[0].Params, &shown); err != nil || shown.Message != "Codex: forty-two" || shown.Type != 3 {
		t.Errorf("message %+v, %v", shown, err)
	}
	b.progressEnded(1)
}

// TestInterrupt: the command, the cancel button and a cancelled wait all stop
// the turn.
func TestInterrupt(t *testing.T) {
	for name, stop := range map[string]func(b *bench, turn AskResult) error{
		"command": func(b *bench, _ AskResult) error {
			var got InterruptResult
			err := b.Execute("codex.interrupt", nil, &got)
			if err == nil && (!got.Interrupted || len(got.ThreadIDs) != 1) {
				return fmt.Errorf("answered %+v", got)
			}
			return err
		},
		"cancel button": func(b *bench, turn AskResult) error {
			b.Await("$/progress", 1)
			b.Notify("window/workDoneProgress/cancel", map[string]any{"token": "codex/" + turn.TurnID})
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := modeltest.Serve(t, modeltest.Says(modeltest.Text("hm"), modeltest.Stall()))
			b := withModel(t, watching(), m, nil)
			var turn AskResult
			if err := b.Execute("codex.ask", map[string]any{"prompt": "think"}, &turn); err != nil {
				t.Fatal(err)
			}
			b.Await(MethodMessageDelta, 1)
			if err := stop(b, turn); err != nil {
				t.Fatal(err)
			}
			var end struct{ Status string }
			if err := json.Unmarshal(b.Await(MethodTurnCompleted, 1)[0].Params, &end); err != nil || end.Status != "interrupted" {
				t.Errorf("the turn ended %+v, %v", end, err)
			}
			b.progressEnded(1)
		})
	}
}

// TestCancelledWait: who cancels the request that waits wants the turn to stop.
func TestCancelledWait(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("hm"), modeltest.Stall()))
	b := withModel(t, watching(), m, nil)
	wait := b.Begin("workspace/executeCommand", map[string]any{
		"command": "codex.ask", "arguments": []any{map[string]any{"prompt": "think", "wait": true}},
	})
	b.Await(MethodMessageDelta, 1)
	b.Notify("$/cancelRequest", map[string]any{"id": 2}) // initialize was 1
	var failed *lsptest.Error
	if err := wait(nil); !errors.As(err, &failed) || failed.Code != -32800 {
		t.Errorf("the cancelled request is answered %v", err)
	}
	b.Await(MethodTurnCompleted, 1)
	b.progressEnded(1)
}

// TestSteering: what is said while a turn runs joins it.
func TestSteering(t *testing.T) {
	speak := make(chan struct{})
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.Text("first"), modeltest.Gate(speak)),
		modeltest.Says(modeltest.Text("second")))
	b := withModel(t, watching(), m, nil)
	var turn AskResult
	var steered TurnRef
	if err := b.Execute("codex.ask", map[string]any{"prompt": "one"}, &turn); err != nil {
		t.Fatal(err)
	}
	b.Await(MethodMessageDelta, 1)
	if err := b.Execute("codex.steer", map[string]any{"prompt": "two"}, &steered); err != nil {
		t.Fatal(err)
	}
	if want := (TurnRef{turn.ThreadID, turn.TurnID}); steered != want {
		t.Errorf("steered %+v, want %+v", steered, want)
	}
	close(speak)
	b.Await(MethodTurnCompleted, 1)
	if body := string(m.Requests()[1].Body); !strings.Contains(body, `"text":"two"`) {
		t.Errorf("the model did not hear it: %s", body)
	}
}

// TestSelectionGoesAlong: the model sees what the user had selected, unsaved,
// when the command was sent.
func TestSelectionGoesAlong(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("ok")))
	b := withModel(t, lsptest.Plain, m, map[string]string{"calc.go": calc})
	b.Open(b.path("calc.go"))
	b.Type(b.path("calc.go"), "a - b", "a * b")
	err := b.Execute("codex.ask", map[string]any{
		"prompt": "why?", "wait": true,
		"textDocument": map[string]any{"uri": string(uriOf(b.path("calc.go"))), "version": 2},
		"range":        map[string]any{"start": map[string]any{"line": 2, "character": 5}, "end": map[string]any{"line": 3, "character": 0}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var item struct{ Content []struct{ Text string } }
	in := m.Requests()[0].Input
	if err := json.Unmarshal(in[len(in)-1], &item); err != nil {
		t.Fatal(err)
	}
	want := "<editor_context path=\"" + b.path("calc.go") + "\" lines=\"3-3\">\n```go\nfunc Add(a, b int) int { return a * b }\n```\n</editor_context>"
	if item.Content[0].Text != want || item.Content[len(item.Content)-1].Text != "why?" {
		t.Errorf("the model reads %q", item.Content)
	}
}

// TestTwoClientsOfOneThread: both hear the turn; the first to answer decides;
// edits are made in the client that came first.
func TestTwoClientsOfOneThread(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "true"})),
		modeltest.Says(modeltest.CustomAs("c2", "apply_patch", fixCalc)),
		modeltest.Says(modeltest.Text("done")))
	first := withModel(t, watching(), m, map[string]string{"calc.go": calc})
	second := connect(t, lsptest.WithPlugin, Options{Agent: first.server.agent, Log: first.server.log, Version: "test"}, first.dir)
	for _, b := range []*bench{first, second} {
		b.OnPrompt = func(lsptest.Prompt) lsptest.Reaction { return lsptest.Ignore() }
		b.Open(b.path("calc.go"))
		b.settled("calc.go")
	}
	var thread ThreadRef
	if err := first.Execute("codex.newThread", nil, &thread); err != nil {
		t.Fatal(err)
	}
	if err := second.Execute("codex.ask", map[string]any{"prompt": "fix", "threadId": thread.ThreadID}, nil); err != nil {
		t.Fatal(err)
	}
	for _, b := range []*bench{first, second} {
		b.Await("window/showMessageRequest", 1)
		b.Await(MethodApprovalRequested, 1)
	}
	second.React(lsptest.Pick("Approve"))
	for _, b := range []*bench{first, second} {
		b.Await(MethodTurnCompleted, 1)
		if n := len(b.Received(MethodApprovalResolved)); n != 1 {
			t.Errorf("%d resolved, want 1", n)
		}
	}
	first.Await("$/cancelRequest", 1)
	if want := strings.Replace(calc, "a - b", "a + b", 1); first.Text(first.path("calc.go")) != want || second.Text(second.path("calc.go")) != calc {
		t.Errorf("first has %q, second has %q", first.Text(first.path("calc.go")), second.Text(second.path("calc.go")))
	}
}

// TestApprovalInTheChat: a prompt that nobody answers is no dead end; the
// question stands in the chat, with an answer one click away.
func TestApprovalInTheChat(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "echo hi", "justification": "![to](https://example.com/x.png)\n\nsay it"})),
		modeltest.Says(modeltest.Text("said")))
	b := withModel(t, lsptest.VSCode, m, map[string]string{"x.codex.md": "say hi"})
	b.OnPrompt = func(lsptest.Prompt) lsptest.Reaction { return lsptest.Ignore() }
	path := b.path("x.codex.md")
	b.Open(path)
	_, lenses := b.lenses(path)
	if err := b.run(lenses[0], nil); err != nil {
		t.Fatal(err)
	}
	b.AwaitText(path, "say hi\n\n## Codex\n\n> waiting for approval: Run echo hi?\n\n## You\n\n")
	titles, lenses := b.lenses(path)
	if diff := cmp.Diff([]string{"4 Approve: Run echo hi?", "4 Decline: Run echo hi?", "6 ■ Stop"}, titles); diff != "" {
		t.Fatalf("lenses (-want +got):\n%s", diff)
	}
	told := "`Run echo hi?`\n\n    echo hi\n\nIn: `" + b.dir + "`\n\nCodex says: `![to](https://example.com/x.png) say it`\n\nPolicy: `"
	if got := b.hover(path, 4); !strings.HasPrefix(got, told) || !strings.Contains(got, "Rule: `read-only`") || b.hover(path, 5) != "" {
		t.Errorf("the hover is %q, want it to begin with %q", got, told)
	}
	if err := b.run(lenses[0], nil); err != nil {
		t.Fatal(err)
	}
	b.AwaitText(path, "say hi\n\n## Codex\n\n> ran `echo hi` (exit 0)\n\nsaid\n\n## You\n\n")
	b.progressEnded(1)
	if n := len(b.Received("workspace/codeLens/refresh")); n == 0 {
		t.Error("the editor was never told to look at the lenses again")
	}
}

// TestExplain: an answer that is only to be read is shown in a chat document,
// in an editor that draws nothing itself.
func TestExplain(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("It adds.")))
	b := withModel(t, lsptest.VSCode, m, map[string]string{"calc.go": calc})
	b.Open(b.path("calc.go"))
	if err := b.run(b.actions(b.path("calc.go"), 2)["Codex: explain this"], nil); err != nil {
		t.Fatal(err)
	}
	var shown struct{ URI string }
	if err := json.Unmarshal(b.Await("window/showDocument", 1)[0].Params, &shown); err != nil {
		t.Fatal(err)
	}
	b.AwaitText(strings.TrimPrefix(shown.URI, "file://"), "# Codex in "+b.dir+
		"\n\n## You\n\nExplain this code: what it does, how, and what to watch out for. Change nothing.\n\n## Codex\n\nIt adds.\n\n## You\n\n")
}
