//go:build amd64 || arm64

package sandbox

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Repositories within a writable folder are looked for so deep, and among so
// many folders: enough for a folder of projects, and done in a millisecond.
const (
	nestedDepth = 2
	nestedMost  = 500
)

// A cover is what is to be laid over the writable folders.
type cover struct {
	roots []string // writable, as they really are
	paths []string // what is to be read-only
	pins  []string // folders on the way to it, which are to stay where they are
	held  []holder
	err   error
}

// covers lists what is to be read-only below the roots, which are as they
// really are. A name that is not there is kept taken for as long as somebody
// holds it: only what is there can be covered.
func (p Policy) covers(roots []string) (c cover) {
	c.roots = roots
	for _, root := range roots {
		temp := slices.ContainsFunc(Temp(), func(dir string) bool { return resolved(dir) == root })
		for _, name := range protected {
			path := filepath.Join(root, name)
			c.hold(path, !temp)
			c.add(path)
		}
		git := []string{filepath.Join(root, ".git")}
		if !temp {
			git = append(git, repositories(root)...) // among temporary files there may be any number
		}
		for _, path := range git {
			c.git(path)
		}
		c.around(root)
	}
	c.believed(p)
	c.held = merged(c.held)
	slices.Sort(c.paths)
	c.paths = slices.DeleteFunc(slices.Compact(c.paths), func(path string) bool {
		_, err := os.Lstat(path)
		return err != nil || !belowAny(path, roots)
	})
	slices.Sort(c.pins)
	c.pins = slices.DeleteFunc(slices.Compact(c.pins), func(path string) bool {
		return slices.Contains(roots, path) || belowAny(path, c.paths)
	})
	return c
}

func (c *cover) hold(path string, folder bool) {
	h, err := keep(path, folder)
	c.held, c.err = append(c.held, h...), errors.Join(c.err, err)
}

func (c *cover) add(path string) {
	if real := resolved(path); real != path && belowAny(real, c.roots) {
		c.paths = append(c.paths, real) // what a link leads to, beside the link
	}
	c.paths = append(c.paths, path)
}

func (c *cover) git(path string) {
	c.add(path)
	for _, dir := range gitFolders(path) {
		c.add(dir)
	}
}

// around protects what encloses a root and may be written to because of
// another one, as with a workspace below /tmp.
func (c *cover) around(root string) {
	for dir := filepath.Dir(root); dir != root && belowAny(dir, c.roots); root, dir = dir, filepath.Dir(dir) {
		for _, name := range protected {
			c.keepAt(filepath.Join(dir, name))
		}
		c.git(filepath.Join(dir, ".git"))
	}
}

// believed protects Codex's home and what else must not be written to,
// wherever links lead.
func (c *cover) believed(p Policy) {
	if p.Home != "" {
		for _, path := range links(p.Home) {
			if belowAny(path, c.roots) {
				c.hold(path, true) // Codex may make it meanwhile
			}
		}
	}
	for _, path := range p.Believes() {
		c.keepAt(path)
	}
}

// keepAt protects a path below a root as it is, be it there or not, and keeps
// the folders on the way to it from being exchanged for others.
func (c *cover) keepAt(path string) {
	if !belowAny(path, c.roots) || slices.Contains(c.roots, path) {
		return
	}
	first := path
	for dir := filepath.Dir(path); !slices.Contains(c.roots, dir); dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); err != nil {
			first = dir
		} else if first != dir && !isLink(dir) {
			c.pins = append(c.pins, dir)
		}
	}
	if _, err := os.Lstat(first); err != nil || isLink(first) || isStamp(first) {
		c.hold(first, false)
	}
	c.add(first)
}

// repositories finds the .git of repositories within a folder.
func repositories(root string) (found []string) {
	level, looked := []string{root}, 0
	for range nestedDepth {
		var next []string
		for _, dir := range level {
			entries, _ := os.ReadDir(dir)
			for _, e := range entries {
				if !e.IsDir() || slices.Contains(protected, e.Name()) || e.Name() == "node_modules" {
					continue
				}
				if looked++; looked > nestedMost {
					return found
				}
				sub := filepath.Join(dir, e.Name())
				if _, err := os.Lstat(filepath.Join(sub, ".git")); err == nil {
					found = append(found, filepath.Join(sub, ".git"))
				}
				next = append(next, sub)
			}
		}
		level = next
	}
	return found
}

// gitFolders are the folders that a file named .git points to, as worktrees
// and submodules have: the one of the worktree and the one it shares.
func gitFolders(path string) []string {
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	dir, ok := strings.CutPrefix(firstLine(path), "gitdir:")
	if !ok {
		return nil
	}
	if dir = strings.TrimSpace(dir); !filepath.IsAbs(dir) {
		dir = filepath.Join(filepath.Dir(path), dir)
	}
	dirs := []string{resolved(dir)}
	if common := firstLine(filepath.Join(dir, "commondir")); common != "" {
		if !filepath.IsAbs(common) {
			common = filepath.Join(dir, common)
		}
		dirs = append(dirs, resolved(common))
	}
	return dirs
}

func firstLine(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Scan()
	return strings.TrimSpace(lines.Text())
}

// withoutStamps keeps Go from taking an empty .git for a repository, which it
// would report as a broken one.
func withoutStamps(env []string, held []holder) []string {
	if !slices.ContainsFunc(held, func(h holder) bool { return h.links == nil && filepath.Base(h.path) == ".git" }) {
		return env
	}
	flags := ""
	for _, e := range env {
		if value, ok := strings.CutPrefix(e, "GOFLAGS="); ok {
			flags = value + " "
		}
	}
	if strings.Contains(flags, "-buildvcs") {
		return env
	}
	return append(slices.Clone(env), "GOFLAGS="+flags+"-buildvcs=false")
}
