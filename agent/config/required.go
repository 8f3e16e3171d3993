package config

import (
	"maps"
	"slices"
	"strings"
)

// What an administrator can require, beside the lists of what is allowed.

// requirementTypes are the requirements that hold here, with the kinds of their
// values. One of another kind is an error: what it forbids would be allowed.
var requirementTypes = map[string]string{
	"allowed_approval_policies": "an array", "allowed_sandbox_modes": "an array", "allowed_web_search_modes": "an array",
	"allow_login_shell": "a boolean", "allow_managed_hooks_only": "a boolean",
	"features": "a table", "feature_requirements": "a table", "rules": "a table", "hooks": "a table",
}

// requirementTypes looks at the kinds of values, and says which requirements
// nothing here heeds.
func (q *reader) requirementTypes() {
	for _, name := range slices.Sorted(maps.Keys(q.root.table)) {
		n, want := q.root.table[name], requirementTypes[name]
		found := "a table"
		if n.table == nil {
			found = kind(n.value)
		}
		switch {
		case want == "":
			q.warn(n, key{name}, "this requirement has no effect here")
		case want != found && !strings.HasPrefix(name, "allowed_approval") && !strings.HasPrefix(name, "allowed_sandbox"): // which say more
			q.fail(n, key{name}, "expected %s, found %s", want, found)
		}
	}
}

// requireFeatures sets the features that are required to be on or off.
func requireFeatures(q, r *reader, c *Config) {
	limits := make(map[string]bool)
	for _, table := range []string{"features", "feature_requirements"} {
		n := q.root.at(key{table})
		if n == nil || n.table == nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(n.table)) {
			on, is := n.table[name].value.(bool)
			if !is {
				q.fail(n.table[name], key{table, name}, "expected a boolean, found %s", n.table[name].found(key{name}))
				continue
			}
			limits[name] = on
		}
	}
	set := r.features()
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		if v, is := set[name]; is && v != limits[name] {
			k := key{"features", name}
			r.warn(r.root.at(k), k, "%v is not allowed by %s; %v is used instead", v, q.root.from.file, limits[name])
		}
	}
	c.setFeatures(r, limits)
}

// requireSearch limits how the web is searched. That it is not is always allowed.
func requireSearch(q, r *reader, c *Config) {
	k := key{"allowed_web_search_modes"}
	n := q.root.at(k)
	if n == nil {
		return
	}
	modes := []string{string(SearchOff), string(SearchCached), string(SearchIndexed), string(SearchLive)}
	var allowed []string
	q.texts(k, &allowed)
	c.searchLimit = searchLimit{}
	for _, mode := range allowed {
		if !slices.Contains(modes, mode) {
			q.fail(n, k, "expected %s, found %q", oneOfThese(modes), mode)
		}
		c.searchLimit = append(c.searchLimit, SearchMode(mode))
	}
	if mode := c.Search.Mode; mode != "" && c.searchLimit.limit(mode) != mode {
		r.warn(r.root.at(key{"web_search"}), key{"web_search"}, "%s is not allowed by %s; %s is used instead", mode, n.from.file, c.searchLimit.limit(mode))
	}
}

// A RequiredRule is a rule about commands that holds for everybody on the machine.
type RequiredRule struct {
	Pattern       [][]string // for each word, what it may be
	Forbids       bool       // else the user is asked
	Justification string
	File          string
	Line          int // 1-based; 0 if unknown
}

// requiredRules reads the rules: [rules] prefix_rules = [{pattern = [{token =
// "curl"}, {any_of = ["a", "b"]}], decision = "forbidden"}]. They cannot allow
// anything, as with Codex.
func (q *reader) requiredRules(file string) (rules []RequiredRule) {
	k := key{"rules", "prefix_rules"}
	n := q.root.at(k)
	if n == nil {
		return nil
	}
	for i, table := range tablesIn(n.value) {
		rule := RequiredRule{File: file, Line: n.problem(k, "").Line}
		rule.Justification, _ = table["justification"].(string)
		decision, _ := table["decision"].(string)
		rule.Forbids = decision == "forbidden"
		rule.Pattern = requiredPattern(table["pattern"])
		switch {
		case rule.Pattern == nil:
			q.fail(n, k, "rule %d: expected a pattern of {token = \"…\"} and {any_of = [\"…\"]}", i+1)
		case decision != "forbidden" && decision != "prompt":
			q.fail(n, k, "rule %d: expected the decision prompt or forbidden, found %q", i+1, decision)
		}
		rules = append(rules, rule)
	}
	if rules == nil {
		q.fail(n, k, "expected an array of tables")
	}
	return rules
}

// tablesIn are the tables of an array, nil if it holds anything else.
func tablesIn(v any) (tables []map[string]any) {
	switch list := v.(type) {
	case []map[string]any:
		return list
	case []any:
		for _, e := range list {
			t, is := e.(map[string]any)
			if !is {
				return nil
			}
			tables = append(tables, t)
		}
	}
	return tables
}

// requiredPattern is what each word of a command may be, nil for what is no
// pattern.
func requiredPattern(v any) (pattern [][]string) {
	for _, word := range tablesIn(v) {
		var choices []string
		if token, is := word["token"].(string); is {
			choices = []string{token}
		}
		list, _ := word["any_of"].([]any)
		for _, e := range list {
			if s, is := e.(string); is {
				choices = append(choices, s)
			}
		}
		if len(choices) == 0 || len(list) > 0 && len(choices) != len(list) || slices.Contains(choices, "") {
			return nil
		}
		pattern = append(pattern, choices)
	}
	return pattern
}

// managedOnly tells whether only hooks of the machine's administrator run.
func (s *stack) managedOnly() (only bool) {
	if s.required != nil {
		only, _ = valueAt(s.required.root, "allow_managed_hooks_only").(bool)
	}
	return only
}

// requiredHooks are those of the requirements themselves.
func (s *stack) requiredHooks(h *Hooks) {
	if s.required == nil {
		return
	}
	n := s.required.root.at(key{"hooks"})
	if n == nil || n.table == nil {
		return
	}
	events := n.plain()
	maps.DeleteFunc(events, func(name string, v any) bool { return tablesIn(v) == nil }) // such as managed_dir
	if len(events) > 0 {
		h.Files = append(h.Files, HookFile{s.required.file, true, events})
	}
}

func valueAt(n *node, path string) any {
	if n = n.at(strings.Split(path, ".")); n == nil {
		return nil
	}
	return n.value
}
