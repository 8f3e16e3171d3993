package lsp

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"codex-lsp/agent"
)

// played is the document that events make of a prompt that was just sent.
func played(events ...agent.Event) string {
	p := page{text: "## You\n\ngo\n", at: -1}
	p.open("go")
	w := script{cwd: "/w"}
	for _, e := range events {
		for _, st := range w.hear(e) {
			st(&p)
		}
	}
	return p.text
}

func says(id, delta string) agent.Event { return agent.MessageDelta{ItemID: id, Delta: delta} }

func finished(it agent.Item) agent.Event { return agent.ItemCompleted{Item: it} }

func message(id, text string) agent.Event {
	return finished(agent.Item{ID: id, Type: agent.AgentMessage, Status: agent.ItemCompletedS, Text: text})
}

func ran(cmd string, status agent.ItemStatus, exit *int, output string) agent.Event {
	return finished(agent.Item{ID: "c", Type: agent.CommandExecution, Status: status, Command: cmd, ExitCode: exit, Output: output})
}

func patched(status agent.ItemStatus, changes ...agent.FileChange) agent.Event {
	return finished(agent.Item{ID: "p", Type: agent.FileChangeItem, Status: status, Changes: changes})
}

func completed(r agent.Result) agent.Event { return agent.TurnCompleted{Result: r} }

