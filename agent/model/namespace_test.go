package model_test

import (
	"encoding/json"
	"strings"
	"testing"

	"codex-lsp/agent/model"
	"codex-lsp/agent/model/modeltest"
)

var spaced = []model.Tool{
	{Name: "exec", Parameters: json.RawMessage(`{}`)},
	{Namespace: "mcp__a", About: "A's.", Name: "one", Parameters: json.RawMessage(`{}`)},
	{Namespace: "mcp__a", About: "A's.", Name: "two", Parameters: json.RawMessage(`{}`)},
}

// The Responses API has the tools of a namespace in one piece.
func TestNamespaces(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says())
	r := ask("hi")
	r.Tools = spaced
	if _, err := collect(t, model.New(at(m.URL), model.Options{}), r); err != nil {
		t.Fatal(err)
	}
	var body struct {
		Tools []struct {
			Type, Name, Description string
			Tools                   []struct{ Type, Name string }
		}
	}
	if err := json.Unmarshal(m.Requests()[0].Body, &body); err != nil {
		t.Fatal(err)
	}
	if n := body.Tools[1]; len(body.Tools) != 2 || n.Type != "namespace" || n.Name != "mcp__a" || n.Description != "A's." ||
		len(n.Tools) != 2 || n.Tools[1].Name != "two" || n.Tools[1].Type != "function" {
		t.Errorf("%+v", body.Tools)
	}
}

// Chat Completions have names in one piece, there and back.
func TestNamespacesInChat(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.CallAs("c1", "mcp__a__two", `{}`)), modeltest.Says())
	c := model.New(chatAt(m.URL), model.Options{})
	r := ask("hi")
	r.Tools = spaced
	events, err := collect(t, c, r)
	if err != nil {
		t.Fatal(err)
	}
	for _, ev := range events {
		if it, ok := ev.(model.ItemDone); ok {
			if !strings.Contains(string(it.Item), `"namespace":"mcp__a","name":"two"`) {
				t.Errorf("%s", it.Item)
			}
			r.Input = append(r.Input, it.Item, json.RawMessage(`{"type":"function_call_output","call_id":"c1","output":"x"}`))
		}
	}
	if _, err := collect(t, c, r); err != nil {
		t.Fatal(err)
	}
	if body := string(m.Requests()[1].Body); strings.Count(body, `"name":"mcp__a__two"`) != 2 {
		t.Errorf("%s", body)
	}
}
