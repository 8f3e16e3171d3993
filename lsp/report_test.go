package lsp

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent"
	"codex-lsp/lsp/lsptest"
)

// watching is a client that announced that it wants events.
func watching() lsptest.Profile {
	p := lsptest.Plain
	p.Options = map[string]any{"capabilities": map[string]any{"events": true}}
	return p
}

// heard lists the codex/ notifications so far, as method and params.
func heard(e *lsptest.Editor) []string {
	var list []string
	for _, r := range e.Received("") {
		if name, ours := strings.CutPrefix(r.Method, "codex/"); ours {
			list = append(list, name+" "+string(r.Params))
		}
	}
	return list
}

func TestEventsOnTheWire(t *testing.T) {
	b := newBench(t, watching(), nil)
	ref := agent.Ref{ThreadID: "t", TurnID: "u"}
	for _, e := range []agent.Event{
		agent.TurnStarted{Ref: ref, Prompt: "go <on>"},
		agent.Waiting{Ref: ref, Reason: agent.WaitModel},
		agent.ReasoningDelta{Ref: ref, ItemID: "r", Delta: "hm"},
		agent.ItemStarted{Ref: ref, Item: agent.Item{ID: "m", Type: agent.AgentMessage, Status: agent.ItemInProgress}},
		agent.MessageDelta{Ref: ref, ItemID: "m", Delta: "a"},
		agent.MessageDelta{Ref: ref, ItemID: "m", Delta: "b"},
		agent.ItemCompleted{Ref: ref, Item: agent.Item{ID: "m", Type: agent.AgentMessage, Status: agent.ItemCompletedS, Text: "ab"}},
		agent.OutputDelta{Ref: ref, ItemID: "c", Delta: "x\n"},
		agent.PlanUpdated{Ref: ref, Plan: []agent.PlanStep{{Step: "one", Status: "pending"}}},
		agent.DiffUpdated{Ref: ref, Diff: "--- a"},
		agent.UsageUpdated{Ref: ref, Usage: agent.Usage{Input: 1, Total: 2}},
		agent.ApprovalRequested{Ref: ref, Question: agent.Question{ID: "t/c", ThreadID: "t", TurnID: "u", CallID: "c", Kind: agent.AskCommand, Title: "Run x?", Detail: "x", Offers: []agent.Decision{agent.Approved}}},
		agent.ApprovalResolved{Ref: ref, ID: "t/c", Answer: agent.Answer{Decision: agent.Approved, By: agent.ByUser}},
		agent.Warning{Ref: ref, Message: "careful"},
		agent.TurnCompleted{Ref: ref, Result: agent.Result{Status: agent.Completed, Answer: "ab", Files: []string{"/w/a"}}},
	} {
		b.server.Report(e)
	}
	b.Await(MethodTurnCompleted, 1)
	const r = `"threadId":"t","turnId":"u"`
	const usage = `{"inputTokens":0,"cachedInputTokens":0,"cacheWriteInputTokens":0,"outputTokens":0,"reasoningOutputTokens":0,"totalTokens":0}`
	want := []string{
		`turn/started {` + r + `,"prompt":"go <on>"}`,
		`turn/waiting {` + r + `,"reason":"model"}`,
		`item/reasoning/summaryTextDelta {` + r + `,"itemId":"r","delta":"hm"}`,
		`item/started {` + r + `,"item":{"id":"m","type":"agentMessage","status":"inProgress"}}`,
		`item/agentMessage/delta {` + r + `,"itemId":"m","delta":"ab"}`,
		`item/completed {` + r + `,"item":{"id":"m","type":"agentMessage","status":"completed","text":"ab"}}`,
		`item/commandExecution/outputDelta {` + r + `,"itemId":"c","delta":"x\n"}`,
		`turn/plan/updated {` + r + `,"plan":[{"step":"one","status":"pending"}]}`,
		`turn/diff/updated {` + r + `,"diff":"--- a"}`,
		`thread/tokenUsage/updated {` + r + `,"tokenUsage":{"inputTokens":1,"cachedInputTokens":0,"cacheWriteInputTokens":0,"outputTokens":0,"reasoningOutputTokens":0,"totalTokens":2},"last":{"inputTokens":0,"cachedInputTokens":0,"cacheWriteInputTokens":0,"outputTokens":0,"reasoningOutputTokens":0,"totalTokens":0},"contextTokens":0,"modelContextWindow":0}`,
		`approval/requested {` + r + `,"question":{"id":"t/c",` + r + `,"callId":"c","kind":"command","title":"Run x?","detail":"x","decisions":["approved"]}}`,
		`approval/resolved {` + r + `,"id":"t/c","answer":{"decision":"approved","by":"user"}}`,
		`warning {` + r + `,"message":"careful"}`,
		`turn/completed {` + r + `,"status":"completed","answer":"ab","tokenUsage":` + usage + `,"changedFiles":["/w/a"]}`,
	}
	got := heard(b.Editor)
	if i := strings.Index(strings.Join(got, "\n"), `"delta":"a"}`); i >= 0 { // the queue was emptied between the two pieces
		joined := strings.Join(got, "\n")
		joined = strings.Replace(joined, `"delta":"a"}`+"\n"+`item/agentMessage/delta {`+r+`,"itemId":"m","delta":"b"}`, `"delta":"ab"}`, 1)
		got = strings.Split(joined, "\n")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("notifications (-want +got):\n%s", diff)
	}
}

