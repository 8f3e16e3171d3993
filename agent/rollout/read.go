package rollout

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// A Record is a thread as its rollout tells it.
type Record struct {
	Meta    Meta
	Path    string
	Cwd     string            // of the last turn, absolute
	History []json.RawMessage // items of the model's conversation, after the base instructions
	Said    []Said            // the same conversation as people see it
	Before  []json.RawMessage // what the last compaction replaced by the first Fresh items of History
	Fresh   int
	Edits   []Edited
	Usage   Tokens
	Open    bool    // the last turn has no end: its process was killed
	Newer   bool    // in a format that is only read here
	Broken  []error // lines that could not be read, by number

	size    int64  // of the whole lines
	summary string // that the last compaction left
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
func Read(path string) (*Record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := &Record{Path: path}
	in := bufio.NewReaderSize(f, 64<<10)
	for n := 1; ; n++ {
		raw, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break // what is left has no end, so it was never written whole
		}
		if err != nil {
			return nil, err
		}
		r.size += int64(len(raw))
		switch err := r.take(n, bytes.TrimSpace(raw)); {
		case err != nil && n == 1:
			return nil, fmt.Errorf("%s is no rollout: %w", path, err)
		case err != nil:
			r.Broken = append(r.Broken, fmt.Errorf("%s:%d: %w", path, n, err))
			if i := bytes.LastIndex(raw, lineStart); i > 0 { // a whole line behind a torn one
				_ = r.take(n, bytes.TrimSpace(raw[i:]))
			}
		}
	}
	if r.Meta.ID == "" {
		return nil, fmt.Errorf("%s is no rollout: it has no whole line", path)
	}
	return r, nil
}

// take reads the n-th line.
func (r *Record) take(n int, raw []byte) error {
	if len(raw) == 0 {
		return nil
	}
	l, err := split(raw)
	if err != nil {
		return err
	}
	if n == 1 {
		return r.begin(l)
	}
	switch l.Type {
	case turnContext:
		var c TurnContext
		if json.Unmarshal(l.Payload, &c) == nil && c.Cwd != "" {
			r.Cwd = c.Cwd
		}
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
