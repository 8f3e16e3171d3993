package patch

import "iter"

// An index finds sequences of lines in the rows of a file: all its lines, or
// those that are not blank. It knows only the lines that occur in the patterns
// it is made for, so that a file is read once, whatever the number of hunks.
type index struct {
	numbers map[string]int32 // of the lines in patterns, from 1
	at      []int32          // the number of each row; 0: in no pattern
	count   []int            // by number, how many rows have it
	head    []int32          // by number, the first of them; like next it counts from 1, and 0 is none
	next    []int32          // by row, the next of the same number
}

// fewPlaces is up to how many occurrences of a line are tried one by one. A
// line that is more frequent is searched for by KMP, which stays linear.
const fewPlaces = 64

func newIndex(r rows, v level, patterns [][]string) *index {
	size := 0
	for _, p := range patterns {
		size += len(p)
	}
	x := &index{numbers: make(map[string]int32, size)}
	var seen sieve
	for _, p := range patterns {
		for _, line := range p {
			if _, known := x.numbers[line]; !known {
				x.numbers[line] = int32(len(x.numbers) + 1)
				seen.add(glanceOf(line))
			}
		}
	}
	if len(x.numbers) == 0 {
		return x // nothing is looked for
	}
	x.at = make([]int32, r.len())
	x.next = make([]int32, r.len())
	x.count = make([]int, len(x.numbers)+1)
	x.head = make([]int32, len(x.numbers)+1)
	tail := make([]int32, len(x.numbers)+1)
	glances := r.glances(v)
	last, n := "", x.numbers[""] // a line that repeats is looked up once
	for i := range x.at {
		k := r.line(i)
		if !seen.has(glances[k]) {
			continue
		}
		if line := r.lines.at(k); line != last {
			last, n = line, x.numbers[v.of(line)]
		}
		if n == 0 {
			continue
		}
		x.at[i] = n
		if x.count[n]++; x.count[n] == 1 {
			x.head[n] = int32(i + 1)
		} else {
			x.next[tail[n]-1] = int32(i + 1)
		}
		tail[n] = int32(i + 1)
	}
	return x
}

// rowsOf are the rows of a number, up to fewPlaces.
func (x *index) rowsOf(n int32) iter.Seq[int] {
	return func(yield func(int) bool) {
		if n == 0 {
			return
		}
		row := x.head[n]
		for i := 0; i < fewPlaces && row > 0 && yield(int(row-1)); i++ {
			row = x.next[row-1]
		}
	}
}

// rows are the lines of a file that are searched.
type rows struct {
	lines
	only []int32 // nil: all of them
}

func (r rows) len() int {
	if r.only == nil {
		return r.lines.len()
	}
	return len(r.only)
}

// line is the number that a row has in the file.
func (r rows) line(i int) int {
	if r.only == nil {
		return i
	}
	return int(r.only[i])
}

// solid are the lines that are not blank.
func (l lines) solid() rows {
	r := rows{l, make([]int32, 0, l.len())}
	for i := range l.len() {
		if !blank(l.at(i)) {
			r.only = append(r.only, int32(i))
		}
	}
	return r
}

// A sieve tells most lines that are in no pattern by a glance at each.
type sieve [1 << 10]uint64

func (s *sieve) add(g glance)      { s[g>>6] |= 1 << (g & 63) }
func (s *sieve) has(g glance) bool { return s[g>>6]&(1<<(g&63)) != 0 }

// places returns the rows at which a pattern begins.
func (x *index) places(pattern []string) []int {
	p := make([]int32, len(pattern))
	rarest := 0
	for i, line := range pattern {
		p[i] = x.numbers[line]
		if x.count[p[i]] < x.count[p[rarest]] {
			rarest = i
		}
	}
	if x.count[p[rarest]] > fewPlaces {
		return x.kmp(p)
	}
	var found []int
	for i := range x.rowsOf(p[rarest]) {
		if start := i - rarest; x.fits(p, start) {
			found = append(found, start)
		}
	}
	return found
}

// single tells whether a line of a pattern that is not blank is in one row only.
func (x *index) single(pattern []string) bool {
	for _, line := range pattern {
		if line != "" && x.count[x.numbers[line]] == 1 {
			return true
		}
	}
	return false
}

func (x *index) fits(p []int32, start int) bool {
	if start < 0 || start+len(p) > len(x.at) {
		return false
	}
	for i, n := range p {
		if x.at[start+i] != n {
			return false
		}
	}
	return true
}

// kmp is the search of Knuth, Morris and Pratt.
func (x *index) kmp(p []int32) []int {
	back := make([]int, len(p)) // the longest proper prefix that ends here
	for i, k := 1, 0; i < len(p); i++ {
		for k > 0 && p[i] != p[k] {
			k = back[k-1]
		}
		if p[i] == p[k] {
			k++
		}
		back[i] = k
	}
	var found []int
	for i, k := 0, 0; i < len(x.at); i++ {
		for k > 0 && (k == len(p) || x.at[i] != p[k]) {
			k = back[k-1]
		}
		if x.at[i] == p[k] {
			k++
		}
		if k == len(p) {
			found = append(found, i-len(p)+1)
		}
	}
	return found
}
