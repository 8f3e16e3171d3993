package lsp

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
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
//
// EDIT_SEEDS says how many seeds are played, EDIT_FROM the first.
func TestRandomEdits(t *testing.T) {
	from, seeds := number("EDIT_FROM", 0), number("EDIT_SEEDS", 25)
	for _, p := range editing {
		t.Run(p.Name, func(t *testing.T) {
			lsptest.Bubble(t, func(t *testing.T) {
				var total score
				for n := range seeds {
					total.add(playSeed(t, p, from+n))
				}
				t.Logf("%+v", total)
				if total.landed*10 < total.edits*9 {
					t.Errorf("fewer than nine in ten edits landed: %+v", total)
				}
			})
		})
	}
}

// number is what an environment variable says, or fallback.
func number(variable string, fallback uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(variable), 10, 64); err == nil {
		return n
	}
	return fallback
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

	user := make(chan []string, 1)
	pace := time.Duration(20+rnd.IntN(200)) * time.Millisecond
	go func() { user <- typing(b, path, rand.New(rand.NewPCG(seed, 2)), pace) }()
	var s score
	present, absent := map[string]bool{}, map[string]bool{}
	for i, line := range []int{0, 2, 4, 6, 8, 11} { // 11 is the last line
		old := fmt.Sprintf("agent line %d\n", line)
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
	for _, line := range <-user {
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

// A typist is a user at work on the lines that are theirs.
type typist struct {
	*bench
	path string
	rnd  *rand.Rand
	kept []string // what must be there
	last []string // inserted last, in one go; nil once it was touched again
	n    int
}

// typing is a minute of a user's, and returns what must be there after it. A
// line may be missing for a moment, while an edit covers it that went wrong.
func typing(b *bench, path string, rnd *rand.Rand, pace time.Duration) []string {
	u := &typist{bench: b, path: path, rnd: rnd}
	for i := range 12 {
		u.kept = append(u.kept, fmt.Sprintf("user line %d\n", i))
	}
	time.Sleep(time.Millisecond) // not at the very instant of an edit: stock Neovim would tell of neither
	for ; u.n < 60; u.n++ {
		switch rnd.IntN(12) {
		case 0, 1, 2:
			u.lengthen()
		case 3:
			u.insert(3) // a paste
		case 4:
			u.undo()
		case 5:
			u.Save(path)
		case 6:
			u.format()
		default:
			u.insert(1)
		}
		pause := time.Duration(rnd.Int64N(int64(2 * pace)))
		if rnd.IntN(8) == 0 {
			pause += time.Duration(rnd.IntN(2000)) * time.Millisecond // thinking
		}
		time.Sleep(pause)
	}
	return u.kept
}

// insert puts lines above one of the user's.
func (u *typist) insert(lines int) {
	at := u.kept[u.rnd.IntN(len(u.kept))]
	var fresh []string
	for i := range lines {
		fresh = append(fresh, fmt.Sprintf("typed %d.%d\n", u.n, i))
	}
	if u.TryType(u.path, at, strings.Join(fresh, "")+at) {
		u.kept, u.last = append(u.kept, fresh...), fresh
	}
}

// lengthen goes on with a line, as often as not the one before.
func (u *typist) lengthen() {
	u.rewrite(u.rnd.IntN(len(u.kept)), func(line string) string { return fmt.Sprintf("%s, and %d", line, u.n) })
}

// format does what a formatter does to lines.
func (u *typist) format() {
	for i := range u.kept {
		if u.rnd.IntN(4) == 0 {
			u.rewrite(i, func(line string) string { return strings.ReplaceAll(line, ", ", ",  ") })
		}
	}
}

func (u *typist) rewrite(i int, how func(line string) string) {
	line := how(strings.TrimSuffix(u.kept[i], "\n")) + "\n"
	if line != u.kept[i] && u.TryType(u.path, u.kept[i], line) {
		u.kept[i], u.last = line, nil
	}
}

// undo takes back what was inserted last.
func (u *typist) undo() {
	if u.last != nil && u.TryType(u.path, strings.Join(u.last, ""), "") {
		u.kept = slices.DeleteFunc(u.kept, func(line string) bool { return slices.Contains(u.last, line) })
		u.last = nil
	}
}
