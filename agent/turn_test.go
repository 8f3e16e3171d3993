package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model/modeltest"
)

const fixPatch = `*** Begin Patch
*** Update File: a.txt
@@
-one
+ONE
 two
*** End Patch`

func TestPromptToAnswer(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(
			modeltest.Reasoning("look first", "sealed"),
			modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "echo hello"})),
		modeltest.Says(modeltest.CustomAs("c2", "apply_patch", fixPatch)),
		modeltest.Says(modeltest.Text("all ", "done")),
	)
	p := newPeer(always(Approved))
	th := newTestThread(t, m, p, nil)
	file := filepath.Join(th.Cwd(), "a.txt")
	p.files[file] = "one\ntwo\n"

	res := askAndWait(t, th, "fix it")
	if res.Status != Completed || res.Answer != "all done" {
		t.Fatalf("result %+v", res)
	}
	if got := p.files[file]; got != "ONE\ntwo\n" {
		t.Errorf("file is %q", got)
	}
	if !slices.Equal(res.Files, []string{file}) {
		t.Errorf("changed files %q", res.Files)
	}
	reqs := m.Requests()
	if out, _ := reqs[1].Output("c1"); !strings.Contains(out, "Process exited with code 0") || !strings.Contains(out, "hello") {
		t.Errorf("command's output to the model: %q", out)
	}
	if out, _ := reqs[2].Output("c2"); !strings.Contains(out, "Success. Updated the following files:\nM a.txt") {
		t.Errorf("patch's output to the model: %q", out)
	}
	if !strings.Contains(string(reqs[1].Body), `"encrypted_content":"sealed"`) {
		t.Error("encrypted reasoning was not sent back")
	}
	if asked := of[ApprovalRequested](p); len(asked) != 1 || asked[0].Question.Detail != "echo hello" {
		t.Errorf("asked %+v", asked)
	}
	if ends := of[TurnCompleted](p); len(ends) != 1 {
		t.Errorf("%d ends of the turn", len(ends))
	}
}

func TestDeclinedCommandIsTold(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "touch made"})),
		modeltest.Says(modeltest.Text("ok")))
	th := newTestThread(t, m, newPeer(always(Declined)), nil)
	askAndWait(t, th, "go")
	if out := m.Requests()[1].LastOutput(); out != "exec_command failed: command rejected by user" {
		t.Errorf("the model reads %q", out)
	}
	if _, err := os.Stat(filepath.Join(th.Cwd(), "made")); err == nil {
		t.Error("a declined command ran")
	}
}

func TestAbortEndsTheTurn(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "true"})))
	th := newTestThread(t, m, newPeer(always(Abort)), nil)
	if res := askAndWait(t, th, "go"); res.Status != Interrupted {
		t.Errorf("result %+v", res)
	}
}

func TestNeverWithoutFullAccessRefusesAndSaysWhy(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "touch made"})),
		modeltest.Says(modeltest.Text("ok")))
	p := newPeer(always(Approved))
	th := newTestThread(t, m, p, func(c *config.Config) { c.Approval = config.Never })
	askAndWait(t, th, "go")
	if out := m.Requests()[1].LastOutput(); !strings.Contains(out, "danger-full-access") {
		t.Errorf("the model reads %q", out)
	}
	if n := len(of[ApprovalRequested](p)); n != 0 {
		t.Errorf("%d questions asked", n)
	}
}

func TestParallelCallsAreOpenAtOnceAndAnsweredInCallOrder(t *testing.T) {
	const n = 32
	var items []modeltest.Item
	var want []string
	for i := range n {
		id := fmt.Sprintf("c%02d", i)
		items = append(items, modeltest.CallAs(id, "exec_command", map[string]any{"cmd": "echo " + id, "login": false, "yield_time_ms": 30000}))
		want = append(want, id)
	}
	m := modeltest.Serve(t, modeltest.Says(items...), modeltest.Says(modeltest.Text("ok")))
	p := newPeer(nil)
	th := newTestThread(t, m, p, nil)
	id, err := th.Ask(Input{Text: "go"})
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		wait[ApprovalRequested](t, p)
	}
	open := th.agent.Ledger().Pending(th.ID())
	if len(open) != n {
		t.Fatalf("%d questions open, want %d", len(open), n)
	}
	slices.Reverse(open)
	for _, q := range open {
		if _, ok, err := th.agent.Ledger().Answer(q.ID, Answer{Decision: Approved, By: ByUser}); !ok {
			t.Fatal(err)
		}
	}
	if res, err := th.Wait(t.Context(), id); err != nil || res.Status != Completed {
		t.Fatalf("%+v %v", res, err)
	}
	var got []string
	for _, out := range m.Requests()[1].Outputs() {
		got = append(got, out[strings.LastIndex(out, "\nc")+1:])
	}
	for i := range got {
		got[i] = strings.TrimSpace(got[i])
	}
	if !slices.Equal(got, want) {
		t.Errorf("outputs in order %q", got)
	}
}

