package mcp

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Parse reads what a user typed into a field. The error is for the user.
func (f Field) Parse(text string) (any, error) {
	text = strings.TrimSpace(text)
	switch f.Type {
	case "boolean":
		switch strings.ToLower(text) {
		case "true", "yes", "y":
			return true, nil
		case "false", "no", "n":
			return false, nil
		}
		return nil, fmt.Errorf("%s: expected yes or no, found %q", f.Name, text)
	case "integer":
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: expected a whole number, found %q", f.Name, text)
		}
		return n, nil
	case "number":
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
			return nil, fmt.Errorf("%s: expected a number, found %q", f.Name, text)
		}
		return n, nil
	case "array":
		several := []any{}
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			v, err := f.choice(part)
			if err != nil {
				return nil, err
			}
			several = append(several, v)
		}
		return several, nil
	}
	if len(f.Choices) > 0 {
		return f.choice(text)
	}
	return text, nil
}

// Kind says what may be typed into a field.
func (f Field) Kind() string {
	kind := map[string]string{"boolean": "yes or no", "integer": "a whole number", "number": "a number", "array": "several of these, with commas between"}[f.Type]
	if kind == "" {
		kind = "text"
	}
	if len(f.Choices) == 0 {
		return kind
	}
	if f.Type != "array" {
		kind = "one of these"
	}
	if f.Open {
		kind += ", or another text"
	}
	var titles []string
	for _, c := range f.Choices {
		titles = append(titles, c.Title)
	}
	return kind + ": " + strings.Join(titles, ", ")
}

// Says is what a field is, in one line: its name, title and description.
func (f Field) Says() string {
	s := f.Name
	if f.Title != "" && f.Title != f.Name {
		s += " (" + f.Title + ")"
	}
	if f.Description != "" {
		s += ": " + f.Description
	}
	return strings.Join(strings.Fields(s), " ")
}

// choice is the value that a text names, by itself or by its title.
func (f Field) choice(text string) (any, error) {
	var titles []string
	for _, c := range f.Choices {
		if c.Value == text || c.Title == text {
			return c.Value, nil
		}
		titles = append(titles, strconv.Quote(c.Title))
	}
	if f.Open {
		return text, nil
	}
	return nil, fmt.Errorf("%s: expected one of %s, found %q", f.Name, strings.Join(titles, ", "), text)
}

// Check tells what is wrong with a form that was filled in, nil if nothing is.
// Numbers may be as JSON or as Go has them.
func Check(fields []Field, content map[string]any) error {
	for name := range content {
		if !slices.ContainsFunc(fields, func(f Field) bool { return f.Name == name }) {
			return fmt.Errorf("the form has no field %q", name)
		}
	}
	for _, f := range fields {
		v, has := content[f.Name]
		if !has {
			if f.Required {
				return fmt.Errorf("%s is missing", f.Name)
			}
			continue
		}
		if err := f.check(v); err != nil {
			return err
		}
	}
	return nil
}

func (f Field) check(v any) error {
	var ok bool
	switch f.Type {
	case "boolean":
		_, ok = v.(bool)
	case "integer":
		switch n := v.(type) {
		case int64, int:
			ok = true
		case float64:
			ok = n == math.Trunc(n)
		}
	case "number":
		switch v.(type) {
		case int64, int, float64:
			ok = true
		}
	case "array":
		list, is := v.([]any)
		ok = is
		for _, e := range list {
			if s, is := e.(string); !is || !f.allows(s) {
				ok = false
			}
		}
	default:
		s, is := v.(string)
		ok = is && f.allows(s)
	}
	if !ok {
		return fmt.Errorf("%s: %v is not what is asked for", f.Name, v)
	}
	return nil
}

func (f Field) allows(s string) bool {
	return len(f.Choices) == 0 || f.Open || slices.ContainsFunc(f.Choices, func(c Choice) bool { return c.Value == s })
}
