package main

import (
	"strings"
	"testing"

	"codex-lsp/agent"
)

// TestFillIn: each field of a form is asked for, again where the answer cannot be
// one.
func TestFillIn(t *testing.T) {
	q := agent.Question{
		Kind: agent.AskForm, Title: "The MCP server shop asks you something.", Detail: "Which one?", Policy: "the server sees what you answer",
		Form: []agent.FormField{
			{Name: "name", Title: "Your name", Type: "string", Required: true},
			{Name: "age", Type: "integer"},
			{Name: "size", Type: "string", Choices: []agent.FormChoice{{Value: "s", Title: "Small"}, {Value: "l", Title: "Large"}}, Default: "s"},
			{Name: "note", Type: "string"},
		},
	}
	var out strings.Builder
	answer, err := fillIn(q, strings.NewReader("\nAda\nyoung\n36\n\n\n"), &out)
	if want := `{"age":36,"name":"Ada","size":"s"}`; err != nil || answer.Content != want || answer.Decision != agent.Approved {
		t.Errorf("filled in: %+v, %v; want %s", answer, err, want)
	}
	const want = `The MCP server shop asks you something.
  | Which one?
  policy: the server sees what you answer

name (Your name)
  text, needed:   text, needed: 
age
  a whole number, may be left empty:   age: expected a whole number, found "young"
  a whole number, may be left empty: 
size
  one of these: Small, Large, empty for s: 
note
  text, may be left empty: 
`
	if out.String() != want {
		t.Errorf("it says\n%s\nwant\n%s", &out, want)
	}
	if _, err := fillIn(q, strings.NewReader("Ada\n"), &out); err == nil || !strings.Contains(err.Error(), "--decline refuses it") {
		t.Errorf("cut off: %v", err)
	}
}
