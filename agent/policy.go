package agent

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"codex-lsp/agent/config"
	"codex-lsp/agent/disk"
)

// A verdict is what the policy says of a call.
type verdict string

const (
	run    verdict = "run"
	ask    verdict = "ask"
	forbid verdict = "forbid"
)

// judgeCommand decides about commands. There is no sandbox, so every command
// is the user's to decide, unless the configuration gives all away.
func judgeCommand(c *config.Config) (verdict, string) {
	switch {
	case c.Approval == config.Never && c.Sandbox == config.FullAccess:
		return run, ""
	case c.Approval == config.Never:
		return forbid, "commands are not sandboxed, and approval_policy = \"never\" lets none be asked about; " +
			"with sandbox_mode = \"danger-full-access\" they would run unasked"
	}
	return ask, ""
}

// judgePatch decides about edits, by the paths they touch.
func judgePatch(c *config.Config, root string, paths []string) (verdict, string) {
	if c.Sandbox == config.FullAccess {
		if c.Approval == config.Untrusted {
			return ask, ""
		}
		return run, ""
	}
	why := ""
	switch {
	case c.Sandbox == config.ReadOnly:
		why = "sandbox_mode is read-only"
	default:
		why = outside(root, paths)
	}
	switch {
	case why != "" && c.Approval == config.Never:
		return forbid, why + ", and approval_policy is never"
	case why != "" || c.Approval == config.Untrusted:
		return ask, why
	}
	return run, ""
}

// protected are the names whose contents decide what runs later: hooks,
// settings, instructions.
var protected = []string{".git", ".codex", ".agents"}

// outside names the first path that an edit may not touch unasked.
func outside(root string, paths []string) string {
	for _, path := range paths {
		real, err := within(root, path)
		switch {
		case err != nil:
			return err.Error()
		case guarded(root, path):
			return path + " is protected"
		case guarded(resolved(root), real):
			return path + " leads to " + real + ", which is protected"
		}
	}
	return ""
}

// guarded tells whether a protected name is on the way from root to path.
func guarded(root, path string) bool {
	rel, _ := filepath.Rel(root, path)
	for name := range strings.SplitSeq(filepath.ToSlash(rel), "/") {
		if slices.Contains(protected, strings.ToLower(name)) {
			return true
		}
	}
	return false
}

// within returns where path leads with every link on the way followed. It is
// an error if that, or the path as written, is not in the folder root.
func within(root, path string) (real string, err error) {
	if real, err = disk.Resolve(path); err != nil {
		return "", err
	}
	switch {
	case !below(root, path):
		return "", fmt.Errorf("%s is outside the workspace", path)
	case !below(resolved(root), real):
		return "", fmt.Errorf("%s leads to %s, which is outside the workspace", path, real)
	}
	return real, nil
}

func below(root, path string) bool {
	rel, err := filepath.Rel(root, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// resolved is where a workspace folder really is.
func resolved(root string) string {
	if real, err := disk.Resolve(root); err == nil {
		return real
	}
	return root // nothing can be read or written below it
}

// grants are what the user approved for as long as the thread lives.
type grants struct {
	mu       sync.Mutex
	commands map[string]bool // by folder and script; guarded by mu
	files    map[string]bool // by path; guarded by mu
}

func (g *grants) command(key string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.commands[key]
}

func (g *grants) addCommand(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.commands == nil {
		g.commands = make(map[string]bool)
	}
	g.commands[key] = true
}

// paths tells whether all of them were granted.
func (g *grants) paths(paths []string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range paths {
		if !g.files[p] {
			return false
		}
	}
	return len(paths) > 0
}

func (g *grants) addPaths(paths []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.files == nil {
		g.files = make(map[string]bool)
	}
	for _, p := range paths {
		g.files[p] = true
	}
}
