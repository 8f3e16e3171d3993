package exec

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A capture keeps the head and the tail of what is written to it, half of its
// limit each. What falls between is counted.
type capture struct {
	half  int // the limit of head and of tail
	head  []byte
	tail  []byte // a ring once it is full
	next  int    // where the oldest byte of a full tail is
	total int64
	lines int // newlines
}

// A chunk is what was taken out of a capture.
type chunk struct {
	text  string // valid UTF-8; says how much it leaves out
	size  int64  // bytes of the whole, whatever was left out
	lines int
}

func newCapture(limit int) capture { return capture{half: limit / 2} }

func (c *capture) empty() bool { return c.total == 0 }

// write adds p.
func (c *capture) write(p []byte) {
	c.total += int64(len(p))
	c.lines += bytes.Count(p, []byte{'\n'})
	p = fill(&c.head, p, c.half)
	p = p[max(0, len(p)-c.half):]
	p = fill(&c.tail, p, c.half)
	for len(p) > 0 {
		n := copy(c.tail[c.next:], p)
		c.next = (c.next + n) % c.half
		p = p[n:]
	}
}

// fill appends to buf up to its limit and returns the rest of p.
func fill(buf *[]byte, p []byte, limit int) []byte {
	n := min(len(p), limit-len(*buf))
	*buf = append(*buf, p[:n]...)
	return p[n:]
}

// take empties the capture. Unless this is the last time, a rune of which the
// end has not come yet stays.
func (c *capture) take(last bool) chunk {
	tail := append(c.tail[c.next:len(c.tail):len(c.tail)], c.tail[:c.next]...)
	omitted := c.total - int64(len(c.head)+len(tail))
	head := c.head
	if omitted == 0 {
		head, tail = append(head, tail...), nil
	} else {
		n := len(head) - unfinished(head)
		m := continued(tail)
		omitted += int64(len(head) - n + m)
		head, tail = head[:n], tail[m:]
	}
	end := &head
	if omitted > 0 {
		end = &tail
	}
	var rest []byte
	if !last {
		n := len(*end) - unfinished(*end)
		*end, rest = (*end)[:n], bytes.Clone((*end)[n:])
	}
	lines := c.lines
	if b := *end; len(b) > 0 && b[len(b)-1] != '\n' {
		lines++
	}
	*c = capture{half: c.half}
	c.write(rest)
	return newChunk(safe(head), safe(tail), omitted, lines)
}

func newChunk(head, tail string, omitted int64, lines int) chunk {
	k := chunk{text: head, size: int64(len(head)+len(tail)) + omitted, lines: lines}
	if omitted > 0 {
		k.text = fmt.Sprintf("%s\n... %d bytes omitted ...\n%s", head, omitted, tail)
	}
	return k
}

func safe(b []byte) string { return strings.ToValidUTF8(string(b), string(utf8.RuneError)) }

// unfinished counts the bytes at the end of b that begin a rune and do not
// finish it.
func unfinished(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if end := b[len(b)-n:]; utf8.RuneStart(end[0]) {
			if utf8.FullRune(end) {
				return 0
			}
			return n
		}
	}
	return 0
}

// continued counts the bytes at the start of b that only continue a rune.
func continued(b []byte) int {
	n := 0
	for n < utf8.UTFMax-1 && n < len(b) && !utf8.RuneStart(b[n]) {
		n++
	}
	return n
}
