package config

import (
	"os"
	"path/filepath"
	"strings"
)

// A Trust is what the user has decided about a project.
type Trust string

const (
	ProjectUndecided Trust = ""
	ProjectTrusted   Trust = "trusted"
	ProjectUntrusted Trust = "untrusted"
)

// ProjectFolder is where a project, and each folder of it, keeps its settings.
const ProjectFolder = ".codex"

func defaultMarkers() []string { return []string{".git"} }

// A project is the folder that settings are read for, and what is around it.
type project struct {
	folders []string // from the project's root down to the folder itself
	root    string   // what a decision is stored for: the repository, or the folder
	trust   Trust
	has     bool     // there are settings or rules that count once it is trusted
	active  []string // the .codex folders that count
	looked  []string // the paths whose being there decided about it
}

// findProject finds the project of a folder. level is what is stored for a path.
func findProject(dir string, markers []string, level func(path string) Trust) project {
	p := project{root: dir}
	p.folders, p.looked = chain(dir, markers)
	repository, looked := mainRepository(dir)
	p.looked = append(p.looked, looked...)
	if repository != "" {
		p.root = repository
	}
	for _, path := range []string{dir, real(dir), p.root, real(p.root)} {
		if p.trust = level(path); p.trust != ProjectUndecided {
			break
		}
	}
	return p
}

// chain lists the folders from the nearest ancestor that holds a marker down to
// dir; dir alone when there is none.
func chain(dir string, markers []string) (dirs, looked []string) {
	for at := dir; ; at = filepath.Dir(at) {
		dirs = append([]string{at}, dirs...)
		for _, m := range markers {
			looked = append(looked, filepath.Join(at, m))
			if exists(filepath.Join(at, m)) {
				return dirs, looked
			}
		}
		if at == filepath.Dir(at) {
			return []string{dir}, looked
		}
	}
}

// mainRepository is the topmost folder of the git repository that dir is in; of
// a worktree, that of the repository that it belongs to. "" outside of any.
func mainRepository(dir string) (root string, looked []string) {
	for at := dir; ; at = filepath.Dir(at) {
		git := filepath.Join(at, ".git")
		looked = append(looked, git)
		if info, err := os.Stat(git); err == nil {
			switch {
			case info.IsDir() && exists(filepath.Join(git, "HEAD")):
				return at, looked
			case info.Mode().IsRegular():
				if of := worktreeOf(at, git); of != "" {
					return of, looked
				}
				return at, looked
			}
		}
		if at == filepath.Dir(at) {
			return "", looked
		}
	}
}

// worktreeOf is the repository that a worktree belongs to. The worktree says so
// itself, which anybody can write; so the repository must say the same, or a
// folder could claim the trust that another one has.
func worktreeOf(dir, gitFile string) string {
	admin := pointer(gitFile, "gitdir: ", dir)
	git := filepath.Dir(filepath.Dir(admin)) // REPOSITORY/.git/worktrees/NAME
	if admin == "" || filepath.Base(filepath.Dir(admin)) != "worktrees" || filepath.Base(git) != ".git" {
		return ""
	}
	if back := pointer(filepath.Join(admin, "gitdir"), "", admin); back == "" || real(back) != real(gitFile) {
		return ""
	}
	return filepath.Dir(git)
}

// maxPointer is more than any path has.
const maxPointer = 64 << 10

// pointer reads a path out of a file of one line.
func pointer(file, prefix, relativeTo string) string {
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxPointer {
		return ""
	}
	b, err := os.ReadFile(file)
	path, ok := strings.CutPrefix(strings.TrimSpace(string(b)), prefix)
	if err != nil || !ok || path == "" {
		return ""
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(relativeTo, path)
	}
	return filepath.Clean(path)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// real is a path with its links followed, as far as there is something.
func real(path string) string {
	if p, err := filepath.EvalSymlinks(path); err == nil {
		return p
	}
	return path
}

func sameFolder(a, b string) bool { return a == b || real(a) == real(b) }
