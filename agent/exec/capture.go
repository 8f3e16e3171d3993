package exec

import (
	"bytes"
	"fmt"
	"slices"
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

// raw is what was written, byte for byte, and whether it is all of that.
func (c *capture) raw() (b []byte, whole bool) {
	b = slices.Concat(c.head, c.tail[c.next:], c.tail[:c.next])
	return b, int64(len(b)) == c.total
}

// take empties the capture. Unless this is the last time, a rune of which the
// end has not come yet stays.
func (c *capture) take(last bool) chunk {
	head := c.head
	tail := slices.Concat(c.tail[c.next:], c.tail[:c.next])
	omitted := c.total - int64(len(head)+len(tail))
	if omitted == 0 {
		head, tail = nil, append(head, tail...)
	} else {
		whole, broken := len(head)-unfinished(head), continued(tail)
		omitted += int64(len(head) - whole + broken)
		head, tail = head[:whole], tail[broken:]
	}
	var rest []byte
	if !last {
		whole := len(tail) - unfinished(tail)
		tail, rest = tail[:whole], tail[whole:]
	}
	k := newChunk(safe(head), safe(tail), omitted)
	k.lines = c.lines
	if len(tail) > 0 && tail[len(tail)-1] != '\n' {
		k.lines++
	}
	*c = capture{half: c.half}
	c.write(rest)
	return k
}

func newChunk(head, tail string, omitted int64) chunk {
	k := chunk{text: tail, size: int64(len(head)+len(tail)) + omitted}
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
