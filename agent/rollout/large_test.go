package rollout

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// printed is what a command prints in these threads.
var printed, _ = json.Marshal(strings.Repeat("drwxr-xr-x 2 root root \"4096\" Nov 25 18:08 café\n", 120))

// writeThread writes a thread with so many turns, of about 8 KB each, whose
// conversation is summarised every 200 turns.
func writeThread(t testing.TB, path, id, cwd string, turns int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	line := func(kind, payload string, args ...any) {
		fmt.Fprintf(w, `{"timestamp":"2026-11-29T15:30:50.328Z","type":%q,"payload":{`+payload+"}}\n", append([]any{kind}, args...)...)
	}
	line(sessionMeta, `"id":%q,"timestamp":"2026-11-29T15:30:50.328Z","cwd":%q,"originator":"codex-lsp","cli_version":"1","source":"exec","model_provider":"scripted","base_instructions":{"text":%q}`, id, cwd, strings.Repeat("Be exact. ", 1500))
	said := func(role, part, text string) {
		line(responseItem, `"type":"message","role":%q,"content":[{"type":%q,"text":%q}]`, role, part, text)
		line(eventMsg, `"type":%q,"message":%q`, map[string]string{"user": "user_message", "assistant": "agent_message"}[role], text)
	}
	for n := range turns {
		line(eventMsg, `"type":"task_started","turn_id":"t%d"`, n)
		line(turnContext, `"turn_id":"t%d","cwd":%q,"approval_policy":"never","sandbox_policy":{"type":"danger-full-access"},"model":"gpt-5","summary":"auto","marks_calls":true`, n, cwd)
		said("user", "input_text", fmt.Sprintf("prompt %d of %s", n, id))
		line(responseItem, `"type":"function_call","call_id":"call_%s_%d","name":"exec_command","arguments":"{\"cmd\":\"ls -l\"}"`, id, n)
		line(eventMsg, `"type":"call_approved","call_id":"call_%s_%d","by":"policy"`, id, n)
		line(eventMsg, `"type":"call_started","call_id":"call_%s_%d"`, id, n)
		line(responseItem, `"type":"function_call_output","call_id":"call_%s_%d","output":%s`, id, n, printed)
		said("assistant", "output_text", fmt.Sprintf("answer %d", n))
		line(eventMsg, `"type":"token_count","info":{"total_token_usage":{"total_tokens":%d}}`, n)
		line(eventMsg, `"type":"task_complete","turn_id":"t%d"`, n)
		if n%200 == 199 {
			line(compacted, `"message":"summary %d","replacement_history":[{"type":"message","role":"user","content":[{"type":"input_text","text":"summary %[1]d"}]}]`, n)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// A cost is what something took.
type cost struct {
	took  time.Duration
	alloc uint64 // bytes in all
	peak  uint64 // bytes of the heap, more than before
}

// costOf measures something that is done once.
func costOf(do func()) cost {
	debug.FreeOSMemory()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	stop, peak := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		var now runtime.MemStats
		for {
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(2 * time.Millisecond):
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapInuse)
			}
		}
	}()
	began := time.Now()
	do()
	c := cost{took: time.Since(began)}
	close(stop)
	runtime.ReadMemStats(&after)
	c.peak = max(<-peak, after.HeapInuse) - min(before.HeapInuse, after.HeapInuse)
	c.alloc = after.TotalAlloc - before.TotalAlloc
	return c
}

func (c cost) String() string {
	return fmt.Sprintf("%8.1f ms  %7.1f MB allocated  %6.1f MB at most", float64(c.took)/1e6, float64(c.alloc)/(1<<20), float64(c.peak)/(1<<20))
}

// fillFolder makes so many threads, one with long turns and one with 450 among
// them, each in the folder of the day that it began on.
func fillFolder(t *testing.T, s *Store, files, turns, long int) (longID, shortID string) {
	t.Helper()
	now := time.Now()
	dirs := make(map[string]bool)
	place := func(n int) (path, id string) {
		when := now.Add(-time.Duration(n) * time.Hour)
		dir := s.dayDir(when)
		if !dirs[dir] {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			dirs[dir] = true
		}
		id = fmt.Sprintf("01a21363-0000-7000-8000-%012d", n)
		return filepath.Join(dir, namePrefix+when.Format(nameTime)+"-"+id+".jsonl"), id
	}
	for n := range files {
		path, id := place(n + 2)
		writeThread(t, path, id, fmt.Sprintf("/w%d", n%50), turns)
		when := now.Add(-time.Duration(n+2) * time.Hour)
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
	}
	longPath, longID := place(0)
	writeThread(t, longPath, longID, "/long", long)
	shortPath, shortID := place(1)
	writeThread(t, shortPath, shortID, "/long", 450)
	return longID, shortID
}

// TestLargeFolder: what a list, a search and going on take does not grow with
// what there is. SESSIONS=long makes 2 GB of it, with a thread of 10,000 turns.
func TestLargeFolder(t *testing.T) {
	files, turns, long := 60, 6, 500
	if os.Getenv("SESSIONS") == "long" {
		files, turns, long = 4000, 60, 10_000
	}
	s := NewStore(t.TempDir())
	longID, shortID := fillFolder(t, s, files, turns, long)
	u, err := s.Use()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d conversations, %d MB", u.Threads, u.Bytes>>20)

	measure := func(what string, do func() error) cost {
		t.Helper()
		var err error
		c := costOf(func() { err = do() })
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		t.Logf("%-44s %s", what, c)
		return c
	}
	list := func(q Query, want int) func() error {
		return func() error {
			p, err := s.List(t.Context(), q)
			if err == nil && len(p.Threads) != want {
				err = fmt.Errorf("%d threads, want %d", len(p.Threads), want)
			}
			return err
		}
	}
	measure("list, the first page", list(Query{}, 25))
	measure("list, about a folder with few", list(Query{Cwd: "/w7", Limit: 100}, min(100, (files+42)/50)))
	measure("the last one about a folder with none", func() error { _, err := s.Latest("/none"); return err })
	rare := measure("search for what one says", func() error {
		found, err := s.Search(t.Context(), fmt.Sprintf("prompt 3 of 01a21363-0000-7000-8000-%012d", files+1), Query{})
		if err == nil && len(found.Hits) != 1 {
			return fmt.Errorf("%d hits", len(found.Hits))
		}
		return err
	})
	resume := func(id string) func() error {
		return func() error {
			r, f, err := s.Resume(id)
			if err != nil {
				return err
			}
			if r.Said[0].Text == "" || len(r.Broken) > 0 || r.Open {
				err = fmt.Errorf("%+v", r.Broken)
			}
			return errors.Join(err, f.Close())
		}
	}
	few := measure("go on with one of 450 turns", resume(shortID))
	many := measure(fmt.Sprintf("go on with one of %d turns", long), resume(longID))
	measure("all of it, as if it had no summaries", func() error {
		f, err := s.find(longID, false)
		if err == nil {
			_, err = Read(f.path)
		}
		return err
	})
	measure("export it", func() error { return s.Export(longID, io.Discard) })
	if many.alloc > 2*few.alloc+1<<20 || rare.peak > 64<<20 {
		t.Errorf("going on allocates %d bytes, with fewer turns %d; a search holds %d", many.alloc, few.alloc, rare.peak)
	}
}
