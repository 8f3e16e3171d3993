package exec

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func captured(text string) chunk {
	c := newCapture(maxOutput)
	c.write([]byte(text))
	return c.take(true)
}

var chunkID = regexp.MustCompile(`^Chunk ID: [0-9a-f]{6}\n`)

func TestModelText(t *testing.T) {
	long := strings.Repeat("0123456789", 30) + "\n"
	for _, tc := range []struct {
		name      string
		result    Result
		output    string
		maxTokens int
		want      string
	}{
		{
			name:   "ended",
			result: Result{ExitCode: 3, Wall: 257_200 * time.Microsecond}, output: "out\nerr\n", maxTokens: 100,
			want: "Wall time: 0.2572 seconds\nProcess exited with code 3\nOriginal token count: 2\nOutput:\nout\nerr\n",
		}, {
			name:   "running",
			result: Result{Running: true, SessionID: 52101, Wall: time.Second}, output: "", maxTokens: 100,
			want: "Wall time: 1.0000 seconds\nProcess running with session ID 52101\nOriginal token count: 0\nOutput:\n",
		}, {
			name:   "exactly within the budget",
			output: long[:200], maxTokens: 50,
			want: "Wall time: 0.0000 seconds\nProcess exited with code 0\nOriginal token count: 50\nOutput:\n" + long[:200],
		}, {
			name:   "over the budget",
			output: long, maxTokens: 50,
			want: "Wall time: 0.0000 seconds\nProcess exited with code 0\nOriginal token count: 76\nOutput:\n" +
				"Warning: truncated output (original token count: 76)\nTotal output lines: 1\n\n" +
				long[:100] + "…26 tokens truncated…" + long[201:],
		}, {
			name:   "an odd half and runes on both cuts",
			output: "ab€cdefghij€kl", maxTokens: 2,
			want: "Wall time: 0.0000 seconds\nProcess exited with code 0\nOriginal token count: 5\nOutput:\n" +
				"Warning: truncated output (original token count: 5)\nTotal output lines: 1\n\n" +
				"ab…3 tokens truncated…kl",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := modelText(tc.result, captured(tc.output), tc.maxTokens)
			id := chunkID.FindString(text)
			if got := text[len(id):]; id == "" || got != tc.want {
				t.Errorf("got  %q\nwant chunk id and %q", text, tc.want)
			}
		})
	}
}

// The numbers are those of a real Codex for an output of 108,952 bytes.
func TestTruncateCountsAsCodexDoes(t *testing.T) {
	line := "12345\n"
	text := strings.Repeat(line, 18158) + "1234"
	got := truncate(captured(text), 10_000)
	want := "Warning: truncated output (original token count: 27238)\nTotal output lines: 18159\n\n" +
		text[:20_000] + "…17238 tokens truncated…" + text[len(text)-20_000:]
	if got != want {
		t.Errorf("got %d bytes: %.120q…\nwant %d bytes: %.120q…", len(got), got, len(want), want)
	}
}

// What a capture left out is counted, though nobody has it any more.
func TestTruncateCountsWhatWasNotCaptured(t *testing.T) {
	c := newCapture(1000)
	c.write([]byte(strings.Repeat("a", 500)))
	c.write([]byte(strings.Repeat("b\n", 500_000)))
	got := truncate(c.take(true), 50)
	want := "Warning: truncated output (original token count: 250125)\nTotal output lines: 500000\n\n" +
		strings.Repeat("a", 100) + "…250075 tokens truncated…" + strings.Repeat("b\n", 50)
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
