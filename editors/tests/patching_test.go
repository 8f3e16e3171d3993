package tests

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"codex-lsp/agent/model/modeltest"
)

// A fate is what the model was told of a patch.
type fate string

const (
	pending   fate = "pending"
	landed    fate = "landed"
	notLanded fate = "not landed"
	unclear   fate = "unclear"
)

// patching is a model that changes one line of lines.md after the other, in any
// order. No line is like another. Between two of them is one that is the
// user's: new lines go above it.
type patching struct {
	old, new []string
	order    []int // of the patches
	delay    time.Duration
	done     chan struct{} // closed when all have been told of

	mu    sync.Mutex
	fates []fate // by line; guarded by mu
	next  int    // in order, the patch that is on its way; guarded by mu
	why   string // what the model was told of patches that did not land; guarded by mu
}

// newPatching makes a model that thinks for as long as delay before a patch.
func newPatching(patches int, delay time.Duration) *patching {
	rnd := rand.New(rand.NewPCG(uint64(patches), uint64(delay)))
	p := &patching{order: rnd.Perm(patches), delay: delay, done: make(chan struct{}), fates: slices.Repeat([]fate{pending}, patches)}
	for i := range patches {
		p.old = append(p.old, fmt.Sprintf("agent %03d old %08x", i, rnd.Uint32()))
		p.new = append(p.new, fmt.Sprintf("agent %03d new %08x", i, rnd.Uint32()))
	}
	return p
}

// Turn implements [modeltest.Script].
func (p *patching) Turn(r modeltest.Request) (modeltest.Turn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Turn > 1 {
		p.hear(r.LastOutput())
	}
	if p.next == len(p.order) {
		close(p.done)
		return modeltest.Says(modeltest.Text("All patched.")), nil
	}
	i := p.order[p.next]
	turn := modeltest.Says(modeltest.Custom("apply_patch", fmt.Sprintf(
		"*** Begin Patch\n*** Update File: lines.md\n@@\n-%s\n+%s\n*** End Patch\n", p.old[i], p.new[i])))
	turn.Delay = rand.N(p.delay)
	return turn, nil
}

// hear notes what became of the patch that was on its way. p.mu is held.
func (p *patching) hear(output string) {
	f := notLanded
	switch {
	case strings.HasPrefix(output, "Exit code: 0"):
		f = landed
	case strings.Contains(output, "it is not clear whether the change is in the buffer"):
		f = unclear
	}
	if f != landed {
		p.why += output + "\n"
	}
	p.fates[p.order[p.next]] = f
	p.next++
}

// upcoming is the line of the patch that is on its way, or was the last.
func (p *patching) upcoming() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.order[min(p.next, len(p.order)-1)]
}

// counts are how many patches met each fate.
func (p *patching) counts() map[fate]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := make(map[fate]int)
	for _, f := range p.fates {
		n[f]++
	}
	return n
}

// settle decides what is unclear by what is in the text.
func (p *patching) settle(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, f := range p.fates {
		if f == unclear && strings.Contains(text, p.new[i]) {
			p.fates[i] = landed
		}
	}
}

// userLine is the user's line above the agent's.
func userLine(i int) string { return fmt.Sprintf("user %03d", i) }

// text is lines.md as it should be, with what was typed above the user's lines.
func (p *patching) text(above map[int][]string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	lines := []string{"<!-- codex: patch -->"}
	for i, f := range p.fates {
		lines = append(append(lines, above[i]...), userLine(i))
		if f == landed {
			lines = append(lines, p.new[i])
		} else {
			lines = append(lines, p.old[i])
		}
	}
	return strings.Join(append(lines, "the end", ""), "\n")
}
