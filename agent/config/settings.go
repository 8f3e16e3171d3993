package config

import (
	"os"
	"path/filepath"
	"strings"
)

// DefaultModel is used when the configuration names no model.
const DefaultModel = "gpt-5.5"

// maxProjectDoc is how much of the project's AGENTS.md files is read.
const maxProjectDoc = 32 << 10

// config reads all settings.
func (r *reader) config(p project) *Config {
	c := &Config{
		Model:              DefaultModel,
		Approval:           OnRequest,
		Sandbox:            WorkspaceWrite,
		ProjectDocMaxBytes: maxProjectDoc,
		RootMarkers:        defaultMarkers(),
		ReviewChanges:      true,
	}
	r.trust(c, p)
	r.text(key{"model"}, &c.Model)
	r.text(key{"model_reasoning_effort"}, &c.Effort)
	r.text(key{"model_reasoning_summary"}, &c.Summary)
	r.text(key{"model_verbosity"}, &c.Verbose)
	r.number(key{"tool_output_token_limit"}, &c.ToolOutputTokens)
	r.approval(c)
	oneOf(r, key{"sandbox_mode"}, &c.Sandbox, ReadOnly, WorkspaceWrite, FullAccess)
	r.number(key{"project_doc_max_bytes"}, &c.ProjectDocMaxBytes)
	r.texts(key{"project_root_markers"}, &c.RootMarkers)
	r.fallbacks(&c.ProjectDocFallbacks)
	r.text(key{"developer_instructions"}, &c.Instructions)
	r.file(key{"model_instructions_file"}, &c.InstructionsFile)
	c.Context = r.context()
	c.History = r.history()
	r.flag(key{"review_changes"}, &c.ReviewChanges)
	c.Commands = r.commands()
	c.MCP = r.mcp()
	c.Skills = r.skills()
	c.Search = r.webSearch()
	c.setFeatures(r, nil)
	c.Provider = r.provider()
	c.Account = r.account()
	return c
}

// trust says what holds in the project where nothing else is set.
func (r *reader) trust(c *Config, p project) {
	c.Trust, c.Project, c.ProjectFolders = p.trust, p.root, p.active
	if p.root == "" {
		return
	}
	switch p.trust {
	case ProjectUntrusted:
		c.Approval = Untrusted
	case ProjectUndecided:
		c.Sandbox = ReadOnly
		c.TrustMatters = p.has || r.root.at(key{"sandbox_mode"}) == nil
	}
}

// approval reads when the user is asked. Of the granular form, commands and
// patches go by sandbox_approval alone.
func (r *reader) approval(c *Config) {
	k := key{"approval_policy"}
	n := r.root.at(k)
	if n == nil || n.table["granular"] == nil || n.table["granular"].table == nil {
		oneOf(r, k, &c.Approval, Untrusted, OnRequest, OnFailure, Never)
		return
	}
	asks, rules := true, true
	r.flag(key{"approval_policy", "granular", "sandbox_approval"}, &asks)
	r.flag(key{"approval_policy", "granular", "rules"}, &rules)
	if c.Approval = Granular; !asks {
		c.Approval = Silent
	}
	grants := false
	r.flag(key{"approval_policy", "granular", "request_permissions"}, &grants)
	c.RulesSilent, c.GrantsSilent = !rules, !grants
}

// fallbacks reads what else may stand for AGENTS.md: names, not paths.
func (r *reader) fallbacks(into *[]string) {
	k := key{"project_doc_fallback_filenames"}
	var names []string
	r.texts(k, &names)
	for _, name := range names {
		if name == "" || name != filepath.Base(name) || name == "." || name == ".." {
			r.warn(r.root.at(k), k, "%q is ignored: only plain file names are looked for", name)
			continue
		}
		*into = append(*into, name)
	}
}

// file reads a path of a file that is there; relative to the file that names
// it, or to the folder that the command line is about.
func (r *reader) file(k key, into *string) {
	var path string
	r.text(k, &path)
	if path == "" {
		return
	}
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if user, err := os.UserHomeDir(); err == nil {
			path = filepath.Join(user, rest)
		}
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.baseOf(r.root.at(k)), path)
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		r.warn(r.root.at(k), k, "ignored: there is no file %s", path)
		return
	}
	*into = filepath.Clean(path)
}

// baseOf is what a relative path in a value is relative to.
func (r *reader) baseOf(n *node) string {
	switch {
	case n.from != nil && n.from.file != "":
		return filepath.Dir(n.from.file)
	case n.from != nil && n.from.source.rank() >= FromOverride.rank() && r.dir != "":
		return r.dir
	}
	return r.home
}
