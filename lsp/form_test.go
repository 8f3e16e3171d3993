package lsp

import (
	"context"
	"os"
	"strings"
	"testing"

	"codex-lsp/agent"
	"codex-lsp/lsp/lsptest"
)

// asksForm puts a form to the user.
func (b *bench) asksForm(th *agent.Thread, form ...agent.FormField) <-chan agent.Answer {
	b.t.Helper()
	ticket, err := b.server.agent.Ledger().Open(agent.Question{
		ThreadID: th.ID(), CallID: "c1/asks-1", Kind: agent.AskForm, Title: "The MCP server shop asks you something.", Detail: "Which one?",
		Form: form, Offers: []agent.Decision{agent.Approved, agent.Declined},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	answer := make(chan agent.Answer, 1)
	go func() { answer <- ticket.Ask(context.Background()) }()
	return answer
}

var sizes = []agent.FormChoice{{Value: "s", Title: "Small"}, {Value: "l", Title: "Large"}}

// Where buttons do, a form is a sequence of prompts.
func TestFormByButtons(t *testing.T) {
	for _, tt := range []struct {
		name  string
		picks []lsptest.Reaction
		want  agent.Answer
	}{
		{"filled in", []lsptest.Reaction{lsptest.Pick("Large"), lsptest.Pick("Yes")}, agent.Answer{Decision: agent.Approved, By: agent.ByUser, Content: `{"gift":true,"size":"l"}`}},
		{"in part", []lsptest.Reaction{lsptest.Pick("Small"), lsptest.Pick("Leave out")}, agent.Answer{Decision: agent.Approved, By: agent.ByUser, Content: `{"size":"s"}`}},
		{"declined", []lsptest.Reaction{lsptest.Pick("Small"), lsptest.Pick("Decline")}, agent.Answer{Decision: agent.Declined, By: agent.ByUser}},
		{"closed", []lsptest.Reaction{lsptest.Dismiss()}, agent.Answer{Decision: agent.Declined, By: agent.ByUser}},
		{"a title that was not offered", []lsptest.Reaction{lsptest.Pick("Huge")}, agent.Answer{Decision: agent.Declined, By: agent.ByUser}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lsptest.Bubble(t, func(t *testing.T) {
				b := newBench(t, lsptest.Plain, nil)
				asked := 0
				b.OnPrompt = func(lsptest.Prompt) lsptest.Reaction { asked++; return tt.picks[asked-1] }
				answer := b.asksForm(b.thread(), agent.FormField{Name: "size", Type: "string", Choices: sizes, Required: true}, agent.FormField{Name: "gift", Type: "boolean"})
				if got := <-answer; got != tt.want {
					t.Errorf("got %+v, want %+v", got, tt.want)
				}
			})
		})
	}
}

// An answer that is none of those offered is written into a file.
func TestFormWithAnotherAnswer(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.Plain, nil)
		b.OnPrompt = func(p lsptest.Prompt) lsptest.Reaction {
			switch _, rest, file := strings.Cut(p.Message, "Fill in "); {
			case file:
				path, _, _ := strings.Cut(rest, ", then send it.")
				os.WriteFile(path, []byte("size: in between\n"), 0o600)
				return lsptest.Pick("Send")
			case strings.Contains(p.Message, "size"):
				return lsptest.Pick("Another answer")
			}
			return lsptest.Pick("Fill in")
		}
		answer := b.asksForm(b.thread(), agent.FormField{Name: "size", Type: "string", Choices: sizes, Required: true, Open: true})
		if got := <-answer; got.Content != `{"size":"in between"}` {
			t.Errorf("got %+v", got)
		}
	})
}

// A form with text is a file. What is wrong in it is said, and can be mended.
func TestFormByFile(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.Plain, nil)
		var path string
		var prompts []string
		texts := []string{"name: Ada\nage: young\n", "name: Ada\nage: 36\nsize: Large\n"}
		b.OnPrompt = func(p lsptest.Prompt) lsptest.Reaction {
			prompts = append(prompts, p.Message)
			if len(prompts) == 1 {
				return lsptest.Pick("Fill in")
			}
			if _, rest, ok := strings.Cut(p.Message, "Fill in "); ok {
				path, _, _ = strings.Cut(rest, ", then send it.")
			}
			b2, err := os.ReadFile(path)
			if err != nil || !strings.Contains(string(b2), "# Which one?") || !strings.Contains(string(b2), "\nname: \n") {
				t.Errorf("%s, %v", b2, err)
			}
			os.WriteFile(path, []byte(texts[0]+"# Which one?\n\nname: \n"), 0o600)
			texts = texts[1:]
			return lsptest.Pick("Send")
		}
		answer := b.asksForm(b.thread(), agent.FormField{Name: "name", Type: "string", Required: true}, agent.FormField{Name: "age", Type: "integer"},
			agent.FormField{Name: "size", Type: "string", Choices: sizes})
		want := agent.Answer{Decision: agent.Approved, By: agent.ByUser, Content: `{"age":36,"name":"Ada","size":"l"}`}
		if got := <-answer; got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if len(prompts) != 3 || !strings.HasPrefix(prompts[2], `age: expected a whole number, found "young"`) {
			t.Errorf("prompts %q", prompts)
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("the file is left")
		}
	})
}

// An editor with a form of its own answers by codex.approve, and a form that
// does not fit is not taken.
func TestFormByCommand(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.Plain, nil)
		b.OnPrompt = func(lsptest.Prompt) lsptest.Reaction { return lsptest.Ignore() }
		th := b.thread()
		answer := b.asksForm(th, agent.FormField{Name: "name", Type: "string", Required: true})
		send := func(content any) error {
			var result ApproveResult
			return b.Execute("codex.approve", map[string]any{"id": th.ID() + "/c1/asks-1", "decision": "approved", "content": content}, &result)
		}
		for _, bad := range []any{nil, map[string]any{"name": 1}, map[string]any{"name": "x", "more": 1}} {
			if err := send(bad); err == nil {
				t.Errorf("%v was taken", bad)
			}
		}
		if err := send(map[string]any{"name": "Ada"}); err != nil {
			t.Error(err)
		}
		if got := <-answer; got.Content != `{"name":"Ada"}` {
			t.Errorf("%+v", got)
		}
	})
}