func TestInterruptWithdrawsAndPairs(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "true"})),
		modeltest.Says(modeltest.Text("second")))
	p := newPeer(nil)
	th := newTestThread(t, m, p, nil)
	id, _ := th.Ask(Input{Text: "go"})
	wait[ApprovalRequested](t, p)
	if !th.Interrupt() {
		t.Fatal("nothing to interrupt")
	}
	if res, _ := th.Wait(t.Context(), id); res.Status != Interrupted {
		t.Fatalf("result %+v", res)
	}
	if open := th.agent.Ledger().Pending(""); len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
	// The scripted model refuses a history whose calls and outputs do not pair.
	if res := askAndWait(t, th, "again"); res.Answer != "second" {
		t.Errorf("result %+v", res)
	}
	if out, _ := m.Requests()[1].Output("c1"); !strings.HasSuffix(out, "aborted by user") {
		t.Errorf("the model reads %q", out)
	}
}

func TestSteerJoinsTheRunningTurn(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "true"})),
		modeltest.Says(modeltest.Text("ok")))
	p := newPeer(nil)
	th := newTestThread(t, m, p, nil)
	id, _ := th.Ask(Input{Text: "go"})
	q := wait[ApprovalRequested](t, p).Question
	if same, err := th.Ask(Input{Text: "in French"}); err != nil || same != id {
		t.Fatalf("Ask during a turn: %q %v, want %q", same, err, id)
	}
	if err := th.Steer("other", Input{Text: "x"}); err == nil {
		t.Error("steering another turn was accepted")
	}
	th.agent.Ledger().Answer(q.ID, Answer{Decision: Approved, By: ByUser})
	th.Wait(t.Context(), id)
	if got := m.Requests()[1].Prompt(); got != "in French" {
		t.Errorf("the second request's last message is %q", got)
	}
	if err := th.Steer(id, Input{Text: "x"}); err == nil {
		t.Error("steering a finished turn was accepted")
	}
}

func TestBrokenStreamGoesOnAndRunsNothingTwice(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(
			modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "echo x >> ran"}),
			modeltest.Text("half"), modeltest.Cut()),
		modeltest.Says(modeltest.Text("whole")))
	p := newPeer(always(Approved))
	th := newTestThread(t, m, p, nil)
	if res := askAndWait(t, th, "go"); res.Status != Completed || res.Answer != "whole" {
		t.Fatalf("result %+v", res)
	}
	ran, _ := os.ReadFile(filepath.Join(th.Cwd(), "ran"))
	if string(ran) != "x\n" {
		t.Errorf("the command ran %d times", strings.Count(string(ran), "x"))
	}
}

func TestCallsThatCannotBeParsedAreExplained(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(
			modeltest.CallAs("c1", "exec_command", `{"cmd": "ls"`),
			modeltest.CallAs("c2", "no_such_tool", map[string]any{}),
			modeltest.CustomAs("c3", "apply_patch", "not a patch"),
			modeltest.CallAs("c4", "update_plan", map[string]any{"plan": []any{map[string]any{"step": "a", "status": "soon"}}})),
		modeltest.Says(modeltest.Text("ok")))
	th := newTestThread(t, m, newPeer(always(Approved)), nil)
	askAndWait(t, th, "go")
	for id, want := range map[string]string{
		"c1": "must be one JSON object",
		"c2": "unsupported call: no_such_tool. The tools are: apply_patch, exec_command,",
		"c3": "apply_patch verification failed: ",
		"c4": "use pending, in_progress or completed",
	} {
		if out, _ := m.Requests()[1].Output(id); !strings.Contains(out, want) {
			t.Errorf("%s: the model reads %q, want %q in it", id, out, want)
		}
	}
}

func TestFailureEndsTheTurnWithCauseAndRemedy(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Refuses(400, `{"error":{"message":"unknown model x"}}`))
	p := newPeer(nil)
	th := newTestThread(t, m, p, nil)
	res := askAndWait(t, th, "go")
	if res.Status != Failed || !strings.Contains(res.Error, "unknown model x") {
		t.Errorf("result %+v", res)
	}
}
