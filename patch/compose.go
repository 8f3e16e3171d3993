package patch

// compose joins two changes of one text, the second made on the result of the
// first, to one. Hunks that touch become one.
func compose(first, second []Hunk) []Hunk {
	out := make([]Hunk, 0, len(first)+len(second))
	before, after := 0, 0 // how many lines first and second have added so far
	for len(first) > 0 || len(second) > 0 {
		var mid Span // of the group, in the text between
		if len(second) == 0 || len(first) > 0 && first[0].After.Start <= second[0].Before.Start {
			mid = first[0].After
			mid.End = mid.Start
		} else {
			mid = second[0].Before
			mid.End = mid.Start
		}
		h := Hunk{Span{Start: mid.Start - before}, Span{Start: mid.Start + after}}
		for {
			switch {
			case len(first) > 0 && first[0].After.Start <= mid.End:
				mid.End = max(mid.End, first[0].After.End)
				before += first[0].After.len() - first[0].Before.len()
				first = first[1:]
				continue
			case len(second) > 0 && second[0].Before.Start <= mid.End:
				mid.End = max(mid.End, second[0].Before.End)
				after += second[0].After.len() - second[0].Before.len()
				second = second[1:]
				continue
			}
			break
		}
		h.Before.End, h.After.End = mid.End-before, mid.End+after
		out = append(out, h)
	}
	return out
}
