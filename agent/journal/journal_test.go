package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func entry(call string, files ...File) Entry {
	return Entry{Time: time.Unix(1, 0).UTC(), Kind: Edit, Turn: "t", Call: call, Files: files}
}

// TestJournal: what was added comes back from disk, texts and all, and nobody
// else can read it.
func TestJournal(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "j")
	j := At(dir)
	added := []Entry{
		entry("1", File{Path: "/a", After: NewText("", 0)}, File{Path: "/b", Before: NewText("x\xff\x00y", 0o755), After: NewText("z", 0o600)}),
		entry("2", File{Path: "/b", Before: NewText("z", 0o600)}, File{Path: "/c", After: NewText("/to", fs.ModeSymlink), From: "/b"}),
	}
	for _, e := range added {
		if err := j.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = At(dir)
	got, err := j.Entries()
	if diff := cmp.Diff(added, got, cmp.AllowUnexported(Text{})); diff != "" || err != nil {
		t.Errorf("entries (-want +got):\n%s%v", diff, err)
	}
	for text, want := range map[*Text]string{got[0].Files[0].After: "", got[0].Files[1].Before: "x\xff\x00y", got[1].Files[0].Before: "z"} {
		if s, err := j.Load(text); s != want || err != nil {
			t.Errorf("text is %q, %v, want %q", s, err, want)
		}
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if info, _ := d.Info(); err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestTornJournal: a line whose writer was killed is cut off, and what is added
// next is whole.
func TestTornJournal(t *testing.T) {
	dir := t.TempDir()
	j := At(dir)
	j.Add(entry("1", File{Path: "/a", After: NewText("x", 0)}))
	first, _ := os.ReadFile(j.file())
	j.Add(entry("2", File{Path: "/a", Before: NewText("x", 0)}))
	j.Close()
	whole, _ := os.ReadFile(j.file())
	for n := len(first); n < len(whole); n++ {
		if err := os.WriteFile(j.file(), whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		j := At(dir)
		if err := errors.Join(j.Add(entry("3")), j.Close()); err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		got, err := At(dir).Entries()
		if err != nil || len(got) != 2 || got[0].Call != "1" || got[1].Call != "3" {
			t.Fatalf("%d bytes: %+v, %v", n, got, err)
		}
	}
}

// TestDamage: a text that is not what it was, and a line that is none, are
// errors that name their file.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	j := At(dir)
	kept := NewText("x", 0)
	j.Add(entry("1", File{Path: "/a", After: kept}))
	j.Close()
	path := filepath.Join(dir, "texts", kept.Hash)
	os.WriteFile(path, []byte("y"), 0o600)
	if _, err := j.Load(kept.named()); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a damaged text: %v", err)
	}
	os.Remove(path)
	if _, err := j.Load(kept.named()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a lost text: %v", err)
	}
	os.WriteFile(j.file(), []byte("{\n"), 0o600)
	damaged := At(dir)
	if err := damaged.Add(entry("2")); err != nil {
		t.Fatal(err)
	}
	if got, err := damaged.Entries(); len(got) != 1 || err == nil || !strings.Contains(err.Error(), "line 1 of "+j.file()) {
		t.Errorf("a damaged line: %v, %v", got, err)
	}
}

// TestDamagedIntents: an intent that cannot be read, and a journal that has a
// line that cannot, do not stand in the way of the others, and are told of once.
func TestDamagedIntents(t *testing.T) {
	s := NewStore(t.TempDir())
	for _, thread := range []string{"sound", "broken"} {
		i, err := s.Begin(thread, entry("cut", File{Path: "/" + thread + "/dir/file", After: NewText("x", 0)}))
		if err != nil {
			t.Fatal(err)
		}
		i.Abandon()
	}
	j := s.Thread("broken")
	if err := errors.Join(os.MkdirAll(j.dir, 0o700), os.WriteFile(j.file(), []byte("{\n"), 0o600),
		os.WriteFile(filepath.Join(s.pendingDir(), intentPrefix+"0"), []byte("{"), 0o600),
		os.Mkdir(filepath.Join(s.pendingDir(), intentPrefix+"00"), 0o700)); err != nil {
		t.Fatal(err)
	}
	cuts, err := s.Cuts()
	for _, want := range []string{intentPrefix + "0 tells", intentPrefix + "00 tells", j.file() + " is damaged"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
	var folders []string
	for _, c := range cuts {
		folders = append(folders, c.Folders...)
		if err := c.Done(); err != nil {
			t.Error(err)
		}
	}
	slices.Sort(folders)
	if diff := cmp.Diff([]string{"/broken", "/broken/dir", "/sound", "/sound/dir"}, folders); diff != "" {
		t.Errorf("folders (-want +got):\n%s", diff)
	}
	if again, err := s.Cuts(); len(again) > 0 || err != nil {
		t.Errorf("looked at again: %v, %v", again, err)
	}
}

// TestIntents: an intent is whole and locked, or none; what it was for is found
// by one process once its maker is gone, unless the journal has it.
func TestIntents(t *testing.T) {
	s := NewStore(t.TempDir())
	cuts := func() (paths []string) {
		t.Helper()
		found, err := s.Cuts()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range found {
			paths = append(paths, c.Files[0].Path+" "+c.Files[0].Before.Content())
			if err := c.Done(); err != nil {
				t.Fatal(err)
			}
		}
		return paths
	}
	var begun []*Intent
	for _, name := range []string{"made", "ended", "cut", "going"} {
		i, err := s.Begin("t", entry(name, File{Path: "/" + name, Before: NewText("x", 0)}))
		if err != nil {
			t.Fatal(err)
		}
		begun = append(begun, i)
	}
	j := s.Thread("t")
	j.Add(entry("made", File{Path: "/made", Before: NewText("x", 0)}))
	j.Close()
	begun[0].Abandon()
	begun[1].End()
	begun[2].Abandon()
	os.WriteFile(filepath.Join(s.pendingDir(), draftPrefix+"1"), []byte("{"), 0o600)
	if diff := cmp.Diff([]string{"/cut x"}, cuts()); diff != "" {
		t.Errorf("cut (-want +got):\n%s", diff)
	}
	if again := cuts(); again != nil {
		t.Errorf("found twice: %v", again)
	}
	if left, _ := filepath.Glob(filepath.Join(s.pendingDir(), "*")); len(left) != 1 || left[0] != begun[3].path {
		t.Errorf("left: %v", left)
	}
	if err := begun[3].End(); err != nil {
		t.Error(err)
	}
}
