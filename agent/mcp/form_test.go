package mcp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFieldsAreParsed(t *testing.T) {
	choices := []Choice{{"s", "small"}, {"l", "large"}}
	for _, tt := range []struct {
		field Field
		text  string
		want  any // or the error's text
	}{
		{Field{Name: "a", Type: "string"}, " x ", "x"},
		{Field{Name: "a", Type: "string", Choices: choices}, "large", "l"},
		{Field{Name: "a", Type: "string", Choices: choices}, "s", "s"},
		{Field{Name: "a", Type: "string", Choices: choices}, "x", `a: expected one of "small", "large", found "x"`},
		{Field{Name: "a", Type: "boolean"}, "Yes", true},
		{Field{Name: "a", Type: "boolean"}, "maybe", `a: expected yes or no, found "maybe"`},
		{Field{Name: "a", Type: "integer"}, "7", int64(7)},
		{Field{Name: "a", Type: "integer"}, "7.5", `a: expected a whole number, found "7.5"`},
		{Field{Name: "a", Type: "number"}, "7.5", 7.5},
		{Field{Name: "a", Type: "number"}, "inf", `a: expected a number, found "inf"`},
		{Field{Name: "a", Type: "array", Choices: choices}, "small, l,", []any{"s", "l"}},
	} {
		got, err := tt.field.Parse(tt.text)
		if err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s %q (-want +got):\n%s", tt.field.Type, tt.text, diff)
		}
		if err == nil {
			if err := Check([]Field{tt.field}, map[string]any{"a": got}); err != nil {
				t.Error(err)
			}
		}
	}
	fields := []Field{{Name: "a", Type: "string", Required: true}, {Name: "b", Type: "integer"}}
	for want, content := range map[string]map[string]any{
		"a is missing":                    {"b": 1.0},
		`the form has no field "c"`:       {"a": "x", "c": 1},
		"b: 1.5 is not what is asked for": {"a": "x", "b": 1.5},
	} {
		if err := Check(fields, content); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestSearch(t *testing.T) {
	var tools []Tool
	for i := range 300 {
		tools = append(tools, Tool{Server: "s", Name: fmt.Sprintf("thing_%d", i), Description: "Does a thing with things."})
	}
	tools = append(tools,
		Tool{Server: "tracker", Name: "createIssue", Description: "Makes a ticket in the tracker."},
		Tool{Server: "tracker", Name: "list_issues", Description: "All of them."},
		Tool{Server: "mail", Name: "send", Description: "Sends a message, about an issue for instance."})
	var got []string
	for _, t := range Search(tools, "create an issue", 3) {
		got = append(got, t.Name)
	}
	if want := "createIssue list_issues send"; strings.Join(got, " ") != want {
		t.Errorf("%q, want %s", got, want)
	}
	if got := Search(tools, "zebra", 3); got != nil {
		t.Error(got)
	}
	if got := Search(tools, "thing", 5); len(got) != 5 {
		t.Error(got)
	}
}
