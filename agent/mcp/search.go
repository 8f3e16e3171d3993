package mcp

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
)

// Search finds the tools whose names and descriptions fit a query best, the
// best first: by BM25, with names counting more than descriptions.
func Search(tools []Tool, query string, most int) []Tool {
	docs := make([]map[string]float64, len(tools))
	spread := make(map[string]float64) // in how many tools a word is
	total := 0.0
	for i, t := range tools {
		docs[i] = make(map[string]float64)
		for _, w := range words(t.Server + " " + t.Name + " " + t.Title) {
			docs[i][w] += 3
		}
		for _, w := range words(t.Description) {
			docs[i][w]++
		}
		for w, n := range docs[i] {
			spread[w]++
			total += n
		}
	}
	const k, b = 1.2, 0.75 // the usual
	mean := total / max(1, float64(len(tools)))
	scores := make([]float64, len(tools))
	for i, d := range docs {
		size := 0.0
		for _, n := range d {
			size += n
		}
		for _, w := range words(query) {
			if n := d[w]; n > 0 {
				idf := math.Log(1 + (float64(len(tools))-spread[w]+0.5)/(spread[w]+0.5))
				scores[i] += idf * n * (k + 1) / (n + k*(1-b+b*size/mean))
			}
		}
	}
	var found []int
	for i, s := range scores {
		if s > 0 {
			found = append(found, i)
		}
	}
	slices.SortStableFunc(found, func(i, j int) int { return cmp.Compare(scores[j], scores[i]) })
	var best []Tool
	for _, i := range found[:min(len(found), most)] {
		best = append(best, tools[i])
	}
	return best
}

// words are the words of a text, of names in any style too, without the ends
// that make a plural, and without the shortest, which say nothing.
func words(s string) []string {
	var b strings.Builder
	var last rune
	for _, r := range s {
		if unicode.IsUpper(r) && unicode.IsLower(last) {
			b.WriteByte(' ')
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			r = ' '
		}
		b.WriteRune(unicode.ToLower(r))
		last = r
	}
	list := slices.DeleteFunc(strings.Fields(b.String()), func(w string) bool { return len(w) < 3 })
	for i, w := range list {
		if len(w) > 3 {
			list[i] = strings.TrimSuffix(w, "s")
		}
	}
	return list
}
