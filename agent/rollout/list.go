package rollout

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Summary is what a list tells of a thread.
type Summary struct {
	ID       string    `json:"threadId"`
	Title    string    `json:"title"`          // the name, or the first prompt's first line
	Name     string    `json:"name,omitempty"` // that the user gave it
	Cwd      string    `json:"cwd"`            // of the last turn, absolute
	Begun    time.Time `json:"begun"`
	Written  time.Time `json:"written"` // last
	Source   string    `json:"source"`  // exec, vscode, cli, …; "thread" for one that another thread began
	Program  string    `json:"program"` // that began it: codex-lsp, or Codex under one of its names
	Forked   string    `json:"forkedFrom,omitempty"`
	Archived bool      `json:"archived,omitempty"`
	Size     int64     `json:"bytes"` // of the rollout
	Path     string    `json:"path"`
}

// Ours tells whether codex-lsp began the thread.
func (s Summary) Ours() bool { return s.Program == program }

// program is what our own threads say began them.
const program = "codex-lsp"

// A Query says which threads are meant.
type Query struct {
	Cwd      string // about this folder; "" for all
	Archived bool   // those that are archived, and no others
	Threads  bool   // those too that another thread began
	Limit    int    // at most so many; 0 for 25
	After    string // the cursor that the page before ended with; "" for the first page
}

// A Page is a part of a list.
type Page struct {
	Threads []Summary `json:"threads"`
	Next    string    `json:"next,omitempty"` // the cursor of what follows; "" at the end
	Damaged []string  `json:"damaged,omitempty"`
}

// defaultLimit is how long a page is where nobody says so.
const defaultLimit = 25

// List returns the threads that are meant, the one that was written last first.
// Of each only the beginning and the end of its file are read, and not of more
// than are needed to fill the page.
func (s *Store) List(ctx context.Context, q Query) (Page, error) {
	files, err := s.page(q)
	if err != nil {
		return Page{}, err
	}
	names, err := s.names()
	if err != nil {
		return Page{}, err
	}
	page := Page{Threads: []Summary{}}
	limit := cmp.Or(q.Limit, defaultLimit)
	for len(files) > 0 && len(page.Threads) < limit {
		batch := files[:min(len(files), limit-len(page.Threads)+runtime.NumCPU())]
		done := 0
		for i, r := range inParallel(ctx, batch, func(f saved) (Summary, error) { return summarise(f, names) }) {
			if len(page.Threads) == limit {
				break
			}
			done = i + 1
			switch {
			case errors.Is(r.err, os.ErrNotExist): // moved meanwhile
			case r.err != nil:
				page.Damaged = append(page.Damaged, r.err.Error())
			case q.wants(r.value):
				page.Threads = append(page.Threads, r.value)
			}
		}
		if err := ctx.Err(); err != nil {
			return Page{}, err
		}
		if files = files[done:]; len(files) > 0 {
			page.Next = batch[done-1].cursor()
		} else {
			page.Next = ""
		}
	}
	return page, nil
}

func (q Query) wants(s Summary) bool {
	return (q.Cwd == "" || s.Cwd == q.Cwd) && (q.Threads || s.Source != ofThread)
}

// page are the files that come after the query's cursor.
func (s *Store) page(q Query) ([]saved, error) {
	after, err := q.after()
	if err != nil {
		return nil, err
	}
	files, err := s.files(q.Archived)
	if err != nil {
		return nil, err
	}
	files = measured(files)
	if q.After != "" {
		i, found := slices.BinarySearchFunc(files, after, newestFirst)
		if found {
			i++
		}
		files = files[i:]
	}
	return files, nil
}

// cursor says where in a list a file stands, or stood.
func (f saved) cursor() string {
	return strconv.FormatInt(f.written.UnixNano(), 36) + "." + f.name()
}

