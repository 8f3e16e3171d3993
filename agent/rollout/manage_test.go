package rollout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// thread makes a thread with a turn for each prompt, last written so long ago.
func thread(t *testing.T, s *Store, n int, cwd string, age time.Duration, prompts ...string) string {
	t.Helper()
	m := meta
	m.ID = fmt.Sprintf("01a21363-0000-7000-8000-%012d", n)
	m.Cwd, m.Originator, m.Source = cwd, program, FromExec
	f, err := s.Create(m)
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, p := range prompts {
		must(f.Event(Event{Type: TaskStarted, TurnID: fmt.Sprint("t", i)}))
		must(f.Turn(TurnContext{TurnID: fmt.Sprint("t", i), Cwd: cwd}))
		must(f.Item(userMessage(p)))
		must(f.Event(Event{Type: UserMessage, Message: p}))
		must(f.Item(json.RawMessage(`{"type":"function_call","name":"exec_command","call_id":"c","arguments":"{\"cmd\":\"ls -l\"}"}`)))
		must(f.Item(json.RawMessage(`{"type":"function_call_output","call_id":"c","output":"secret.txt\n` + "```" + `"}`)))
		must(f.Event(Event{Type: AgentMessage, Message: "answer to " + p}))
		must(f.Event(Event{Type: TaskComplete, TurnID: fmt.Sprint("t", i)}))
	}
	when := time.Now().Add(-age)
	must(errors.Join(f.Close(), os.Chtimes(f.path, when, when)))
	return m.ID
}

func ids(list []Summary) (out []string) {
	for _, s := range list {
		out = append(out, s.ID[35:])
	}
	return out
}

