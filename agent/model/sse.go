package model

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxEvent bounds one event: an answer with an image in base64 is a few MiB,
// the closing event repeats a whole response.
const maxEvent = 32 << 20

// errOversized ends a stream that would fill the memory.
var errOversized = fmt.Errorf("the provider sent an event of more than %d MiB", maxEvent>>20)

// events is a stream of server-sent events with one line for each, "data: "
// and the data. go-openai reads lines, not events: it would keep every line of
// another kind for as long as the stream lives, lose an event of several data
// lines and a last line without an end, and swallow a bare error object.
type events struct {
	src  *bufio.Reader
	line []byte // made of the current event
	rest []byte // what Read has yet to give of it
	err  error

	finished bool // the server said that it is done, which go-openai keeps to itself
}

func newEvents(r io.Reader) *events { return &events{src: bufio.NewReaderSize(r, 64<<10)} }

var dataField = []byte("data:")

// Read implements io.Reader.
func (e *events) Read(p []byte) (int, error) {
	for len(e.rest) == 0 {
		if e.err != nil {
			return 0, e.err
		}
		e.err = e.next()
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// next reads one event. It may set rest and return an error at once: the
// stream ended without the empty line that ends an event.
func (e *events) next() error {
	e.line = append(e.line[:0], dataField...)
	for {
		text, err := e.readLine()
		if data, ok := bytes.CutPrefix(text, dataField); ok {
			if len(e.line)+len(data) > maxEvent {
				return errOversized
			}
			e.line = append(append(e.line, ' '), bytes.TrimLeft(data, " ")...)
		}
		if err == nil && len(text) > 0 {
			continue // more of this event, a comment, another field
		}
		if line := bytes.TrimSpace(e.line); len(line) > len(dataField) {
			e.finished = e.finished || string(line) == "data: [DONE]"
			e.rest = append(defused(line), '\n')
			return err
		}
		if err != nil {
			return err
		}
		e.line = e.line[:len(dataField)]
	}
}

// readLine returns a line without its end. It is valid until the next one.
func (e *events) readLine() ([]byte, error) {
	line, err := e.src.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		line, err = e.readLong(bytes.Clone(line))
	}
	return bytes.TrimRight(line, "\r\n"), err
}

func (e *events) readLong(line []byte) ([]byte, error) {
	for {
		more, err := e.src.ReadSlice('\n')
		line = append(line, more...)
		switch {
		case len(line) > maxEvent:
			return nil, errOversized
		case !errors.Is(err, bufio.ErrBufferFull):
			return line, err
		}
	}
}

var bareError = []byte(`data: {"error":`)

// defused hides an error object from go-openai, which would read on past it
// and report something else. A blank does.
func defused(line []byte) []byte {
	if bytes.HasPrefix(line, bareError) {
		return bytes.Replace(line, []byte("{"), []byte("{ "), 1)
	}
	return line
}
