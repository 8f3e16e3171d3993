package config

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// A Document is the text of a configuration file in which single settings are
// changed. Everything else stays as the user wrote it, byte for byte: comments,
// order, blanks. What the changed text means is compared with what it should
// mean, and a change that cannot be made so is refused.
type Document struct {
	text string
}

// ParseDocument takes a text for changes. It must be TOML.
func ParseDocument(text string) (*Document, error) {
	if _, err := decoded(text); err != nil {
		return nil, err
	}
	return &Document{text: text}, nil
}

// String is the text as it is now.
func (d *Document) String() string { return d.text }

// errByHand says that a change cannot be made without touching the rest.
var errByHand = errors.New("this file is written in a way that cannot be changed safely; change it by hand")

// Has tells whether there is something under a path of keys.
func (d *Document) Has(path ...string) bool {
	values, err := decoded(d.text)
	if err != nil {
		return false
	}
	_, ok := under(values, path)
	return ok
}

// Set gives a key a value: a string, a bool, an int64, a []string, or a
// map[string]string, which becomes a table of its own. Tables that are missing
// on the way are made.
func (d *Document) Set(value any, path ...string) error {
	if m, ok := value.(map[string]string); ok {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if err := d.Set(m[name], append(slices.Clone(path), name)...); err != nil {
				return err
			}
		}
		return nil
	}
	return d.change(func(values map[string]any) { place(values, path, plainValue(value)) }, func() string { return d.set(path, value) })
}

// SetTrust says what is decided about a project, the way Codex writes it.
func (d *Document) SetTrust(project string, level Trust) error {
	text, err := WithTrust(d.text, project, level)
	if err == nil {
		d.text = text
	}
	return err
}

// Remove takes away a key, or a table with all that is in it. It tells whether
// there was one.
func (d *Document) Remove(path ...string) (bool, error) {
	if !d.Has(path...) {
		return false, nil
	}
	return true, d.change(func(values map[string]any) { drop(values, path) }, func() string { return d.remove(path) })
}

// change makes a change twice, in what the text means and in the text, and
// takes the text only if it means the same.
func (d *Document) change(meaning func(map[string]any), edit func() string) error {
	want, err := decoded(d.text)
	if err != nil {
		return err
	}
	meaning(want)
	text := edit()
	got, err := decoded(text)
	if err != nil || !reflect.DeepEqual(pruned(want), pruned(got)) {
		return errByHand
	}
	d.text = text
	return nil
}

func (d *Document) set(path []string, value any) string {
	stmts := statements(d.text)
	for _, s := range stmts {
		if s.header || len(s.path) > len(path) || !slices.Equal(s.path, path[:len(s.path)]) {
			continue
		}
		if len(s.path) == len(path) {
			return d.text[:s.value] + tomlValue(value) + d.text[s.valueEnd:]
		}
		return d.setInline(s, path, value)
	}
	line := tomlKey(path[len(path)-1:]) + " = " + tomlValue(value) + d.newline()
	table := path[:len(path)-1]
	if at, ok := sectionEnd(stmts, table); ok {
		return d.insert(at, line)
	}
	if len(table) == 0 {
		if len(stmts) == 0 {
			return d.insert(len(d.text), line)
		}
		return d.insert(stmts[0].start, line+d.newline())
	}
	at := len(d.text)
	if len(table) > 1 {
		if near, ok := relativesEnd(stmts, table[:2]); ok {
			at = near
		}
	}
	return d.insert(at, d.newline()+"["+tomlKey(table)+"]"+d.newline()+line)
}

// setInline changes a value within an inline table, which is written anew.
func (d *Document) setInline(s statement, path []string, value any) string {
	values, _ := decoded(d.text)
	table, _ := under(values, s.path)
	m, ok := table.(map[string]any)
	if !ok {
		return d.text // and change refuses it
	}
	place(m, path[len(s.path):], plainValue(value))
	return d.text[:s.value] + tomlValue(m) + d.text[s.valueEnd:]
}

