package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestPrune: the journals written longest ago go first, until the others fit;
// one that is open stays, and so do intents.
func TestPrune(t *testing.T) {
	s := NewStore(t.TempDir())
	open := make(map[string]*Journal)
	for i, name := range []string{"held", "old", "middle", "new"} {
		j := s.Thread(name)
		if err := j.Add(entry(name, File{Path: "/a", After: NewText(strings.Repeat(name[:1], 1000), 0)})); err != nil {
			t.Fatal(err)
		}
		open[name] = j
		at := time.Unix(int64(1000*i), 0)
		for _, path := range []string{j.file(), filepath.Join(j.dir, "texts", NewText(strings.Repeat(name[:1], 1000), 0).Hash)} {
			if err := os.Chtimes(path, at, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	i, err := s.Begin("new", entry("going"))
	if err != nil {
		t.Fatal(err)
	}
	defer i.End()
	if err := errors.Join(open["old"].Close(), open["middle"].Close(), open["new"].Close()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		limit int64
		want  []string
	}{
		{1 << 20, []string{"held", "middle", "new", "old"}},
		{4000, []string{"held", "middle", "new"}},
		{2000, []string{"held"}},
		{0, []string{"held"}},
	} {
		if err := s.pruneTo(tt.limit); err != nil {
			t.Fatal(err)
		}
		var left []string
		threads, err := s.kept()
		for _, k := range threads {
			left = append(left, filepath.Base(k.dir))
		}
		if diff := cmp.Diff(tt.want, left); diff != "" || err != nil {
			t.Errorf("of %d bytes (-want +got):\n%s%v", tt.limit, diff, err)
		}
	}
	if _, err := os.Stat(i.path); err != nil {
		t.Error(err)
	}
	if err := open["held"].Close(); err != nil {
		t.Error(err)
	}
	if err := s.pruneTo(0); err != nil {
		t.Error(err)
	}
	if threads, err := s.kept(); len(threads) > 0 || err != nil {
		t.Errorf("nobody holds it: %v, %v", threads, err)
	}
}

// TestScratch: what one process needs goes with it, and if that was killed, when
// another prunes.
func TestScratch(t *testing.T) {
	s := NewStore(t.TempDir())
	var left []*Journal
	for range 3 {
		j := s.Scratch()
		if _, err := j.Keep(NewText("x", 0)); err != nil {
			t.Fatal(err)
		}
		left = append(left, j)
	}
	if err := left[0].Discard(); err != nil {
		t.Fatal(err)
	}
	left[1].Close() // as a kill does
	if err := s.Prune(); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(s.dir, "*"))
	if err != nil || len(found) != 1 || found[0] != left[2].dir {
		t.Errorf("left: %v, %v; want %s", found, err, left[2].dir)
	}
	if err := left[2].Discard(); err != nil {
		t.Error(err)
	}
}
