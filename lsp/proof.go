package lsp

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"codex-lsp/patch"
)

// A finding is what became of the hunks of an edit, as the texts tell. A reply
// is no proof, and neither is one didChange: clients claim edits that they
// dropped, and the user's keys and our edit arrive in one notification.
type finding struct {
	landed, missing, unclear int
	// strayed says that hunks landed in the wrong place; mended is the current
	// text without them, and with what they replaced there.
	strayed bool
	mended  string
}

// all tells whether every hunk is there.
func (f finding) all() bool { return f.missing == 0 && f.unclear == 0 }

// examine finds out what became of an edit from the steps that the client has
// told of since it was sent.
func (a *attempt) examine(steps []step) finding {
	if f, ok := a.recognise(steps); ok {
		return f
	}
	s, goal := a.texts.follow(a.was, steps), normal(a.goal)
	was := s.texts[0]
	hunks := lineEdits(was, goal)
	for _, text := range s.texts[1:] {
		if text == goal || alike(text, goal) && text != was {
			return finding{landed: len(hunks)} // whatever the user typed after that
		}
	}
	if len(s.texts) == 1 {
		return finding{missing: len(hunks)}
	}
	f := weigh(s, goal, hunks, a.server.profile.stale)
	if f.strayed {
		merged, conflicts := patch.Rebase(was, normal(a.clean), f.mended)
		if len(conflicts) > 0 {
			return finding{unclear: len(hunks), strayed: true}
		}
		if f.mended = merged; normal(a.was) != a.was {
			f.mended = strings.ReplaceAll(merged, "\n", "\r\n")
		}
	}
	return f
}

// states are the texts that a document went through since an edit of it was sent,
// and what led from one to the next. They are looked at with every key, so what
// was found out of them is kept.
type states struct {
	texts []string // normal
	steps [][]patch.TextEdit
	taken int // steps of the client's
}

// follow takes in what the client has told of since.
func (s *states) follow(was string, steps []step) *states {
	if s.texts == nil || len(steps) < s.taken {
		*s = states{texts: []string{normal(was)}}
	}
	for _, step := range steps[s.taken:] {
		if text := normal(step.after.String()); text != s.last() {
			s.texts, s.steps = append(s.texts, text), append(s.steps, nil)
		}
	}
	s.taken = len(steps)
	return s
}

func (s *states) last() string { return s.texts[len(s.texts)-1] }

// step is what led from a text to the next, in whole lines.
func (s *states) step(k int) []patch.TextEdit {
	if s.steps[k] == nil {
		s.steps[k] = lineEdits(s.texts[k], s.texts[k+1])
	}
	return s.steps[k]
}

