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
func (r *reader) config() *Config {
	c := &Config{
		Model:              DefaultModel,
		Approval:           OnRequest,
		Sandbox:            WorkspaceWrite,
		ProjectDocMaxBytes: maxProjectDoc,
		RootMarkers:        []string{".git"},
		ReviewChanges:      true,
	}
	r.text(key{"model"}, &c.Model)
	r.text(key{"model_reasoning_effort"}, &c.Effort)
	oneOf(r, key{"model_reasoning_summary"}, &c.Summary, "auto", "concise", "detailed", "none")
	oneOf(r, key{"model_verbosity"}, &c.Verbose, "low", "medium", "high")
	r.approval(c)
	oneOf(r, key{"sandbox_mode"}, &c.Sandbox, ReadOnly, WorkspaceWrite, FullAccess)
	r.number(key{"project_doc_max_bytes"}, &c.ProjectDocMaxBytes, 0)
	r.texts(key{"project_root_markers"}, &c.RootMarkers)
	r.fallbacks(&c.ProjectDocFallbacks)
	r.text(key{"developer_instructions"}, &c.Instructions)
	r.file(key{"model_instructions_file"}, &c.InstructionsFile)
	r.number(key{"tool_output_token_limit"}, &c.ToolOutputTokens, 0)
	c.Context = r.context()
	r.flag(key{"review_changes"}, &c.ReviewChanges)
	c.Commands = r.commands()
	c.Provider = r.provider()
	c.Account = r.account()
	return c
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
	n.readAll()
	asks, rules := true, true
	r.flag(key{"approval_policy", "granular", "sandbox_approval"}, &asks)
	r.flag(key{"approval_policy", "granular", "rules"}, &rules)
	if c.Approval = Granular; !asks {
		c.Approval = Silent
	}
	c.RulesSilent = !rules
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

// file reads a path, relative to Codex's home, of a file that is there.
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
		path = filepath.Join(r.home, path)
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		r.warn(r.root.at(k), k, "ignored: there is no file %s", path)
		return
	}
	*into = filepath.Clean(path)
}

// readAll notes that all keys under n mean something.
func (n *node) readAll() {
	n.read = true
	for _, c := range n.table {
		c.readAll()
	}
}
