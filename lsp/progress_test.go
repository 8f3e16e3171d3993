package lsp

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/protocol"

	"codex-lsp/agent"
	"codex-lsp/lsp/lsptest"
)

// shown lists what the progress displays showed, as "kind message".
func shown(t *testing.T, e *lsptest.Editor) []string {
	t.Helper()
	var list []string
	for _, r := range e.Received("$/progress") {
		var p struct {
			Value struct{ Kind, Title, Message string }
		}
		if err := json.Unmarshal(r.Params, &p); err != nil {
			t.Fatal(err)
		}
		list = append(list, p.Value.Kind+" "+p.Value.Title+p.Value.Message)
	}
	return list
}

func TestProgress(t *testing.T) {
	ref := agent.Ref{ThreadID: "t", TurnID: "u"}
	started := agent.TurnStarted{Ref: ref, Prompt: "Make the tests pass\nplease"}
	wait := func(r agent.WaitReason, detail string) agent.Event {
		return agent.Waiting{Ref: ref, Reason: r, Detail: detail}
	}
	for _, c := range []struct {
		name   string
		client lsptest.Profile
		events []agent.Event
		want   []string
	}{
		{"every wait has its name", lsptest.Plain, []agent.Event{
			started, wait(agent.WaitModel, ""), wait(agent.WaitRetry, "retry 2 of 5: 503"), agent.ReasoningDelta{Ref: ref, Delta: "x"},
			agent.MessageDelta{Ref: ref, Delta: "x"}, wait(agent.WaitApproval, "Run go test ./...?"), wait(agent.WaitCommand, "go test ./..."),
			wait(agent.WaitEdit, "update calc.go"), wait("", ""),
			agent.TurnCompleted{Ref: ref, Result: agent.Result{Status: agent.Completed, Files: []string{"a", "b"}}},
		}, []string{
			"begin Codex: Make the tests pass", "report waiting for the model's first word", "report waiting to try again: retry 2 of 5: 503", "report thinking",
			"report answering", "report waiting for approval: Run go test ./...?", "report running go test ./...",
			"report editing: update calc.go", "report working", "end done, 2 files changed",
		}},
		{"the same again is not said", lsptest.Plain, []agent.Event{
			started, agent.MessageDelta{Ref: ref, Delta: "x"}, agent.MessageDelta{Ref: ref, Delta: "x"}, agent.MessageDelta{Ref: ref, Delta: "x"},
			agent.TurnCompleted{Ref: ref, Result: agent.Result{Status: agent.Interrupted}},
		}, []string{"begin Codex: Make the tests pass", "report answering", "end interrupted"}},
		{"ends once", lsptest.Plain, []agent.Event{
			started, agent.TurnCompleted{Ref: ref, Result: agent.Result{Status: agent.Failed, Error: "no key\nset one"}},
			wait(agent.WaitCommand, "late"), agent.TurnCompleted{Ref: ref},
		}, []string{"begin Codex: Make the tests pass", "end failed: no key"}},
		{"a turn whose beginning was missed", lsptest.Plain, []agent.Event{
			wait(agent.WaitModel, ""), agent.TurnCompleted{Ref: ref, Result: agent.Result{Status: agent.Completed}},
		}, nil},
		{"a client that does not answer", lsptest.ALE, []agent.Event{started, wait(agent.WaitModel, ""), agent.TurnCompleted{Ref: ref}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			lsptest.Bubble(t, func(t *testing.T) {
				b := newBench(t, c.client, nil)
				for _, e := range c.events {
					b.server.Report(e)
					time.Sleep(2 * reportInterval)
				}
				time.Sleep(2 * createPatience)
				if diff := cmp.Diff(c.want, shown(t, b.Editor)); diff != "" {
					t.Errorf("progress (-want +got):\n%s", diff)
				}
				b.server.bars.mu.Lock()
				defer b.server.bars.mu.Unlock()
				if len(b.server.bars.byTurn)+len(b.server.bars.byToken) > 0 {
					t.Errorf("left behind: %v %v", b.server.bars.byTurn, b.server.bars.byToken)
				}
			})
		})
	}
}

