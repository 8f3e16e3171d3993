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
func likeness(a, b string) int { return newPairs(a).likeness(b) }

// pairs are the pairs of neighbouring bytes of one line, which others are held
// against.
type pairs struct {
	count [1 << 10]int32
	bytes int // of the line
}

func newPairs(line string) *pairs {
	p := &pairs{bytes: len(line)}
	for i := range len(line) - 1 {
		p.count[bucket(line, i)]++
	}
	return p
}

func bucket(s string, i int) int { return (int(s[i])*33 + int(s[i+1])) % (1 << 10) }

func (p *pairs) likeness(line string) int {
	if p.bytes < 2 || len(line) < 2 {
		return 0
	}
	shared := 0
	for i := range len(line) - 1 {
		k := bucket(line, i)
		if p.count[k] > 0 {
			shared++
		}
		p.count[k]--
	}
	for i := range len(line) - 1 {
		p.count[bucket(line, i)]++
	}
	return 200 * shared / (p.bytes + len(line) - 2)
}

// limit is how like a line of some length can be at most.
func (p *pairs) limit(bytes int) int {
	return 200 * min(p.bytes-1, bytes-1) / max(p.bytes+bytes-2, 1)
}
