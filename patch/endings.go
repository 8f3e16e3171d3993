package patch

import "strings"

// newLine is the k-th added line of an edit with its ending: that of the line
// it stands for, else that of its neighbours.
func (l lines) newLine(e edit, k int) (text, ending string) {
	line := e.added[k]
	if l.staysOpen(e, k) {
		return line.Text, ""
	}
	if text, is := strings.CutSuffix(line.Text, "\r"); is {
		return text, "\r\n" // in a patch with LF ends, so it is meant
	}
	if k < e.len() {
		if ending := l.ending(e.Start + k); ending != "" {
			return line.Text, ending
		}
	}
	return line.Text, l.nearEnding(e)
}

// staysOpen tells whether an added line ends the file without a newline: if
// the patch says so, or if the file was like that and the patch does not speak
// of it. A patch that replaces the whole file by more lines than it had has
// written all of it, and ends it as all lines of a patch end.
func (l lines) staysOpen(e edit, k int) bool {
	if e.End != l.len() || k != len(e.added)-1 || e.added[k].Text == "" {
		return false // an empty line without a newline would be none
	}
	whole := e.Start == 0 && len(e.added) > e.len()
	return e.added[k].NoNewline || l.open() && !e.open && !whole
}

// open tells whether the last line has no ending.
func (l lines) open() bool { return l.len() > 0 && l.ending(l.len()-1) == "" }

func (l lines) ending(i int) string {
	_, ending := cutEnding(l.raw(i))
	return ending
}

// nearEnding is the ending of the lines around an edit, or the usual one if
// they differ.
func (l lines) nearEnding(e edit) string {
	above, below := "", ""
	if e.len() > 0 {
		above = l.ending(e.End - 1)
	} else if e.Start > 0 {
		above = l.ending(e.Start - 1)
	}
	if e.End < l.len() {
		below = l.ending(e.End)
	}
	switch {
	case above == "" && below == "" || above != "" && below != "" && above != below:
		return l.usualEnding()
	case above == "":
		return below
	}
	return above
}

// usualEnding is what most lines end with.
func (l lines) usualEnding() string {
	crlf := strings.Count(l.text, "\r\n")
	if 2*crlf > strings.Count(l.text, "\n") {
		return "\r\n"
	}
	return "\n"
}
