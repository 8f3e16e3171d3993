package lsp

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent"
	"codex-lsp/agent/journal"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/lsp/lsptest"
)

const twoFiles = `*** Begin Patch
*** Update File: open.txt
@@
-one
+ONE
*** Update File: closed.txt
@@
-two
+TWO
*** End Patch`

// TestUndoTurn: a turn is taken back from a buffer, over what was typed since,
// and from disk, by a server that was not there when it ran; then it is made
// again.
func TestUndoTurn(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.CustomAs("c1", "apply_patch", twoFiles)), modeltest.Says(modeltest.Text("done")))
	home, dir := t.TempDir(), t.TempDir()
	files := map[string]string{"open.txt": "one\nend\n", "closed.txt": "two\n"}
	b := restarted(t, lsptest.VSCode, m, home, dir, files)
	path := b.path("open.txt")
	b.Open(path)
	if err := b.Execute("codex.ask", map[string]any{"prompt": "go", "wait": true}, nil); err != nil {
		t.Fatal(err)
	}
	b.AwaitText(path, "ONE\nend\n")
	b.Save(path)
	b.server.agent.Close()

	b = restarted(t, lsptest.VSCode, m, home, dir, nil)
	b.Open(path)
	b.Type(path, "end", "END")
	if err := b.Execute("codex.resume", nil, nil); err != nil {
		t.Fatal(err)
	}
	var r agent.Reverted
	if err := b.Execute("codex.undoTurn", nil, &r); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range r.Files {
		names = append(names, filepath.Base(f.Path)+" "+f.Kind)
	}
	if diff := cmp.Diff([]string{"closed.txt update", "open.txt update"}, names); diff != "" {
		t.Errorf("put back (-want +got):\n%s", diff)
	}
	b.AwaitText(path, "one\nEND\n")
	if got := b.onDisk("closed.txt"); got != "two\n" {
		t.Errorf("closed.txt holds %q", got)
	}
	if err := b.Execute("codex.redoTurn", map[string]any{"turnId": r.TurnID, "textDocument": map[string]any{"uri": string(uriOf(path))}}, &r); err != nil {
		t.Fatal(err)
	}
	b.AwaitText(path, "ONE\nEND\n")
	if got := b.onDisk("closed.txt"); got != "two\n" || len(r.Files) != 1 {
		t.Errorf("closed.txt holds %q after %+v", got, r)
	}
	err := b.Execute("codex.undoTurn", map[string]any{"turnId": "nonsense"}, nil)
	if err == nil || !strings.Contains(err.Error(), "nothing to undo") {
		t.Errorf("of an unknown turn: %v", err)
	}
}

// TestKilledWhileEditing: the server before was killed between its edit of a
// buffer and that of a file. The buffer, which outlived it, and the disk are
// put back, and the user is told.
func TestKilledWhileEditing(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		home, dir := t.TempDir(), t.TempDir()
		in := func(name string) string { return filepath.Join(dir, name) }
		text := func(s string) *journal.Text { return journal.NewText(s, 0o644) }
		i, err := journal.NewStore(home).Begin("thread", journal.Entry{Call: "c", Files: []journal.File{
			{Path: in("buffer.txt"), Before: text("one\n"), After: text("ONE\n")},
			{Path: in("written.txt"), Before: text("two\n"), After: text("TWO\n")},
			{Path: in("mine.txt"), Before: text("three\n"), After: text("THREE\n")},
		}})
		if err != nil {
			t.Fatal(err)
		}
		i.Abandon()
		b := restarted(t, lsptest.VSCode, modeltest.New(modeltest.Turns{}), home, dir,
			map[string]string{"buffer.txt": "one\n", "written.txt": "TWO\n", "mine.txt": "my own\n"})
		b.OpenText(in("buffer.txt"), "ONE\n")
		time.Sleep(time.Second)
		synctest.Wait()
		if got := b.Text(in("buffer.txt")); got != "one\n" {
			t.Errorf("the buffer holds %q", got)
		}
		for name, want := range map[string]string{"written.txt": "two\n", "mine.txt": "my own\n"} {
			if got, err := os.ReadFile(in(name)); string(got) != want || err != nil {
				t.Errorf("%s holds %q, %v", name, got, err)
			}
		}
		var said []string
		for _, m := range b.Received("window/showMessage") {
			said = append(said, strings.ReplaceAll(string(m.Params), dir, ""))
		}
		want := []string{
			`{"type":2,"message":"codex-lsp was ended in the middle of a change, which is taken back: /buffer.txt, /written.txt"}`,
			`{"type":2,"message":"codex-lsp was ended in the middle of a change: /mine.txt was changed by somebody else since, so it is left as it is"}`,
		}
		slices.Sort(said) // they are told side by side
		slices.Sort(want)
		if diff := cmp.Diff(want, said); diff != "" {
			t.Errorf("said (-want +got):\n%s", diff)
		}
	})
}

