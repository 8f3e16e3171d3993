package exec

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCaptureKeepsHeadAndTail(t *testing.T) {
	for _, tc := range []struct {
		name   string
		writes []string
		want   chunk
	}{
		{"nothing", nil, chunk{}},
		{"a part of a line", []string{"abc"}, chunk{"abc", 3, 1}},
		{"lines", []string{"a\n", "b\n"}, chunk{"a\nb\n", 4, 2}},
		{"exactly full", []string{"0123", "4567"}, chunk{"01234567", 8, 1}},
		{"one over", []string{"0123", "4567", "8"}, chunk{"0123\n... 1 bytes omitted ...\n5678", 9, 1}},
		{"one long write", []string{"0123456789abcdef"}, chunk{"0123\n... 8 bytes omitted ...\ncdef", 16, 1}},
		{"the ring turns", []string{"0123", "45", "678", "9", "abc", "d\n"}, chunk{"0123\n... 7 bytes omitted ...\nbcd\n", 15, 1}},
		{"invalid bytes", []string{"a\xff", "b"}, chunk{"a\ufffdb", 5, 1}},
		{"a rune that never ends", []string{"a\xe2\x82"}, chunk{"a\ufffd", 4, 1}},
		{"runes cut by the limit", []string{"012€€", "€789"}, chunk{"012\n... 9 bytes omitted ...\n789", 15, 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newCapture(8)
			for _, w := range tc.writes {
				c.write([]byte(w))
			}
			if d := cmp.Diff(tc.want, c.take(true), cmp.AllowUnexported(chunk{})); d != "" {
				t.Errorf("writes %q: -want +got\n%s", tc.writes, d)
			}
			if d := cmp.Diff(chunk{}, c.take(true), cmp.AllowUnexported(chunk{})); d != "" {
				t.Errorf("writes %q: left after take: -want +got\n%s", tc.writes, d)
			}
		})
	}
}

func TestCaptureHoldsBackHalfARune(t *testing.T) {
	c := newCapture(100)
	c.write([]byte("a\xe2\x82"))
	first := c.take(false)
	c.write([]byte("\xac!"))
	second := c.take(false)
	if first.text != "a" || second.text != "€!" {
		t.Errorf("got %q, %q, want %q, %q", first.text, second.text, "a", "€!")
	}
}

// However text is cut into writes and takes, nothing of it is lost or changed
// while it fits; beyond that the sizes still add up, and the ends are kept.
func TestCaptureProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(4, 64).Draw(t, "half") * 2
		text := rapid.StringN(0, 200, -1).Draw(t, "text")
		c := newCapture(limit)
		var got strings.Builder
		var size int64
		fits := true
		for rest := text; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "write")
			c.write([]byte(rest[:n]))
			rest = rest[n:]
			fits = fits && c.total <= int64(limit)
			if rapid.Bool().Draw(t, "take") {
				k := c.take(false)
				got.WriteString(k.text)
				size += k.size
			}
		}
		k := c.take(true)
		got.WriteString(k.text)
		size += k.size
		switch {
		case !utf8.ValidString(got.String()):
			t.Fatalf("invalid UTF-8: %q", got.String())
		case size != int64(len(text)):
			t.Fatalf("sizes add up to %d, want %d", size, len(text))
		case fits && got.String() != text:
			t.Fatalf("got %q, want %q", got.String(), text)
		}
	})
}

func TestCaptureIsBounded(t *testing.T) {
	c := newCapture(maxOutput)
	p := []byte(strings.Repeat("x", 70_001))
	for range 1000 {
		c.write(p)
	}
	if kept := cap(c.head) + cap(c.tail); kept > 2*maxOutput {
		t.Errorf("%d bytes kept for a limit of %d", kept, maxOutput)
	}
	k := c.take(true)
	want := fmt.Sprintf("\n... %d bytes omitted ...\n", 70_001_000-maxOutput)
	if !strings.Contains(k.text, want) || len(k.text) != maxOutput+len(want) {
		t.Errorf("text of %d bytes without %q", len(k.text), want)
	}
}