// weigh decides by what is left to explain: the user's typing alone, or more.
//
// If taking hunks out of where they seem to have strayed leaves less than
// taking them for landed, they have strayed. Else a hunk has landed if nothing
// that differs from the goal touches it, and is missing if nothing that
// differs from the old text does.
func weigh(s *states, goal string, hunks []patch.TextEdit, stale bool) finding {
	was, now := s.texts[0], s.last()
	fromGoal, fromWas := lineEdits(goal, now), lineEdits(was, now)
	mended, found := takeOut(s, hunks)
	if found && cost(lineEdits(was, mended)) < cost(fromGoal) {
		return finding{missing: len(hunks), strayed: true, mended: mended}
	}
	if stale {
		if mended, found := bringBack(s, hunks); found {
			return finding{missing: len(hunks), strayed: true, mended: mended}
		}
	}
	var f finding
	shift, line := 0, 0 // by how much earlier hunks move this one: bytes, lines
	for _, h := range hunks {
		after := patch.TextEdit{Start: h.Start + shift, End: h.Start + shift + len(h.New)}
		shift += len(h.New) - (h.End - h.Start)
		at := strings.Count(was[:h.Start], "\n") + line
		line += strings.Count(h.New, "\n") - strings.Count(was[h.Start:h.End], "\n")
		landed, missing := !touched(after, fromGoal), !touched(h, fromWas)
		if !telling(h.New) { // known by its neighbours only
			landed = landed && !touched(withNeighbours(goal, after), fromGoal)
		}
		if landed && missing {
			landed, missing = cost(fromGoal) < cost(fromWas), cost(fromWas) < cost(fromGoal)
		}
		switch {
		case landed:
			f.landed++
		case missing && (!stale || telling(h.New) || !displaced(was, h, at, fromWas)):
			f.missing++
		default:
			f.unclear++
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

// maxSteps bounds the states that are searched, newest first: a minute of fast
// typing. Each costs a comparison of two texts.
const maxSteps = 500

// takeOut undoes in the last of several states of a text what put the text of
// hunks in, wherever that was. A client that makes an edit in a text newer than
// the one it was for puts it elsewhere, over lines that may never have been
// told of by themselves; the state before that step has them.
func takeOut(s *states, hunks []patch.TextEdit) (mended string, found bool) {
	mended = s.last()
	for k := len(s.steps) - 1; k >= max(0, len(s.texts)-maxSteps); k-- {
		after := s.texts[k+1]
		undo := entries(s.texts[0], s.texts[k], hunks, s.step(k))
		if len(undo) == 0 {
			continue
		}
		merged, conflicts := patch.Rebase(after, patch.ApplyEdits(after, undo), mended)
		if len(conflicts) > 0 {
			return "", false
		}
		mended, found = merged, true
	}
	return mended, found
}

// bringBack undoes in the last of several states what an edit that only removes
// lines took elsewhere: there is nothing to know it by but that lines went, as
// many as were meant, at the number that they were sent for, and are others.
func bringBack(s *states, hunks []patch.TextEdit) (mended string, found bool) {
	for k := len(s.steps) - 1; k >= max(0, len(s.texts)-maxSteps); k-- {
		after := s.texts[k+1]
		back := removals(s.texts[0], s.texts[k], hunks, s.step(k))
		if len(back) == 0 || len(back) < len(hunks) {
			continue
		}
		merged, conflicts := patch.Rebase(after, patch.ApplyEdits(after, back), s.last())
		return merged, len(conflicts) == 0
	}
	return "", false
}

// entries finds where the text of hunks went in the step from one text to the
// next, and returns the edits of the latter that take it out. A client makes all
// of an edit in one step, by line numbers: where one of its hunks went astray,
// what it removes was removed at the number that it was sent for.
func entries(was, before string, hunks, step []patch.TextEdit) []patch.TextEdit {
	var undo []patch.TextEdit
	for _, h := range hunks {
		shift := 0
		for _, e := range step {
			lost := before[e.Start:e.End]
			at := strings.Index(e.New, h.New)
			if at >= 0 && telling(h.New) && !strings.Contains(lost, h.New) {
				start := e.Start + shift + at
				undo = append(undo, patch.TextEdit{Start: start, End: start + len(h.New), New: lost})
				break
			}
			shift += len(e.New) - len(lost)
		}
	}
	if len(undo) > 0 {
		undo = append(undo, removals(was, before, hunks, step)...)
	}
	slices.SortStableFunc(undo, func(x, y patch.TextEdit) int { return cmp.Compare(x.Start, y.Start) })
	return slices.CompactFunc(undo, func(it, before patch.TextEdit) bool { return it.Start < before.End })
}

// removals finds the lines that hunks which only remove took, at the numbers
// that they have in the text that the hunks are for, and returns the edits that
// bring them back.
func removals(was, before string, hunks, step []patch.TextEdit) []patch.TextEdit {
	var back []patch.TextEdit
	for _, h := range hunks {
		if h.New != "" {
			continue
		}
		first := strings.Count(was[:h.Start], "\n")
		start := lineStart(before, first)
		end := lineStart(before, first+strings.Count(was[h.Start:h.End], "\n"))
		if start == end || before[start:end] == was[h.Start:h.End] {
			continue // nothing, or what was meant
		}
		shift := 0
		for _, e := range step {
			if e.New == "" && e.Start == start && end == e.End {
				at := e.Start + shift
				back = append(back, patch.TextEdit{Start: at, End: at, New: before[start:end]})
			}
			shift += len(e.New) - (e.End - e.Start)
		}
	}
	return back
}

// lineStart is where the n-th line of a text begins, from 0; its end, if there
// are fewer.
func lineStart(s string, n int) int {
	at := 0
	for ; n > 0 && at < len(s); n-- {
		i := strings.IndexByte(s[at:], '\n')
		if i < 0 {
			return len(s)
		}
		at += i + 1
	}
	return at
}

// displaced tells whether a hunk that cannot be known by its text, a deletion
// most of all, may have gone to the line that it was sent for after the user
// had moved what was there. Then another may be gone in place of its own, or
// the user may have removed that: nobody can tell.
func displaced(was string, h patch.TextEdit, line int, fromWas []patch.TextEdit) bool {
	removed := strings.Count(was[h.Start:h.End], "\n")
	moved := 0
	for _, e := range fromWas {
		first := strings.Count(was[:e.Start], "\n") + moved
		lost, put := strings.Count(was[e.Start:e.End], "\n"), strings.Count(e.New, "\n")
		if removed > 0 && lost >= removed && first <= line && line <= first+put {
			return true
		}
		moved += put - lost
	}
	return false
}

// withNeighbours widens a range by a line on either side.
func withNeighbours(s string, r patch.TextEdit) patch.TextEdit {
	start := strings.LastIndexByte(s[:max(r.Start-1, 0)], '\n') + 1
	end := len(s)
	if i := strings.IndexByte(s[r.End:], '\n'); i >= 0 {
		end = r.End + i + 1
	}
	return patch.TextEdit{Start: start, End: end}
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
		start, end := lineRange(a, raw[0])
		n := 1
		for ; n < len(raw); n++ {
			from, to := lineRange(a, raw[n])
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

// lineRange is the range of whole lines that an edit of s touches.
func lineRange(s string, e patch.TextEdit) (start, end int) {
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