func (d *Document) remove(path []string) string {
	var b strings.Builder
	from, dropping := 0, false
	for _, s := range statements(d.text) {
		gone := len(s.path) >= len(path) && slices.Equal(s.path[:len(path)], path)
		if s.header {
			dropping = gone
		}
		switch {
		case gone || dropping:
			b.WriteString(d.text[from:s.start])
			from = s.end
		case !s.header && len(s.path) < len(path) && slices.Equal(s.path, path[:len(s.path)]): // an inline table that holds it
			values, _ := decoded(d.text)
			table, _ := under(values, s.path)
			if m, ok := table.(map[string]any); ok {
				drop(m, path[len(s.path):])
				b.WriteString(d.text[from:s.value] + tomlValue(m))
				from = s.valueEnd
			}
		}
	}
	b.WriteString(d.text[from:])
	return b.String()
}

// insert puts whole lines at a place, which begins a line or ends the text.
func (d *Document) insert(at int, lines string) string {
	before := d.text[:at]
	if before != "" && !strings.HasSuffix(before, "\n") {
		before += d.newline()
	}
	if before == "" {
		lines = strings.TrimPrefix(lines, d.newline())
	}
	return before + lines + d.text[at:]
}

// newline is how the file ends its lines.
func (d *Document) newline() string {
	if i := strings.IndexByte(d.text, '\n'); i > 0 && d.text[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// sectionEnd is where a setting of a table can be added: behind its last one,
// or its header.
func sectionEnd(stmts []statement, table []string) (at int, ok bool) {
	in := len(table) == 0
	for _, s := range stmts {
		if s.header {
			in = slices.Equal(s.path, table) && !s.array
		}
		if in {
			at, ok = s.end, true
		}
	}
	return at, ok
}

// relativesEnd is where the tables below a path end.
func relativesEnd(stmts []statement, path []string) (at int, ok bool) {
	in := false
	for _, s := range stmts {
		if s.header {
			in = len(s.path) >= len(path) && slices.Equal(s.path[:len(path)], path)
		}
		if in {
			at, ok = s.end, true
		}
	}
	return at, ok
}

func decoded(text string) (map[string]any, error) {
	var values map[string]any
	var bad toml.ParseError
	if _, err := toml.Decode(strings.TrimPrefix(text, "\ufeff"), &values); errors.As(err, &bad) {
		return nil, syntaxError("", bad)
	} else if err != nil {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	if values == nil {
		values = make(map[string]any)
	}
	return values, nil
}

func under(values map[string]any, path []string) (v any, ok bool) {
	v = values
	for _, name := range path {
		m, is := v.(map[string]any)
		if !is {
			return nil, false
		}
		if v, ok = m[name]; !ok {
			return nil, false
		}
	}
	return v, true
}

func place(values map[string]any, path []string, value any) {
	for _, name := range path[:len(path)-1] {
		m, ok := values[name].(map[string]any)
		if !ok {
			m = make(map[string]any)
			values[name] = m
		}
		values = m
	}
	values[path[len(path)-1]] = value
}

func drop(values map[string]any, path []string) {
	if m, ok := under(values, path[:len(path)-1]); ok {
		if m, ok := m.(map[string]any); ok {
			delete(m, path[len(path)-1])
		}
	}
}

// pruned leaves out tables with nothing in them: whether there is an empty one
// more or less means nothing.
func pruned(values map[string]any) map[string]any {
	kept := make(map[string]any, len(values))
	for name, v := range values {
		if m, ok := v.(map[string]any); ok {
			if m = pruned(m); len(m) > 0 {
				kept[name] = m
			}
			continue
		}
		kept[name] = v
	}
	return kept
}

// plainValue is a value as decoding gives it.
func plainValue(v any) any {
	if list, ok := v.([]string); ok {
		all := make([]any, len(list))
		for i, s := range list {
			all[i] = s
		}
		return all
	}
	return v
}
