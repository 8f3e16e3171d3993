package agent

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"codex-lsp/agent/model"
)

// askTool is request_user_input: the model asks the user something. Codex has it
// where plans are made, or with a feature that is off by default.
type askTool struct{}

func (askTool) offer() model.Tool {
	return model.Tool{
		Name: "request_user_input",
		Description: "Ask the user one to three short questions, each with two or three answers to choose from; the user can write another. " +
			"Only for what you must know to go on and cannot find out.",
		Parameters: schema(`"questions":{"type":"array","items":{"type":"object","properties":{`+
			`"id":{"type":"string","description":"snake_case; names the answer"},`+
			`"header":{"type":"string","description":"at most 12 characters"},"question":{"type":"string"},`+
			`"options":{"type":"array","items":{"type":"object","properties":{"label":{"type":"string","description":"1 to 5 words; the one that you recommend comes first"},`+
			`"description":{"type":"string"}},"required":["label","description"],"additionalProperties":false}}},`+
			`"required":["id","header","question","options"],"additionalProperties":false}}`, "questions"),
	}
}

func (askTool) alone(*call) bool { return false }

// An asked is one question of the model.
type asked struct {
	ID, Header, Question string
	Options              []struct{ Label, Description string }
}

// How much the model may ask at once.
const (
	maxAsked   = 3
	maxOptions = 5
)

func (askTool) run(ctx context.Context, c *call) any {
	var args struct{ Questions []asked }
	if err := c.decode(&args); err != nil {
		return err.Error()
	}
	form, err := formOf(args.Questions)
	if err != nil {
		return "request_user_input failed: " + err.Error()
	}
	a := c.turn.ask(ctx, Question{
		CallID: c.id, Kind: AskForm, Title: "Codex asks you something.", Detail: args.Questions[0].Question,
		Form: form, Cwd: c.turn.thread.cwd, Offers: []Decision{Approved, Declined},
	})
	if !a.Decision.Yes() {
		return "request_user_input was cancelled before there was an answer" + strings.TrimPrefix(refusal("", a), " rejected by user")
	}
	type given struct {
		Answers []string `json:"answers"`
	}
	answers, filled := make(map[string]given), a.filled()
	for _, q := range args.Questions {
		list := []string{}
		if s, is := filled[q.ID].(string); is {
			list = append(list, s)
		}
		answers[q.ID] = given{list}
	}
	return string(mustJSON(map[string]any{"answers": answers}))
}

// formOf makes a form of questions. The error is for the model.
func formOf(questions []asked) (form []FormField, err error) {
	if len(questions) == 0 || len(questions) > maxAsked {
		return nil, fmt.Errorf("ask one to %d questions, not %d", maxAsked, len(questions))
	}
	ids := make(map[string]bool)
	for i, q := range questions {
		f := FormField{Name: q.ID, Title: q.Header, Description: q.Question, Type: "string", Required: true, Open: true}
		switch {
		case q.ID == "" || strings.ContainsAny(q.ID, ":\n\r#") || ids[q.ID]:
			return nil, fmt.Errorf("question %d needs an id of its own, in snake_case", i+1)
		case strings.TrimSpace(q.Question) == "":
			return nil, errors.New("question " + q.ID + " says nothing")
		case len(q.Options) == 0 || len(q.Options) > maxOptions:
			return nil, fmt.Errorf("question %s needs two or three options, and has %d", q.ID, len(q.Options))
		}
		ids[q.ID] = true
		for _, o := range q.Options {
			if strings.TrimSpace(o.Label) == "" {
				return nil, errors.New("an option of question " + q.ID + " has no label")
			}
			f.Choices = append(f.Choices, FormChoice{Value: o.Label, Title: o.Label})
			if o.Description != "" {
				f.Description += "\n" + o.Label + ": " + o.Description
			}
		}
		form = append(form, f)
	}
	return form, nil
}
