package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Protected tells whether a name, whatever its case, is one whose contents
// programs outside of the sandbox believe.
func Protected(name string) bool { return slices.Contains(protected, strings.ToLower(name)) }

// unsettled are the folders of Codex's home that decide nothing, and hold much.
var unsettled = []string{"sessions", "archived_sessions", "log", "tmp"}

// Believed lists what must stay as it is for these paths to hold what they
// do: the paths themselves, each link on the way to them, and what the links
// lead to. The links in folders count too: in those of settings, which are
// Codex's home and .codex, as deep as the files of skills are.
func Believed(settings, others []string) (all []string) {
	for _, dir := range settings {
		all = append(append(all, links(dir)...), linksIn(resolved(dir), 3, 2000)...)
	}
	for _, path := range others {
		all = append(append(all, links(path)...), linksIn(resolved(path), 2, 300)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// linksIn follows the links in a folder, so deep and among so many entries.
func linksIn(dir string, depth, most int) (found []string) {
	var walk func(dir string, depth int)
	walk = func(dir string, depth int) {
		entries, _ := os.ReadDir(dir) // what cannot be read is no settings either
		for _, e := range entries {
			if most--; most < 0 {
				return
			}
			sub := filepath.Join(dir, e.Name())
			switch {
			case e.Type()&os.ModeSymlink != 0:
				found = append(found, links(sub)...)
			case e.IsDir() && depth > 1 && !slices.Contains(unsettled, e.Name()):
				walk(sub, depth-1)
			}
		}
	}
	walk(dir, depth)
	return found
}

// links lists the links on the way to a path, each as it really is, and last
// where they lead, whether that is there or not.
func links(path string) (found []string) {
	const most = 40 // as the kernel
	slash := string(filepath.Separator)
	at, rest := start(path)
	for len(rest) > 0 {
		next := filepath.Join(at, rest[0])
		rest = rest[1:]
		to, err := os.Readlink(next)
		if err != nil {
			at = next
			continue
		}
		if found = append(found, next); len(found) > most {
			return found
		}
		if filepath.IsAbs(to) {
			var more []string
			at, more = start(to)
			rest = append(more, rest...)
		} else {
			rest = append(strings.Split(filepath.FromSlash(to), slash), rest...)
		}
	}
	return append(found, at)
}

// start takes an absolute path apart.
func start(path string) (root string, names []string) {
	volume := filepath.VolumeName(path)
	slash := string(filepath.Separator)
	return volume + slash, strings.Split(strings.Trim(path[len(volume):], slash), slash)
}
