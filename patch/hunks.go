package patch

// Hunks are the places in which two texts differ, in order.
func Hunks(before, after string) []Hunk { return compare(cut(before), cut(after)) }

// Slice is the text of some of its lines.
func (s Span) Slice(text string) string {
	l := cut(text)
	return text[l.start[s.Start]:l.start[s.End]]
}

// Replace puts other text in the place of some lines.
func (s Span) Replace(text, with string) string {
	l := cut(text)
	return text[:l.start[s.Start]] + with + text[l.start[s.End]:]
}