func TestScript(t *testing.T) {
	const head, foot = "## You\n\ngo\n\n## Codex\n\n", "\n\n## You\n\n"
	diff := "diff --git a/calc.go b/calc.go\n--- a/calc.go\n+++ b/calc.go\n@@ -1,2 +1,3 @@\n a\n-b\n+c\n+++ d\n"
	wait := agent.Question{ID: "q", Title: "Run go test ./...?"}
	for _, c := range []struct {
		name   string
		events []agent.Event
		want   string
	}{
		{"nothing yet", nil, ""},
		{"a full context", []agent.Event{message("m", "Hi."), agent.UsageUpdated{Context: 9, Window: 10}, completed(agent.Result{Status: agent.Completed})},
			"Hi.\n\n> the conversation fills 90 % of the model's context window"},
		{"text in pieces", []agent.Event{says("m", "Hel"), says("m", "lo."), message("m", "Hello.")}, "Hello."},
		{"text without pieces", []agent.Event{message("m", "Hello.")}, "Hello."},
		{"lost pieces come with the end", []agent.Event{says("m", "Hel"), message("m", "Hello.")}, "Hello."},
		{"a broken stream keeps what was said", []agent.Event{says("m", "Hel"), message("m", "Hel"), says("n", "Hello."), message("n", "Hello.")}, "Hel\n\nHello."},
		{"messages without ids", []agent.Event{says("", "One."), message("", "One."), says("", "Two."), message("", "Two.")}, "One.\n\nTwo."},
		{"answer with our headings", []agent.Event{says("m", "a\n## Y"), says("m", "ou\n## Your\n## Codex"), message("m", "a\n## You\n## Your\n## Codex")}, "a\n\\## You\n## Your\n\\## Codex"},
		{"command", []agent.Event{ran("go test ./...", agent.ItemFailed, ptr(1), "")}, "> ran `go test ./...` (exit 1)"},
		{"command with backticks", []agent.Event{ran("echo `date`", agent.ItemCompletedS, ptr(0), "")}, "> ran `` echo `date` `` (exit 0)"},
		{"command that did not start", []agent.Event{ran("x", agent.ItemFailed, nil, "no such folder\nmore")}, "> could not run `x`: no such folder"},
		{"command declined", []agent.Event{ran("rm -rf /", agent.ItemDeclined, nil, "")}, "> declined `rm -rf /`"},
		{"command that the sandbox denied something", []agent.Event{finished(agent.Item{ID: "c", Type: agent.CommandExecution, Status: agent.ItemFailed, Command: "touch /x", ExitCode: ptr(1), Denied: "the sandbox does not let it write to /x"})},
			"> ran `touch /x` (exit 1): the sandbox does not let it write to /x"},
		{"command that goes on", []agent.Event{ran("npm start", agent.ItemInProgress, nil, "")}, "> started `npm start`, which still runs"},
		{"patch", []agent.Event{patched(agent.ItemCompletedS,
			agent.FileChange{Path: "/w/calc.go", Kind: "update", Diff: diff},
			agent.FileChange{Path: "/w/a/b.go", Kind: "add", Diff: "--- /dev/null\n+++ b/a/b.go\n@@ -0,0 +1 @@\n+x\n"},
			agent.FileChange{Path: "/elsewhere", Kind: "delete", Diff: "--- a\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"},
			agent.FileChange{Path: "/w/old.go", MoveTo: "/w/new.go", Kind: "update", Diff: "rename from old.go\n"})},
			"> edited calc.go +2 −1\n> created a/b.go +1 −0\n> deleted /elsewhere +0 −1\n> edited old.go → new.go +0 −0"},
		{"patch declined", []agent.Event{patched(agent.ItemDeclined, agent.FileChange{Path: "/w/a", Kind: "update"})}, "> declined: update a"},
		{"patch failed", []agent.Event{patched(agent.ItemFailed, agent.FileChange{Path: "/w/a", Kind: "add"})}, "> could not add a"},
		{"open question", []agent.Event{agent.ApprovalRequested{Question: wait}}, "> waiting for approval: Run go test ./...?"},
		{"question answered", []agent.Event{message("m", "I test."), agent.ApprovalRequested{Question: wait}, agent.ApprovalResolved{ID: "q"}, ran("go test ./...", agent.ItemCompletedS, ptr(0), "")},
			"I test.\n\n> ran `go test ./...` (exit 0)"},
		{"question while something is said", []agent.Event{says("m", "Mean"), agent.ApprovalRequested{Question: wait}, says("m", "while."), message("m", "Meanwhile.")},
			"Meanwhile.\n\n> waiting for approval: Run go test ./...?"},
		{"question answered while something is said", []agent.Event{says("m", "Mean"), agent.ApprovalRequested{Question: wait}, agent.ApprovalResolved{ID: "q"}, message("m", "Meanwhile.")}, "Meanwhile."},
		{"answer to a question never heard of", []agent.Event{agent.ApprovalResolved{ID: "r"}, message("m", "Hm.")}, "Hm."},
		{"failed", []agent.Event{says("m", "Let me"), completed(agent.Result{Status: agent.Failed, Error: "no key\nset one"})}, "Let me\n\n> failed: no key\n> set one"},
		{"interrupted", []agent.Event{completed(agent.Result{Status: agent.Interrupted})}, "> interrupted"},
		{"completed", []agent.Event{message("m", "Done."), completed(agent.Result{Status: agent.Completed})}, "Done."},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, want := played(c.events...), head+c.want+foot; got != want {
				t.Errorf("got\n%s\n\nwant\n%s", got, want)
			}
		})
	}
}

// TestScriptOfAnyPieces: however a message is cut into pieces, the document is
// the same in the end, and no piece ever shows one of our headings on the way.
func TestScriptOfAnyPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom([]string{"## You", "## Codex", "## Yours", "#", "## ", "\n", "\r\n", "a", " ", "é", "> "}), 1, 20).Draw(t, "words")
		whole := strings.Join(words, "")
		w, p := script{}, page{text: "## You\n\ngo\n", at: -1}
		p.open("go")
		for rest := whole; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "cut")
			for _, st := range w.hear(says("m", rest[:n])) {
				st(&p)
			}
			rest = rest[n:]
			if n := strings.Count("\n"+p.text, "\n## You\n") + strings.Count("\n"+p.text, "\n## Codex\n"); n != 3 {
				t.Fatalf("%d headings in %q", n, p.text)
			}
		}
		for _, st := range w.hear(message("m", whole)) {
			st(&p)
		}
		if want := played(message("m", whole)); p.text != want {
			t.Fatalf("in pieces %q\n at once %q", p.text, want)
		}
	})
}
