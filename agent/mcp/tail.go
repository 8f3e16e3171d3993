package mcp

import (
	"strings"
	"sync"
)

// maxTail is how much is kept of what a server prints to its stderr.
const maxTail = 8 << 10

// A tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte // guarded by mu
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p[max(0, len(p)-maxTail):]...)
	if len(t.text) > maxTail {
		t.text = append(t.text[:0], t.text[len(t.text)-maxTail:]...)
	}
	return len(p), nil
}

// String is what is kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(strings.ToValidUTF8(string(t.text), "\uFFFD"))
}

// last is the last line that says something.
func (t *tail) last() string {
	lines := strings.Split(t.String(), "\n")
	return shorten(strings.TrimSpace(lines[len(lines)-1]), 300)
}
