package lsp

import (
	"strings"
	"unicode"

	"codex-lsp/patch"
)

// A finding is what became of the hunks of an edit, as the texts tell. A reply
// is no proof, and neither is one didChange: clients claim edits that they
// dropped, and the user's keys and our edit arrive in one notification.
type finding struct {
	landed, missing, unclear int
	// stray are edits of the current text that take back hunks which landed
	// in the wrong place, and bring back what they replaced there.
	stray []patch.TextEdit
}

// all tells whether every hunk is there.
func (f finding) all() bool { return f.missing == 0 && f.unclear == 0 }

// examine compares three texts: what the document held when the edit was sent,
// what it should hold, and what it holds now, with the states in between.
func examine(was, goal, now string, between []*text) finding {
	was, goal, now = normal(was), normal(goal), normal(now)
	hunks := lineEdits(was, goal)
	switch {
	case now == goal:
		return finding{landed: len(hunks)}
	case now == was:
		return finding{missing: len(hunks)}
	case alike(now, goal):
		return finding{landed: len(hunks)}
	}
	for _, state := range between {
		// After this state the user may have typed into the very lines.
		if state.size >= len(goal) && alike(normal(state.String()), goal) {
			return finding{landed: len(hunks)}
		}
	}
	return weigh(was, goal, now, hunks)
}

// weigh decides for each hunk by what separates the current text from the
// other two: it has landed if nothing that differs from the goal touches it,
// and is missing if nothing that differs from the old text does.
func weigh(was, goal, now string, hunks []patch.TextEdit) finding {
	var f finding
	fromGoal, fromWas := lineEdits(goal, now), lineEdits(was, now)
	shift := 0
	for _, h := range hunks {
		after := patch.TextEdit{Start: h.Start + shift, End: h.Start + shift + len(h.New)}
		shift += len(h.New) - (h.End - h.Start)
		landed, missing := !touched(after, fromGoal), !touched(h, fromWas)
		if landed && missing { // the less is left to explain, the truer
			landed, missing = cost(fromGoal) < cost(fromWas), cost(fromWas) < cost(fromGoal)
		}
		switch {
		case landed:
			f.landed++
			continue
		case missing:
			f.missing++
		default:
			f.unclear++
		}
		if e, ok := strayed(was, h, fromWas); ok {
			f.stray = append(f.stray, e)
		}
	}
	return f
}

// touched tells whether an edit changes anything within a range, or at it if
// it is empty.
func touched(r patch.TextEdit, edits []patch.TextEdit) bool {
	for _, e := range edits {
		if r.Start == r.End && e.Start <= r.Start && r.Start <= e.End {
			return true
		}
		if e.Start < r.End && r.Start < e.End {
			return true
		}
	}
	return false
}

// cost is how much text edits take out and put in.
func cost(edits []patch.TextEdit) int {
	n := 0
	for _, e := range edits {
		n += e.End - e.Start + len(e.New)
	}
	return n
}

// strayed looks for the text of a hunk in what was put in elsewhere: the mark
// of a client that made the edit in a text newer than the one it was for. It
// returns the edit of the current text that mends this.
func strayed(was string, h patch.TextEdit, fromWas []patch.TextEdit) (patch.TextEdit, bool) {
	if !telling(h.New) {
		return patch.TextEdit{}, false
	}
	shift := 0
	for _, e := range fromWas {
		lost := was[e.Start:e.End]
		if at := strings.Index(e.New, h.New); at >= 0 && !strings.Contains(lost, h.New) {
			start := e.Start + shift + at
			return patch.TextEdit{Start: start, End: start + len(h.New), New: lost}, true
		}
		shift += len(e.New) - len(lost)
	}
	return patch.TextEdit{}, false
}

// telling says whether a text is long enough to be known by: a lone brace may
// well be the user's own.
func telling(s string) bool {
	const enough = 4
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n >= enough
}

// alike compares texts as editors keep them: some always end the last line.
func alike(a, b string) bool {
	return strings.TrimSuffix(a, "\n") == strings.TrimSuffix(b, "\n")
}

// normal writes every line ending as '\n': an editor gives inserted text the
// endings of the document.
func normal(s string) string {
	if strings.Contains(s, "\r\n") {
		return strings.ReplaceAll(s, "\r\n", "\n")
	}
	return s
}

// lineEdits are the edits from a to b, each of whole lines, no two of the same
// line.
func lineEdits(a, b string) []patch.TextEdit {
	var out []patch.TextEdit
	for raw := patch.Edits(a, b); len(raw) > 0; {
		start, end := lines(a, raw[0])
		n := 1
		for ; n < len(raw); n++ {
			from, to := lines(a, raw[n])
			if from >= end {
				break
			}
			end = max(end, to)
		}
		inner := make([]patch.TextEdit, n)
		for i, e := range raw[:n] {
			inner[i] = patch.TextEdit{Start: e.Start - start, End: e.End - start, New: e.New}
		}
		out = append(out, patch.TextEdit{Start: start, End: end, New: patch.ApplyEdits(a[start:end], inner)})
		raw = raw[n:]
	}
	return out
}

// lines is the range of whole lines that an edit of s touches.
func lines(s string, e patch.TextEdit) (start, end int) {
	start = strings.LastIndexByte(s[:e.Start], '\n') + 1
	whole := start == e.Start && (e.End == start || s[e.End-1] == '\n') &&
		(e.New == "" || strings.HasSuffix(e.New, "\n"))
	if whole {
		return start, e.End
	}
	if i := strings.IndexByte(s[e.End:], '\n'); i >= 0 {
		return start, e.End + i + 1
	}
	return start, len(s)
}
