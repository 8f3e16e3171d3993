package watch

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	program "codex-lsp/agent/exec"
	"codex-lsp/agent/journal"
)

// Names are the files of a folder that are watched, and the texts of those that
// git does not have. Those who watch the same folder share them.
type Names struct {
	root  string // absolute
	store Store
	env   func() []string // that git is found in, and runs with

	mu      sync.Mutex
	files   []listed        // guarded by mu
	folders folders         // that they are in, when they were listed; guarded by mu
	tracked []listed        // what git's index holds; guarded by mu
	ignored []string        // that git ignores: folders, which end in a slash, and files; guarded by mu
	unseen  []string        // files that the last look passed over; guarded by mu
	index   fs.FileInfo     // of its file when it was read; guarded by mu
	texts   map[string]read // by path; guarded by mu
}

// A read is the text of a file with this stamp.
type read struct {
	size    int64
	changed time.Time
	text    *journal.Text
}

// A Store keeps texts; a journal does.
type Store interface {
	Keep(*journal.Text) (*journal.Text, error)
	Load(*journal.Text) (string, error)
}

// NamesIn returns the names of a folder, absolute. env is where git is found: of
// the folder, it must not be, since commands can write there.
func NamesIn(root string, s Store, env func() []string) *Names {
	return &Names{root: root, store: s, env: env, texts: make(map[string]read)}
}

// text reads a file, unless somebody has read it as it is.
func (n *Names) text(path string, info fs.FileInfo) (*journal.Text, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if r, ok := n.texts[path]; ok && r.size == info.Size() && r.changed.Equal(info.ModTime()) {
		return r.text, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	text, err := n.store.Keep(journal.NewText(string(raw), info.Mode()))
	if err == nil {
		n.texts[path] = read{info.Size(), info.ModTime(), text}
	}
	return text, err
}

// A listed file is one that is watched.
type listed struct {
	path string // relative
	// Of a file that git tracks: the object that holds what it held when its
	// size and time of change were these.
	blob    string
	size    int64
	changed time.Time
}

// is tells whether a file still holds what its object does.
func (l listed) is(info fs.FileInfo) bool {
	return l.blob != "" && info.Size() == l.size && info.ModTime().Equal(l.changed)
}

// entry is one file of git's index, as ls-files shows it with --stage, --debug
// and -z: "mode blob stage\tpath\0", and lines with what stat(2) said. To ask
// git itself which files have changed would run the repository's filters.
var entry = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(100\d+) ([0-9a-f]+) 0\t([^\x00]+)\x00  ctime: .*\n  mtime: (\d+):(\d+)\n.*\n.*\n  size: (\d+)\t.*\n`)
})

func parse(index []byte) []listed {
	var files []listed
	for _, m := range entry().FindAllSubmatch(index, -1) {
		number := func(i int) int64 {
			n, _ := strconv.ParseInt(string(m[i]), 10, 64) // digits
			return n
		}
		files = append(files, listed{path: string(m[3]), blob: string(m[2]), size: number(6), changed: time.Unix(number(4), number(5))})
	}
	return files
}

// list names the files of a folder that are not ignored. Where there is no git,
// those of folders that hold what programs made are left out by name. While no
// folder has changed, there are no other files than the last time.
func (n *Names) list(ctx context.Context) ([]listed, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.folders.same() && n.sameIndex() {
		return n.files, nil
	}
	others, err := n.git(ctx, "ls-files", "-z", "--others", "--exclude-standard")
	if err != nil {
		return walk(n.root)
	}
	if err := n.readIndex(ctx); err != nil {
		return nil, err
	}
	n.files = slices.Clip(n.tracked)
	for name := range split(others) {
		n.files = append(n.files, listed{path: name})
	}
	n.folders, err = n.readFolders(ctx)
	return n.files, err
}

// folders are the folders that may hold a file which is watched, by path, and
// when their entries changed last.
type folders map[string]time.Time

// same tells whether no folder has another entry than before. It is certain
// only if it is so.
func (all folders) same() bool {
	for path, changed := range all {
		info, err := os.Lstat(path)
		if err != nil || !info.ModTime().Equal(changed) || time.Since(changed) < coarse {
			return false
		}
	}
	return len(all) > 0
}

// readFolders notes all folders but those that are ignored. What is ignored may
// be another when a .gitignore is, which is then treated as a folder.
func (n *Names) readFolders(ctx context.Context) (folders, error) {
	out, err := n.git(ctx, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
	if err != nil {
		return nil, err
	}
	ignored := make(map[string]bool)
	n.ignored = nil
	for name := range split(out) {
		ignored[filepath.Join(n.root, name)] = true
		n.ignored = append(n.ignored, name)
	}
	found := make(folders)
	err = filepath.WalkDir(n.root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // it went meanwhile, and the one that it was in has changed
		case d.IsDir() && (ignored[path] || d.Name() == ".git"):
			return fs.SkipDir
		case !d.IsDir() && d.Name() != ".gitignore":
			return nil
		}
		if info, err := d.Info(); err == nil {
			found[path] = info.ModTime()
		}
		return nil
	})
	return found, err
}

// readIndex reads git's index, unless it is still the one that was read.
func (n *Names) readIndex(ctx context.Context) error {
	if n.sameIndex() {
		return nil
	}
	index, err := os.Stat(filepath.Join(n.root, ".git", "index"))
	if err != nil {
		index = nil // it is elsewhere: it is read each time
	}
	tracked, err := n.git(ctx, "ls-files", "-z", "--stage", "--debug")
	if err != nil {
		return err
	}
	n.tracked, n.index = parse(tracked), index
	return nil
}

func (n *Names) sameIndex() bool {
	index, err := os.Stat(filepath.Join(n.root, ".git", "index"))
	return err == nil && n.index != nil && os.SameFile(index, n.index) &&
		index.ModTime().Equal(n.index.ModTime()) && index.Size() == n.index.Size()
}

// split yields the names in what git prints with -z.
func split(out []byte) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for name := range bytes.SplitSeq(out, []byte{0}) {
			if len(name) > 0 && !yield(string(name)) {
				return
			}
		}
	}
}

// handedOn are the variables that git sees: where the user's own configuration
// is, and no more.
var handedOn = []string{"PATH", "HOME", "XDG_CONFIG_HOME"}

// git runs git. What the repository's configuration would have it start is
// turned off: the repository is not trusted.
func (n *Names) git(ctx context.Context, args ...string) ([]byte, error) {
	env := slices.DeleteFunc(n.env(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return !slices.Contains(handedOn, name)
	})
	path, err := program.LookIn("git", n.root, env)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, append([]string{
		"-C", n.root, "-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull, "-c", "core.quotePath=false",
	}, args...)...)
	cmd.Env = append(env, "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(errs.Bytes()))
	}
	return out, nil
}

// blob is what one of git's objects holds.
func (n *Names) blob(ctx context.Context, name string) (string, error) {
	out, err := n.git(ctx, "cat-file", "blob", name)
	return string(out), err
}

// made are folders whose files a program makes again.
var made = map[string]bool{
	"node_modules": true, "target": true, "dist": true, "build": true, "__pycache__": true, "vendor": true,
}

// walk lists a folder without git.
func walk(root string) (files []listed, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && path != root:
			return nil // nobody can read it, so no command of the user's writes it unseen
		case err != nil:
			return err
		case d.IsDir() && path != root && (made[d.Name()] || strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.Type().IsRegular():
			rel, err := filepath.Rel(root, path)
			files = append(files, listed{path: rel})
			return err
		}
		return nil
	})
	return files, err
}