// TestUndoMoveInBuffer: a file that a turn moved, and that is open under its new
// name with unsaved text, goes back under its old name with that text.
func TestUndoMoveInBuffer(t *testing.T) {
	const move = "*** Begin Patch\n*** Update File: old.txt\n*** Move to: new.txt\n@@\n-one\n+ONE\n two\n*** End Patch"
	m := modeltest.Serve(t, modeltest.Says(modeltest.CustomAs("c1", "apply_patch", move)), modeltest.Says(modeltest.Text("done")))
	b := restarted(t, lsptest.VSCode, m, t.TempDir(), t.TempDir(), map[string]string{"old.txt": "one\ntwo\nend\n"})
	if err := b.Execute("codex.ask", map[string]any{"prompt": "go", "wait": true}, nil); err != nil {
		t.Fatal(err)
	}
	b.Open(b.path("new.txt"))
	b.Type(b.path("new.txt"), "end", "END")
	var r agent.Reverted
	if err := b.Execute("codex.undoTurn", map[string]any{"textDocument": map[string]any{"uri": string(uriOf(b.path("new.txt")))}}, &r); err != nil {
		t.Fatal(err)
	}
	b.AwaitText(b.path("old.txt"), "one\ntwo\nEND\n")
	if _, err := os.Stat(b.path("new.txt")); !os.IsNotExist(err) || len(r.Files) != 2 {
		t.Errorf("the new name: %v; put back: %+v", err, r.Files)
	}
}

// TestUndoFolders: the folders that a turn made for its files go with them,
// unless they hold something by then; those that were there stay. The turn is
// undone by the action at a line of its.
func TestUndoFolders(t *testing.T) {
	const adds = "*** Begin Patch\n*** Add File: there/new/deep/a.txt\n+one\n*** Add File: new/b.txt\n+two\n*** Add File: mine/c.txt\n+three\n*** Update File: d.txt\n@@\n-four\n+FOUR\n end\n*** End Patch"
	m := modeltest.Serve(t, modeltest.Says(modeltest.CustomAs("c1", "apply_patch", adds)), modeltest.Says(modeltest.Text("done")))
	b := restarted(t, lsptest.VSCode, m, t.TempDir(), t.TempDir(), map[string]string{"d.txt": "four\nend\n"})
	if err := os.Mkdir(b.path("there"), 0o700); err != nil {
		t.Fatal(err)
	}
	path := b.path("d.txt")
	b.Open(path)
	if err := b.Execute("codex.ask", map[string]any{"prompt": "tidy up", "wait": true}, nil); err != nil {
		t.Fatal(err)
	}
	b.AwaitText(path, "FOUR\nend\n")
	if err := os.WriteFile(b.path("mine/own.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	undoes := func(line int) (titles []string) {
		for _, o := range b.offered(path, [2]int{line, 0}, [2]int{line, 0}, `"diagnostics":[],"only":["codex"]`) {
			if strings.Contains(o, "codex.undoTurn") {
				titles = append(titles, o)
			}
		}
		return titles
	}
	if got := undoes(0); len(got) != 1 || !strings.Contains(got[0], "undo the turn “tidy up”") {
		t.Errorf("offered at the turn's line: %q", got)
	}
	if got := undoes(1); got != nil {
		t.Errorf("offered at another line: %q", got)
	}
	if err := b.Execute("codex.undoTurn", nil, nil); err != nil {
		t.Fatal(err)
	}
	b.AwaitText(path, "four\nend\n")
	for name, there := range map[string]bool{"there": true, "there/new": false, "new": false, "mine": true, "mine/c.txt": false} {
		if _, err := os.Stat(b.path(name)); (err == nil) != there {
			t.Errorf("%s: %v", name, err)
		}
	}
}
