package rollout

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
)

// A Record is a thread as its rollout tells it.
type Record struct {
	Meta    Meta
	Path    string
	Cwd     string            // of the last turn, absolute
	Turn    TurnContext       // what held for that turn; zero if nothing says so
	History []json.RawMessage // items of the model's conversation, after the base instructions
	Said    []Said            // the same conversation as people see it
	Fresh   int               // how many items of History the last compaction left; 0 for none that can be undone
	Edits   []Edited
	Usage   Tokens
	Open    bool    // the last turn has no end: its process was killed
	Newer   bool    // in a format that is only read here
	Broken  []error // lines that could not be read, by number

	size    int64             // of the whole lines
	from    int64             // where what was read begins: 0, or behind what was not needed
	split   int64             // where the last compaction stands, if what it replaced was not kept
	at      int64             // where the line that is read begins
	before  []json.RawMessage // what the last compaction replaced
	summary string            // that the last compaction left

	marking bool   // see TurnContext.Marks
	marked  []bool // for each item of History, whether its turn marks calls
	marks   map[string]CallState
}

// Said is a message of a user or a model.
type Said struct {
	User    bool
	Text    string
	Summary bool // that took the place of what the model was told before
}

// Edited is a file that a turn changed.
type Edited struct {
	TurnID, Path string
	Edit
}

// Read reads a rollout. Without a first line that says whose it is, it is none.
func Read(path string) (*Record, error) { return read(path, math.MaxInt64, false) }

// read reads the first size bytes of a rollout, or of those only what is needed
// to go on.
func read(path string, size int64, tail bool) (*Record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size = min(size, info.Size())
	r := &Record{Path: path}
	if tail {
		if r.from, r.split, err = resumeFrom(f, size); err != nil {
			return nil, err
		}
	}
	if r.from > 0 {
		if err := r.first(f); err != nil {
			return nil, err
		}
	}
	r.size = r.from
	if err := r.lines(io.NewSectionReader(f, r.from, size-r.from)); err != nil {
		return nil, err
	}
	if r.Meta.ID == "" {
		return nil, fmt.Errorf("%s is no rollout: it has no whole line", path)
	}
	return r, nil
}

// first reads whose a rollout is.
func (r *Record) first(f io.ReaderAt) error {
	raw, err := bufio.NewReaderSize(io.NewSectionReader(f, 0, math.MaxInt64), 16<<10).ReadBytes('\n')
	if err == nil {
		err = r.take(1, raw)
	}
	if err != nil {
		return fmt.Errorf("%s is no rollout: %w", r.Path, err)
	}
	return nil
}

// lines reads all lines from where the reading begins.
func (r *Record) lines(part io.Reader) error {
	in := bufio.NewReaderSize(part, 64<<10)
	behind := ""
	n := 1
	if r.from > 0 {
		n, behind = 2, fmt.Sprintf(" behind byte %d", r.from)
	}
	for ; ; n++ {
		raw, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil // what is left has no end, so it was never written whole
		}
		if err != nil {
			return err
		}
		r.at = r.size
		r.size += int64(len(raw))
		switch err := r.take(n, bytes.TrimSpace(raw)); {
		case err != nil && n == 1:
			return fmt.Errorf("%s is no rollout: %w", r.Path, err)
		case err != nil:
			r.Broken = append(r.Broken, fmt.Errorf("%s:%d%s: %w", r.Path, n, behind, err))
			if i := bytes.LastIndex(raw, lineStart); i > 0 { // a whole line behind a torn one
				_ = r.take(n, bytes.TrimSpace(raw[i:]))
			}
		}
	}
}

// Replaced is what the last compaction replaced by the first Fresh items of
// History.
func (r *Record) Replaced() ([]json.RawMessage, error) {
	if r.split == 0 {
		return r.before, nil
	}
	earlier, err := read(r.Path, r.split, false)
	if err != nil {
		return nil, err
	}
	return earlier.History, nil
}

// Partial tells whether the thread has a part that was not read.
func (r *Record) Partial() bool { return r.from > 0 || r.split > 0 }

// Earlier is what came before the part that was read; nil if all was.
func (r *Record) Earlier() (*Record, error) {
	if r.from == 0 {
		return nil, nil
	}
	return read(r.Path, r.from, false)
}

// take reads the n-th line.
func (r *Record) take(n int, raw []byte) error {
	if len(raw) == 0 {
		return nil
	}
	l, err := parseLine(raw)
	if err != nil {
		return err
	}
	if n == 1 {
		return r.begin(l)
	}
	switch l.Type {
	case turnContext:
		r.turn(l.Payload)
	case responseItem:
		r.remember(l.Payload)
	case compacted:
		return r.compact(l.Payload)
	case eventMsg:
		var e Event
		if shown[EventType(typeOf(l.Payload))] && json.Unmarshal(l.Payload, &e) == nil { // one of an unknown shape is only not shown
			r.hear(e)
		}
	}
	return nil
}

// turn takes what holds for a turn.
func (r *Record) turn(raw []byte) {
	var c TurnContext
	if json.Unmarshal(raw, &c) == nil {
		r.Turn = c
		r.Cwd = cmp.Or(c.Cwd, r.Cwd)
	}
	r.marking = c.Marks
}

// begin takes the first line.
func (r *Record) begin(l line) error {
	if l.Type != sessionMeta {
		return fmt.Errorf("the first line is a %s, not the session_meta", l.Type)
	}
	if err := json.Unmarshal(l.Payload, &r.Meta); err != nil {
		return fmt.Errorf("session_meta: %w", err)
	}
	r.Newer = l.Ordinal != nil || r.Meta.HistoryMode != ""
	r.Cwd = r.Meta.Cwd
	return nil
}

// hear takes what people were shown.
func (r *Record) hear(e Event) {
	switch e.Type {
	case TaskStarted:
		r.Open = true
	case TaskComplete, TurnAborted:
		r.Open = false
	case UserMessage, AgentMessage:
		r.Said = append(r.Said, Said{User: e.Type == UserMessage, Text: e.Message})
	case PatchEnd:
		if e.Success == nil || *e.Success {
			r.edited(e.TurnID, e.Changes)
		}
	case TokenCount:
		if e.Info != nil {
			r.Usage = e.Info.Total
		}
	case rolledBack:
		r.rollBack(e.Turns)
	case CallApproved, CallStarted:
		r.mark(e)
	case itemCompleted:
		r.paged(e)
	}
}

// paged takes an item of a paginated file.
func (r *Record) paged(e Event) {
	if e.Item == nil {
		return
	}
	switch e.Item.Type {
	case "UserMessage", "AgentMessage":
		var text string
		for _, c := range e.Item.Content {
			text += c.Text
		}
		r.Said = append(r.Said, Said{User: e.Item.Type == "UserMessage", Text: text})
	case "FileChange":
		if e.Item.Status == "completed" {
			r.edited(e.TurnID, e.Item.Changes)
		}
	}
}

func (r *Record) edited(turnID string, changes map[string]Edit) {
	var edits []Edited
	for path, e := range changes {
		edits = append(edits, Edited{turnID, path, e})
	}
	slices.SortFunc(edits, func(a, b Edited) int { return strings.Compare(a.Path, b.Path) })
	r.Edits = append(r.Edits, edits...)
}
