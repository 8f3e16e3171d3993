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
	History []json.RawMessage // items of the model's conversation, after the base instructions
	Said    []Said            // the same conversation as people see it
	Edits   []Edited
	Usage   Tokens
	Open    bool    // the last turn has no end: its process was killed
	Newer   bool    // in a format that is only read here
	Broken  []error // lines that could not be read, by number

	size int64 // of the whole lines
}

// Said is a message of a user or a model.
type Said struct {
	User bool
	Text string
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
		}
	}
	if r.Meta.ID == "" {
		return nil, fmt.Errorf("%s is no rollout: it has no whole line", path)
	}
	return r, nil
}

// readMeta reads a rollout's first line.
func readMeta(path string) (Meta, error) {
	f, err := os.Open(path)
	if err != nil {
		return Meta{}, err
	}
	defer f.Close()
	raw, err := bufio.NewReaderSize(f, 16<<10).ReadBytes('\n')
	if err != nil {
		return Meta{}, err
	}
	var r Record
	err = r.take(1, raw)
	return r.Meta, err
}

// take reads the n-th line.
func (r *Record) take(n int, raw []byte) error {
	if len(raw) == 0 {
		return nil
	}
	var l line
	if err := json.Unmarshal(raw, &l); err != nil {
		return err
	}
	if n == 1 {
		if l.Type != sessionMeta {
			return fmt.Errorf("the first line is a %s, not the session_meta", l.Type)
		}
		if err := json.Unmarshal(l.Payload, &r.Meta); err != nil {
			return fmt.Errorf("session_meta: %w", err)
		}
		r.Newer = l.Ordinal != nil || r.Meta.HistoryMode != ""
		return nil
	}
	switch l.Type {
	case responseItem:
		r.History = append(r.History, plain(l.Payload))
	case compacted:
		return r.compact(l.Payload)
	case eventMsg:
		var e Event
		if json.Unmarshal(l.Payload, &e) == nil { // an event of an unknown shape is only not shown
			r.hear(e)
		}
	}
	return nil
}

// compact replaces the history by what a compaction left of it.
func (r *Record) compact(raw json.RawMessage) error {
	var c struct {
		Message     string            `json:"message"`
		Replacement []json.RawMessage `json:"replacement_history"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return fmt.Errorf("compacted: %w", err)
	}
	r.History = r.History[:0]
	for _, item := range c.Replacement {
		r.History = append(r.History, plain(item))
	}
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
		r.Said = append(r.Said, Said{e.Type == UserMessage, e.Message})
	case PatchEnd:
		if e.Success == nil || *e.Success {
			r.edited(e.TurnID, e.Changes)
		}
	case TokenCount:
		if e.Info != nil {
			r.Usage = e.Info.Total
		}
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
		r.Said = append(r.Said, Said{e.Item.Type == "UserMessage", text})
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

// notes are the fields that Codex adds to items for itself; providers refuse
// them.
var notes = []string{"metadata", "internal_chat_message_metadata_passthrough"}

// plain is an item as a provider takes it.
func plain(item json.RawMessage) json.RawMessage {
	var fields map[string]json.RawMessage
	if json.Unmarshal(item, &fields) != nil {
		return item
	}
	n := len(fields)
	for _, name := range notes {
		delete(fields, name)
	}
	if len(fields) == n {
		return item
	}
	out, err := json.Marshal(fields)
	if err != nil { // they were just read
		return item
	}
	return out
}
