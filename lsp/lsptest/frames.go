package lsptest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
)

// A message is anything on the wire: a call, a notification or a response. It
// is encoded by means other than the server's, so that a flaw of those shows.
type message struct {
	Version string           `json:"jsonrpc"`
	ID      *json.RawMessage `json:"id,omitempty"`
	Method  string           `json:"method,omitempty"`
	Params  json.RawMessage  `json:"params,omitempty"`
	Result  json.RawMessage  `json:"result,omitempty"`
	Error   *Error           `json:"error,omitempty"`
}

// An Error is the error of a response.
type Error struct {
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data,omitempty"`
}

func (e *Error) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Message) }

// readFrame reads the body of one message.
func readFrame(r *bufio.Reader) ([]byte, error) {
	length := -1
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			break
		}
		if value, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			if length, err = strconv.Atoi(value); err != nil {
				return nil, err
			}
		}
	}
	if length < 0 {
		return nil, fmt.Errorf("a header without a length")
	}
	body := make([]byte, length)
	_, err := io.ReadFull(r, body)
	return body, err
}

func frame(body []byte) []byte {
	return append(fmt.Appendf(nil, "Content-Length: %d\r\n\r\n", len(body)), body...)
}

// An outbox writes frames in the order they came, and never blocks who puts
// them in: no real editor stops drawing because a server does not read.
type outbox struct {
	mu     sync.Mutex
	filled sync.Cond
	frames [][]byte // guarded by mu
	closed bool     // guarded by mu
}

func newOutbox() *outbox {
	o := &outbox{}
	o.filled.L = &o.mu
	return o
}

func (o *outbox) put(frame []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.frames = append(o.frames, frame)
	o.filled.Signal()
}

func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.filled.Signal()
}

// run writes until the outbox is closed or the other end is.
func (o *outbox) run(w io.Writer) {
	for {
		o.mu.Lock()
		for len(o.frames) == 0 && !o.closed {
			o.filled.Wait()
		}
		if len(o.frames) == 0 {
			o.mu.Unlock()
			return
		}
		next := o.frames[0]
		o.frames = o.frames[1:]
		o.mu.Unlock()
		if _, err := w.Write(next); err != nil {
			return
		}
	}
}
