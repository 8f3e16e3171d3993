package lsp

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"codex-lsp/agent"
	"codex-lsp/lsp/lsptest"
	"codex-lsp/patch"
)

// TestTwoThreadsOneFile: two threads edit one file at the same time, each for the
// text that it has read. Both changes survive; the same line twice is a conflict
// that is named, and the first stays.
func TestTwoThreadsOneFile(t *testing.T) {
	for _, p := range editing {
		t.Run(p.Name, func(t *testing.T) {
			lsptest.Bubble(t, func(t *testing.T) { twoThreads(t, p) })
		})
	}
}

func twoThreads(t *testing.T, p lsptest.Profile) {
	b := newBench(t, p, map[string]string{"a.txt": lines})
	b.Open(b.path("a.txt"))
	b.settled("a.txt")
	var sets []patch.Change
	for _, e := range [][2]string{{"two\n", "2\n"}, {"seven\n", "7\n"}, {"two\n", "zwei\n"}} {
		sets = append(sets, b.update("a.txt", e[0], e[1]))
	}
	outcomes := make([]agent.Outcome, len(sets))
	var both sync.WaitGroup
	for i, c := range sets[:2] {
		both.Go(func() { outcomes[i] = b.edit(c) })
	}
	both.Wait()
	outcomes[2] = b.edit(sets[2])
	b.settled("a.txt")
	want := strings.NewReplacer("two", "2", "seven", "7").Replace(lines)
	if got := b.Text(b.path("a.txt")); got != want {
		t.Errorf("the buffer holds %q, want %q", got, want)
	}
	for i, o := range outcomes[:2] {
		if o.Err != nil {
			t.Errorf("edit %d: %v", i, o.Err)
		}
	}
	if err := outcomes[2].Err; err == nil || !strings.Contains(err.Error(), "a.txt") {
		t.Errorf("the third is no conflict: %v", err)
	}
}

// BenchmarkEdit is one line's edit of an open document, from the decision to the
// proof that it landed.
func BenchmarkEdit(b *testing.B) {
	for _, n := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprint(n, " lines"), func(b *testing.B) {
			var text strings.Builder
			for i := range n {
				fmt.Fprintf(&text, "line %d of a document\n", i)
			}
			bench := newBench(b, lsptest.VSCode, map[string]string{"a.txt": text.String()})
			bench.Open(bench.path("a.txt"))
			bench.settled("a.txt")
			old := fmt.Sprintf("line %d of a document\n", n/2)
			b.ReportAllocs()
			for i := range b.N {
				new := fmt.Sprintf("line %d, edited %d times\n", n/2, i)
				if o := bench.edit(bench.update("a.txt", old, new)); o.Err != nil {
					b.Fatal(o.Err)
				}
				old = new
			}
		})
	}
}
