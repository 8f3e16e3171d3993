package agent

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"codex-lsp/agent/journal"
	"codex-lsp/agent/model/modeltest"
)

// An unwindTest is what turns did to files, what somebody did since, and what
// an undo makes of it.
type unwindTest struct {
	name  string
	files map[string]string
	turns [][]string        // the patches of each
	typed map[string]string // "gone" takes a file away
	path  string            // the file to take back; "" for all
	after map[string]string // nil: what the undo refuses to change
	err   string
}

const (
	moveSh  = "*** Update File: s.sh\n*** Move to: t.sh\n@@\n-one\n+ONE\n two\n three\n"
	addAndA = "*** Add File: n\n+x\n*** Update File: a\n@@\n-one\n+ONE\n"
	deleteB = "*** Delete File: b\n*** Update File: a\n@@\n-one\n+ONE\n"
)

var sh = map[string]string{"s.sh": "one\ntwo\nthree\n"}

var unwindTests = []unwindTest{
	{name: "a moved file by its new name", files: sh, turns: [][]string{{moveSh}}, path: "t.sh", after: sh},
	{name: "a moved file by its old name", files: sh, turns: [][]string{{moveSh}}, path: "s.sh", after: sh},
	{name: "a file that was moved twice", files: sh, path: "s.sh",
		turns: [][]string{{moveSh, "*** Update File: t.sh\n*** Move to: u.sh\n@@\n-two\n+TWO\n"}},
		typed: map[string]string{"u.sh": "ONE\nTWO\nthree\nmine\n"},
		after: map[string]string{"s.sh": "one\ntwo\nthree\nmine\n"}},
	{name: "a moved file that was edited elsewhere", files: sh, turns: [][]string{{moveSh}},
		typed: map[string]string{"t.sh": "ONE\ntwo\nmine\n"}, after: map[string]string{"s.sh": "one\ntwo\nmine\n"}},
	{name: "a moved file that was edited there", files: sh, turns: [][]string{{moveSh}},
		typed: map[string]string{"t.sh": "uno\ntwo\nthree\n"}, err: "t.sh was changed since, in the same lines (near line 1)"},
	{name: "a moved file that was moved back by hand", files: sh, turns: [][]string{{moveSh}},
		typed: map[string]string{"t.sh": "gone", "s.sh": "one\ntwo\nthree\n"}, after: sh},
	{name: "a moved file that was deleted", files: sh, turns: [][]string{{moveSh}}, typed: map[string]string{"t.sh": "gone"}, after: sh},
	{name: "a moved file that was edited, and is under its old name, too", files: sh, turns: [][]string{{moveSh}},
		typed: map[string]string{"t.sh": "ONE\ntwo\nmine\n", "s.sh": "one\ntwo\nthree\n"}, err: "t.sh was changed since it was made: delete it first"},
	{name: "a file moved over another", files: map[string]string{"s.sh": "one\ntwo\nthree\n", "t.sh": "other\n"}, turns: [][]string{{moveSh}}, path: "s.sh",
		typed: map[string]string{"t.sh": "ONE\ntwo\nmine\n"}, after: map[string]string{"s.sh": "one\ntwo\nmine\n", "t.sh": "other\n"}},
	{name: "files that changed places", files: map[string]string{"a": "A\n1\n2\n", "b": "B\n1\n2\n"},
		turns: [][]string{{"*** Update File: a\n*** Move to: tmp\n@@\n-A\n+A1\n", "*** Update File: b\n*** Move to: a\n@@\n-B\n+B1\n", "*** Update File: tmp\n*** Move to: b\n@@\n-A1\n+A2\n"}},
		typed: map[string]string{"a": "B1\n1\nmine\n"}, after: map[string]string{"a": "A\n1\n2\n", "b": "B\n1\nmine\n"}},

	{name: "the only CRLF was removed", files: map[string]string{"a": "one\r\ntwo\nthree\n"}, turns: [][]string{{"*** Update File: a\n@@\n-one\n two\n"}},
		after: map[string]string{"a": "one\r\ntwo\nthree\n"}},
	{name: "the only CRLF was removed, and others typed elsewhere", files: map[string]string{"a": "one\r\ntwo\nthree\n"}, turns: [][]string{{"*** Update File: a\n@@\n-one\n two\n"}},
		typed: map[string]string{"a": "two\nthree\nmine\n"}, after: map[string]string{"a": "one\r\ntwo\nthree\nmine\n"}},
	{name: "CRLF over LF", files: map[string]string{"a": "one\ntwo\n"}, turns: [][]string{{"*** Add File: a\n+uno\r\n+dos\r\n"}},
		after: map[string]string{"a": "one\ntwo\n"}},
	{name: "LF over a mark and CRLF", files: map[string]string{"a": "\uFEFFone\r\ntwo\r\n"}, turns: [][]string{{"*** Add File: a\n+uno\n+dos\n"}},
		after: map[string]string{"a": "\uFEFFone\r\ntwo\r\n"}},

	{name: "a deleted link", files: map[string]string{"real": "one\n", "ln": "-> real"}, turns: [][]string{{"*** Delete File: ln\n"}},
		after: map[string]string{"real": "one\n", "ln": "-> real"}},
	{name: "a link that was edited through and deleted", files: map[string]string{"d/real": "one\n", "ln": "-> d/real"},
		turns: [][]string{{"*** Update File: ln\n@@\n-one\n+ONE\n", "*** Delete File: ln\n"}},
		after: map[string]string{"d/real": "one\n", "ln": "-> d/real"}},
	{name: "a link that was moved", files: map[string]string{"real": "one\n", "ln": "-> real"}, turns: [][]string{{"*** Update File: ln\n*** Move to: new\n@@\n-one\n+ONE\n"}},
		after: map[string]string{"real": "one\n", "ln": "-> real"}},
	{name: "a file edited through a linked folder, by its real name", files: map[string]string{"real/a": "one\n", "ln": "-> real"},
		turns: [][]string{{"*** Update File: ln/a\n@@\n-one\n+ONE\n"}}, path: "real/a",
		after: map[string]string{"real/a": "one\n", "ln": "-> real"}},
	{name: "a file edited by both of its names", files: map[string]string{"real/a": "one\n", "ln": "-> real"},
		turns: [][]string{{"*** Update File: ln/a\n@@\n-one\n+ONE\n", "*** Update File: real/a\n@@\n-ONE\n+ONCE\n"}},
		after: map[string]string{"real/a": "one\n", "ln": "-> real"}},

	{name: "an added file that was deleted", files: map[string]string{"a": "one\n"}, turns: [][]string{{addAndA}},
		typed: map[string]string{"n": "gone"}, after: map[string]string{"a": "one\n"}},
	{name: "an added file that was edited", files: map[string]string{"a": "one\n"}, turns: [][]string{{addAndA}},
		typed: map[string]string{"n": "x\nmine\n"}, err: "n was changed since it was made: delete it first if you do not want it, or have the other files put back one by one"},
	{name: "another file than the one that was edited", files: map[string]string{"a": "one\n"}, turns: [][]string{{addAndA}}, path: "a",
		typed: map[string]string{"n": "x\nmine\n"}, after: map[string]string{"a": "one\n", "n": "x\nmine\n"}},
	{name: "a deleted file that was restored", files: map[string]string{"a": "one\n", "b": "two\n"}, turns: [][]string{{deleteB}},
		typed: map[string]string{"b": "two\n"}, after: map[string]string{"a": "one\n", "b": "two\n"}},
	{name: "a deleted file that is another now", files: map[string]string{"a": "one\n", "b": "two\n"}, turns: [][]string{{deleteB}},
		typed: map[string]string{"b": "2\n"}, err: "b is there again, and not as it was: move it away first"},
	{name: "an edited file that was deleted", files: map[string]string{"a": "one\n", "b": "two\n"}, turns: [][]string{{deleteB}},
		typed: map[string]string{"a": "gone"}, err: "a is not there any more: bring it back first"},
	{name: "a file that was restored after two edits", files: map[string]string{"a": "one\n"}, turns: [][]string{{"*** Update File: a\n@@\n-one\n+two\n", "*** Update File: a\n@@\n-two\n+three\n"}},
		typed: map[string]string{"a": "one\n"}, after: map[string]string{"a": "one\n"}},
}

