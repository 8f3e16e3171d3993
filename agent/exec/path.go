package exec

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// SafePath is a PATH without the folders below roots, and those that are
// relative: commands can write there, or a workspace brought them along, and what
// runs outside of the sandbox must not be found there.
func SafePath(path string, roots []string) string {
	var real []string
	for _, r := range roots {
		real = append(real, followed(r))
	}
	return strings.Join(slices.DeleteFunc(filepath.SplitList(path), func(dir string) bool {
		if !filepath.IsAbs(dir) {
			return true
		}
		dir = followed(dir)
		return slices.ContainsFunc(real, func(r string) bool {
			rel, err := filepath.Rel(r, dir)
			return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
		})
	}), string(filepath.ListSeparator))
}

func followed(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return filepath.Clean(path)
}

// SafeEnv is this process's environment with a [SafePath].
func SafeEnv(roots []string) []string {
	env := os.Environ()
	for i, v := range env {
		if path, is := strings.CutPrefix(v, "PATH="); is {
			env[i] = "PATH=" + SafePath(path, roots)
		}
	}
	return env
}
