package config

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A Setting is one effective value and where it comes from.
type Setting struct {
	Key    []string
	Value  any // a string, int64, float64, bool or []any; IsSet in place of a secret
	Source Source
	File   string // "" for what is in no file
	Line   int    // 1-based; 0 if unknown
}

// IsSet stands for a secret, wherever settings are shown.
const IsSet = "set"

// Given tells whether a key was set on the command line, for this run alone.
func (c *Config) Given(path string) bool {
	n := c.root.at(strings.Split(path, "."))
	return n != nil && n.from != nil && (n.from.source == FromOverride || n.from.source == FromFlag)
}

// Settings lists what is in force, sorted by key: all that is set anywhere, and
// the defaults of what is used here.
func (c *Config) Settings() []Setting {
	var list []Setting
	var walk func(n *node, path key)
	walk = func(n *node, path key) {
		for _, name := range slices.Sorted(maps.Keys(n.table)) {
			kid, k := n.table[name], append(slices.Clone(path), name)
			if kid.table != nil {
				walk(kid, k)
				continue
			}
			list = append(list, c.setting(kid, k))
		}
	}
	walk(c.root, nil)
	for _, k := range Keys() {
		path := strings.Split(k.Path, ".")
		if k.Used && k.Default != "" && !slices.Contains(path, "*") && c.root.at(path) == nil {
			list = append(list, Setting{Key: path, Value: parseValue(k.Default), Source: FromDefault})
		}
	}
	list = c.decided(list)
	slices.SortFunc(list, func(a, b Setting) int { return slices.Compare(a.Key, b.Key) })
	return list
}

// decided puts in what the project's trust and the machine's requirements make
// of settings.
func (c *Config) decided(list []Setting) []Setting {
	put := func(key, value string) {
		i := slices.IndexFunc(list, func(s Setting) bool { return s.Key[0] == key })
		switch {
		case i >= 0 && list[i].Value == value || i >= 0 && len(list[i].Key) > 1:
		case i >= 0 && list[i].Source == FromDefault:
			list[i].Value = value
		case i >= 0:
			list[i] = Setting{Key: list[i].Key, Value: value, Source: FromRequired}
		default:
			list = append(list, Setting{Key: []string{key}, Value: value, Source: FromDefault})
		}
	}
	put("approval_policy", string(c.Approval))
	put("sandbox_mode", string(c.Sandbox))
	put("web_search", string(c.SearchMode()))
	return list
}

func (c *Config) setting(n *node, k key) Setting {
	s := Setting{Key: k, Value: shown(k, n.value), Source: n.from.source, File: n.from.file}
	if s.File != "" {
		s.Line, _ = locate(n.from.text, k)
	}
	return s
}

// shown is a value without the secrets in it.
func shown(k key, v any) any {
	switch v := v.(type) {
	case string:
		if secretKey(k) && v != "" {
			return IsSet
		}
		if u, err := url.Parse(v); err == nil && u.User != nil && u.Host != "" {
			return u.Redacted()
		}
		return v
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = shown(k, e)
		}
		return list
	case []map[string]any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = shown(k, e)
		}
		return list
	case map[string]any:
		m := make(map[string]any, len(v))
		for name, e := range v {
			m[name] = shown(append(slices.Clone(k), name), e)
		}
		return m
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case int64, float64, bool:
		return v
	}
	return fmt.Sprint(v)
}

// A Layer is a file of settings that counts.
type Layer struct {
	Source Source `json:"source"`
	File   string `json:"file"`
}

// Layers lists the files whose settings count, the one that wins last.
func (c *Config) Layers() []Layer {
	list := []Layer{}
	for _, l := range c.layers {
		if l.file != "" {
			list = append(list, Layer{l.source, l.file})
		}
	}
	return list
}

// Check finds what is wrong in the text of a configuration file by itself, as
// it is in an editor, in the order of its lines.
func Check(source Source, path, text string) []Problem {
	l, err := parseFile(source, path, text)
	if err != nil {
		return problemsOf(err)
	}
	r := &reader{problems: l.refuse()}
	r.check(l.tree(l.values), specs(), nil)
	return inOrder(append(r.problems, r.errs...))
}
