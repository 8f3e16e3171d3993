package lsp

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/synctest"

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

// A form with text is a file, which is filled in and saved with no prompt in the
// way. What is wrong in it is said, and can be mended.
func TestFormByFile(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.Helix, nil)
		var prompts []string
		picks := []string{"Fill in", "Fill in", "Send"}
		b.OnPrompt = func(p lsptest.Prompt) lsptest.Reaction {
			prompts = append(prompts, p.Message)
			return lsptest.Pick(picks[len(prompts)-1])
		}
		answer := b.asksForm(b.thread(), agent.FormField{Name: "name", Type: "string", Required: true}, agent.FormField{Name: "age", Type: "integer"},
			agent.FormField{Name: "size", Type: "string", Choices: sizes})
		var shown struct{ URI string }
		if err := json.Unmarshal(b.Await("window/showDocument", 1)[0].Params, &shown); err != nil {
			t.Fatal(err)
		}
		path := strings.TrimPrefix(shown.URI, "file://")
		if text := b.Text(path); !strings.Contains(text, "# Which one?") || !strings.Contains(text, "\nname: \n") {
			t.Errorf("the form is %s", text)
		}
		b.Type(path, "name: \n", "name: Ada\n")
		b.Type(path, "age: \n", "age: young\n")
		synctest.Wait() // the server waits for the user
		if open := b.Prompts(); len(open) > 0 {
			t.Errorf("prompts while it is filled in: %q", open)
		}
		b.Save(path)
		b.Await("window/showDocument", 2)
		synctest.Wait()
		b.Type(path, "age: young\n", "age: 36\n")
		b.Type(path, "size: \n", "size: Large\n")
		b.Save(path)
		want := agent.Answer{Decision: agent.Approved, By: agent.ByUser, Content: `{"age":36,"name":"Ada","size":"l"}`}
		if got := <-answer; got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if len(prompts) != 3 || !strings.HasPrefix(prompts[1], `age: expected a whole number, found "young"`) ||
			prompts[2] != "Send this to the MCP server?\n\nname: \"Ada\"\nage: 36\nsize: \"l\"" {
			t.Errorf("prompts %q", prompts)
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("the file is left")
		}
	})
}

// Where the file is not shown, it is filled in elsewhere.
func TestFormByFileElsewhere(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.Plain, nil)
		b.OnPrompt = func(p lsptest.Prompt) lsptest.Reaction {
			_, rest, ok := strings.Cut(p.Message, "Fill in ")
			if !ok {
				return lsptest.Pick("Fill in")
			}
			path, _, _ := strings.Cut(rest, ", then send it.")
			if err := os.WriteFile(path, []byte("name: Ada\n"), 0o600); err != nil {
				t.Error(err)
			}
			return lsptest.Pick("Send")
		}
		answer := b.asksForm(b.thread(), agent.FormField{Name: "name", Type: "string", Required: true})
		if got := <-answer; got.Content != `{"name":"Ada"}` {
			t.Errorf("%+v", got)
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
