package config

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// check compares settings with the table of keys. What is wrong with a key that
// is used here is an error; the rest is said and ignored.
func (r *reader) check(n *node, s *spec, path key) {
	for _, name := range slices.Sorted(maps.Keys(n.table)) {
		c, k := n.table[name], append(slices.Clone(path), name)
		of := s.of(name)
		switch {
		case of == nil:
			r.warnUnknown(c, k, slices.Sorted(maps.Keys(s.kids)))
		case c.table != nil && of.types()&(Table|Free|Strings) != 0:
			r.checkTable(c, of, k)
		default:
			r.checkValue(c, of, k)
		}
	}
}

func (r *reader) checkTable(n *node, s *spec, k key) {
	switch t := s.types(); {
	case t&Free != 0:
	case t&Strings != 0:
		for _, name := range slices.Sorted(maps.Keys(n.table)) {
			c, k := n.table[name], append(slices.Clone(k), name)
			if _, ok := c.value.(string); !ok {
				r.wrong(s, c, k, "expected a string, found %s", c.found(k))
			}
		}
	default:
		r.check(n, s, k)
	}
}

// wrong says that a value cannot be used. Of a key that only Codex uses it is
// no error here.
func (r *reader) wrong(s *spec, n *node, k key, format string, args ...any) {
	if s.key != nil && !s.key.Used {
		r.warn(n, k, format+"; Codex may not start with it", args...)
		return
	}
	r.fail(n, k, format, args...)
}

// checkValue looks at what is no table.
func (r *reader) checkValue(n *node, s *spec, k key) {
	t := s.types()
	switch v := n.value.(type) {
	case string:
		if t&(Text|Prose|URL) != 0 {
			r.checkText(v, n, s, k)
			return
		}
	case int64:
		if t&Number != 0 {
			r.checkNumber(v, n, s, k)
			return
		}
		if t&Decimal != 0 {
			return
		}
	case float64:
		if t&Decimal != 0 {
			return
		}
	case bool:
		if t&Flag != 0 {
			return
		}
	case []any, []map[string]any:
		if t&List != 0 || t&Texts != 0 && r.areTexts(v, n, s, k) {
			return
		}
		if t&Texts != 0 {
			return // said already
		}
	}
	if s.key != nil && len(s.key.Values) > 0 {
		r.wrong(s, n, k, "expected %s, found %s", oneOfThese(s.key.Values), n.found(k))
		return
	}
	r.wrong(s, n, k, "expected %s, found %s", t, n.found(k))
}

func (r *reader) checkText(v string, n *node, s *spec, k key) {
	t := s.types()
	switch {
	case len(s.key.Values) > 0 && !slices.Contains(s.key.Values, v):
		r.wrong(s, n, k, "expected %s, found %s", oneOfThese(s.key.Values), n.found(k))
	case v == "" && t&Prose == 0:
		r.wrong(s, n, k, "expected a string that is not empty")
	case t&URL != 0:
		if u, err := url.Parse(v); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			r.wrong(s, n, k, "expected %s, found %s", URL, n.found(k))
		}
	}
}

func (r *reader) checkNumber(v int64, n *node, s *spec, k key) {
	most := s.key.Most
	if most == 0 {
		most = maxNumber
	}
	if v < s.key.Least || v > most {
		r.wrong(s, n, k, "expected an integer from %d to %d, found %d", s.key.Least, most, v)
	}
}

// areTexts tells whether a list is one of strings, and says what else it is.
func (r *reader) areTexts(v any, n *node, s *spec, k key) bool {
	list, ok := v.([]any)
	if !ok {
		r.wrong(s, n, k, "expected %s, found an array of tables", s.types())
		return false
	}
	for i, e := range list {
		if _, ok := e.(string); !ok {
			r.wrong(s, n, k, "expected %s, found %s at index %d", s.types(), describe(e), i)
			return false
		}
	}
	return true
}

func oneOfThese(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = fmt.Sprintf("%q", v)
	}
	return "one of " + strings.Join(quoted, ", ")
}
