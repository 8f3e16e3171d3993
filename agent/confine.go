package agent

import (
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"

	"codex-lsp/agent/config"
	"codex-lsp/agent/exec"
	"codex-lsp/agent/sandbox"
)

// A Confinement is what holds the commands of a turn to its sandbox_mode.
type Confinement struct {
	Policy sandbox.Policy
	Exists bool // commands run in a sandbox, unless they are let out of it
	Held   bool // which is good enough for them to run unasked

	root string // the workspace
}

// Confine tells what holds commands in a folder, by what a probe of the
// sandbox has found; nil is no sandbox. With full access nothing does, nor
// should it.
//
// A workspace that cannot be made writable and held to has none either. Where
// layers are missing, commands run within those there are, and ask all
// the same unless sandbox.allow_weak says that those are enough.
func Confine(c *config.Config, root string, probe func() sandbox.Report) Confinement {
	f := Confinement{root: root}
	if probe == nil || c.Sandbox == config.FullAccess || c.Sandbox == config.WorkspaceWrite && !confinable(c, root) {
		return f
	}
	report := probe()
	f.Exists = report.Weak()
	f.Held = report.Full() || report.Weak() && c.Commands.AllowWeak
	f.Policy = sandbox.Policy{Home: c.Home, Weak: !report.Full(), Protect: believed(root), Root: root}
	if c.Sandbox == config.WorkspaceWrite {
		f.Policy.Network = c.Commands.Network
		f.Policy.Write = writable(c, root)
	}
	return f
}

// confinable tells whether commands can be let write to a workspace and be held
// there: not to everything, nor to the folder of Codex's own settings and rules.
func confinable(c *config.Config, root string) bool {
	real := resolved(root)
	return real != string(filepath.Separator) && (c.Home == "" || !below(resolved(c.Home), real))
}

// writable are the folders that commands may write to in workspace-write.
func writable(c *config.Config, root string) []string {
	folders := append([]string{root}, c.Commands.WritableRoots...)
	for i, dir := range sandbox.Temp() { // /tmp, and $TMPDIR
		if i == 0 && !c.Commands.NoSlashTmp || i > 0 && !c.Commands.NoTmpdir {
			folders = append(folders, dir)
		}
	}
	return folders
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// confine puts a command into the sandbox.
func (f Confinement) confine(c *exec.Command) {
	c.Confinement = f.name()
	c.Wrap = func(cmd *osexec.Cmd) (io.Closer, error) {
		child, err := f.Policy.Wrap(cmd)
		if err != nil {
			return nil, err
		}
		return child, nil
	}
}

// name tells sandboxes apart, and from none.
func (f Confinement) name() string { return fmt.Sprintf("%+v", f.Policy) }

// holds tells whether a path is kept from being written to.
func (f Confinement) holds(path string) bool {
	real := resolved(path)
	within := func(dir string) bool { return below(resolved(dir), real) }
	if !slices.ContainsFunc(f.Policy.Write, within) {
		return true
	}
	if slices.ContainsFunc(f.Policy.Believes(), func(p string) bool { return below(p, real) || below(p, path) }) {
		return true
	}
	return slices.ContainsFunc(f.Policy.Write, func(dir string) bool {
		return within(dir) && guarded(resolved(dir), real)
	})
}

// where tells where commands may write.
func (f Confinement) where() string {
	if len(f.Policy.Write) == 0 {
		return "nowhere"
	}
	return "only below " + strings.Join(slices.Compact(slices.Clone(f.Policy.Write)), ", ") + ", and not in .git, .codex and .agents there"
}
