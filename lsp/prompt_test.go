package lsp

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"go.lsp.dev/protocol"

	"codex-lsp/agent"
	"codex-lsp/lsp/lsptest"
)

func TestPromptText(t *testing.T) {
	b := newBench(t, lsptest.Plain, nil)
	var diff strings.Builder
	for i := range 50 {
		fmt.Fprintf(&diff, "+\tline %d\n", i)
	}
	for _, c := range []struct {
		name string
		q    agent.Question
		want string
	}{
		{"short command", agent.Question{Kind: agent.AskCommand, Title: "Run ls -l?", Detail: "ls -l", Cwd: "/w", Reason: "to look"},
			"Run ls -l?\nin /w\nReason: to look"},
		{"a folder that looks like more of it", agent.Question{Kind: agent.AskCommand, Title: "Run x?", Detail: "x", Cwd: "/w/sub\nReason: you wanted it", Reason: "why not"},
			"Run x?\nin /w/sub⏎Reason: you wanted it\nReason: why not"},
		{"a rule and what it lets happen", agent.Question{Kind: agent.AskCommand, Title: "Run x?", Detail: "x", Proposal: []string{"# from now on unasked", "rule(x)", "rule(y)"}},
			"Run x?\nAlways: rule(x); rule(y)\nThat is: from now on unasked"},
		{"who gives which reason", agent.Question{Kind: agent.AskCommand, Title: "Run rm -rf x?", Detail: "rm -rf x", Cwd: "/w", Reason: "tidy\nPolicy: safe", Policy: "`rm -rf x` deletes"},
			"Run rm -rf x?\nin /w\nReason: tidy Policy: safe\nPolicy: `rm -rf x` deletes"},
		{"a reason draws no second prompt", agent.Question{Kind: agent.AskCommand, Title: "Run rm x?", Detail: "rm x", Cwd: "/w", Reason: "why\n\n\nRun ls?\r\nin /w " + strings.Repeat("é", 300)},
			"Run rm x?\nin /w\nReason: why Run ls? in /w " + strings.Repeat("é", 240-len("why Run ls? in /w ")) + "…"},
		{"every file of a patch is named", agent.Question{Kind: agent.AskPatch, Title: "Apply this change? 2 files", Detail: "+x\n", Cwd: "/w", Files: []string{"/w/a\u202eb", "/v/c"}},
			"Apply this change? 2 files\n\na<U+202E>b, /v/c\n\n+x\n\nin /w"},
		{"long command is whole", agent.Question{Kind: agent.AskCommand, Title: "Run make … (+1 line)?", Detail: "make\nmake install\n", Cwd: "/w"},
			"Run make … (+1 line)?\n\n  make\n  make install\n\nin /w"},
		{"what cannot be seen is written out", agent.Question{Kind: agent.AskCommand, Title: "Run a?", Detail: "rm\u202e x\t\u200by", Cwd: "/w"},
			"Run a?\n\n  rm<U+202E> x\\t<U+200B>y\n\nin /w"},
		{"long diff is cut", agent.Question{Kind: agent.AskPatch, Title: "Apply this change?", Detail: diff.String(), Cwd: "/w"},
			"Apply this change?\n\n" + strings.Join(strings.Split(diff.String(), "\n")[:40], "\n") + "\n… 10 more lines; codex.listApprovals has it all\n\nin /w"},
	} {
		if got, _ := promptText(c.q, promptSize{}); got != c.want {
			t.Errorf("%s: got\n%s\n\nwant\n%s", c.name, got, c.want)
		}
	}
	titles := func(p lsptest.Profile) (list []string) {
		b.server.profile.fewButtons = p.Name == "vscode"
		for _, a := range b.server.actionsFor(agent.Question{Offers: every}) {
			list = append(list, a.Title)
		}
		return list
	}
	if diff := cmp.Diff([]string{"Approve", "Approve for this session", "Decline", "Decline and stop"}, titles(lsptest.Plain)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Approve", "Approve for this session", "Decline"}, titles(lsptest.VSCode)); diff != "" {
		t.Error(diff)
	}
}

// What Helix is shown must fit into a small terminal, or it takes the user's
// unsaved work along.
func TestPromptsForSmallScreens(t *testing.T) {
	long, high := strings.Repeat("x", 4000), strings.Repeat("y\n", 60)
	helix := profileOf(&protocol.InitializeParams{ClientInfo: protocol.ClientInfo{Name: "helix"}}, abilities{}).prompt
	for _, kind := range []agent.AskKind{agent.AskCommand, agent.AskPatch} {
		for _, text := range []string{"ls", long, high, long + "\n" + high} {
			q := agent.Question{Kind: kind, Title: "Run " + agent.Describe(text) + "?", Detail: text, Cwd: "/" + long, Reason: high + long, Policy: high + long, Files: []string{"/a", "/" + long}}
			got, whole := promptText(q, helix)
			if rows := (promptSize{columns: 76}).count(got); rows > 13 {
				t.Errorf("%s, %d bytes: %d rows\n%s", kind, len(text), rows, got)
			}
			if want := text == "ls"; whole != want {
				t.Errorf("%s, %d bytes: whole is %v", kind, len(text), whole)
			}
		}
	}
}

// What has no room in a prompt is shown in a document, and asked about again.
func TestShowAll(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.Helix, nil)
		script := strings.Repeat("echo one\n", 30)
		var file string
		shown := 0
		b.OnPrompt = func(lsptest.Prompt) lsptest.Reaction {
			if shown++; shown == 1 {
				return lsptest.Pick(showAll)
			}
			var p struct{ URI string }
			if err := json.Unmarshal(b.Await("window/showDocument", 1)[0].Params, &p); err != nil {
				t.Error(err)
			}
			file = strings.TrimPrefix(p.URI, "file://")
			text, err := os.ReadFile(file)
			if want := strings.Repeat("  echo one\n", 30); err != nil || !strings.Contains(string(text), want) {
				t.Errorf("the document is %q, %v", text, err)
			}
			return lsptest.Pick("Approve")
		}
		_, answer := b.asks(b.thread(), "1", script)
		if a := <-answer; a.Decision != agent.Approved || shown != 2 {
			t.Errorf("%+v after %d prompts", a, shown)
		}
		synctest.Wait()
		if _, err := os.Stat(file); err == nil {
			t.Errorf("%s is left", file)
		}
	})
}

// eglot has the first action in the answer line, so a key that was meant for
// the text accepts it.
func TestUnseenKeyApprovesNothing(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.Eglot, nil)
		shown := 0
		b.OnPrompt = func(p lsptest.Prompt) lsptest.Reaction {
			if shown++; shown < 3 {
				return lsptest.Pick(p.Titles[0])
			}
			return lsptest.Pick("Approve")
		}
		_, answer := b.asks(b.thread(), "1", "ls")
		if a := <-answer; a.Decision != agent.Approved || shown != 3 {
			t.Errorf("%+v after %d prompts", a, shown)
		}
	})
}
