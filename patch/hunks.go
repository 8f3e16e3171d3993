package patch

// Hunks are the places in which two texts differ, in order.
func Hunks(before, after string) []Hunk { return compare(cut(before), cut(after)) }

// Slice is the text of some of its lines.
func (s Span) Slice(text string) string { return cut(text).slice(s) }

func (l lines) slice(s Span) string { return l.text[l.start[s.Start]:l.start[s.End]] }

// Sides are the texts of hunks, before and after.
func Sides(hunks []Hunk, before, after string) (removed, added []string) {
	b, a := cut(before), cut(after)
	for _, h := range hunks {
		removed = append(removed, b.slice(h.Before))
		added = append(added, a.slice(h.After))
	}
	return removed, added
}

// Replace puts other text in the place of some lines.
func (s Span) Replace(text, with string) string {
	l := cut(text)
	return text[:l.start[s.Start]] + with + text[l.start[s.End]:]
}
