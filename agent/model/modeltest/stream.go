package modeltest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// A stream writes server-sent events, and fails where its turn says so.
type stream struct {
	ctx     context.Context // ends when the client leaves; lives as long as the handler
	w       http.ResponseWriter
	flush   func() error
	turn    Turn
	written int
}

func newStream(ctx context.Context, w http.ResponseWriter, turn Turn) *stream {
	h := w.Header()
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "text/event-stream")
	}
	h.Set("Cache-Control", "no-cache")
	w.WriteHeader(http.StatusOK)
	return &stream{ctx: ctx, w: w, flush: http.NewResponseController(w).Flush, turn: turn}
}

// send writes one event; typ may be empty.
func (st *stream) send(typ, data string) {
	e := "data: " + data + "\n\n"
	if typ != "" {
		e = "event: " + typ + "\n" + e
	}
	st.write(e)
	if st.turn.Twice {
		st.write(e)
	}
	if st.flush() != nil {
		panic(http.ErrAbortHandler) // the client has left
	}
}

// write sends bytes up to the point where the turn breaks the stream.
func (st *stream) write(s string) {
	for _, limit := range []struct {
		at     int
		befall func()
	}{{st.turn.CutAfter, st.drop}, {st.turn.StallAfter, st.hush}} {
		if limit.at > 0 && st.written+len(s) >= limit.at {
			st.put(s[:limit.at-st.written])
			limit.befall()
		}
	}
	st.put(s)
}

func (st *stream) put(s string) {
	n, err := st.w.Write([]byte(s))
	st.written += n
	if err != nil {
		panic(http.ErrAbortHandler) // the client has left
	}
}

// drop ends the connection in the middle of things.
func (st *stream) drop() {
	_ = st.flush() // it is about to break anyway
	panic(http.ErrAbortHandler)
}

// hush says nothing until the client leaves.
func (st *stream) hush() {
	st.wait(nil)
}

// drip sends a comment that never ends.
func (st *stream) drip(between time.Duration) {
	for {
		st.put(":")
		if st.flush() != nil || !pause(st.ctx, between) {
			panic(http.ErrAbortHandler)
		}
	}
}

// wait holds the stream until open is closed; forever if it is nil.
func (st *stream) wait(open <-chan struct{}) {
	_ = st.flush() // what was said so far must arrive
	select {
	case <-open:
	case <-st.ctx.Done():
		panic(http.ErrAbortHandler)
	}
}

// pace waits between two pieces of a text.
func (st *stream) pace() {
	if !pause(st.ctx, st.turn.Pace) {
		panic(http.ErrAbortHandler)
	}
}

// pause reports whether it could wait for d.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// writeStatus answers with the turn's status in place of a stream.
func writeStatus(w http.ResponseWriter, t Turn) {
	if t.Body == "" {
		writeError(w, t.Status, "scripted", fmt.Sprintf("scripted status %d", t.Status))
		return
	}
	w.WriteHeader(t.Status)
	_, _ = w.Write([]byte(t.Body)) // a client that left reads nothing
}

func writeError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(object{"error": object{"code": code, "message": message}}) // likewise
}

// An object is written with its keys sorted, so that streams are reproducible.
type object map[string]any

// quote is the JSON of a value.
func quote(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("modeltest: %v", err)) // only values of our own come here
	}
	return string(b)
}