// TestUnwind: what turns did is taken back over what was done since, to the
// byte, and made again after; or nothing is changed and the error says why.
func TestUnwind(t *testing.T) {
	for _, tt := range unwindTests {
		t.Run(tt.name, tt.run)
	}
}

func (tt unwindTest) run(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, tt.files)
	th := onDisk(t, dir)
	made := turns(t, th, tt.turns)
	for name, text := range tt.typed {
		path := filepath.Join(dir, name)
		err := os.Remove(path)
		if text != "gone" {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	path := tt.path
	if path != "" {
		path = filepath.Join(dir, path)
	}
	want := tt.after
	if want == nil {
		want = tree(t, dir)
	}
	_, err := th.Undo(t.Context(), "", path)
	if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
		t.Errorf("error %v, want %q", err, tt.err)
	}
	if diff := gocmp.Diff(want, tree(t, dir)); diff != "" {
		t.Errorf("undone (-want +got):\n%s", diff)
	}
	if tt.typed != nil {
		return
	}
	if _, err := th.Redo(t.Context(), "", path); err != nil {
		t.Error(err)
	}
	if diff := gocmp.Diff(made, tree(t, dir)); diff != "" {
		t.Errorf("redone (-want +got):\n%s", diff)
	}
	if _, err := th.Undo(t.Context(), "", path); err != nil {
		t.Error(err)
	}
	if diff := gocmp.Diff(want, tree(t, dir)); diff != "" {
		t.Errorf("undone again (-want +got):\n%s", diff)
	}
}

