package lsp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.lsp.dev/jsonrpc2"
)

const (
	// maxMessage bounds what one message may make us allocate. The largest
	// real ones are documents; editors refuse files far smaller than this.
	maxMessage = 256 << 20
	// keptFrame is how large a frame's buffer may be to be used again.
	keptFrame = 1 << 20
	// writePatience is how long one write may hang before the client counts as
	// gone. An editor that is busy reads again within seconds.
	writePatience = time.Minute
)

var (
	errStalled = errors.New("the client has stopped reading")
	errHeader  = errors.New("bad message header")
)

// A wire is the client's byte stream. It stands between the bytes and the
// jsonrpc2 library to do what the library does not: a message that is no
// message is mended or answered and skipped, where the library would end the
// connection; the end of the bytes ends the session at once; and so does a
// write that hangs.
//
// It wraps the bytes, not the library's Stream, whose batch support hides
// behind unexported interfaces that a wrapper would lose.
type wire struct {
	rwc     io.ReadWriteCloser
	log     *slog.Logger
	session context.Context // once it is over, so are the bytes
	end     context.CancelCauseFunc

	in    *bufio.Reader // touched only by Read
	frame []byte        // touched only by Read: the frame being handed on
	rest  []byte        // touched only by Read: what of it is left

	writing sync.Mutex // held across one frame's write, so that frames never mix
	close   func() error
}

func newWire(session context.Context, end context.CancelCauseFunc, rwc io.ReadWriteCloser, log *slog.Logger) *wire {
	return &wire{
		rwc: rwc, log: log, session: session, end: end,
		in: bufio.NewReader(rwc), close: sync.OnceValue(rwc.Close),
	}
}

// Read hands on the bytes of sound frames only.
func (w *wire) Read(p []byte) (int, error) {
	for len(w.rest) == 0 {
		if w.session.Err() != nil {
			return 0, io.EOF // not even tried: the read might never return
		}
		if err := w.next(); err != nil {
			w.end(err)
			return 0, err
		}
	}
	n := copy(p, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}

// Write sends one frame, or part of one.
func (w *wire) Write(p []byte) (int, error) {
	w.writing.Lock()
	defer w.writing.Unlock()
	stalled := time.AfterFunc(writePatience, func() { w.end(errStalled) })
	defer stalled.Stop()
	n, err := w.rwc.Write(p)
	if err != nil {
		w.end(fmt.Errorf("write to the client: %w", err))
	}
	return n, err
}

// Close closes the bytes, which wakes a blocked reader or writer where the
// system can. The library closes them, too.
func (w *wire) Close() error { return w.close() }

// next reads one frame. rest stays empty when the frame was not sound.
func (w *wire) next() error {
	length, err := w.header()
	if err != nil {
		return err
	}
	if cap(w.frame) > keptFrame {
		w.frame = nil
	}
	w.frame = appendHeader(w.frame[:0], length)
	start := len(w.frame)
	w.frame = append(w.frame, make([]byte, length)...)
	body := w.frame[start:]
	if _, err := io.ReadFull(w.in, body); err != nil {
		return fmt.Errorf("message cut short: %w", noEOF(err))
	}
	if sound(body) == nil {
		w.rest = w.frame
		return nil
	}
	return w.mend(body)
}

// header reads up to the blank line and returns the length of the body. Lines
// that are no header are skipped: some wrapper or shell profile printed them.
func (w *wire) header() (length int, err error) {
	for length = -1; ; {
		line, err := w.in.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0 && length < 0:
			return 0, io.EOF
		case errors.Is(err, bufio.ErrBufferFull):
			return 0, fmt.Errorf("%w: a line of more than %d bytes", errHeader, len(line))
		case err != nil:
			return 0, fmt.Errorf("message cut short: %w", noEOF(err))
		}
		text := strings.TrimSpace(string(line))
		if text == "" && length >= 0 {
			return length, nil
		}
		if length, err = contentLength(text, length); err != nil {
			return 0, err
		}
	}
}

