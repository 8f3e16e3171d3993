package rollout

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// TestBackwards: whole lines are visited from the last to the first, wherever
// the borders of chunks are; what is torn is not.
func TestBackwards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 5), rapid.IntRange(0, 5), rapid.IntRange(firstTail-5, firstTail+5), rapid.IntRange(tailChunk-5, tailChunk+5)), 0, 5).Draw(t, "sizes")
		var text strings.Builder
		var want []string
		for i, n := range sizes {
			line := fmt.Sprint(i) + strings.Repeat("x", n)
			want = append([]string{line[:min(len(line)+1, headSize, len(line))]}, want...)
			text.WriteString(line + "\n")
		}
		text.WriteString(rapid.SampledFrom([]string{"", "torn"}).Draw(t, "rest"))
		var got []string
		whole := text.String()
		err := backwards(strings.NewReader(whole), int64(len(whole)), func(start, end int64, head []byte) bool {
			line := strings.TrimSuffix(whole[start:end], "\n")
			if !strings.HasPrefix(whole[start:], string(head)) {
				t.Fatalf("at %d the head is %q", start, head)
			}
			got = append(got, line[:min(len(line), headSize)])
			return true
		})
		for i := range want {
			want[i] = want[i][:min(len(want[i]), headSize)]
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Fatalf("%v (-want +got):\n%s", err, diff)
		}
	})
}

// TestResumeFrom: a thread goes on as if all of it had been read, whatever was
// not.
func TestResumeFrom(t *testing.T) {
	path := rolloutOf(t)
	rapid.Check(t, func(t *rapid.T) {
		write := longThread(t)
		if err := os.WriteFile(path, []byte(write), 0o600); err != nil {
			t.Fatal(err)
		}
		whole, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		part, err := read(path, int64(len(write)), true)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(part.Said); n < min(len(whole.Said), pagePrompts) {
			t.Fatalf("%d of %d messages are there to be seen", n, len(whole.Said))
		}
		earlier, err := part.Earlier()
		if err != nil {
			t.Fatal(err)
		}
		if earlier != nil {
			part.Said = append(earlier.Said, part.Said...)
		}
		before, err := whole.Replaced()
		again, bad := part.Replaced()
		if diff := cmp.Diff(texts(before), texts(again), cmpopts.EquateEmpty()); diff != "" || err != nil || bad != nil {
			t.Fatalf("what the compaction replaced: %v, %v (-whole +part):\n%s", err, bad, diff)
		}
		if told(whole) == told(part) { // a comparison field by field takes long
			return
		}
		ignore := cmpopts.IgnoreFields(Record{}, "Broken", "from", "split", "before", "at", "marks")
		if diff := cmp.Diff(whole, part, cmp.AllowUnexported(Record{}), ignore, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("from byte %d (-whole +part):\n%s", part.from, diff)
		}
	})
}

// told is all that a record tells.
func told(r *Record) string {
	return fmt.Sprintln(r.Meta, r.Cwd, r.Said, r.Fresh, r.Edits, r.Usage, r.Open, r.Newer, r.size, r.summary, r.marking, r.marked) + strings.Join(texts(r.History), "\n")
}

// longThread is the text of a thread with compactions here and there.
func longThread(t *rapid.T) string {
	var b strings.Builder
	b.WriteString(`{"type":"session_meta","payload":{"id":"i","cwd":"/w"}}` + "\n")
	turns := rapid.SampledFrom([]int{3, 3, 3, 3, 3, 3, 3, 3, 3, 120}).Draw(t, "turns")
	for i := range turns {
		fmt.Fprintf(&b, `{"type":"event_msg","payload":{"type":"task_started","turn_id":"t%d"}}`+"\n"+`{"type":"turn_context","payload":{"turn_id":"t%[1]d","cwd":"/w%[1]d","marks_calls":true}}`+"\n", i)
		fmt.Fprintf(&b, user+"\n", fmt.Sprint("p", i, strings.Repeat(" x", rapid.SampledFrom([]int{0, 0, 0, 3_000}).Draw(t, "size"))))
		switch rapid.IntRange(0, 20).Draw(t, "what") {
		case 0:
			fmt.Fprintf(&b, `{"type":"compacted","payload":{"message":"S%d","replacement_history":[{"n":%[1]d}]}}`+"\n", i)
		case 1:
			fmt.Fprintf(&b, `{"type":"compacted","payload":{"message":"S%d"}}`+"\n", i)
		case 2:
			fmt.Fprintf(&b, `{"type":"compacted","payload":{"message":"","replacement_history":[{"n":%d}]}}`+"\n", i)
		case 3:
			b.WriteString(`{"type":"compacted","payload":{"mess` + "\n")
		}
		fmt.Fprintf(&b, model+"\n", fmt.Sprint("a", i))
		fmt.Fprintf(&b, `{"type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"total_tokens":%d}}}}`+"\n", i)
		if i < turns-1 {
			fmt.Fprintf(&b, `{"type":"event_msg","payload":{"type":"task_complete","turn_id":"t%d"}}`+"\n", i)
		}
	}
	raw, _ := json.Marshal(strings.Repeat("y", 10)) // a line that was cut off
	b.Write(raw)
	return b.String()
}
