package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// A Question is what a server wants of the user: a form to be filled in, or an
// address to be opened in a browser.
type Question struct {
	Message string
	Fields  []Field // of a form, in the server's order as far as it has one
	URL     string  // of a question that is no form
}

// A Field is one thing to be filled in.
type Field struct {
	Name        string   `json:"name"`
	Title       string   `json:"title,omitempty"`
	Description string   `json:"description,omitempty"`
	Type        string   `json:"type"` // string, number, integer, boolean, array (several of Choices)
	Choices     []Choice `json:"choices,omitempty"`
	Open        bool     `json:"open,omitempty"` // a string that is none of Choices will do, too
	Required    bool     `json:"required,omitempty"`
	Default     any      `json:"default,omitempty"`
}

// A Choice is one value that a field may have.
type Choice struct {
	Value string `json:"value"`
	Title string `json:"title"`
}

// A Reply answers a Question.
type Reply struct {
	Action  string         // accept, decline or cancel
	Content map[string]any // of a form that is accepted
}

// maxFields bounds a form: nobody fills in more.
const maxFields = 50

// elicit has the user asked. The time of the call that it is for stands still.
func (sv *server) elicit(ctx context.Context, p *sdk.ElicitParams) (*sdk.ElicitResult, error) {
	q := Question{Message: shorten(p.Message, maxAbout), URL: shorten(p.URL, maxAbout)}
	if p.URL == "" {
		var err error
		if q.Fields, err = fieldsOf(p.RequestedSchema); err != nil {
			return nil, err
		}
	}
	sv.mu.Lock()
	sv.asking++
	sv.mu.Unlock()
	defer func() {
		sv.mu.Lock()
		defer sv.mu.Unlock()
		sv.asking--
		sv.asked = time.Now()
	}()
	// The context of a request is the SDK's; the server's end ends it too.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(sv.ctx, cancel)()
	r := sv.set.options.Ask(ctx, sv.settings.Name, q)
	return &sdk.ElicitResult{Action: r.Action, Content: r.Content}, nil
}

// A propertySchema is what is read of a field's schema.
type propertySchema struct {
	Type        string   `json:"type"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Enum        []string `json:"enum"`
	EnumNames   []string `json:"enumNames"`
	OneOf       []titled `json:"oneOf"`
	Items       *struct {
		Enum  []string `json:"enum"`
		AnyOf []titled `json:"anyOf"`
	} `json:"items"`
	Default any `json:"default"`
}

type titled struct {
	Const string `json:"const"`
	Title string `json:"title"`
}

// fieldsOf reads the schema of a form. The required fields come first, and else
// they are in the order of their names: JSON objects have none.
func fieldsOf(schema any) ([]Field, error) {
	raw, err := json.Marshal(schema)
	if err != nil {
		return nil, err
	}
	var s struct {
		Properties map[string]propertySchema `json:"properties"`
		Required   []string                  `json:"required"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, fmt.Errorf("the schema of the form cannot be read: %w", err)
	}
	if len(s.Properties) > maxFields {
		return nil, fmt.Errorf("the form has more than %d fields", maxFields)
	}
	fields := []Field{}
	for name, p := range s.Properties {
		f := Field{Name: name, Title: shorten(p.Title, 200), Description: shorten(p.Description, 1000), Type: p.Type, Required: slices.Contains(s.Required, name), Default: p.Default}
		f.Choices = choicesOf(p.Enum, p.EnumNames, p.OneOf)
		if p.Items != nil {
			f.Choices = choicesOf(p.Items.Enum, nil, p.Items.AnyOf)
		}
		fields = append(fields, f)
	}
	slices.SortFunc(fields, func(a, b Field) int {
		if a.Required != b.Required {
			if a.Required {
				return -1
			}
			return 1
		}
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return fields, nil
}

func choicesOf(values, names []string, of []titled) []Choice {
	var list []Choice
	for i, v := range values {
		c := Choice{v, v}
		if i < len(names) {
			c.Title = names[i]
		}
		list = append(list, c)
	}
	for _, t := range of {
		list = append(list, Choice{t.Const, t.Title})
	}
	return list
}
