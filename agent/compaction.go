package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// A compaction can be undone: before is the history that it replaced, by its
// first size items. That of a resumed thread is read when it is asked for.
type compaction struct {
	before []json.RawMessage
	size   int
	load   func() ([]json.RawMessage, error)
}

// compactCommand is the prompt that summarises, as with Codex.
const compactCommand = "/compact"

var errNotCompacted = errors.New("this conversation was not summarised, so there is nothing to put back")

// Compact starts a turn that summarises the conversation, and returns its id at
// once.
func (t *Thread) Compact() (turnID string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current.accepts() {
		return "", errBusy
	}
	return t.begin(Input{Text: compactCommand, compact: true})
}

// UndoCompaction puts back what the last summary took the place of; what was
// said since stays.
func (t *Thread) UndoCompaction() error {
	end, err := t.pause()
	if err != nil {
		return err
	}
	defer end()
	t.mu.Lock()
	last := t.current
	t.mu.Unlock()
	if last != nil {
		<-last.done
	}
	n := len(t.compactions) - 1
	if n < 0 {
		return errNotCompacted
	}
	c := t.compactions[n]
	if c.load != nil {
		items, err := c.load()
		if err != nil {
			return fmt.Errorf("what the summary took the place of cannot be read: %w", err)
		}
		c.before = append([]json.RawMessage{t.history[0]}, mended(items, t.calls, unknownCut)...)
	}
	t.compactions = t.compactions[:n]
	t.replace(append(slices.Clip(c.before), t.history[c.size:]...))
	t.floor = t.tokens
	return t.record.file.Compacted("", t.history[1:])
}
