package agent

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"codex-lsp/agent/journal"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/patch"
)

// A reviewed is one file that an agent and a user change.
type reviewed struct {
	*Thread
	peer *peer
	t    interface {
		Helper()
		Fatal(...any)
	}
	turns int
}

const reviewedPath = "/w/a.txt"

func newReviewed(t testing.TB, a *Agent, text string) *reviewed {
	t.Helper()
	th, err := a.NewThread("/w")
	if err != nil {
		t.Fatal(err)
	}
	r := &reviewed{Thread: th, peer: newPeer(nil), t: t}
	t.Cleanup(th.Attach(r.peer))
	r.peer.files[reviewedPath] = text
	return r
}

func (r *reviewed) text() string { return r.peer.files[reviewedPath] }

// agent makes an edit as a turn of its own does.
func (r *reviewed) agent(old, new string) {
	r.t.Helper()
	r.turns++
	c := patch.Change{Op: patch.Update, Path: reviewedPath, Before: r.text(), After: strings.Replace(r.text(), old, new, 1)}
	if o := r.edit(context.Background(), edit{kind: journal.Edit, turn: fmt.Sprint(r.turns), call: CallID(newID()), changes: []patch.Change{c}}); o.Err != nil {
		r.t.Fatal(o.Err)
	}
}

func (r *reviewed) user(old, new string) {
	r.peer.files[reviewedPath] = strings.Replace(r.text(), old, new, 1)
}

// hunks are the pending ones, as line: -removed +added.
func (r *reviewed) hunks() (shown []string, ids []string) {
	r.t.Helper()
	hunks, err := r.Review(reviewedPath, r.text())
	if err != nil {
		r.t.Fatal(err)
	}
	for _, h := range hunks {
		shown = append(shown, fmt.Sprintf("%d-%d -%q +%q", h.Start, h.End, h.Removed, h.Added))
		ids = append(ids, h.ID)
	}
	return shown, ids
}

// TestReview: marks are where the agent changed something, follow the text, and
// go one by one as they are decided.
func TestReview(t *testing.T) {
	r := newReviewed(t, keeping(t, modeltest.Serve(t), t.TempDir()), "1\n2\n3\n4\n5\n6\n7\n")
	pending := func(what string, want ...string) []string {
		t.Helper()
		got, ids := r.hunks()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
		return ids
	}
	pending("before")
	r.agent("2\n", "two\n")
	r.agent("4\n", "")
	r.agent("6\n", "six\nand a half\n")
	ids := pending("edited", `1-2 -"2\n" +"two\n"`, `3-3 -"4\n" +""`, `4-6 -"6\n" +"six\nand a half\n"`)
	r.user("1\n", "above\n1\n")
	r.user("7\n", "seven\n")
	if after := pending("typed", `2-3 -"2\n" +"two\n"`, `4-4 -"4\n" +""`, `5-7 -"6\n" +"six\nand a half\n"`); cmp.Diff(ids, after) != "" {
		t.Errorf("the ids have changed: %q, %q", ids, after)
	}
	if n, err := r.Accept(t.Context(), reviewedPath, ids[:1]); n != 1 || err != nil {
		t.Errorf("accepted %d, %v", n, err)
	}
	pending("accepted", `4-4 -"4\n" +""`, `5-7 -"6\n" +"six\nand a half\n"`)
	if n, err := r.Reject(t.Context(), reviewedPath, ids[2:]); n != 1 || err != nil {
		t.Errorf("rejected %d, %v", n, err)
	}
	pending("rejected", `4-4 -"4\n" +""`)
	if want := "above\n1\ntwo\n3\n5\n6\nseven\n"; r.text() != want {
		t.Errorf("the text is %q, want %q", r.text(), want)
	}
	if news := r.takeNews(); len(news) != 1 || !strings.Contains(news[0], "-6\n+six\n+and a half\n") {
		t.Errorf("the model reads %q", news)
	}
	if _, err := r.Reject(t.Context(), reviewedPath, ids[:1]); err != errNoHunk {
		t.Errorf("of an accepted one: %v", err)
	}
	r.agent("3\n", "three\n")
	pending("edited beside it", `3-4 -"3\n4\n" +"three\n"`)
	if n, err := r.Accept(t.Context(), reviewedPath, nil); n != 1 || err != nil {
		t.Errorf("accepted %d, %v", n, err)
	}
	pending("all decided")
	if _, err := r.Undo(t.Context(), "1", ""); err != nil || !strings.Contains(r.text(), "\n2\n") {
		t.Errorf("an accepted change is not undone: %v, %q", err, r.text())
	}
}

// TestReviewOfNewFile: a file that the agent made is one hunk, and gone when that
// is rejected.
func TestReviewOfNewFile(t *testing.T) {
	r := newReviewed(t, keeping(t, modeltest.Serve(t), t.TempDir()), "")
	delete(r.peer.files, reviewedPath)
	add := patch.Change{Op: patch.Add, Path: reviewedPath, After: "1\n2\n"}
	if o := r.edit(t.Context(), edit{kind: journal.Edit, turn: "1", call: "c", changes: []patch.Change{add}}); o.Err != nil {
		t.Fatal(o.Err)
	}
	if got, _ := r.hunks(); cmp.Diff([]string{`0-2 -"" +"1\n2\n"`}, got) != "" {
		t.Errorf("hunks: %q", got)
	}
	if n, err := r.Reject(t.Context(), reviewedPath, nil); n != 1 || err != nil {
		t.Errorf("rejected %d, %v", n, err)
	}
	if _, there := r.peer.files[reviewedPath]; there {
		t.Error("the file is still there")
	}
}

