package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A reader takes typed values out of the settings, once they were compared with
// the table of keys: what is of another type has been said, and is passed over.
type reader struct {
	root     *node
	home     string
	dir      string // that paths of the command line are relative to
	getenv   func(string) string
	strict   bool // an unknown key is an error
	problems []Problem
	errs     []Problem
}

// A key is the path to a setting.
type key []string

func (r *reader) fail(n *node, k key, format string, args ...any) {
	p := n.problem(k, fmt.Sprintf(format, args...))
	p.Fatal = true
	r.errs = append(r.errs, p)
}

func (r *reader) warn(n *node, k key, format string, args ...any) {
	r.problems = append(r.problems, n.problem(k, fmt.Sprintf(format, args...)))
}

// value reads a value of a type.
func value[T any](r *reader, k key, into *T) {
	if n := r.root.at(k); n != nil {
		if v, ok := n.value.(T); ok {
			*into = v
		}
	}
}

func (r *reader) text(k key, into *string) { value(r, k, into) }

func (r *reader) flag(k key, into *bool) { value(r, k, into) }

// oneOf reads a string out of a list.
func oneOf[T ~string](r *reader, k key, into *T, allowed ...T) {
	var s string
	if r.text(k, &s); slices.Contains(allowed, T(s)) {
		*into = T(s)
	}
}

// number reads an integer.
func (r *reader) number(k key, into *int) {
	i := int64(*into)
	value(r, k, &i)
	if int64(int(i)) == i {
		*into = int(i)
	}
}

// maxNumber is more than any setting can mean, and fits an int everywhere.
const maxNumber = 1<<31 - 1

// texts reads an array of strings.
func (r *reader) texts(k key, into *[]string) {
	n := r.root.at(k)
	if n == nil {
		return
	}
	list, ok := n.value.([]any)
	if !ok {
		return
	}
	texts := make([]string, 0, len(list))
	for _, v := range list {
		s, ok := v.(string)
		if !ok {
			return
		}
		texts = append(texts, s)
	}
	*into = texts
}

// secrets reads a table of strings.
func (r *reader) secrets(k key) map[string]Secret {
	n := r.root.at(k)
	if n == nil || n.table == nil {
		return nil
	}
	m := make(map[string]Secret, len(n.table))
	for name, c := range n.table {
		if s, ok := c.value.(string); ok {
			m[name] = Secret(s)
		}
	}
	return m
}

// tables are the names under a key whose values are tables, sorted.
func (r *reader) tables(k key) []string {
	n := r.root.at(k)
	if n == nil {
		return nil
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(n.table)) {
		if n.table[name].table != nil {
			names = append(names, name)
		}
	}
	return names
}

// found describes what is there, unless that is a secret.
func (n *node) found(k key) string {
	if n.table != nil {
		return "a table"
	}
	if secretKey(k) {
		return kind(n.value)
	}
	return describe(n.value)
}

func describe(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("the string %q", v)
	case int64, float64, bool:
		return fmt.Sprintf("the %s %v", strings.TrimPrefix(strings.TrimPrefix(kind(v), "an "), "a "), v)
	}
	return kind(v)
}

func kind(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case int64:
		return "an integer"
	case float64:
		return "a float"
	case bool:
		return "a boolean"
	case []any, []map[string]any:
		return "an array"
	case map[string]any:
		return "a table"
	}
	return "a date or time"
}

// secretKey tells whether a value must not be shown.
func secretKey(k key) bool {
	for _, part := range k {
		switch part {
		case "http_headers", "query_params", "env", "set", "headers":
			return true
		}
		p := strings.ToLower(part)
		if strings.Contains(p, "token") && !strings.Contains(p, "limit") || strings.Contains(p, "secret") || strings.Contains(p, "password") || strings.Contains(p, "api_key") {
			return true
		}
	}
	return false
}