// TestProgressIsNoFlicker: what changes faster than can be read is shown as it
// is in the end, and the end itself does not wait.
func TestProgressIsNoFlicker(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.Plain, nil)
		ref := agent.Ref{ThreadID: "t", TurnID: "u"}
		b.server.Report(agent.TurnStarted{Ref: ref})
		for i := range 1000 {
			reason := []agent.WaitReason{agent.WaitModel, agent.WaitCommand}[i%2]
			b.server.Report(agent.Waiting{Ref: ref, Reason: reason, Detail: "x"})
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		began := time.Now()
		b.server.Report(agent.TurnCompleted{Ref: ref})
		synctest.Wait()
		got := shown(t, b.Editor)
		if last := got[len(got)-1]; last != "end done" || time.Since(began) != 0 {
			t.Errorf("after %v the last words are %q", time.Since(began), last)
		}
		if n := len(got); n < 8 || n > 13 {
			t.Errorf("%d messages for a second of changes, want about one each %v", n, reportInterval)
		}
	})
}

// TestCancelButton: cancelling the display interrupts the turn, and only it.
func TestCancelButton(t *testing.T) {
	b := newBench(t, lsptest.Plain, nil)
	stopped := make(chan struct{}, 2)
	mine := b.server.bars.begin(b.server, barOptions{
		token: protocol.Integer(7), turnID: "u", title: "Codex", stop: func() { stopped <- struct{}{} },
	})
	b.Notify("window/workDoneProgress/cancel", map[string]any{"token": "7"})
	b.Notify("window/workDoneProgress/cancel", map[string]any{"token": 7})
	<-stopped
	b.server.bars.end(b.server, mine, "interrupted")
	b.Notify("window/workDoneProgress/cancel", map[string]any{"token": 7})
	if err := b.Execute("codex.status", nil, nil); err != nil { // and so the cancels were read
		t.Fatal(err)
	}
	if len(stopped) > 0 {
		t.Error("a cancel for another token stopped the turn")
	}
	if diff := cmp.Diff([]string{"begin Codex", "end interrupted"}, shown(t, b.Editor)); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
}

// TestEveryWaitHasANameAndAWayOut: whatever a turn may wait for, the display
// says what it is, and can be cancelled; VS Code has a word for it too.
func TestEveryWaitHasANameAndAWayOut(t *testing.T) {
	ref := agent.Ref{ThreadID: "t", TurnID: "u"}
	reasons := waitReasons(t)
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.Plain, nil)
		b.server.Report(agent.TurnStarted{Ref: ref})
		for _, r := range reasons {
			time.Sleep(2 * reportInterval)
			b.server.Report(agent.Waiting{Ref: ref, Reason: r, Detail: "this"})
		}
		time.Sleep(2 * reportInterval)
		b.server.Report(agent.TurnCompleted{Ref: ref})
		synctest.Wait()
		names := make(map[string]bool)
		for _, r := range b.Editor.Received("$/progress") {
			var p struct {
				Value struct {
					Kind, Message string
					Cancellable   bool
				}
			}
			if err := json.Unmarshal(r.Params, &p); err != nil {
				t.Fatal(err)
			}
			if p.Value.Kind != "end" && !p.Value.Cancellable {
				t.Errorf("%q cannot be cancelled", p.Value.Message)
			}
			if p.Value.Kind == "report" && p.Value.Message != "working" {
				names[p.Value.Message] = true
			}
		}
		if len(names) != len(reasons) || len(reasons) < 10 {
			t.Errorf("%d reasons to wait have these names: %v", len(reasons), names)
		}
	})
	for file, form := range map[string]string{"protocol.ts": "| %q", "status.ts": "\n  %s: \""} {
		text, err := os.ReadFile("../editors/vscode/src/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range reasons {
			if want := fmt.Sprintf(form, string(r)); !strings.Contains(string(text), want) {
				t.Errorf("VS Code's %s does not know the reason %q", file, r)
			}
		}
	}
}

// waitReasons reads from the source what a turn may wait for, so that none is
// forgotten.
func waitReasons(t *testing.T) (list []agent.WaitReason) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../agent/event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "WaitReason" {
			return true
		}
		for _, v := range spec.Values {
			text, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, agent.WaitReason(text))
		}
		return true
	})
	return list
}
