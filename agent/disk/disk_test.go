package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/patch"
)

// lay writes files, given by their path below dir. A text "-> x" is a symbolic
// link to x, and a path with a slash at its end a folder.
func lay(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		to, link := strings.CutPrefix(text, "-> ")
		switch {
		case err != nil:
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(path, 0o755)
		case link:
			err = os.Symlink(to, path)
		default:
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// tree reads back what lay has written.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		name := strings.TrimPrefix(path, dir+"/")
		switch {
		case err != nil || path == dir:
			return err
		case e.IsDir():
			if in, err := os.ReadDir(path); err != nil || len(in) > 0 {
				return err
			}
			files[name+"/"] = ""
		case e.Type()&fs.ModeSymlink != 0:
			to, err := os.Readlink(path)
			files[name] = "-> " + to
			return err
		default:
			text, err := os.ReadFile(path)
			files[name] = string(text)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// in puts the paths of changes below dir.
func in(dir string, changes []patch.Change) []patch.Change {
	out := make([]patch.Change, len(changes))
	for i, c := range changes {
		c.Path = filepath.Join(dir, c.Path)
		if c.MoveTo != "" {
			c.MoveTo = filepath.Join(dir, c.MoveTo)
		}
		out[i] = c
	}
	return out
}

type texts = map[string]string

type commitTest struct {
	name    string
	files   texts
	changes []patch.Change
	want    texts // nil: as before
	err     string
}

func (tt commitTest) run(t *testing.T) {
	dir := lay(t, tt.files)
	err := Commit(in(dir, tt.changes))
	if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
		t.Errorf("error %v, want %q", err, tt.err)
	}
	want := tt.want
	if want == nil {
		want = tt.files
	}
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func update(path, before, after string) patch.Change {
	return patch.Change{Op: patch.Update, Path: path, Before: before, After: after}
}

func move(from, to, before, after string) patch.Change {
	return patch.Change{Op: patch.Update, Path: from, MoveTo: to, Before: before, After: after}
}

func link(path, to string, overwrites *patch.File) patch.Change {
	return patch.Change{Op: patch.Add, Path: path, After: to, Mode: fs.ModeSymlink, Overwrites: overwrites}
}

func TestCommit(t *testing.T) {
	for _, tt := range []commitTest{
		{
			name:    "one of each",
			files:   texts{"a": "1\n", "b": "2\n", "c": "3\n"},
			changes: []patch.Change{update("a", "1\n", "one\n"), {Op: patch.Delete, Path: "b", Before: "2\n"}, move("c", "d/e", "3\n", "three\n"), {Op: patch.Add, Path: "f/g/h", After: "4\n"}},
			want:    texts{"a": "one\n", "d/e": "three\n", "f/g/h": "4\n"},
		},
		{
			name:    "two files change places",
			files:   texts{"a": "1\n", "b": "2\n"},
			changes: []patch.Change{move("a", "b", "1\n", "1\n"), move("b", "a", "2\n", "2\n")},
			want:    texts{"a": "2\n", "b": "1\n"},
		},
		{
			name:    "written through a link, which stays",
			files:   texts{"real/a": "1\n", "a": "-> real/a"},
			changes: []patch.Change{update("a", "1\n", "one\n")},
			want:    texts{"real/a": "one\n", "a": "-> real/a"},
		},
		{
			name:    "a link is deleted, not what it points to",
			files:   texts{"real/a": "1\n", "a": "-> real/a"},
			changes: []patch.Change{{Op: patch.Delete, Path: "a", Before: "1\n"}},
			want:    texts{"real/a": "1\n"},
		},
		{
			name:    "a link is made, also to nothing, and takes the place of a file",
			files:   texts{"a": "1\n"},
			changes: []patch.Change{link("b/c", "../nothing", nil), link("a", "b", &patch.File{Text: "1\n"})},
			want:    texts{"a": "-> b", "b/c": "-> ../nothing"},
		},
		{
			name:    "a link is not made where another change fails",
			files:   texts{"a": "1\n"},
			changes: []patch.Change{link("b", "a", nil), update("a", "2\n", "3\n")},
			err:     "changed meanwhile",
		},
		{
			name:    "bytes of no encoding",
			files:   texts{"a": "\xff\xfe\x00"},
			changes: []patch.Change{update("a", "\xff\xfe\x00", "\xff\x00\r")},
			want:    texts{"a": "\xff\x00\r"},
		},
	} {
		t.Run(tt.name, tt.run)
	}
}

func TestCommitRefuses(t *testing.T) {
	for _, tt := range []commitTest{
		{
			name:    "changed meanwhile",
			files:   texts{"a": "1\n", "b": "new\n"},
			changes: []patch.Change{update("a", "1\n", "one\n"), update("b", "2\n", "two\n")},
			err:     "has changed meanwhile",
		},
		{
			name:    "made meanwhile",
			files:   texts{"a": "1\n", "b": "theirs\n"},
			changes: []patch.Change{update("a", "1\n", "one\n"), {Op: patch.Add, Path: "b", After: "mine\n"}},
			err:     "was made meanwhile",
		},
		{
			name:    "gone meanwhile",
			files:   texts{"a": "1\n"},
			changes: []patch.Change{update("a", "1\n", "one\n"), update("b", "2\n", "two\n")},
			err:     "no such file",
		},
		{
			name:    "a folder in the way",
			files:   texts{"a": "1\n", "b/": ""},
			changes: []patch.Change{update("a", "1\n", "one\n"), {Op: patch.Add, Path: "b", After: "2\n"}},
			err:     "is a folder",
		},
		{
			name:    "a file where a folder is needed",
			files:   texts{"a": "1\n", "b": "2\n"},
			changes: []patch.Change{{Op: patch.Add, Path: "x/y/z", After: "2\n"}, {Op: patch.Add, Path: "b/c", After: "2\n"}},
			err:     "is a file, not a folder",
		},
	} {
		t.Run(tt.name, tt.run)
	}
}

// A step that fails in the middle takes back those before it, and leaves no
// temporary file.
func TestCommitUndoes(t *testing.T) {
	files := texts{"a": "1\n", "l": "-> a", "d/b": "2\n"}
	dir := lay(t, files)
	var c commit
	err := c.prepare(in(dir, []patch.Change{
		{Op: patch.Update, Path: "a", Before: "1\n", After: "one\n"},
		{Op: patch.Add, Path: "new/x", After: "x\n"},
		{Op: patch.Add, Path: "new/y/z", After: "z\n"},
		{Op: patch.Delete, Path: "l", Before: "1\n"},
		{Op: patch.Delete, Path: "d/b", Before: "2\n"},
	}))
	if err != nil {
		t.Fatal(err)
	}
	last := c.steps[len(c.steps)-1]
	last.path = filepath.Join(dir, "d") // which is not empty, so it cannot go
	err = c.run()
	if err == nil || !strings.Contains(err.Error(), "nothing was changed") {
		t.Fatalf("error %v", err)
	}
	if err := c.undo(); err != nil {
		t.Fatal(err)
	}
	c.clean()
	if diff := cmp.Diff(files, tree(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestWriteKeepsTheMode(t *testing.T) {
	dir := lay(t, texts{"run.sh": "old"})
	path := filepath.Join(dir, "run.sh")
	for _, tt := range []struct{ on, asked, want fs.FileMode }{
		{0o755, 0, 0o755},
		{0o600, 0, 0o600},
		{0o644, 0o755, 0o755},
	} {
		if err := os.Chmod(path, tt.on); err != nil {
			t.Fatal(err)
		}
		if err := Write(path, patch.File{Text: "new", Mode: tt.asked}); err != nil {
			t.Fatal(err)
		}
		if f, err := Read(path); err != nil || f.Mode != tt.want || f.Text != "new" {
			t.Errorf("on %v, asked %v: %v, %v; want %v", tt.on, tt.asked, f, err, tt.want)
		}
	}
}

// A file of two names is replaced under one of them, as by git apply and patch:
// to write into it would not be whole or not at all.
func TestAnotherNameOfAFileKeepsTheOldText(t *testing.T) {
	dir := lay(t, texts{"a": "1\n"})
	if err := os.Link(filepath.Join(dir, "a"), filepath.Join(dir, "b")); err != nil {
		t.Fatal(err)
	}
	err := Commit(in(dir, []patch.Change{update("a", "1\n", "one\n")}))
	if diff := cmp.Diff(texts{"a": "one\n", "b": "1\n"}, tree(t, dir)); err != nil || diff != "" {
		t.Errorf("%v, files (-want +got):\n%s", err, diff)
	}
}

func TestReadRefuses(t *testing.T) {
	dir := lay(t, texts{"folder/": "", "big": "", "loop": "-> loop"})
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, "big"), MaxFile+1); err != nil {
		t.Fatal(err)
	}
	for name, want := range (texts{
		"folder": "is a folder", "pipe": "not a regular file but a pipe",
		"big": "is larger than 64 MiB", "loop": "too many levels", "none": "no such file",
	}) {
		if _, err := Read(filepath.Join(dir, name)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if _, err := Read(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
}

func TestResolve(t *testing.T) {
	dir := lay(t, texts{"real/deep/": "", "in": "-> real/deep", "up": "-> in/../a", "gone": "-> nowhere/x"})
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range (texts{
		"real/new":   "real/new",
		"in/new":     "real/deep/new",
		"in/a/b/new": "real/deep/a/b/new",
		"up":         "real/a",
		"gone":       "nowhere/x",
	}) {
		if got, err := Resolve(filepath.Join(dir, path)); err != nil || got != filepath.Join(dir, want) {
			t.Errorf("%s: %s, %v; want %s", path, got, err, want)
		}
	}
	if _, err := Resolve(filepath.Join(lay(t, texts{"a": "-> b", "b": "-> a"}), "a")); err == nil {
		t.Error("a loop was resolved")
	}
}
