package model

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestEventsAreOneLineEach(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "data: {}\n\n", "data: {}\n"},
		{"no blank after the colon", "data:{}\n\n", "data: {}\n"},
		{"carriage returns", "event: x\r\ndata: {}\r\n\r\ndata: 2\r\n\r\n", "data: {}\ndata: 2\n"},
		{"other fields and comments", "event: x\nid: 7\nretry: 1\n: ping\ndata: {}\n\n", "data: {}\n"},
		{"many comments", strings.Repeat(": ping\n\n", 1000) + "data: {}\n\n", "data: {}\n"},
		{"many data lines", "data: {\"a\":\ndata: 1}\n\n", "data: {\"a\": 1}\n"},
		{"no empty line at the end", "data: {}\n\ndata: 2\n", "data: {}\ndata: 2\n"},
		{"no end of line at the end", "data: {}\n\ndata: 2", "data: {}\ndata: 2\n"},
		{"a bare error", "data: {\"error\":{}}\n\n", "data: { \"error\":{}}\n"},
		{"done", "data: [DONE]\n\n", "data: [DONE]\n"},
		{"longer than a buffer", "data: " + strings.Repeat("x", 200_000) + "\n\n", "data: " + strings.Repeat("x", 200_000) + "\n"},
		{"nothing", "", ""},
		{"no data", "data:\n\ndata: \n\ndata: {}\n\n", "data: {}\n"},
		{"blanks", "\n\n\n", ""},
	}
	for _, tt := range tests {
		for name, r := range map[string]io.Reader{
			"whole":     strings.NewReader(tt.in),
			"bytewise":  iotest.OneByteReader(strings.NewReader(tt.in)),
			"with EOF":  iotest.DataErrReader(strings.NewReader(tt.in)),
			"in halves": iotest.HalfReader(strings.NewReader(tt.in)),
		} {
			got, err := io.ReadAll(newEvents(r))
			if err != nil || string(got) != tt.want {
				t.Errorf("%s, %s: %.100q, %v; want %.100q", tt.name, name, got, err, tt.want)
			}
		}
	}
}

func TestEventsAreBounded(t *testing.T) {
	line := bytes.Repeat([]byte("x"), 1<<20)
	for name, in := range map[string]io.Reader{
		"one line":   &endless{piece: line},
		"many lines": &endless{piece: append(append([]byte("data: "), line...), '\n')},
	} {
		n, err := io.Copy(io.Discard, newEvents(in))
		if !errors.Is(err, errOversized) || n != 0 {
			t.Errorf("%s: %d bytes, %v; want none and %v", name, n, err, errOversized)
		}
	}
}

// endless repeats a piece for ever.
type endless struct{ piece, rest []byte }

func (e *endless) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		e.rest = e.piece
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// Whatever comes, what go-openai reads is lines of data.
func FuzzEvents(f *testing.F) {
	f.Add([]byte("event: x\ndata: {\"type\":\"y\"}\n\n: c\n\ndata: [DONE]\n\n"))
	f.Add([]byte("data:\ndata:\r\n\r\ndata: {\"error\":1}"))
	f.Fuzz(func(t *testing.T, in []byte) {
		s := bufio.NewScanner(newEvents(bytes.NewReader(in)))
		s.Buffer(nil, len(in)+100)
		for s.Scan() {
			if !bytes.HasPrefix(s.Bytes(), []byte("data: ")) || bytes.HasPrefix(s.Bytes(), bareError) {
				t.Errorf("%q gives the line %q", in, s.Bytes())
			}
		}
		if s.Err() != nil {
			t.Errorf("%q: %v", in, s.Err())
		}
	})
}
