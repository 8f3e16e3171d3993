package lsp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/lsp/lsptest"
)

// TestEditUnderSteadyTyping: a user who types and types, without a pause that
// is long enough, is not waited for until they tire. An edit that keys have
// overtaken is made again all the same, and lands soon.
func TestEditUnderSteadyTyping(t *testing.T) {
	for _, p := range []lsptest.Profile{lsptest.VSCode, lsptest.Neovim, lsptest.WithPlugin, lsptest.Helix} {
		for _, pace := range []time.Duration{60 * time.Millisecond, 20 * time.Millisecond} {
			p.Lag = pace / 3 // so an edit is often overtaken, and one made just after a key is not
			if p.Debounce > 0 {
				p.Lag = pace / 10 // and this one nobody can make just after a key
			}
			t.Run(fmt.Sprintf("%s/%v", p.Name, pace), func(t *testing.T) {
				lsptest.Bubble(t, func(t *testing.T) { editUnderSteadyTyping(t, p, pace) })
			})
		}
	}
}

func editUnderSteadyTyping(t *testing.T, p lsptest.Profile, pace time.Duration) {
	const edits, soon = 24, 10 * time.Second
	var text strings.Builder
	for i := range edits {
		fmt.Fprintf(&text, "before %d\nline %d of the text\nafter %d\n", i, i, i)
	}
	b := newBench(t, p, map[string]string{"a.txt": text.String()})
	path := b.path("a.txt")
	b.Open(path)
	b.settled("a.txt")
	tired, typed := make(chan struct{}), make(chan string)
	go func() {
		above := ""
		for i := 0; ; i++ {
			select {
			case <-tired:
				typed <- above
				return
			case <-time.After(pace):
				line := fmt.Sprintf("typed %d\n", i)
				b.Type(path, "", line)
				above = line + above
			}
		}
	}()
	want := text.String()
	for i := range edits {
		old, new := fmt.Sprintf("line %d of the text\n", i), fmt.Sprintf("edited %d by the agent\n", i)
		start := time.Now()
		if out := b.edit(b.update("a.txt", old, new)); out.Err != nil {
			t.Errorf("edit %d after %v: %v", i, time.Since(start), out.Err)
			continue
		}
		if took := time.Since(start); took > soon {
			t.Errorf("edit %d took %v", i, took)
		}
		want = strings.Replace(want, old, new, 1)
		time.Sleep(pace / 7) // another moment between two keys
	}
	close(tired)
	want = <-typed + want
	b.settled("a.txt")
	if diff := cmp.Diff(want, b.Text(path)); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}
