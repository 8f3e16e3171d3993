package patch

import "slices"

// The cost of an alignment counts what does not agree, so that the cheapest is
// the one with the most in common.
const (
	costBlank   = 1  // a blank line too many or too few
	costDepth   = 1  // a line that the file has at another depth
	costDrifted = 10 // a context line that the file has in another wording
	costGone    = 13 // a context line that the file does not have
	costExtra   = 12 // a line of the file that the chunk does not show
	costNever   = 1 << 20
)

// slack is how many lines an alignment may be longer than its chunk, on each
// side.
const slack = 8

// An alignment sets the old lines of a chunk against a part of the file.
type alignment struct {
	fit
	cost    int
	drifted []bool // by old line: the file has it in another wording
	sure    bool   // it removes a line that is nowhere else in the file
	beside  bool   // one of them is right beside additions
}

// An aligner finds the cheapest alignment of one chunk.
type aligner struct {
	lines
	s    *sought
	want []int32 // the numbers of the old lines
	have []int32 // the numbers of the lines of the file
	from int     // the first line of the part that is looked at
	cost [][]int // cost[i][j]: of the first i old lines, up to line from+j
}

// align finds the cheapest alignment that begins near a line of the file.
func (m *matcher) align(s *sought, x *index, want []int32, near int) (alignment, bool) {
	from := max(near-slack, 0)
	to := min(near+len(want)+slack, m.base.len())
	if from >= to {
		return alignment{}, false
	}
	a := aligner{lines: m.base, s: s, want: want, have: x.at[from:to], from: from}
	return a.run()
}

func (a *aligner) run() (alignment, bool) {
	a.cost = make([][]int, len(a.want)+1)
	for i := range a.cost {
		a.cost[i] = make([]int, len(a.have)+1)
		for j := range a.cost[i] {
			a.cost[i][j] = a.cheapest(i, j)
		}
	}
	last := a.cost[len(a.want)]
	end := 0
	for j, c := range last {
		if c < last[end] {
			end = j
		}
	}
	if last[end] >= costNever {
		return alignment{}, false
	}
	return a.trace(end), true
}

// A move is one step of an alignment.
type move int

const (
	begin move = iota
	pair       // an old line and a line of the file
	gone       // an old line alone
	extra      // a line of the file alone
)

func (a *aligner) cheapest(i, j int) int {
	c, _ := a.step(i, j)
	return c
}

// step returns the cheapest way to i old lines and j lines of the file.
func (a *aligner) step(i, j int) (int, move) {
	if i == 0 {
		return 0, begin // it may begin anywhere
	}
	best, how := costNever, gone
	if c := a.cost[i-1][j] + a.goneCost(i-1); c < best {
		best, how = c, gone
	}
	if j == 0 {
		return best, how
	}
	if c := a.cost[i-1][j-1] + a.pairCost(i-1, j-1); c <= best {
		best, how = c, pair
	}
	if c := a.cost[i][j-1] + a.extraCost(i, j-1); c < best {
		best, how = c, extra
	}
	return best, how
}

func (a *aligner) pairCost(i, j int) int {
	line := a.at(a.from + j)
	switch {
	case a.want[i] == a.have[j] && !blank(line) && indentOf(line) != indentOf(a.s.old[i]):
		return costDepth
	case a.want[i] == a.have[j]:
		return 0
	case a.s.kinds[i] == '-' || blank(line) || blank(a.s.old[i]):
		return costNever
	case similar(a.s.old[i], line):
		return costDrifted
	}
	return costNever
}

func (a *aligner) goneCost(i int) int {
	switch {
	case a.s.kinds[i] == '-':
		return costNever
	case blank(a.s.old[i]):
		return costBlank
	}
	return costGone
}

// extraCost is that of a line of the file before the i-th old line. Within
// lines that are removed together there is none, for it would be unseen.
func (a *aligner) extraCost(i, j int) int {
	switch {
	case i == len(a.want):
		return costNever // the end is free: stop before it
	case a.s.kinds[i-1] == '-' && a.s.kinds[i] == '-':
		return costNever
	case blank(a.at(a.from + j)):
		return costBlank
	}
	return costExtra
}

// trace follows the cheapest way back.
func (a *aligner) trace(j int) alignment {
	i := len(a.want)
	out := alignment{cost: a.cost[i][j], drifted: make([]bool, i)}
	out.n, out.level = i, loosely
	out.lines = slices.Repeat([]int{-1}, i)
	for i > 0 {
		switch _, how := a.step(i, j); how {
		case pair:
			i, j = i-1, j-1
			out.lines[i] = a.from + j
			out.drifted[i] = a.want[i] != a.have[j]
		case gone:
			i--
		case extra:
			j--
		}
	}
	out.start = out.anchor()
	return out
}
