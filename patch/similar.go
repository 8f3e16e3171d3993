package patch

import "strings"

// similar tells whether two lines are so alike that one may be what became of
// the other: most of their letters stand in the same pairs, or one is the
// other with something added at an end.
func similar(a, b string) bool {
	a, b = loose(a), loose(b)
	if len(a) > len(b) {
		a, b = b, a
	}
	if a == "" {
		return false
	}
	if strings.HasPrefix(b, a) || strings.HasSuffix(b, a) {
		return true
	}
	const most = 60 // percent
	return likeness(a, b) >= most
}

// likeness is how many of the pairs of neighbouring bytes two lines share, in
// percent (Dice's coefficient).
func likeness(a, b string) int {
	if len(a) < 2 || len(b) < 2 {
		return 0
	}
	pairs := make(map[[2]byte]int, len(a))
	for i := range len(a) - 1 {
		pairs[[2]byte{a[i], a[i+1]}]++
	}
	shared := 0
	for i := range len(b) - 1 {
		if p := [2]byte{b[i], b[i+1]}; pairs[p] > 0 {
			pairs[p]--
			shared++
		}
	}
	return 200 * shared / (len(a) + len(b) - 2)
}