// onDisk starts a thread about a folder whose files nobody has open.
func onDisk(t *testing.T, dir string) *Thread {
	t.Helper()
	th, err := keeping(t, modeltest.Serve(t), t.TempDir()).NewThread(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(th.AttachHost(diskPeer{newPeer(nil)}))
	return th
}

// turns makes patches as if the model had, and returns what files there are then.
func turns(t *testing.T, th *Thread, patches [][]string) map[string]string {
	t.Helper()
	for i, turnPatches := range patches {
		for _, text := range turnPatches {
			c := &call{turn: &turn{thread: th}}
			_, changes, err := c.plan(t.Context(), "*** Begin Patch\n"+text+"*** End Patch", th.cwd)
			o := th.edit(t.Context(), edit{kind: journal.Edit, turn: string(rune('1' + i)), call: CallID(newID()), changes: changes})
			if err := cmp.Or(err, o.Err); err != nil {
				t.Fatal(err)
			}
		}
	}
	return tree(t, th.cwd)
}

// TestUndoWhatIsUndone: a turn whose file somebody has put back counts as taken
// back, so that the next undo reaches the turn before, and can be made again.
func TestUndoWhatIsUndone(t *testing.T) {
	dir := t.TempDir()
	before := map[string]string{"a": "one\n", "b": "two\n"}
	put(t, dir, before)
	th := onDisk(t, dir)
	made := turns(t, th, [][]string{{"*** Update File: a\n@@\n-one\n+ONE\n"}, {"*** Update File: b\n@@\n-two\n+TWO\n"}})
	put(t, dir, map[string]string{"b": "two\n"})
	var did [][]string
	for _, do := range []func(*Thread) (Reverted, error){
		func(th *Thread) (Reverted, error) { return th.Undo(t.Context(), "", "") },
		func(th *Thread) (Reverted, error) { return th.Undo(t.Context(), "", "") },
		func(th *Thread) (Reverted, error) { return th.Redo(t.Context(), "1", "") },
		func(th *Thread) (Reverted, error) { return th.Redo(t.Context(), "", "") },
	} {
		r, err := do(th)
		if err != nil {
			t.Fatal(err)
		}
		names := []string{r.TurnID}
		for _, f := range r.Files {
			names = append(names, relative(dir, f.Path))
		}
		if did = append(did, names); len(did) == 2 {
			if diff := gocmp.Diff(before, tree(t, dir)); diff != "" {
				t.Errorf("undone (-want +got):\n%s", diff)
			}
		}
	}
	if diff := gocmp.Diff([][]string{{"2"}, {"1", "a"}, {"1", "a"}, {"2", "b"}}, did); diff != "" {
		t.Errorf("turns and files (-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff(made, tree(t, dir)); diff != "" {
		t.Errorf("redone (-want +got):\n%s", diff)
	}
}

// TestUndoByName: whichever name of a moved file is taken back and made again,
// it is under one of them, and keeps its mode.
func TestUndoByName(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, sh)
	if err := os.Chmod(filepath.Join(dir, "s.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	th := onDisk(t, dir)
	made := turns(t, th, [][]string{{moveSh}})
	for i, name := range []string{"t.sh", "s.sh", "s.sh", "t.sh"} {
		do, want := th.Undo, sh
		if i%2 == 1 {
			do, want = th.Redo, made
		}
		r, err := do(t.Context(), "", filepath.Join(dir, name))
		if err != nil || len(r.Files) != 2 {
			t.Fatalf("%+v, %v", r, err)
		}
		if diff := gocmp.Diff(want, tree(t, dir)); diff != "" {
			t.Errorf("%d (-want +got):\n%s", i, diff)
		}
		for name := range want {
			if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o755 {
				t.Errorf("%d: mode of %s: %v, %v", i, name, info, err)
			}
		}
	}
}
