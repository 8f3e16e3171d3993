package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A reader takes typed values out of the settings and notes what is wrong.
type reader struct {
	root     *node
	home     string
	getenv   func(string) string
	problems []Problem
	errs     []Problem
}

// A key is the path to a setting.
type key []string

// find returns a node and notes that its key means something.
func (r *reader) find(k key) *node {
	n := r.root.at(k)
	if n != nil {
		n.read = true
	}
	return n
}

func (r *reader) fail(n *node, k key, format string, args ...any) {
	r.errs = append(r.errs, n.problem(k, fmt.Sprintf(format, args...)))
}

func (r *reader) warn(n *node, k key, format string, args ...any) {
	r.problems = append(r.problems, n.problem(k, fmt.Sprintf(format, args...)))
}

// text reads a string that must not be empty.
func (r *reader) text(k key, into *string) {
	n := r.find(k)
	if n == nil {
		return
	}
	s, ok := n.value.(string)
	switch {
	case !ok:
		r.fail(n, k, "expected a string, found %s", n.found(k))
	case s == "":
		r.fail(n, k, "expected a string that is not empty")
	default:
		*into = s
	}
}

// oneOf reads a string out of a list.
func oneOf[T ~string](r *reader, k key, into *T, allowed ...T) {
	n := r.find(k)
	if n == nil {
		return
	}
	s, ok := n.value.(string)
	if !ok || !slices.Contains(allowed, T(s)) {
		quoted := make([]string, len(allowed))
		for i, a := range allowed {
			quoted[i] = fmt.Sprintf("%q", string(a))
		}
		r.fail(n, k, "expected one of %s, found %s", strings.Join(quoted, ", "), n.found(k))
		return
	}
	*into = T(s)
}

// number reads an integer of at least least.
func (r *reader) number(k key, into *int, least int64) {
	n := r.find(k)
	if n == nil {
		return
	}
	i, ok := n.value.(int64)
	switch {
	case !ok:
		r.fail(n, k, "expected an integer, found %s", n.found(k))
	case i < least || i > maxNumber:
		r.fail(n, k, "expected an integer from %d to %d, found %d", least, maxNumber, i)
	default:
		*into = int(i)
	}
}

// maxNumber is more than any setting can mean, and fits an int everywhere.
const maxNumber = 1<<31 - 1

// flag reads a boolean.
func (r *reader) flag(k key, into *bool) {
	n := r.find(k)
	if n == nil {
		return
	}
	b, ok := n.value.(bool)
	if !ok {
		r.fail(n, k, "expected true or false, found %s", n.found(k))
		return
	}
	*into = b
}

// texts reads an array of strings.
func (r *reader) texts(k key, into *[]string) {
	n := r.find(k)
	if n == nil {
		return
	}
	list, ok := n.value.([]any)
	if !ok {
		r.fail(n, k, "expected an array of strings, found %s", n.found(k))
		return
	}
	texts := make([]string, 0, len(list))
	for i, v := range list {
		s, ok := v.(string)
		if !ok {
			r.fail(n, k, "expected an array of strings, found %s at index %d", describe(v), i)
			return
		}
		texts = append(texts, s)
	}
	*into = texts
}

// secrets reads a table of strings.
func (r *reader) secrets(k key) map[string]Secret {
	n := r.find(k)
	if n == nil {
		return nil
	}
	if n.table == nil {
		r.fail(n, k, "expected a table of strings, found %s", n.found(k))
		return nil
	}
	m := make(map[string]Secret, len(n.table))
	for _, name := range slices.Sorted(maps.Keys(n.table)) {
		c := n.table[name]
		c.read = true
		s, ok := c.value.(string)
		if !ok {
			r.fail(c, append(slices.Clone(k), name), "expected a string, found %s", c.found(append(slices.Clone(k), name)))
		}
		m[name] = Secret(s)
	}
	return m
}

// tables are the names under a key whose values are tables, sorted.
func (r *reader) tables(k key) []string {
	n := r.find(k)
	if n == nil {
		return nil
	}
	if n.table == nil {
		r.fail(n, k, "expected a table, found %s", n.found(k))
		return nil
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(n.table)) {
		c := n.table[name]
		c.read = true
		if c.table == nil {
			r.fail(c, append(slices.Clone(k), name), "expected a table, found %s", c.found(append(slices.Clone(k), name)))
			continue
		}
		names = append(names, name)
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
