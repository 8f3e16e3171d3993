package rollout

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"codex-lsp/agent/point"
)

// A File is a rollout that grows. Each line is one write, so that whoever is
// killed leaves whole lines and at most one torn one, the last. After a write
// that failed there is none: what would come behind a gap could not be resumed.
// Its methods may be called at the same time, and on a nil File, which keeps
// nothing.
type File struct {
	store *Store

	path string

	mu   sync.Mutex
	lock *lock        // guarded by mu; nil once it is closed
	out  output       // guarded by mu; nil once it is closed, or has failed
	size int64        // of the whole lines; guarded by mu
	line bytes.Buffer // guarded by mu
	hide []string     // guarded by mu
}

// An output is the open file of a rollout.
type output interface {
	io.WriteCloser
	Truncate(size int64) error
	Sync() error
}

// Item adds an item of the conversation with the model.
func (f *File) Item(item json.RawMessage) error { return f.append(responseItem, item) }

// Compacted adds that a summary and these items took the place of all items
// before.
func (f *File) Compacted(summary string, items []json.RawMessage) error {
	return f.append(compacted, compaction{summary, items})
}

// Turn adds what holds for a turn that begins.
func (f *File) Turn(c TurnContext) error { return f.append(turnContext, c) }

// Event adds what people are shown.
func (f *File) Event(e Event) error { return f.append(eventMsg, e) }

// Hide has an ellipsis stand in place of these texts from now on. They must not
// be parts of a line's own words.
func (f *File) Hide(texts []string) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hide = texts
}

// append writes one line.
func (f *File) append(kind string, payload any) error {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.out == nil {
		return os.ErrClosed
	}
	raw, ok := payload.(json.RawMessage)
	if !ok {
		var err error
		if raw, err = json.Marshal(payload); err != nil {
			return err
		}
	}
	f.line.Reset()
	f.line.WriteString(`{"timestamp":"` + stamp(time.Now()) + `","type":"` + kind + `","payload":`)
	if err := json.Compact(&f.line, raw); err != nil { // a line break in it would tear the line
		return err
	}
	f.line.WriteString("}\n")
	whole := f.line.Bytes()
	for _, text := range f.hide {
		whole = bytes.ReplaceAll(whole, []byte(text), []byte("…"))
	}
	point.At("line due")
	n, err := f.out.Write(whole)
	if err != nil {
		// Half a line that cannot be taken away again is cut off at the next start.
		err = errors.Join(err, f.out.Truncate(f.size), f.out.Close())
		f.out = nil
		return err
	}
	f.size += int64(n)
	point.At("line written")
	return nil
}

// sync waits until all lines are on the disk.
func (f *File) sync() error {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.out == nil {
		return os.ErrClosed
	}
	return f.out.Sync()
}

// reopen opens a file for what comes after its first size bytes. What stands
// behind them is the rest of a line whose writer was killed.
func (f *File) reopen(path string, size int64) error {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	f.out, f.path, f.size = out, path, size
	return out.Truncate(size)
}

// Path is where the rollout is.
func (f *File) Path() string {
	if f == nil {
		return ""
	}
	return f.path
}

// Close lets others write.
func (f *File) Close() error {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var err error
	if f.out != nil {
		err = f.out.Close()
		f.out = nil
	}
	held := f.lock
	f.lock = nil
	return errors.Join(err, held.release(f.store))
}

// stamp is a time as rollouts have it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