// TestList: pages follow each other without gap or overlap, the newest first, of
// all threads or those about a folder; what is no rollout is told.
func TestList(t *testing.T) {
	s := NewStore(t.TempDir())
	if p, err := s.List(t.Context(), Query{}); err != nil || len(p.Threads) > 0 {
		t.Errorf("of nothing: %+v, %v", p, err)
	}
	for i := range 9 {
		thread(t, s, i, []string{"/a", "/b"}[i%2], time.Duration(i)*time.Hour, fmt.Sprintf("prompt %d\nand more", i), "another")
	}
	day := filepath.Dir(mustFind(t, s, 0).path)
	if err := os.WriteFile(filepath.Join(day, "rollout-2026-01-01T00-00-00-01a21363-0000-7000-8000-999999999999.jsonl"), []byte("no\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var got []string
	damaged := 0
	q := Query{Limit: 4}
	for {
		p, err := s.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.Join(ids(p.Threads), ""))
		damaged += len(p.Damaged)
		if q.After = p.Next; q.After == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"0123", "4567", "8"}, got); diff != "" || damaged != 1 {
		t.Errorf("%d damaged, pages (-want +got):\n%s", damaged, diff)
	}
	p, err := s.List(t.Context(), Query{Cwd: "/b"})
	if err != nil || strings.Join(ids(p.Threads), "") != "1357" || p.Next != "" {
		t.Errorf("about /b: %v %q, %v", ids(p.Threads), p.Next, err)
	}
	first := p.Threads[0]
	if first.Title != "prompt 1" || first.Cwd != "/b" || first.Source != "exec" || !first.Ours() || first.Size == 0 || first.Begun.IsZero() {
		t.Errorf("%+v", first)
	}
	if _, err := s.List(t.Context(), Query{After: "x"}); err == nil {
		t.Error("x is a cursor")
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.List(done, Query{}); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}

func mustFind(t *testing.T, s *Store, n int) saved {
	t.Helper()
	f, err := s.anywhere(fmt.Sprintf("%012d", n))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestSearch finds what was said and not what was printed, and says by whom.
func TestSearch(t *testing.T) {
	s := NewStore(t.TempDir())
	thread(t, s, 1, "/a", 0, "Fix the PARSER please", "and the lexer")
	thread(t, s, 2, "/a", time.Hour, "hello", "where is the parser? "+strings.Repeat("x ", 400))
	thread(t, s, 3, "/a", 2*time.Hour, "nothing of it")
	if _, err := s.Rename("000000000003", "  My  Größe\n"); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"parser": "1 title 2; 2 user 2", "answer lexer": "1 agent 1", "größe": "3 title 0", "secret.txt": "", "parser hello": ""} {
		found, err := s.Search(t.Context(), text, Query{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, h := range found.Hits {
			got = append(got, fmt.Sprintf("%s %s %d", h.ID[35:], h.By, h.Count))
			if len(h.Excerpt) > 2*excerptSize {
				t.Errorf("%s: %d bytes of excerpt", text, len(h.Excerpt))
			}
		}
		if strings.Join(got, "; ") != want || found.More {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if found, err := s.Search(t.Context(), "answer", Query{Limit: 1}); err != nil || !found.More || len(found.Hits) != 1 {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := s.Search(t.Context(), " ", Query{}); err == nil {
		t.Error("nothing is searched for")
	}
}

// TestArchive: an archived thread is not listed with the others, cannot be
// resumed, and comes back as it was. What is in use stays.
func TestArchive(t *testing.T) {
	s := NewStore(t.TempDir())
	id := thread(t, s, 1, "/a", time.Hour, "one")
	before := mustFind(t, s, 1)
	_, file, err := s.Resume(id)
	if err != nil {
		t.Fatal(err)
	}
	for name, do := range map[string]func(string) (string, error){"archive": s.Archive, "delete": s.Delete} {
		if _, err := do(id); !errors.Is(err, ErrInUse) {
			t.Errorf("%s of one in use: %v", name, err)
		}
	}
	file.Close()
	if full, err := s.Archive(id[24:]); full != id || err != nil {
		t.Fatal(full, err)
	}
	if _, err := s.Archive(id); err == nil || !strings.Contains(err.Error(), "archived already") {
		t.Errorf("twice: %v", err)
	}
	if _, _, err := s.Resume(id); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "unarchive") {
		t.Errorf("resumed: %v", err)
	}
	for archived, want := range map[bool]int{false: 0, true: 1} {
		if p, err := s.List(t.Context(), Query{Archived: archived}); err != nil || len(p.Threads) != want {
			t.Errorf("archived %v: %+v, %v", archived, p, err)
		}
	}
	if u, err := s.Use(); err != nil || u.Threads != 0 || u.Archived.Threads != 1 || u.Archived.Bytes == 0 {
		t.Errorf("%+v, %v", u, err)
	}
	if _, err := s.Unarchive(id); err != nil {
		t.Fatal(err)
	}
	if after := mustFind(t, s, 1); after != before {
		t.Errorf("it is %+v, was %+v", after, before)
	}
	if _, err := s.Unarchive(id); err == nil || !strings.Contains(err.Error(), "not archived") {
		t.Errorf("twice: %v", err)
	}
}

// TestDelete: nothing of a thread is left, its name included, and all of the
// others.
func TestDelete(t *testing.T) {
	s := NewStore(t.TempDir())
	a, b := thread(t, s, 1, "/a", 0, "one"), thread(t, s, 2, "/a", 0, "two")
	path := mustFind(t, s, 1).path
	again := strings.TrimSuffix(path, ".jsonl") + "_01a21363-0000-7000-8000-00000000000a.jsonl" // as Codex takes turns back
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(again, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if found, err := s.Find(a); found != again || err != nil {
		t.Errorf("found %s, %v", found, err)
	}
	for _, id := range []string{a, b, a} {
		if _, err := s.Rename(id, "called "+id[35:]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Delete(a); err != nil {
		t.Fatal(err)
	}
	if p, err := s.List(t.Context(), Query{}); err != nil || len(p.Threads) != 1 || p.Threads[0].Title != "called 2" {
		t.Errorf("%+v, %v", p, err)
	}
	left := 0
	_ = filepath.WalkDir(s.home, func(path string, d fs.DirEntry, err error) error {
		if text, _ := os.ReadFile(path); strings.Contains(path+string(text), a) {
			left++
		}
		return err
	})
	if left > 0 {
		t.Errorf("%d files tell of it", left)
	}
	if _, err := s.Delete(a); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("twice: %v", err)
	}
}

// TestFork: a copy has the turns that are wanted, knows whose copy it is, and the
// original stays as it is.
func TestFork(t *testing.T) {
	s := NewStore(t.TempDir())
	id := thread(t, s, 1, "/a", 0, "one", "two", "three")
	before, _ := os.ReadFile(mustFind(t, s, 1).path)
	for turns, want := range map[int]string{0: "one two three", 1: "one", 3: "one two three"} {
		fork := fmt.Sprintf("01a21363-0000-7000-8000-00000000010%d", turns)
		if err := s.Fork(id, fork, turns); err != nil {
			t.Fatal(err)
		}
		r, f, err := s.Resume(fork)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		var said []string
		for _, m := range r.Said {
			if m.User {
				said = append(said, m.Text)
			}
		}
		if strings.Join(said, " ") != want || r.Meta.ForkedFrom != id || r.Open || len(r.Broken) > 0 || r.Cwd != "/a" {
			t.Errorf("%d turns: %q of %s, %+v", turns, said, r.Meta.ForkedFrom, r)
		}
	}
	if err := s.Fork(id, "01a21363-0000-7000-8000-000000000200", 4); err == nil || !strings.Contains(err.Error(), "3 turns, not 4") {
		t.Errorf("of more than there are: %v", err)
	}
	if after, _ := os.ReadFile(mustFind(t, s, 1).path); string(after) != string(before) {
		t.Error("the original has changed")
	}
}

// TestExport: what was said, run and printed is there, and no fence ends early.
func TestExport(t *testing.T) {
	s := NewStore(t.TempDir())
	id := thread(t, s, 1, "/a", 0, "one")
	var b strings.Builder
	if err := s.Export(id, &b); err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(b.String(), "- Id: "+id+"\n\n")
	want := "## You\n\none\n\n**ran**\n\n```sh\nls -l\n```\n\n````\nsecret.txt\n```\n````\n\n## Codex\n\nanswer to one\n\n"
	if diff := cmp.Diff(want, body); diff != "" || !strings.HasPrefix(b.String(), "# one\n\n- Folder: /a\n") {
		t.Errorf("%s(-want +got):\n%s", b.String(), diff)
	}
}

// TestExportMovesNoCursor: what a conversation says cannot steer the terminal
// that it is looked at in.
func TestExportMovesNoCursor(t *testing.T) {
	s := NewStore(t.TempDir())
	id := thread(t, s, 1, "/a\x1b[2J", 0, "one\x1b]0;x\x07\r\ttwo\u009b\u202e")
	var b strings.Builder
	if err := s.Export(id, &b); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\x07\r\u009b\u202e") || !strings.Contains(b.String(), "one<U+001B>]0;x<U+0007><U+000D>\ttwo<U+009B><U+202E>\n") {
		t.Errorf("%q", b.String())
	}
}

// TestOld: only ours, the oldest first, by age or by what they take together.
func TestOld(t *testing.T) {
	s := NewStore(t.TempDir())
	for i := range 4 {
		thread(t, s, i, "/a", time.Duration(i)*24*time.Hour, "x")
	}
	other := meta
	other.ID, other.Originator = "01a21363-0000-7000-8000-000000000009", "codex_cli_rs"
	f := create(t, s, other)
	f.Close()
	long := time.Now().Add(-1000 * time.Hour)
	if err := os.Chtimes(f.path, long, long); err != nil {
		t.Fatal(err)
	}
	old, err := s.Old(t.Context(), time.Now().Add(-36*time.Hour), 0)
	if err != nil || strings.Join(ids(old), "") != "32" {
		t.Errorf("%v, %v", ids(old), err)
	}
	size := mustFind(t, s, 1)
	size = measured([]saved{size})[0]
	old, err = s.Old(t.Context(), time.Time{}, 2*size.size+10)
	if err != nil || strings.Join(ids(old), "") != "32" {
		t.Errorf("by size: %v, %v", ids(old), err)
	}
}

// TestPrompts: each prompt is a line that nobody else can read, and the oldest
// go when there are too many.
func TestPrompts(t *testing.T) {
	s := NewStore(filepath.Join(t.TempDir(), "home"))
	for i := range 20 {
		if err := s.Prompt("id", fmt.Sprintf("prompt\n%d", i), 500); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(s.home, "history.jsonl")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
	var last struct {
		ID   string `json:"session_id"`
		TS   int64  `json:"ts"`
		Text string `json:"text"`
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || last.Text != "prompt\n19" || last.ID != "id" || time.Since(time.Unix(last.TS, 0)) > time.Hour {
		t.Errorf("%+v, %v", last, err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > 500 || info.Size() < 300 || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}
