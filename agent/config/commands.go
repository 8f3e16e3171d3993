package config

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Commands is how commands run, beside who decides that they do.
type Commands struct {
	Login   bool             // allow_login_shell: a command that does not say gets a login shell, and one that asks may have it
	MaxPoll time.Duration    // background_terminal_max_timeout: the longest wait for a command that was left running
	Env     ShellEnvironment // shell_environment_policy

	// What workspace-write may write beside the workspace, and whether it has
	// the network: sandbox_workspace_write.
	WritableRoots []string // absolute
	Network       bool
	NoTmpdir      bool // $TMPDIR is not writable
	NoSlashTmp    bool // nor is /tmp

	// AllowWeak is sandbox.allow_weak: a sandbox of which a layer is missing is
	// good enough to run commands unasked. A key of ours.
	AllowWeak bool
}

// A ShellEnvironment says which variables commands see. Its patterns are
// Codex's: names with * and ?, upper and lower case alike.
type ShellEnvironment struct {
	Inherit     string // of the agent's own: "all", "core" or "none"
	HideSecrets bool   // ignore_default_excludes = false: names with KEY, SECRET or TOKEN are left out
	Exclude     []string
	Set         map[string]Secret
	IncludeOnly []string // if any, nothing else stays, what was set included
}

func (r *reader) commands() Commands {
	c := Commands{Login: true, MaxPoll: 300 * time.Second, Env: ShellEnvironment{Inherit: "all"}}
	r.flag(key{"allow_login_shell"}, &c.Login)
	poll := int(c.MaxPoll / time.Millisecond)
	r.number(key{"background_terminal_max_timeout"}, &poll)
	c.MaxPoll = time.Duration(poll) * time.Millisecond
	r.folders(key{"sandbox_workspace_write", "writable_roots"}, &c.WritableRoots)
	r.flag(key{"sandbox_workspace_write", "network_access"}, &c.Network)
	r.flag(key{"sandbox_workspace_write", "exclude_tmpdir_env_var"}, &c.NoTmpdir)
	r.flag(key{"sandbox_workspace_write", "exclude_slash_tmp"}, &c.NoSlashTmp)
	r.flag(key{"sandbox", "allow_weak"}, &c.AllowWeak)
	r.environment(&c.Env)
	return c
}

// environment reads shell_environment_policy, in either of its two forms:
// exclude and include_only, or filters.
func (r *reader) environment(e *ShellEnvironment) {
	const policy = "shell_environment_policy"
	oneOf(r, key{policy, "inherit"}, &e.Inherit, "all", "core", "none")
	ignore := true
	r.flag(key{policy, "ignore_default_excludes"}, &ignore)
	e.HideSecrets = !ignore
	r.texts(key{policy, "exclude"}, &e.Exclude)
	r.texts(key{policy, "include_only"}, &e.IncludeOnly)
	e.Set = r.secrets(key{policy, "set"})
	k := key{policy, "filters"}
	n := r.root.at(k)
	if n == nil {
		return
	}
	if e.Exclude != nil || e.IncludeOnly != nil {
		r.fail(n, k, "stands for exclude and include_only, and cannot be set beside them")
		return
	}
	for _, pattern := range slices.Sorted(maps.Keys(n.table)) {
		var act string
		oneOf(r, append(slices.Clone(k), pattern), &act, "include", "exclude")
		switch act {
		case "include":
			e.IncludeOnly = append(e.IncludeOnly, pattern)
		case "exclude":
			e.Exclude = append(e.Exclude, pattern)
		}
	}
}

// folders reads absolute paths; ~ is the user's home folder.
func (r *reader) folders(k key, into *[]string) {
	var paths []string
	r.texts(k, &paths)
	for _, path := range paths {
		if rest, ok := strings.CutPrefix(path, "~/"); ok {
			path = filepath.Join(r.getenv("HOME"), rest)
		}
		if !filepath.IsAbs(path) {
			r.fail(r.root.at(k), k, "expected absolute paths, found %q", path)
			continue
		}
		*into = append(*into, filepath.Clean(path))
	}
}
