package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent/disk"
	"codex-lsp/agent/journal"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/agent/point"
	"codex-lsp/patch"
)

// The set of files that is changed while the process is killed.
var (
	cutBefore = map[string]string{"a.txt": "one\n", "b.txt": "two\n", "d.txt": "four\n"}
	cutAfter  = map[string]string{"a.txt": "ONE\n", "c/new.txt": "new\n", "e.txt": "FOUR\n"}
)

func cutChanges(dir string) []patch.Change {
	in := func(name string) string { return filepath.Join(dir, name) }
	return []patch.Change{
		{Op: patch.Update, Path: in("a.txt"), Before: "one\n", After: "ONE\n"},
		{Op: patch.Delete, Path: in("b.txt"), Before: "two\n"},
		{Op: patch.Add, Path: in("c/new.txt"), After: "new\n"},
		{Op: patch.Update, Path: in("d.txt"), MoveTo: in("e.txt"), Before: "four\n", After: "FOUR\n"},
	}
}

// diskPeer edits the disk.
type diskPeer struct{ *peer }

func (diskPeer) Read(_ context.Context, path string) (Snapshot, error) {
	f, err := disk.Read(path)
	return Snapshot{File: f}, err
}

func (diskPeer) Edit(_ context.Context, set ChangeSet) Outcome {
	return Outcome{Err: disk.Commit(set.Changes)}
}

// killed is the process that changes files and kills itself at its n-th point,
// whose name it prints. The thread is always the same.
func killed(home, dir string, n int) {
	var at atomic.Int64 // files are staged side by side
	point.Watch(func(name string) {
		if at.Add(1) == int64(n) {
			fmt.Println(name)
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	})
	a := New(Options{Journals: journal.NewStore(home)})
	t := newThread(a, dir)
	t.id = "01a21362-a5ff-72e2-a28e-4d3e9cd29626"
	t.keepJournal()
	t.AttachHost(diskPeer{newPeer(nil)})
	if o := t.edit(context.Background(), edit{kind: journal.Edit, turn: "t", call: "c", changes: cutChanges(dir)}); o.Err != nil {
		fmt.Println(o.Err)
		os.Exit(1)
	}
	a.Close()
}

// TestKilledInMidChange: whenever a process is killed while it changes several
// files, the next one finds all of them changed or none, nothing left behind,
// and can undo a change that was made.
func TestKilledInMidChange(t *testing.T) {
	seen := make(map[string]bool)
	for n := 1; ; n++ {
		home, dir := t.TempDir(), t.TempDir()
		put(t, dir, cutBefore)
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), fmt.Sprint("KILLED_AT=", n), "KILLED_HOME="+home, "KILLED_DIR="+dir)
		out, err := child.Output()
		if err == nil {
			break // it has no more points
		}
		name := strings.TrimSpace(string(out))
		if child.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("point %d: %v: %s", n, err, out)
		}
		seen[name] = true
		a := New(Options{Journals: journal.NewStore(home), Log: discard})
		is := tree(t, dir)
		if diff := cmp.Diff(cutBefore, is); diff != "" && cmp.Diff(cutAfter, is) != "" {
			t.Errorf("killed at %q: neither before nor after (-before +is):\n%s", name, diff)
		}
		if cmp.Diff(cutAfter, is) == "" {
			undoCut(t, a, dir)
		} else if _, err := os.Lstat(filepath.Join(dir, "c")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("killed at %q: the folder of a file that was not made is left: %v", name, err)
		}
		a.Close()
		if left, _ := filepath.Glob(filepath.Join(home, "journal", "pending", "*")); len(left) > 0 {
			t.Errorf("killed at %q: left %v", name, left)
		}
	}
	for _, name := range []string{"change intended", "draft made", "draft written", "staged file made", "file staged",
		"file in place", "file gone", "change made", "texts in the journal", "change in the journal", "intent forgotten"} {
		if !seen[name] {
			t.Errorf("no process was killed at %q", name)
		}
	}
}

// undoCut takes back a change that a killed process had made.
func undoCut(t *testing.T, a *Agent, dir string) {
	t.Helper()
	th := newThread(a, dir)
	th.id = "01a21362-a5ff-72e2-a28e-4d3e9cd29626"
	th.keepJournal()
	defer th.AttachHost(diskPeer{newPeer(nil)})()
	if _, err := th.Undo(t.Context(), "", ""); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(cutBefore, tree(t, dir)); diff != "" {
		t.Errorf("undone (-want +got):\n%s", diff)
	}
	th.journal.Close()
}

// TestCutLeavesOthersWork: a file that somebody changed since is left as it is.
func TestCutLeavesOthersWork(t *testing.T) {
	home, dir := t.TempDir(), t.TempDir()
	put(t, dir, cutBefore)
	i, err := journal.NewStore(home).Begin("t", journal.Entry{Call: "c", Files: (&edit{changes: cutChanges(dir)}).files(Outcome{})})
	if err != nil {
		t.Fatal(err)
	}
	i.Abandon()
	put(t, dir, map[string]string{"a.txt": "mine\n", "c/new.txt": "new\n"})
	a := keeping(t, modeltest.Serve(t), home)
	a.takeBackCuts()
	var failed []string
	for _, c := range a.Cuts() {
		if c.Err != nil {
			failed = append(failed, relative(dir, c.Path)+" "+c.Err.Error())
		}
	}
	if diff := cmp.Diff([]string{"a.txt " + errNeither.Error()}, failed); diff != "" {
		t.Errorf("what could not be put back (-want +got):\n%s", diff)
	}
	want := map[string]string{"a.txt": "mine\n", "b.txt": "two\n", "d.txt": "four\n"}
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// TestCutLinks: a symbolic link that a cut took away, or made, is put back, or
// taken away.
func TestCutLinks(t *testing.T) {
	home, dir := t.TempDir(), t.TempDir()
	link := journal.NewText("real", fs.ModeSymlink)
	i, err := journal.NewStore(home).Begin("t", journal.Entry{Call: "c", Files: []journal.File{
		{Path: filepath.Join(dir, "gone"), Before: link},
		{Path: filepath.Join(dir, "left"), Before: link},
		{Path: filepath.Join(dir, "made"), After: link},
		{Path: filepath.Join(dir, "open"), After: link},
	}})
	if err != nil {
		t.Fatal(err)
	}
	i.Abandon()
	put(t, dir, map[string]string{"real": "one\n", "left": "-> real", "made": "-> real"})
	a := keeping(t, modeltest.Serve(t), home)
	a.takeBackCuts()
	var paths []string
	for _, c := range a.Cuts() {
		paths = append(paths, c.Path)
	}
	want := []string{"codex-lsp was ended in the middle of a change, which is taken back: " + strings.Join(paths, ", ")}
	if diff := cmp.Diff(want, a.CutNotes()); diff != "" || len(paths) == 0 {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"real": "one\n", "left": "-> real", "gone": "-> real"}, tree(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		f := patch.File{Text: text}
		if to, link := strings.CutPrefix(text, "-> "); link {
			f = patch.File{Text: to, Mode: fs.ModeSymlink}
		}
		if err := disk.Write(filepath.Join(dir, name), f); err != nil {
			t.Fatal(err)
		}
	}
}

// tree is every file below a folder; "-> x" is a symbolic link to x.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir():
		case d.Type()&fs.ModeSymlink != 0:
			var to string
			to, err = os.Readlink(path)
			files[relative(dir, path)] = "-> " + to
		default:
			var raw []byte
			raw, err = os.ReadFile(path)
			files[relative(dir, path)] = string(raw)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
