package agent

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"codex-lsp/agent/config"
)

// Permissions are what the user grants the commands of a sandbox beyond what
// the settings do.
type Permissions struct {
	Network bool
	Write   []string // folders; absolute, with every link followed
}

func (p Permissions) none() bool { return !p.Network && len(p.Write) == 0 }

// covers tells whether a file may be written to. The folder is the one that was
// shown: a link that has taken its place since leads elsewhere.
func (p Permissions) covers(path string) bool {
	real := resolved(path)
	return slices.ContainsFunc(p.Write, func(dir string) bool { return below(dir, real) && !guarded(dir, real) })
}

// and is what one or the other allows.
func (p Permissions) and(q Permissions) Permissions {
	all := slices.Concat(p.Write, q.Write)
	slices.Sort(all)
	return Permissions{p.Network || q.Network, slices.Compact(all)}
}

// granted is a confinement with more permissions. Without a sandbox there is
// nothing to widen: what needs an approval still does.
func (f Confinement) granted(p Permissions) Confinement {
	if f.Exists {
		f.Policy.Network = f.Policy.Network || p.Network
		f.Policy.Write = slices.Concat(f.Policy.Write, p.Write)
	}
	return f
}

// confined is what holds the commands of a thread under these settings, in a
// turn or, with "", between them.
func (t *Thread) confined(c *config.Config, turnID string) Confinement {
	return Confine(c, t.cwd, t.agent.probe).granted(t.grants.permissions(turnID))
}

// permit grants permissions for a turn, or with "" as long as the thread lives.
func (g *grants) permit(p Permissions, turnID string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch turnID {
	case "":
		g.lasting = g.lasting.and(p)
	case g.passes:
		g.passing = g.passing.and(p)
	default: // of two turns of one thread, the other is over
		g.passing, g.passes = p, turnID
	}
}

func (g *grants) permissions(turnID string) Permissions {
	g.mu.Lock()
	defer g.mu.Unlock()
	if turnID != "" && turnID == g.passes {
		return g.lasting.and(g.passing)
	}
	return g.lasting
}

// grantable is the folder that a model may ask to write to, with every link
// followed. The error is for the model.
func grantable(c *config.Config, root, path string) (string, error) {
	real := resolved(absolute(root, path))
	switch info, err := os.Stat(real); {
	case errors.Is(err, os.ErrNotExist):
		return "", fmt.Errorf("%s is not there; ask for a folder that is, such as the one it would be in", path)
	case err != nil:
		return "", err
	case !info.IsDir():
		return "", fmt.Errorf("%s is a file; ask for the folder that it is in", path)
	case !confinable(c, real):
		return "", fmt.Errorf("%s is all of the system, or in the folder of Codex's own settings, and can be granted to no command", path)
	case guarded(string(filepath.Separator), real):
		return "", fmt.Errorf("%s is protected (.git, .codex and .agents), and can be granted to no command", path)
	}
	return real, nil
}
