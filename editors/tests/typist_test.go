package tests

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// hands are a user's at the keyboard of an editor that shows lines.md.
type hands interface {
	ask()             // asks the model to patch
	find(line string) // goes to the start of this line, ready to insert
	key(key string)   // presses one: a character, enter or backspace
	saveAndQuit()     // returns when the file is written
}

const (
	enter     = "Enter"
	backspace = "Backspace"
)

// A typist types lines above those that are the user's.
type typist struct {
	hands
	*patching
	rnd   *rand.Rand
	above map[int][]string // what was typed above each line of the user's
	lines int
	keys  int
	took  time.Duration // for all keys
}

// types types until all patches have been told of, and ends its line.
func (u *typist) types(t *testing.T, pace time.Duration) {
	t.Helper()
	ticks := time.NewTicker(pace)
	defer ticks.Stop()
	late := time.After(time.Duration(len(u.order)) * (u.delay + 10*time.Second))
	for {
		i := u.place()
		u.find(userLine(i))
		for range 1 + u.rnd.IntN(4) {
			u.line(i, ticks)
		}
		select {
		case <-u.done:
			return
		case <-late:
			t.Fatalf("the model has not heard of all its patches: %v", u.counts())
		default:
		}
	}
}

// place is the line to type above: beside the one that is being patched, or
// anywhere above that.
func (u *typist) place() int {
	at := u.upcoming()
	switch u.rnd.IntN(4) {
	case 0:
		return at
	case 1:
		return min(at+1, len(u.order)-1)
	}
	return u.rnd.IntN(at + 1)
}

// line types one line, with a slip of the finger now and then.
func (u *typist) line(i int, ticks *time.Ticker) {
	text := fmt.Sprintf("typed %d", u.lines)
	u.lines++
	start := time.Now()
	press := func(key string) {
		<-ticks.C
		u.key(key)
		u.keys++
	}
	for _, c := range text {
		if u.rnd.IntN(12) == 0 {
			press("x")
			press(backspace)
		}
		press(string(c))
	}
	press(enter)
	u.took += time.Since(start)
	u.above[i] = append(u.above[i], text)
}
