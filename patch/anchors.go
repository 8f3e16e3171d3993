package patch

import "slices"

// anchorLimit is the size from which a range is worth cutting at anchors; go-diff
// does better on what is small.
const anchorLimit = 1 << 16

// anchors are the lines that occur exactly once in both ranges, the longest
// run of them that stands in the same order in both.
func (c *comparison) anchors(r Hunk) []Hunk {
	if r.Before.len()*r.After.len() < anchorLimit {
		return nil
	}
	type place struct{ inA, inB int } // -1: twice or more
	places := make(map[int32]place, r.Before.len())
	for i := r.Before.Start; i < r.Before.End; i++ {
		p := place{i, -2}
		if _, again := places[c.a[i]]; again {
			p.inA = -1
		}
		places[c.a[i]] = p
	}
	for i := r.After.Start; i < r.After.End; i++ {
		if p, known := places[c.b[i]]; known {
			if p.inB == -2 {
				p.inB = i
			} else {
				p.inB = -1
			}
			places[c.b[i]] = p
		}
	}
	var unique []Hunk
	for i := r.Before.Start; i < r.Before.End; i++ {
		if p := places[c.a[i]]; p.inA == i && p.inB >= 0 {
			unique = append(unique, Hunk{Span{i, i + 1}, Span{p.inB, p.inB + 1}})
		}
	}
	return increasing(unique)
}

// increasing returns the longest subsequence that rises in the second text
// too, found as one lays out a game of patience.
func increasing(all []Hunk) []Hunk {
	var tops []int // tops[k]: the lowest end of a run of k+1
	from := make([]int, len(all))
	for i, h := range all {
		k, _ := slices.BinarySearchFunc(tops, h.After.Start, func(t, start int) int {
			return all[t].After.Start - start
		})
		from[i] = -1
		if k > 0 {
			from[i] = tops[k-1]
		}
		if k == len(tops) {
			tops = append(tops, i)
		} else {
			tops[k] = i
		}
	}
	if len(tops) == 0 {
		return nil
	}
	run := make([]Hunk, len(tops))
	i := tops[len(tops)-1]
	for k := len(run) - 1; k >= 0; k-- {
		run[k] = all[i]
		i = from[i]
	}
	return run
}
