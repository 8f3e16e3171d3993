package rollout

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const threadID = "01a21362-a5ff-72e2-a28e-4d3e9cd29626"

var meta = Meta{
	ID: threadID, Cwd: "/w", Originator: "codex-lsp", Version: "1", Source: FromEditor,
	Provider: "openai", Instructions: Instructions{"base"},
}

// create makes a rollout with two lines of a turn that goes on.
func create(t *testing.T, s *Store, m Meta) *File {
	t.Helper()
	f, err := s.Create(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		f.Event(Event{Type: TaskStarted, TurnID: "t"}),
		f.Item(json.RawMessage("{\"type\":\"message\",\n\"role\":\"user\"}")),
		f.Event(Event{Type: UserMessage, Message: "hello\nthere"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func texts(items []json.RawMessage) []string {
	var list []string
	for _, i := range items {
		list = append(list, string(i))
	}
	return list
}

// TestResume: what was written comes back, the file goes on where it ended, and
// nobody else can read it.
func TestResume(t *testing.T) {
	s := NewStore(t.TempDir())
	f := create(t, s, meta)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	r, f, err := s.Resume("4d3e9cd29626")
	if err != nil {
		t.Fatal(err)
	}
	want := &Record{
		Meta: meta, Path: f.Path(), Cwd: meta.Cwd, Open: true, size: r.size,
		History: []json.RawMessage{json.RawMessage(`{"type":"message","role":"user"}`)},
		Said:    []Said{{User: true, Text: "hello\nthere"}},
	}
	want.Meta.Timestamp = r.Meta.Timestamp
	if diff := cmp.Diff(want, r, cmp.AllowUnexported(Record{}), cmpopts.IgnoreFields(Record{}, "at", "marked")); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	if err := errors.Join(f.Event(Event{Type: TaskComplete, TurnID: "t"}), f.Close()); err != nil {
		t.Fatal(err)
	}
	if r, err = Read(r.Path); err != nil || r.Open {
		t.Errorf("after its end the turn is open: %v, %v", r.Open, err)
	}
	for path, mode := range map[string]fs.FileMode{r.Path: 0o600, filepath.Dir(r.Path): 0o700, s.sessionDir(): 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v, want mode %o", path, info.Mode(), err, mode)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(s.lockDir(), "0*.lock")); len(left) > 0 {
		t.Errorf("locks are left: %v", left)
	}
}

// TestTornTail: a line whose writer was killed is cut off, wherever it broke,
// and the next one is whole.
func TestTornTail(t *testing.T) {
	s := NewStore(t.TempDir())
	f := create(t, s, meta)
	f.Close()
	whole, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(whole), "\n")
	first := len(lines[0])
	for n := first; n < len(whole); n++ {
		if err := os.WriteFile(f.path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		r, f, err := s.Resume(threadID)
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if err := errors.Join(f.Event(Event{Type: AgentMessage, Message: "on"}), f.Close()); err != nil {
			t.Fatal(err)
		}
		r, err = Read(r.Path)
		if err != nil || len(r.Broken) > 0 || len(r.Said) == 0 || r.Said[len(r.Said)-1].Text != "on" {
			t.Fatalf("%d bytes: %+v, %v", n, r, err)
		}
	}
}

// TestBroken: lines that make no sense are counted and left out; a file that
// is nothing of ours is refused.
func TestBroken(t *testing.T) {
	s := NewStore(t.TempDir())
	f := create(t, s, meta)
	io.WriteString(f.out, "\x00\x00{\n"+`{"type":"some_day","payload":{}}`+"\n"+`{"type":"event_msg","payload":7}`+"\n")
	f.Event(Event{Type: TaskComplete})
	f.Close()
	r, err := Read(f.path)
	if err != nil || len(r.Broken) != 1 || !strings.Contains(r.Broken[0].Error(), ".jsonl:5: ") || r.Open || len(r.History) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	for _, text := range []string{"", "{}\n", "text\n", `{"type":"event_msg","payload":{}}` + "\n", `{"type":"session_meta"`} {
		os.WriteFile(f.path, []byte(text), 0o600)
		if _, err := Read(f.path); err == nil || !strings.Contains(err.Error(), "is no rollout") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestInUse: two processes never write one rollout.
func TestInUse(t *testing.T) {
	s := NewStore(t.TempDir())
	f := create(t, s, meta)
	if _, _, err := s.Resume(threadID); !errors.Is(err, ErrInUse) {
		t.Errorf("while it is written: %v", err)
	}
	f.Close()
	_, f, err := s.Resume(threadID)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Resume(threadID); !errors.Is(err, ErrInUse) {
		t.Errorf("while it is resumed: %v", err)
	}
	f.Close()
	if err := f.Item(json.RawMessage(`{}`)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after its end: %v", err)
	}
}
