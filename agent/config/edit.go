package config

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
)

// WithTrust is the text of a config.toml with what is decided about a project,
// the way Codex writes it. Comments and all other settings stay as they are; a
// text in which that cannot be done is an error.
func WithTrust(text, project string, level Trust) (string, error) {
	var before map[string]any
	if _, err := toml.Decode(text, &before); err != nil {
		return "", fmt.Errorf("it is no TOML, and must be mended first: %w", err)
	}
	want := withTrust(before, project, level)
	if inlineProjects().MatchString(text) { // which our parser would let us add to, and Codex's does not
		return "", unwritable(project, level)
	}
	for _, edit := range []func() string{
		func() string { return replaceTrust(text, project, level) },
		func() string { return appendTrust(text, project, level) },
	} {
		var after map[string]any
		edited := edit()
		if _, err := toml.Decode(edited, &after); err == nil && reflect.DeepEqual(after, want) {
			return edited, nil
		}
	}
	return "", unwritable(project, level)
}

// inlineProjects finds a table of projects that is a value.
var inlineProjects = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^[ \t]*["']?projects["']?[ \t]*=`)
})

func unwritable(project string, level Trust) error {
	return fmt.Errorf("projects is written in a form that cannot be edited here; add [projects.%s] with trust_level = %q yourself", quoted(project), level)
}

// withTrust is what the settings should come to.
func withTrust(values map[string]any, project string, level Trust) map[string]any {
	copied := func(v any) map[string]any {
		m := make(map[string]any)
		if old, ok := v.(map[string]any); ok {
			for k, v := range old {
				m[k] = v
			}
		}
		return m
	}
	all := copied(values)
	projects := copied(all["projects"])
	one := copied(projects[project])
	one["trust_level"] = string(level)
	projects[project] = one
	all["projects"] = projects
	return all
}

// replaceTrust writes into the table of the project, if there is one.
func replaceTrust(text, project string, level Trust) string {
	lines := strings.SplitAfter(text, "\n")
	line := fmt.Sprintf("trust_level = %q", level)
	path := []string{"projects", project, "trust_level"}
	if at, _ := locate(text, path); at > 0 {
		old := lines[at-1]
		key, value, _ := strings.Cut(old, "=")
		rest := strings.TrimLeft(value, " \t")
		if len(rest) > 0 {
			if end := strings.IndexByte(rest[1:], rest[0]); end >= 0 { // a string, in either quotes
				lines[at-1] = key + fmt.Sprintf("= %q", level) + rest[end+2:]
			}
		}
		return strings.Join(lines, "")
	}
	if at, _ := locate(text, path[:2]); at > 0 {
		ending := "\n"
		if strings.HasSuffix(lines[at-1], "\r\n") {
			ending = "\r\n"
		}
		header := strings.TrimRight(lines[at-1], "\r\n")
		lines[at-1] = header + ending + line + ending
	}
	return strings.Join(lines, "")
}

// appendTrust adds a table for the project.
func appendTrust(text, project string, level Trust) string {
	ending := "\n"
	if strings.Contains(text, "\r\n") {
		ending = "\r\n"
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += ending
	}
	if text != "" {
		text += ending
	}
	return text + "[projects." + quoted(project) + "]" + ending + fmt.Sprintf("trust_level = %q", level) + ending
}

// quoted is a key as a basic TOML string.
func quoted(key string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range key {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
