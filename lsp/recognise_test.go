package lsp

import (
	"strings"
	"testing"

	"go.lsp.dev/protocol"
)

// A lineStep is a change of whole lines: those from first to behind, by number.
type lineStep struct {
	first, behind uint32
	with          string
}

func (s lineStep) edit() protocol.TextEdit {
	return protocol.TextEdit{Range: protocol.Range{
		Start: protocol.Position{Line: s.first}, End: protocol.Position{Line: s.behind},
	}, NewText: s.with}
}

// stepsOf are the steps that a client tells of for changes of a text.
func stepsOf(t *text, changes []lineStep) []step {
	var steps []step
	for _, c := range changes {
		e := c.edit()
		after := t.replace(e.Range, e.NewText)
		steps = append(steps, step{before: t, after: after, where: &e.Range, with: e.NewText})
		t = after
	}
	return steps
}

// TestRecognise has an edit and the steps that the client told of since: what
// it is taken for, and what the text is to be without it if it went astray.
func TestRecognise(t *testing.T) {
	const was = "alpha\nbravo\ncharlie\ndelta\necho\n"
	removal := []lineStep{{1, 2, ""}}                          // bravo
	two := []lineStep{{1, 1, "inserted\n"}, {3, 4, "DELTA\n"}} // above bravo, and delta
	tests := []struct {
		name  string
		sent  []lineStep
		steps []lineStep
		want  finding
		known bool
	}{
		{"nothing told", removal, nil, finding{}, false},
		{"only typing", removal, []lineStep{{0, 0, "typed\n"}}, finding{}, false},
		{"in place", removal, []lineStep{{1, 2, ""}, {0, 0, "typed\n"}}, finding{landed: 1}, true},
		{"over a line that was moved there", removal, []lineStep{{0, 0, "typed\n"}, {1, 2, ""}},
			finding{missing: 1, strayed: true, mended: "typed\n" + was}, true},
		{"over a line that the user had just gone on with", removal, []lineStep{{1, 2, "bravo, and\n"}, {1, 2, ""}},
			finding{missing: 1, strayed: true, mended: strings.Replace(was, "bravo", "bravo, and", 1)}, true},
		{"in place, and an undo of the user's by the same number", removal,
			[]lineStep{{1, 2, ""}, {1, 1, "typed\n"}, {1, 2, ""}}, finding{landed: 1}, true},
		{"two removals by the same number, neither an undo", removal,
			[]lineStep{{1, 2, ""}, {1, 2, ""}}, finding{unclear: 1}, true},
		{"both in place, the last first", two, []lineStep{{3, 4, "DELTA\n"}, {1, 1, "inserted\n"}}, finding{landed: 2}, true},
		{"both told as one", two, []lineStep{{1, 4, "inserted\nbravo\ncharlie\nDELTA\n"}}, finding{landed: 2}, true},
		{"both astray, told as one", two,
			[]lineStep{{0, 0, "typed\n"}, {1, 4, "inserted\nalpha\nbravo\nDELTA\n"}, {0, 1, "typed, and\n"}},
			finding{missing: 2, strayed: true, mended: "typed, and\n" + was}, true},
		{"astray, and the user types above what it put there", two,
			[]lineStep{{0, 0, "typed\n"}, {3, 4, "DELTA\n"}, {1, 1, "inserted\n"}, {4, 4, "more\n"}},
			finding{missing: 2, strayed: true, mended: "typed\nalpha\nbravo\nmore\ncharlie\ndelta\necho\n"}, true},
		{"astray, and the user changes what it put there", two,
			[]lineStep{{0, 0, "typed\n"}, {3, 4, "DELTA\n"}, {1, 1, "inserted\n"}, {4, 5, "DELTA, and\n"}},
			finding{unclear: 2, strayed: true}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := &document{text: newText(was, rules{encoding: utf16Units})}
			a := &attempt{doc: doc, was: was, clean: was}
			for _, s := range tt.sent {
				a.edits = append(a.edits, s.edit())
			}
			a.goal = carriedOut(doc.text, a.edits)
			got, known := a.recognise(stepsOf(doc.text, tt.steps))
			if got != tt.want || known != tt.known {
				t.Errorf("got %+v, %v; want %+v, %v", got, known, tt.want, tt.known)
			}
		})
	}
}

// TestRecognisePieces has a client that tells of an edit in pieces, together and
// the last first, and then of a slip of the user's.
func TestRecognisePieces(t *testing.T) {
	doc := &document{text: newText("alpha\nbravo\ncharlie\n", rules{encoding: utf16Units})}
	a := &attempt{doc: doc, edits: []protocol.TextEdit{lineStep{1, 3, "BRAVO\nCHARLIE\n"}.edit()}}
	steps := stepsOf(doc.text, []lineStep{{2, 3, "CHARLIE\n"}, {1, 2, "BRAVO\n"}, {0, 0, "x\n"}, {0, 1, ""}})
	steps[1].joined = true
	for _, n := range []int{2, 3, 4} {
		if got, known := a.recognise(steps[:n]); got != (finding{landed: 1}) || !known {
			t.Errorf("after %d of %d steps: %+v, %v; want it landed", n, len(steps), got, known)
		}
	}
}

// TestExamineHalf has a client in the middle of telling of an edit: an empty line
// is where the last one was, as Neovim tells first of its removal.
func TestExamineHalf(t *testing.T) {
	const was = "alpha\nbravo\ncharlie\n"
	doc := &document{text: newText(was, rules{encoding: utf16Units})}
	a := &attempt{server: &server{negotiated: negotiated{profile: profile{stale: true}}}, doc: doc, was: was, clean: was}
	for _, s := range []lineStep{{0, 1, "ALPHA\n"}, {2, 3, ""}} {
		a.edits = append(a.edits, s.edit())
	}
	a.goal = carriedOut(doc.text, a.edits)
	steps := stepsOf(doc.text, []lineStep{{2, 3, "\n"}, {0, 1, "ALPHA\n"}, {2, 3, ""}})
	for n, want := range []bool{false, false, false, true} {
		if got := a.examine(steps[:n]); got.all() != want {
			t.Errorf("after %d of 3 steps: %+v, all there: want %v", n, got, want)
		}
	}
}
