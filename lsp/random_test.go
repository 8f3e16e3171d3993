package lsp

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"codex-lsp/lsp/lsptest"
)

// TestRandomEdits plays seeds: a user who types lines anywhere at any pace, an
// agent that replaces, adds and removes lines, and an editor with the habits
// of a real one. Every line is unlike all others, so that none can be lost or
// doubled unseen.
//
// The user works on odd lines, the agent on even ones, so that an honest
// outcome exists for every edit: what landed is there once, what did not is
// nowhere, and the user's lines are all there.
func TestRandomEdits(t *testing.T) {
	const seeds = 25
	for _, p := range editing {
		t.Run(p.Name, func(t *testing.T) {
			lsptest.Bubble(t, func(t *testing.T) {
				var total score
				for seed := range uint64(seeds) {
					total.add(playSeed(t, p, seed))
				}
				t.Logf("%+v", total)
				if total.landed*10 < total.edits*9 {
					t.Errorf("fewer than nine in ten edits landed: %+v", total)
				}
			})
		})
	}
}

// A score counts what became of edits.
type score struct{ edits, landed, notLanded, unclear, requests int }

func (s *score) add(o score) {
	s.edits += o.edits
	s.landed += o.landed
	s.notLanded += o.notLanded
	s.unclear += o.unclear
	s.requests += o.requests
}

func playSeed(t *testing.T, p lsptest.Profile, seed uint64) score {
	rnd := rand.New(rand.NewPCG(seed, 1))
	if p.Sync == lsptest.Each || p.Debounce == 0 {
		// Stock Neovim is spared: a line that it removes before it has told
		// of it leaves no trace, in anything.
		p.Lag = time.Duration(rnd.IntN(4)) * 60 * time.Millisecond
	}
	var text strings.Builder
	for i := range 12 {
		fmt.Fprintf(&text, "user line %d\nagent line %d\n", i, i)
	}
	b := newBench(t, p, map[string]string{"a.txt": text.String()})
	path := b.path("a.txt")
	b.Open(path)
	firstKeys(b, path)

	typist := make(chan []string, 1)
	pace := time.Duration(20+rnd.IntN(200)) * time.Millisecond
	go func() { typist <- typing(b, path, rand.New(rand.NewPCG(seed, 2)), pace) }()
	var s score
	present, absent := map[string]bool{}, map[string]bool{}
	for i := range 6 {
		old := fmt.Sprintf("agent line %d\n", 2*i)
		new := []string{"", fmt.Sprintf("new line %d\n", i), fmt.Sprintf("new line %d\nand more %d\n", i, i)}[rnd.IntN(3)]
		c := b.update("a.txt", old, new)
		s.edits++
		switch out := b.edit(c); {
		case out.Err == nil:
			s.landed++
			markLines(present, new)
			markLines(absent, old)
		case out.Files == nil:
			s.notLanded++
			markLines(present, old)
			markLines(absent, new)
		default:
			s.unclear++
		}
		time.Sleep(time.Duration(rnd.IntN(1000)) * time.Millisecond)
	}
	for _, line := range <-typist {
		present[line] = true
	}
	b.settled("a.txt")
	s.requests = len(b.Received("workspace/applyEdit"))
	counts := map[string]int{}
	for line := range strings.Lines(b.Text(path)) {
		counts[line]++
	}
	damaged := 0 // what an unclear outcome may have cost
	for line := range present {
		if counts[line] == 0 && damaged < s.unclear {
			damaged++
		} else if counts[line] != 1 {
			t.Errorf("%s, seed %d: %q is there %d times\n%s", p.Name, seed, line, counts[line], b.Text(path))
		}
	}
	for line := range absent {
		if counts[line] != 0 {
			t.Errorf("%s, seed %d: %q is there\n%s", p.Name, seed, line, b.Text(path))
		}
	}
	b.Leave()
	return s
}

func markLines(set map[string]bool, text string) {
	for line := range strings.Lines(text) {
		set[line] = true
	}
}

// typing inserts lines and lengthens some, and returns what must be there. A
// line may be missing for a moment, while an edit covers it that went wrong.
func typing(b *bench, path string, rnd *rand.Rand, pace time.Duration) []string {
	var kept []string
	for i := range 12 {
		kept = append(kept, fmt.Sprintf("user line %d\n", i))
	}
	for n := range 60 {
		at := rnd.IntN(len(kept))
		if rnd.IntN(3) == 0 {
			longer := fmt.Sprintf("%s, and %d\n", strings.TrimSuffix(kept[at], "\n"), n)
			if b.TryType(path, kept[at], longer) {
				kept[at] = longer
			}
		} else {
			line := fmt.Sprintf("typed %d\n", n)
			if b.TryType(path, kept[at], line+kept[at]) {
				kept = append(kept, line)
			}
		}
		pause := time.Duration(rnd.Int64N(int64(2 * pace)))
		if rnd.IntN(8) == 0 {
			pause += time.Duration(rnd.IntN(2000)) * time.Millisecond // thinking
		}
		time.Sleep(pause)
	}
	return kept
}
