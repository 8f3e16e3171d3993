package config

import (
	"errors"
	"fmt"
	"slices"
)

// requirementsFile is what an administrator allows, beside the machine's
// config.toml.
const requirementsFile = "requirements.toml"

// requirements limit what may be set, whoever sets it.
type requirements struct {
	root *node
	file string
}

// ErrRequirements says that requirements cannot be read or kept, so that it is
// not known what is allowed.
var ErrRequirements = errors.New("the machine's requirements do not hold")

// readRequirements reads a file of requirements; nil for a missing one. One
// that cannot be read is an error: what it forbids would be allowed.
func readRequirements(path string) (*requirements, error) {
	l, err := readFile(FromRequired, path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequirements, err)
	}
	if l == nil {
		return nil, nil
	}
	return &requirements{root: l.tree(l.values), file: path}, nil
}

// require puts what is not allowed in place of what is, and says so, as Codex
// does.
func (s *stack) require(r *reader, c *Config) error {
	if s.required == nil {
		return nil
	}
	q := &reader{root: s.required.root, home: r.home, getenv: r.getenv}
	q.requirementTypes()
	require(q, r, "allowed_approval_policies", "approval_policy", &c.Approval, OnRequest, Untrusted, Never)
	require(q, r, "allowed_sandbox_modes", "sandbox_mode", &c.Sandbox, ReadOnly, WorkspaceWrite)
	login := true
	q.flag(key{"allow_login_shell"}, &login)
	if !login {
		c.Commands.Login = false
	}
	requireFeatures(q, r, c)
	requireSearch(q, r, c)
	c.RequiredRules = q.requiredRules(s.required.file)
	r.problems = append(r.problems, q.problems...)
	if len(q.errs) > 0 {
		return fmt.Errorf("%w: %w", ErrRequirements, joined(q.errs))
	}
	return nil
}

// require limits one value to a list. instead are the values to fall back to,
// the first that the list has.
func require[T ~string](q, r *reader, list, of string, into *T, instead ...T) {
	k := key{list}
	n := q.root.at(k)
	if n == nil {
		return
	}
	var allowed []string
	q.texts(k, &allowed)
	if len(allowed) == 0 {
		q.fail(n, k, "expected an array of the values that are allowed")
		return
	}
	name := string(*into)
	if name == string(Silent) {
		name = string(Granular)
	}
	if slices.Contains(allowed, name) {
		return
	}
	for _, v := range instead {
		if slices.Contains(allowed, string(v)) {
			r.problems = append(r.problems, r.root.at(key{of}).problem(key{of}, fmt.Sprintf("%s is not allowed by %s; %s is used instead", name, n.from.file, v)))
			*into = v
			return
		}
	}
	q.fail(n, k, "allows none of the values that %s can fall back to", of)
}