// contentLength returns the length that a header line states, or the one
// known so far.
func contentLength(line string, known int) (int, error) {
	name, value, ok := strings.Cut(line, ":")
	if !ok || !strings.EqualFold(strings.TrimSpace(name), "content-length") {
		return known, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil || n < 0 || n > maxMessage {
		return 0, fmt.Errorf("%w: %q; a message has 0 to %d bytes", errHeader, line, maxMessage)
	}
	return n, nil
}

// mend hands on what a flawed message must have meant, and answers one that
// cannot be understood.
func (w *wire) mend(body []byte) error {
	mended, flaw := repair(body)
	if flaw == nil {
		w.log.Debug("malformed message mended", "from", excerpt(body), "to", excerpt(mended))
		w.frame = append(appendHeader(nil, len(mended)), mended...)
		w.rest = w.frame
		return nil
	}
	w.log.Warn("malformed message skipped", "body", excerpt(body), "err", flaw)
	answer, err := jsonrpc2.EncodeMessage(jsonrpc2.NewResponse(jsonrpc2.ID{}, nil, flaw))
	if err != nil {
		return err
	}
	_, err = w.Write(append(appendHeader(nil, len(answer)), answer...))
	return err
}

// sound tells whether the jsonrpc2 library will accept a message.
func sound(body []byte) error {
	if bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) {
		_, err := jsonrpc2.ParseRequests(body)
		return err
	}
	_, err := jsonrpc2.DecodeMessage(body)
	return err
}

// A loose message is one read leniently. A nil member is absent or null.
type loose struct {
	Version string           `json:"jsonrpc"`
	ID      *json.RawMessage `json:"id,omitempty"`
	Method  *string          `json:"method,omitempty"`
	Params  *json.RawMessage `json:"params,omitempty"`
	Result  *json.RawMessage `json:"result,omitempty"`
	Error   *json.RawMessage `json:"error,omitempty"`
}

var null = json.RawMessage("null")

// repair rewrites a message with flaws that clients are known for: no version,
// an id such as 1.0, a response without a result, with a null error beside its
// result, or with an error that is no object.
func repair(body []byte) ([]byte, *jsonrpc2.Error) {
	var m loose
	var wrongType *json.UnmarshalTypeError
	switch err := json.Unmarshal(body, &m); {
	case errors.As(err, &wrongType):
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "not a JSON-RPC message: %v", err)
	case err != nil:
		return nil, jsonrpc2.Errorf(jsonrpc2.ParseError, "not JSON: %v", err)
	}
	m.Version = "2.0"
	m.ID = wholeNumber(m.ID)
	switch {
	case m.Method != nil:
		m.Result, m.Error = nil, nil
	case m.ID == nil:
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "neither a method nor an id")
	case m.Error != nil:
		m.Params, m.Result, m.Error = nil, nil, errorObject(*m.Error)
	case m.Result == nil:
		m.Params, m.Result = nil, &null
	}
	mended, err := json.Marshal(m)
	if err == nil {
		err = sound(mended)
	}
	if err != nil {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "not a JSON-RPC message: %v", err)
	}
	return mended, nil
}

// wholeNumber writes an id such as 1.0 or 1e3 as the integer it is.
func wholeNumber(id *json.RawMessage) *json.RawMessage {
	if id == nil {
		return nil
	}
	f, err := strconv.ParseFloat(string(*id), 64)
	if err != nil || f != float64(int64(f)) {
		return id
	}
	whole := json.RawMessage(strconv.FormatInt(int64(f), 10))
	return &whole
}

// errorObject wraps an error that is not one into one.
func errorObject(raw json.RawMessage) *json.RawMessage {
	var e struct {
		Code    float64
		Message any
	}
	if json.Unmarshal(raw, &e) != nil || e.Message == nil {
		e.Message = string(raw)
	}
	if e.Code == 0 {
		e.Code = float64(jsonrpc2.UnknownError)
	}
	wrapped, _ := json.Marshal(map[string]any{"code": int64(e.Code), "message": fmt.Sprint(e.Message)})
	return (*json.RawMessage)(&wrapped)
}

func appendHeader(b []byte, length int) []byte {
	return fmt.Appendf(b, "Content-Length: %d\r\n\r\n", length)
}

// noEOF keeps an end in mid-message from looking like a clean one.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// excerpt is as much of a message as a log line should show.
func excerpt(body []byte) string {
	const most = 200
	if len(body) <= most {
		return string(body)
	}
	return fmt.Sprintf("%s… (%d bytes)", body[:most], len(body))
}
