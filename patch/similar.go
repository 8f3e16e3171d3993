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
// percent (Dice's coefficient). Pairs that fall into one bucket are not told
// apart.
func likeness(a, b string) int {
	if len(a) < 2 || len(b) < 2 {
		return 0
	}
	const buckets = 1 << 10
	var count [buckets]int32
	bucket := func(s string, i int) int { return (int(s[i])*33 + int(s[i+1])) % buckets }
	for i := range len(a) - 1 {
		count[bucket(a, i)]++
	}
	shared := 0
	for i := range len(b) - 1 {
		if k := bucket(b, i); count[k] > 0 {
			count[k]--
			shared++
		}
	}
	return 200 * shared / (len(a) + len(b) - 2)
}
