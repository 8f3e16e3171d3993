package config

import (
	"fmt"
	"regexp"
	"sync"
)

// WithTrust is the text of a config.toml with what is decided about a project,
// the way Codex writes it. Comments and all other settings stay as they are; a
// text in which that cannot be done is an error.
func WithTrust(text, project string, level Trust) (string, error) {
	d, err := ParseDocument(text)
	if err != nil {
		return "", fmt.Errorf("it is no TOML, and must be mended first: %w", err)
	}
	if inlineProjects().MatchString(text) { // which our parser would let us add to, and Codex's does not
		return "", unwritable(project, level)
	}
	if err := d.Set(string(level), "projects", project, "trust_level"); err != nil {
		return "", unwritable(project, level)
	}
	return d.String(), nil
}

// inlineProjects finds a table of projects that is a value.
var inlineProjects = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^[ \t]*["']?projects["']?[ \t]*=`)
})

func unwritable(project string, level Trust) error {
	return fmt.Errorf("projects is written in a form that cannot be edited here; add [projects.%s] with trust_level = %q yourself", tomlString(project), level)
}