func (q Query) after() (saved, error) {
	if q.After == "" {
		return saved{}, nil
	}
	nanos, name, _ := strings.Cut(q.After, ".")
	n, err := strconv.ParseInt(nanos, 36, 64)
	if err != nil || name == "" {
		return saved{}, fmt.Errorf("%q is no cursor of a list", q.After)
	}
	return saved{path: name, written: time.Unix(0, n)}, nil
}

// ofThread is the source of what another thread began.
const ofThread = "thread"

// summarise reads the beginning and the end of a file.
func summarise(f saved, names map[string]string) (Summary, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return Summary{}, err
	}
	defer file.Close()
	r := &Record{Path: f.path}
	prompt, err := r.opening(file)
	if err != nil {
		return Summary{}, err
	}
	if last, err := lastTurn(file, f.size); err == nil && last != nil {
		_ = r.take(2, last)
	}
	sum := Summary{
		ID: r.Meta.ID, Name: names[r.Meta.ID], Cwd: r.Cwd, Written: f.written, Program: r.Meta.Originator,
		Forked: r.Meta.ForkedFrom, Archived: f.archived, Size: f.size, Path: f.path, Source: ofThread,
	}
	sum.Title = cmp.Or(sum.Name, titleOf(prompt))
	sum.Begun, _ = time.Parse(time.RFC3339, r.Meta.Timestamp) // one that cannot be read is not told
	if !r.Meta.Source.isThread() {
		sum.Source = strings.Trim(string(r.Meta.Source), `"`)
	}
	return sum, nil
}

const (
	// openingSize is how much of a file is searched for the first prompt.
	openingSize = 1 << 20
	// openingLine is the longest line there that is read.
	openingLine = openingSize
)

// opening reads the first line, and the first prompt.
func (r *Record) opening(f io.Reader) (prompt string, err error) {
	lines := newLines(io.LimitReader(f, openingSize), openingLine)
	defer lines.close()
	for n := 1; lines.next(); n++ {
		raw := lines.line
		switch {
		case n == 1:
			if err := r.take(1, raw); err != nil {
				return "", fmt.Errorf("%s is no rollout: %w", r.Path, err)
			}
		default:
			if said, is := saidIn(raw); is && said.User {
				return said.Text, nil
			}
		}
	}
	if r.Meta.ID == "" {
		return "", fmt.Errorf("%s is no rollout: it has no whole first line", r.Path)
	}
	return "", nil
}

// FirstPrompt is what the user said first, "" where that is not near the
// beginning.
func (r *Record) FirstPrompt() string {
	f, err := os.Open(r.Path)
	if err != nil {
		return ""
	}
	defer f.Close()
	prompt, _ := (&Record{Path: r.Path}).opening(f) // one that cannot be read has no title
	return prompt
}

// saidIn is the message of a user or a model that a line tells of.
func saidIn(raw []byte) (Said, bool) {
	head := raw[:min(len(raw), headSize)]
	if kindOf(head) != eventMsg {
		return Said{}, false
	}
	switch eventOf(head) {
	case UserMessage, AgentMessage, itemCompleted:
	default:
		return Said{}, false
	}
	var r Record
	l, err := parseLine(raw)
	var e Event
	if err != nil || json.Unmarshal(l.Payload, &e) != nil {
		return Said{}, false
	}
	r.hear(e)
	if len(r.Said) == 0 {
		return Said{}, false
	}
	return r.Said[0], true
}

// titleOf is the first line of a prompt.
func titleOf(prompt string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(prompt), "\n")
	return line
}

// A result is what became of one of many.
type result[R any] struct {
	value R
	err   error
}

// inParallel does something for each of a list, a few at a time.
func inParallel[T, R any](ctx context.Context, list []T, do func(T) (R, error)) []result[R] {
	results := make([]result[R], len(list))
	var next int
	var mu sync.Mutex
	take := func() (i int) {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1
	}
	var running sync.WaitGroup
	for range min(len(list), runtime.NumCPU()) {
		running.Go(func() {
			for i := take(); i < len(list) && ctx.Err() == nil; i = take() {
				results[i].value, results[i].err = do(list[i])
			}
		})
	}
	running.Wait()
	return results
}
