package exec

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// bytesPerToken is Codex's estimate. No tokenizer is asked.
const bytesPerToken = 4

// tokens estimates how many tokens n bytes are.
func tokens(n int64) int64 { return (n + bytesPerToken - 1) / bytesPerToken }

// modelText is what the model is shown of a result.
func modelText(r Result, out chunk, maxTokens int) string {
	state := fmt.Sprintf("Process exited with code %d", r.ExitCode)
	if r.Running {
		state = fmt.Sprintf("Process running with session ID %d", r.SessionID)
	}
	return fmt.Sprintf("Chunk ID: %06x\nWall time: %.4f seconds\n%s\nOriginal token count: %d\nOutput:\n%s",
		rand.Uint32N(1<<24), r.Wall.Seconds(), state, tokens(out.size), truncate(out, maxTokens))
}

// truncate keeps the head and the tail of an output that is over its budget,
// and says so before and between them.
func truncate(out chunk, maxTokens int) string {
	budget := maxTokens * bytesPerToken
	if len(out.text) <= budget {
		return out.text
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Warning: truncated output (original token count: %d)\nTotal output lines: %d\n\n", tokens(out.size), out.lines)
	b.WriteString(firstBytes(out.text, budget/2))
	fmt.Fprintf(&b, "…%d tokens truncated…", tokens(out.size-int64(budget)))
	b.WriteString(lastBytes(out.text, budget-budget/2))
	return b.String()
}

// firstBytes returns at most n bytes of the start of s, whole runes.
func firstBytes(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// lastBytes returns at most n bytes of the end of s, whole runes.
func lastBytes(s string, n int) string {
	i := len(s) - n
	for i < len(s) && !utf8.RuneStart(s[i]) {
		i++
	}
	return s[i:]
}
