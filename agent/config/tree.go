package config

import (
	"math"
	"strings"
)

// A node is a table, or a value and the layer that set it.
type node struct {
	table map[string]*node // nil for a value
	value any
	from  *layer
}

func newTable() *node { return &node{table: make(map[string]*node)} }

// tree makes nodes of decoded values. Null is how an editor says "not set".
func (l *layer) tree(values map[string]any) *node {
	n := newTable()
	n.from = l
	for key, value := range values {
		switch v := value.(type) {
		case nil:
		case map[string]any:
			n.table[key] = l.tree(v)
		case float64:
			n.table[key] = &node{value: whole(v), from: l}
		default:
			n.table[key] = &node{value: v, from: l}
		}
	}
	return n
}

// whole is an integer that came through JSON, which knows only floats.
func whole(f float64) any {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return int64(f)
	}
	return f
}

// merge lays other over n: tables key by key, everything else whole.
func (n *node) merge(other *node) {
	n.from = other.from
	for key, o := range other.table {
		if mine := n.table[key]; mine != nil && mine.table != nil && o.table != nil {
			mine.merge(o)
			continue
		}
		n.table[key] = o
	}
}

// plain undoes tree.
func (n *node) plain() map[string]any {
	values := make(map[string]any, len(n.table))
	for key, c := range n.table {
		if c.table != nil {
			values[key] = c.plain()
		} else {
			values[key] = c.value
		}
	}
	return values
}

// at returns the node under a path, nil if there is none.
func (n *node) at(path []string) *node {
	for _, key := range path {
		if n == nil {
			return nil
		}
		n = n.table[key]
	}
	return n
}

// problem says something about a key of this node.
func (n *node) problem(path []string, message string) Problem {
	p := Problem{Key: strings.Join(path, "."), Message: message}
	if n == nil || n.from == nil {
		return p
	}
	l := n.from
	p.source = l.source.name()
	if l.file != "" {
		p.File = l.file
		p.Line, p.Column = locate(l.text, path)
	}
	return p
}
