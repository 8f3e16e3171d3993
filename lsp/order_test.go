package lsp

import (
	"testing"

	"codex-lsp/agent"
)

func TestDefaultThreadIsThatOfTheMessagesArrival(t *testing.T) {
	first, second, third := &agent.Thread{}, &agent.Thread{}, &agent.Thread{}
	var ds defaults
	ds = ds.with(5, second) // its handler was quicker
	ds = ds.with(2, first)
	ds = ds.with(9, third)
	for _, c := range []struct {
		arrival uint64
		want    *agent.Thread
	}{{1, nil}, {2, first}, {4, first}, {5, second}, {8, second}, {9, third}, {100, third}} {
		if got := ds.at(c.arrival); got != c.want {
			t.Errorf("message %d: got %p, want %p", c.arrival, got, c.want)
		}
	}
}
