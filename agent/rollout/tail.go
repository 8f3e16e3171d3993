package rollout

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"sync"
)

const (
	// tailChunk is how much of a file is looked through at a time, from its end,
	// and firstTail how much at first: what is looked for is mostly there.
	tailChunk = 128 << 10
	firstTail = 16 << 10
	// headSize is how much of a line tells what it is.
	headSize = 256
)

// tails are for those who look at the ends of thousands of files.
var tails = sync.Pool{New: func() any { return new([tailChunk + headSize]byte) }}

// backwards visits the whole lines of a file from the last to the first, as long
// as visit wants more: where each starts and ends, and its first bytes, which
// are valid during the call. It holds one chunk of the file, however long that
// is.
func backwards(f io.ReaderAt, size int64, visit func(start, end int64, head []byte) (more bool)) error {
	pooled := tails.Get().(*[tailChunk + headSize]byte)
	defer tails.Put(pooled)
	buf := pooled[:]
	end := int64(-1) // of the line before which the search has come; -1: of none yet
	line := func(chunk []byte, lo int64, i int) bool {
		start := lo + int64(i)
		if end < 0 || start == end { // what stands behind it is torn, or nothing
			end = start
			return true
		}
		more := visit(start, end, chunk[i:min(i+headSize, len(chunk))])
		end = start
		return more
	}
	part := int64(firstTail)
	for hi := size; hi > 0; {
		lo := max(0, hi-part)
		part = tailChunk
		chunk := buf[:min(hi+headSize, size)-lo]
		if _, err := f.ReadAt(chunk, lo); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		for i := int(hi - lo); ; {
			if i = bytes.LastIndexByte(chunk[:i], '\n'); i < 0 {
				break
			}
			if !line(chunk, lo, i+1) {
				return nil
			}
		}
		if lo == 0 && end >= 0 {
			line(chunk, 0, 0)
		}
		hi = lo
	}
	return nil
}

// kindOf is a line's type, by its first bytes; "" where they do not tell.
func kindOf(head []byte) string {
	_, rest, found := bytes.Cut(head, []byte(`"type":"`))
	kind, _, ended := bytes.Cut(rest, []byte(`"`))
	if !found || !ended {
		return ""
	}
	return string(kind)
}

// eventOf is the type of the event that an event_msg line tells of, by its first
// bytes; "" where they do not tell.
func eventOf(head []byte) EventType {
	_, payload, _ := bytes.Cut(head, []byte(`"payload":{"type":"`))
	kind, _, _ := bytes.Cut(payload, []byte(`"`))
	return EventType(kind)
}

// lineAt reads one line.
func lineAt(f io.ReaderAt, start, end int64) ([]byte, error) {
	raw := make([]byte, end-start)
	if _, err := f.ReadAt(raw, start); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return bytes.TrimSpace(raw), nil
}

// lastTurn returns the last turn_context's line, nil if there is none.
func lastTurn(f io.ReaderAt, size int64) (found []byte, err error) {
	bad := backwards(f, size, func(start, end int64, head []byte) bool {
		if kindOf(head) != turnContext {
			return true
		}
		found, err = lineAt(f, start, end)
		return false
	})
	return found, errors.Join(err, bad)
}

const (
	// pagePrompts is how many prompts back the conversation of a resumed thread
	// is there to be seen at once, and pageSize how many bytes of the file, at
	// least, are read for them, if there are as many.
	pagePrompts = 100
	pageSize    = 2 << 20
)

// resumeFrom finds where to begin to read for a thread to go on: no later than
// the last compaction that says what was left, or else at the start; and as
// much before as people want to see at once. What the last turn began with is
// behind it. split is where that compaction stands, 0 for none.
func resumeFrom(f io.ReaderAt, size int64) (from, split int64, err error) {
	var prompts int
	begun, page := false, false
	bad := backwards(f, size, func(start, end int64, head []byte) bool {
		switch kindOf(head) {
		case compacted:
			if split == 0 && selfContained(f, start, end) {
				split = start
			}
		case eventMsg:
			switch eventOf(head) {
			case UserMessage:
				prompts++
			case TaskStarted:
				begun = true
				page = prompts >= pagePrompts || size-start > pageSize
			}
		}
		from = start
		return split == 0 || !begun || !page
	})
	return from, split, errors.Join(err, bad)
}

// selfContained tells whether a compaction needs nothing of what came before.
func selfContained(f io.ReaderAt, start, end int64) bool {
	raw, err := lineAt(f, start, end)
	if err != nil {
		return false
	}
	l, err := parseLine(raw)
	var c compaction
	return err == nil && json.Unmarshal(l.Payload, &c) == nil && c.Replacement != nil
}