// TestDeltasAreGathered: text that streams fast comes a frame's worth at a
// time, in order, whole, and what is no text does not wait for the frame.
func TestDeltasAreGathered(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, watching(), nil)
		ref := agent.Ref{ThreadID: "t", TurnID: "u"}
		var want strings.Builder
		for i := range 1000 {
			piece := fmt.Sprintf("%d ", i)
			want.WriteString(piece)
			b.server.Report(agent.MessageDelta{Ref: ref, ItemID: "m", Delta: piece})
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		began := time.Now()
		b.server.Report(agent.MessageDelta{Ref: ref, ItemID: "m", Delta: "end"})
		b.server.Report(agent.TurnCompleted{Ref: ref})
		b.Await(MethodTurnCompleted, 1)
		if waited := time.Since(began); waited != 0 {
			t.Errorf("the end came %v late", waited)
		}
		var got strings.Builder
		deltas := b.Received(MethodMessageDelta)
		for _, r := range deltas {
			var d agent.MessageDelta
			if err := json.Unmarshal(r.Params, &d); err != nil {
				t.Fatal(err)
			}
			got.WriteString(d.Delta)
		}
		if diff := cmp.Diff(want.String()+"end", got.String()); diff != "" {
			t.Errorf("text (-want +got):\n%s", diff)
		}
		if n := len(deltas); n < 1000/16-2 || n > 1000/16+4 {
			t.Errorf("1000 pieces, one a millisecond, came in %d notifications", n)
		}
	})
}

// TestEventsAreAskedFor: who did not announce interest gets what the protocol
// has, and no message per piece of text.
func TestEventsAreAskedFor(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.Plain, nil)
		ref := agent.Ref{ThreadID: "t", TurnID: "u"}
		b.server.Report(agent.TurnStarted{Ref: ref})
		synctest.Wait()
		for range 500 {
			b.server.Report(agent.MessageDelta{Ref: ref, ItemID: "m", Delta: "x"})
			time.Sleep(time.Millisecond)
		}
		b.server.Report(agent.Warning{Ref: ref, Message: "careful"})
		b.server.Report(agent.ApprovalResolved{Ref: ref, Answer: agent.Answer{By: agent.ByNobody}})
		b.server.Report(agent.TurnCompleted{Ref: ref, Result: agent.Result{Status: agent.Failed, Error: "no key\nset OPENAI_API_KEY"}})
		synctest.Wait()
		time.Sleep(time.Second)
		counts := map[string]int{}
		for _, r := range b.Received("") {
			counts[r.Method]++
		}
		want := map[string]int{"window/workDoneProgress/create": 1, "$/progress": 3, "window/showMessage": 3}
		if diff := cmp.Diff(want, counts); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		var last struct{ Message string }
		if err := json.Unmarshal(b.Received("window/showMessage")[2].Params, &last); err != nil || last.Message != "Codex: no key\nset OPENAI_API_KEY" {
			t.Errorf("the failure reads %q, %v", last.Message, err)
		}
	})
}

// TestDeafClient: a client that does not read never holds up a turn, and what
// waits for it is bounded.
func TestDeafClient(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		o := testOptions(t)
		ours, theirs := net.Pipe() // nobody reads theirs
		s := start(t.Context(), ours, o)
		ref := agent.Ref{ThreadID: "t", TurnID: "u"}
		s.options.Capabilities.Events = true
		began := time.Now()
		for range 2 * maxEvents {
			s.Report(agent.MessageDelta{Ref: ref, ItemID: "m", Delta: strings.Repeat("x", 1000)})
		}
		s.events.mu.Lock()
		queued, bytes := len(s.events.queue), s.events.deltas
		s.events.mu.Unlock()
		if queued > 1 || bytes > maxDeltas {
			t.Errorf("%d events of %d bytes wait", queued, bytes)
		}
		if s.session.Err() != nil {
			t.Fatal("dropped text ended the session")
		}
		for range maxEvents + 1 {
			s.Report(agent.Waiting{Ref: ref})
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("reporting took %v", waited)
		}
		if err := s.wait(); err == nil || !strings.Contains(err.Error(), errStalled.Error()) {
			t.Errorf("the session ended with %v, want %v", err, errStalled)
		}
		theirs.Close()
	})
}

func TestMethodOf(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range []agent.Event{
		agent.TurnStarted{}, agent.TurnCompleted{}, agent.ItemStarted{}, agent.ItemCompleted{}, agent.MessageDelta{},
		agent.ReasoningDelta{}, agent.OutputDelta{}, agent.PlanUpdated{}, agent.DiffUpdated{}, agent.UsageUpdated{},
		agent.Waiting{}, agent.Warning{}, agent.ApprovalRequested{}, agent.ApprovalResolved{},
	} {
		name := methodOf(e)
		if seen[name] {
			t.Errorf("%T shares %s", e, name)
		}
		seen[name] = true
	}
}
