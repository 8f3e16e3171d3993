package main

// likeness is how much two names must be alike for one to be taken for a
// misspelling of the other. At this, "sevre" is serve and "order" is nothing.
const likeness = 0.4

// nearest is the known name that a misspelt one must have meant, "" if none is
// like it.
func nearest(name string, known []string) string {
	best, most := "", likeness
	for _, k := range known {
		if a := alike(pairs(name), pairs(k)); a >= most {
			best, most = k, a
		}
	}
	return best
}

// pairs are the letters of a word two by two, neighbours and those with one
// letter between: what is left of them after a slip tells the word.
func pairs(word string) map[[2]byte]bool {
	set := make(map[[2]byte]bool)
	for i := range len(word) {
		for j := i + 1; j < min(i+3, len(word)); j++ {
			set[[2]byte{word[i], word[j]}] = true
		}
	}
	return set
}

// alike is the share of two sets that is in both, from 0 to 1.
func alike(a, b map[[2]byte]bool) float64 {
	both := 0
	for p := range a {
		if b[p] {
			both++
		}
	}
	return 2 * float64(both) / float64(max(len(a)+len(b), 1))
}
