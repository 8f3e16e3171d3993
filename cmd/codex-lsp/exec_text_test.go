package main

import (
	"bytes"
	"strings"
	"testing"

	"codex-lsp/agent"
)

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"one\n\ttwo":           "one\n\ttwo",
		"\x1b[31mred\x07":      "[31mred",
		"a\u202eb":             "ab",
		"+line\r":              "+line",
		"one\r\ntwo\r\n":       "one\ntwo\n",
		"10%\r20%\r100%\ndone": "10%\n20%\n100%\ndone",
	} {
		if got := plain(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// TestProgressIsShortened: what redraws one line counts as many.
func TestProgressIsShortened(t *testing.T) {
	var log bytes.Buffer
	code := 0
	newTranscript(nil, &log, false).command(agent.Item{
		Command: "fetch", Status: agent.ItemCompletedS, ExitCode: &code,
		Output: strings.Repeat("1%\r", 100) + "100%\r\n",
	})
	want := "\nfetch: done (0 ms)\n… 61 lines more\n" + strings.Repeat("1%\n", 39) + "100%\n"
	if log.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &log, want)
	}
}