// TestReviewRandom: an agent changes even lines and a user odd ones, in any
// order with decisions. What is pending is the agent's alone, a rejected line is
// what it was, an accepted one what it became, and the user's are the user's.
func TestReviewRandom(t *testing.T) {
	const lines = 8
	outer, a := t, keeping(t, modeltest.Serve(t), t.TempDir())
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		was, is := make([]string, lines), make([]string, lines) // of each line: accepted, and now
		for i := range lines {
			was[i] = fmt.Sprintf("line %d\n", i)
			is[i] = was[i]
			text.WriteString(was[i])
		}
		r := newReviewed(outer, a, text.String())
		for n := range rapid.IntRange(1, 12).Draw(t, "steps") {
			i := rapid.IntRange(0, lines-1).Draw(t, "line")
			next := fmt.Sprintf("%d becomes %d\n", i, n)
			switch {
			case i%2 == 1:
				r.user(is[i], next)
				was[i], is[i] = next, next
			case rapid.IntRange(0, 2).Draw(t, "what") > 0:
				r.agent(is[i], next)
				is[i] = next
			default:
				decide(t, r, i/2, was, is)
			}
			check(t, r, was, is)
		}
	})
}

// decide accepts or rejects the pending hunk of an even line, if there is one.
func decide(t *rapid.T, r *reviewed, at int, was, is []string) {
	i := 2 * at
	_, ids := r.hunks()
	if was[i] == is[i] {
		return
	}
	n := 0
	for k := 0; k < i; k += 2 {
		if was[k] != is[k] {
			n++
		}
	}
	var err error
	if rapid.Bool().Draw(t, "accept") {
		_, err = r.Accept(context.Background(), reviewedPath, ids[n:n+1])
		was[i] = is[i]
	} else {
		_, err = r.Reject(context.Background(), reviewedPath, ids[n:n+1])
		is[i] = was[i]
	}
	if err != nil {
		t.Fatal(err)
	}
}

func check(t *rapid.T, r *reviewed, was, is []string) {
	if want := strings.Join(is, ""); r.text() != want {
		t.Fatalf("the text is\n%s\nand should be\n%s", r.text(), want)
	}
	var want []string
	for i := range is {
		if was[i] != is[i] {
			want = append(want, fmt.Sprintf("%d-%d -%q +%q", i, i+1, was[i], is[i]))
		}
	}
	if got, _ := r.hunks(); cmp.Diff(want, got) != "" {
		t.Fatalf("pending (-want +got):\n%s", cmp.Diff(want, got))
	}
}

// Where the user has been in what the agent wrote, each of its changes is looked
// at by itself; and what is accepted stays so.
func TestReviewOverTheUsersHands(t *testing.T) {
	r := newReviewed(t, keeping(t, modeltest.Serve(t), t.TempDir()), "1\n2\n3\n4\n")
	r.agent("2\n", "two\n")
	r.agent("two\n", "zwei\n")
	r.user("zwei\n", "two\n") // takes the second back
	if got, _ := r.hunks(); len(got) != 1 || got[0] != `1-2 -"2\n" +"two\n"` {
		t.Errorf("after the second change was taken back: %q", got)
	}
	for _, key := range []string{"4x\n", "4xy\n"} { // and from there on, key by key
		r.user(r.text()[strings.LastIndex(strings.TrimSuffix(r.text(), "\n"), "\n")+1:], key)
		if got, _ := r.hunks(); len(got) != 1 {
			t.Errorf("at %q: %q", key, got)
		}
	}
	if n, err := r.Reject(t.Context(), reviewedPath, nil); n != 1 || err != nil || r.text() != "1\n2\n3\n4xy\n" {
		t.Errorf("rejected %d, %v: %q", n, err, r.text())
	}

	r = newReviewed(t, keeping(t, modeltest.Serve(t), t.TempDir()), "1\n2\n3\n4\n")
	r.agent("2\n", "2\nX\n")
	r.user("3\n", "") // the line below
	if n, err := r.Accept(t.Context(), reviewedPath, nil); n != 1 || err != nil {
		t.Errorf("accepted %d, %v", n, err)
	}
	if got, _ := r.hunks(); len(got) != 0 {
		t.Errorf("after all was accepted: %q", got)
	}
}

// BenchmarkReview finds 200 changes in a file of 2,000 lines that the user types
// in, and that have not changed since.
func BenchmarkReview(b *testing.B) {
	var text strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&text, "line %d\n", i)
	}
	r := newReviewed(b, keeping(b, modeltest.Serve(b), b.TempDir()), text.String())
	for i := range 200 {
		r.agent(fmt.Sprintf("line %d\n", i*10), fmt.Sprintf("agent %d\n", i))
	}
	find := func(b *testing.B) {
		if hunks, err := r.Review(reviewedPath, r.text()); err != nil || len(hunks) != 200 {
			b.Fatal(len(hunks), err)
		}
	}
	b.Run("typed", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r.user("line 1\n", "x\nline 1\n")
			find(b)
		}
	})
	b.Run("unchanged", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			find(b)
		}
	})
}
