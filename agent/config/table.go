package config

import (
	"slices"
	"strings"
	"sync"
)

// A Key is one setting of config.toml. All that is known of it is here: what
// is checked, what the documentation says, and what an editor offers come from
// [Keys].
type Key struct {
	Path     string   // dotted; "*" stands for any name
	Type     Type     // what its value may be
	Values   []string // of a text; nil for any
	Meanings []string // of Values, in the same order, where they need words
	Least    int64    // of a number
	Most     int64    // of a number; 0 for the largest that there is
	Default  string   // as TOML; "" where there is none, or where Doc says it
	By       Setters
	Used     bool   // here; the others are accepted since Codex knows them
	Editor   string // the scope that it has among VS Code's settings; "" if it is not there
	Doc      string // what it is for, in a sentence
}

// A Type is a set of kinds of values.
type Type uint16

const (
	Text    Type = 1 << iota // a string that is not empty
	Prose                    // a string
	URL                      // an address of an API, http or https
	Number                   // an integer
	Decimal                  // a number
	Flag                     // true or false
	Texts                    // an array of strings
	Strings                  // a table of strings, whatever their names
	List                     // an array of anything
	Free                     // a table of anything
	Table                    // a table whose keys are known
)

// kinds are the names of types, in the order in which errors list them.
var kinds = []struct {
	t    Type
	name string
}{
	{Text | Prose, "a string"}, {URL, "a URL that begins with http:// or https://"}, {Number, "an integer"}, {Decimal, "a number"},
	{Flag, "true or false"}, {Texts, "an array of strings"}, {Strings, "a table of strings"}, {List, "an array"}, {Free | Table, "a table"},
}

// String names the kinds of values.
func (t Type) String() string {
	var names []string
	for _, k := range kinds {
		if t&k.t != 0 {
			names = append(names, k.name)
		}
	}
	return strings.Join(names, " or ")
}

// Setters say which layers may set a key. The workspace is what the agent must
// not trust: it must not choose where prompts and keys are sent, nor what else
// is run or how much is allowed.
type Setters string

const (
	Anybody   Setters = ""             // a trusted project and the editor too
	NotEditor Setters = "not editor"   // a trusted project may, the editor's settings may not
	UserOnly  Setters = "not projects" // neither: the user's and the machine's files, and the command line
)

// Keys returns the table of every known key, grouped by what they are about.
func Keys() []Key { return slices.Concat(modelKeys, providerKeys, safetyKeys, toolKeys, otherKeys) }

// Values are what a key may be, nil for anything.
func Values(path string) []string {
	if s, _ := lookup(strings.Split(path, ".")); s != nil && s.key != nil {
		return s.key.Values
	}
	return nil
}

// A spec is the keys below a table.
type spec struct {
	key  *Key // nil for a table that only holds others
	kids map[string]*spec
	any  *spec // for the names that are the user's
}

// specs is the table of keys as a tree.
var specs = sync.OnceValue(func() *spec {
	root := &spec{}
	for _, k := range Keys() {
		s := root
		for name := range strings.SplitSeq(k.Path, ".") {
			s = s.child(name)
		}
		s.key = &k
	}
	return root
})

func (s *spec) child(name string) *spec {
	if name == "*" {
		if s.any == nil {
			s.any = &spec{}
		}
		return s.any
	}
	if s.kids == nil {
		s.kids = make(map[string]*spec)
	}
	if s.kids[name] == nil {
		s.kids[name] = &spec{}
	}
	return s.kids[name]
}

// of returns what is known of a name in the table, nil if nothing is.
func (s *spec) of(name string) *spec {
	if kid := s.kids[name]; kid != nil {
		return kid
	}
	return s.any
}

// lookup returns what is known of a path: its own spec, and the nearest key on
// the way that says who may set it.
func lookup(path []string) (s *spec, by Setters) {
	s = specs()
	for _, name := range path {
		if s = s.of(name); s == nil {
			return nil, by
		}
		if s.key != nil && s.key.By != Anybody {
			by = s.key.By
		}
	}
	return s, by
}

// types are the kinds that a value of this spec may have.
func (s *spec) types() Type {
	var t Type
	if s.key != nil {
		t = s.key.Type
	}
	if len(s.kids) > 0 || s.any != nil {
		t |= Table
	}
	return t
}
