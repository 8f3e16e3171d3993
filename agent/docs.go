package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"codex-lsp/agent/config"
)

// projectDocs is the chain of AGENTS.md files: the user's own, then one per
// folder from the project's root down to cwd, as one message in Codex's form.
// The project's share is bounded by project_doc_max_bytes, and there is none in
// a project that is marked as untrusted.
func projectDocs(c *config.Config, cwd string) (text string, warnings []string) {
	var docs []string
	left := c.ProjectDocMaxBytes
	dirs := chain(cwd, c.RootMarkers)
	if c.Trust == config.ProjectUntrusted {
		dirs = nil
	}
	for _, dir := range dirs {
		name, doc := firstDoc(dir, c.ProjectDocFallbacks)
		if doc == "" || left == 0 {
			continue
		}
		if !below(resolved(dirs[0]), resolved(name)) { // a project could have the model told of any file of the user's
			warnings = append(warnings, name+" is a link out of the project, and is not read")
			continue
		}
		if len(doc) > left {
			warnings = append(warnings, fmt.Sprintf("loaded only %d of %d bytes from %s (project_doc_max_bytes = %d)", left, len(doc), name, c.ProjectDocMaxBytes))
			doc = strings.ToValidUTF8(doc[:left], "")
		}
		left -= len(doc)
		docs = append(docs, doc)
	}
	text = strings.Join(docs, "\n\n")
	if _, own := firstDoc(c.Home, nil); own != "" {
		text = strings.TrimSuffix(own+"\n\n--- project-doc ---\n\n"+text, "\n\n--- project-doc ---\n\n")
	}
	if text == "" {
		return "", warnings
	}
	return docsOpening(cwd) + "<INSTRUCTIONS>\n" + text + "\n</INSTRUCTIONS>", warnings
}

// docsOpening is how the message begins.
func docsOpening(cwd string) string { return "# AGENTS.md instructions for " + cwd + "\n\n" }

// firstDoc returns the first instruction file of a folder that is not empty.
func firstDoc(dir string, fallbacks []string) (path, text string) {
	for _, name := range append([]string{"AGENTS.override.md", "AGENTS.md"}, fallbacks...) {
		if name != filepath.Base(name) {
			continue // a plain file name, or nothing
		}
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		if text, err := os.ReadFile(path); err == nil {
			return path, strings.TrimSpace(string(text))
		}
	}
	return "", ""
}

// chain lists the folders from the nearest ancestor that holds a root marker
// down to dir; dir alone when there is none.
func chain(dir string, markers []string) []string {
	var dirs []string
	for at := dir; ; at = filepath.Dir(at) {
		dirs = append(dirs, at)
		for _, m := range markers {
			if _, err := os.Lstat(filepath.Join(at, m)); err == nil {
				slices.Reverse(dirs)
				return dirs
			}
		}
		if at == filepath.Dir(at) {
			return []string{dir}
		}
	}
}
