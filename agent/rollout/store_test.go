package rollout

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// TestFind: a thread is found by its id, its end, or its folder, and by nothing
// that a pattern could be made of.
func TestFind(t *testing.T) {
	s := NewStore(t.TempDir())
	if id, err := s.Latest("/w"); id != "" || err != nil {
		t.Errorf("of nothing: %q, %v", id, err)
	}
	create(t, s, meta).Close()
	other := meta
	other.ID, other.Cwd = "01a21363-0000-7000-8000-000000000001", "/other"
	create(t, s, other).Close()
	if id, err := s.Latest("/w"); id != threadID || err != nil {
		t.Errorf("of /w: %q, %v", id, err)
	}
	if id, err := s.Latest("/nowhere"); id != "" || err != nil {
		t.Errorf("of /nowhere: %q, %v", id, err)
	}
	if _, err := s.Find("01a21363-0000-7000-8000-000000000002"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("one there is not: %v", err)
	}
	for _, id := range []string{"", "*", "../x", "[0-9]"} {
		if _, err := s.Find(id); err == nil {
			t.Errorf("%q finds something", id)
		}
	}
}

// TestLatest: the last one is the one that was written last, not begun last; a
// thread is about the folder of its last turn, however far from the file's end
// that began; those that a thread began for itself do not count.
func TestLatest(t *testing.T) {
	s := NewStore(t.TempDir())
	long := json.RawMessage(`"` + string(make([]byte, 3*tailChunk)) + `"`)
	for i := range long[1 : len(long)-1] {
		long[1+i] = 'x'
	}
	now := time.Now()
	for _, c := range []struct {
		id     string
		source Source
		cwds   []string // of the start and the turns
		age    time.Duration
	}{
		{"moved-here", FromExec, []string{"/other", "/other", "/w"}, 2 * time.Hour},
		{"begun-later", FromExec, []string{"/w", "/w"}, 3 * time.Hour},
		{"moved-away", FromExec, []string{"/w", "/other"}, time.Hour},
		{"of-a-thread", Source(`{"subagent":"review"}`), []string{"/w"}, 0},
	} {
		m := meta
		m.ID, m.Source, m.Cwd = c.id, c.source, c.cwds[0]
		f := create(t, s, m)
		for _, cwd := range c.cwds[1:] {
			if err := errors.Join(f.Turn(TurnContext{Cwd: cwd}), f.Item(long)); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(f.Close(), os.Chtimes(f.Path(), now, now.Add(-c.age))); err != nil {
			t.Fatal(err)
		}
	}
	for cwd, want := range map[string]string{"/w": "moved-here", "/other": "moved-away", "/none": ""} {
		if id, err := s.Latest(cwd); id != want || err != nil {
			t.Errorf("of %s: %q, %v, want %q", cwd, id, err, want)
		}
	}
}

// TestLockOfTheKilled: a lock that is given up in a moment is waited for. A
// process that was being started may still hold that of one that was killed.
func TestLockOfTheKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewStore(t.TempDir())
		held, err := s.lock(threadID)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(takeOver/2, func() { held.file.Close() })
		l, err := s.lock(threadID)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := s.lock(threadID); !errors.Is(err, ErrInUse) || time.Since(start) > 2*takeOver {
			t.Errorf("of one that is open: %v after %v", err, time.Since(start))
		}
		if err := l.release(s); err != nil {
			t.Error(err)
		}
	})
}

// A fullDisk takes a few bytes more.
type fullDisk struct {
	output
	room int
}

func (d *fullDisk) Write(b []byte) (int, error) {
	n := min(len(b), d.room)
	d.room -= n
	n, err := d.output.Write(b[:n])
	if err == nil && n < len(b) {
		err = syscall.ENOSPC
	}
	return n, err
}

// TestFullDisk: a line that does not fit leaves nothing, and nothing comes after
// it, though there may be room again: it would answer or continue what is
// missing.
func TestFullDisk(t *testing.T) {
	s := NewStore(t.TempDir())
	f := create(t, s, meta)
	f.out = &fullDisk{f.out, 40}
	before, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Item(json.RawMessage(`{"n":1}`)); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("on a full disk: %v", err)
	}
	if err := f.Item(json.RawMessage(`{"n":2}`)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after it: %v", err)
	}
	if after, _ := os.ReadFile(f.path); string(after) != string(before) {
		t.Errorf("the file is\n%s\nwant\n%s", after, before)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

// TestCreateFails: a thread whose first line cannot be written leaves nothing.
func TestCreateFails(t *testing.T) {
	s := NewStore(t.TempDir())
	m := meta
	m.Source = Source("{") // cannot be encoded
	if _, err := s.Create(m); err == nil {
		t.Fatal("it was made")
	}
	for _, pattern := range []string{"sessions/*/*/*/*", "thread-writer-locks/0*"} {
		if left, _ := filepath.Glob(filepath.Join(s.home, pattern)); len(left) > 0 {
			t.Errorf("left: %q", left)
		}
	}
}
