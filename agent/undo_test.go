package agent

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"codex-lsp/agent/journal"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/agent/rollout"
	"codex-lsp/patch"
)

const manyFiles = `*** Begin Patch
*** Update File: a.txt
@@
-one
+ONE
 two
*** Delete File: b.txt
*** Add File: c.txt
+new
*** Update File: d.txt
*** Move to: e.txt
@@
-four
+FOUR
*** End Patch`

// keeping starts an agent that keeps threads and their changes in home.
func keeping(t testing.TB, m *modeltest.Server, home string) *Agent {
	t.Helper()
	a := newTestAgent(t, m, rollout.NewStore(home), nil)
	a.journals = journal.NewStore(home)
	return a
}

// under are the files of a peer below a folder, by their names there.
func (p *peer) under(dir string) map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	files := make(map[string]string)
	for path, text := range p.files {
		files[relative(dir, path)] = text
	}
	return files
}

func (p *peer) hold(dir string, files map[string]string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, text := range files {
		p.files[filepath.Join(dir, name)] = text
	}
}

// TestUndo: a turn's changes to files of all kinds are taken back and made
// again, in the process that made them and in a later one, over what was typed
// since, and the model hears of it.
func TestUndo(t *testing.T) {
	home, dir := t.TempDir(), t.TempDir()
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.CustomAs("c1", "apply_patch", manyFiles)), modeltest.Says(modeltest.Text("done")),
		modeltest.Says(modeltest.Text("I see")))
	a := keeping(t, m, home)
	th, err := a.NewThread(dir)
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(always(Approved))
	leave := th.Attach(p)
	before := map[string]string{"a.txt": "one\ntwo\n", "b.txt": "bee\n", "d.txt": "four\nfive\n"}
	after := map[string]string{"a.txt": "ONE\ntwo\n", "c.txt": "new\n", "e.txt": "FOUR\nfive\n"}
	is := func(what string, want map[string]string) {
		t.Helper()
		if diff := cmp.Diff(want, p.under(dir)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	p.hold(dir, before)
	turn := askAndWait(t, th, "go")
	is("after the turn", after)

	r, err := th.Undo(t.Context(), "", "")
	if err != nil || len(r.Files) != 5 || len(turn.Files) != 5 {
		t.Fatalf("undone: %+v, %v; the turn changed %v", r, err, turn.Files)
	}
	is("undone", before)
	if _, err := th.Undo(t.Context(), "", ""); err != errNothingToUndo {
		t.Errorf("undone twice: %v", err)
	}
	if _, err := th.Redo(t.Context(), r.TurnID, ""); err != nil {
		t.Fatal(err)
	}
	is("redone", after)
	if _, err := th.Redo(t.Context(), "", ""); err != errNothingToRedo {
		t.Errorf("redone twice: %v", err)
	}
	leave()
	a.Close()

	th, err = keeping(t, m, home).Resume(th.ID(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer th.Attach(p)()
	p.hold(dir, map[string]string{"a.txt": "typed\nONE\ntwo\n"})
	if r, err = th.Undo(t.Context(), "", filepath.Join(dir, "a.txt")); err != nil || len(r.Files) != 1 {
		t.Fatalf("one file: %+v, %v", r, err)
	}
	is("one file", map[string]string{"a.txt": "typed\none\ntwo\n", "c.txt": "new\n", "e.txt": "FOUR\nfive\n"})
	askAndWait(t, th, "well?")
	if last := m.Requests()[2]; !last.Says("The user took back changes that you had made, in a.txt:") {
		t.Errorf("the model reads %s", last.Body)
	}
}

// TestUndoConflict: what was changed since in the same place is left, and so is
// all else.
func TestUndoConflict(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.CustomAs("c1", "apply_patch", manyFiles)), modeltest.Says(modeltest.Text("done")))
	dir := t.TempDir()
	th, err := keeping(t, m, t.TempDir()).NewThread(dir)
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(always(Approved))
	defer th.Attach(p)()
	p.hold(dir, map[string]string{"a.txt": "one\ntwo\n", "b.txt": "bee\n", "d.txt": "four\nfive\n"})
	askAndWait(t, th, "go")
	p.hold(dir, map[string]string{"a.txt": "Uno\ntwo\n", "b.txt": "mine\n", "c.txt": "new and mine\n", "e.txt": "my own\nFOUR\nfive\n"})
	typed := p.under(dir)
	_, err = th.Undo(t.Context(), "", "")
	if err == nil {
		t.Fatal("undone over changes in the same place")
	}
	for _, want := range []string{
		"nothing was changed", "a.txt was changed since, in the same lines (near line 1)",
		"b.txt is there again", "c.txt was changed since it was made",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
	if diff := cmp.Diff(typed, p.under(dir)); diff != "" {
		t.Errorf("files (-before +after):\n%s", diff)
	}
}

// TestUndoWhileRunning: files are put back between turns only.
func TestUndoWhileRunning(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("w"), modeltest.Stall()))
	th, err := keeping(t, m, t.TempDir()).NewThread(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(nil)
	defer th.Attach(p)()
	id, err := th.Ask(Input{Text: "go"})
	if err != nil {
		t.Fatal(err)
	}
	wait[MessageDelta](t, p)
	if _, err := th.Undo(t.Context(), "", ""); err != errBusy {
		t.Errorf("while it runs: %v", err)
	}
	th.Interrupt()
	if _, err := th.Wait(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := th.Undo(t.Context(), "", ""); err != errNothingToUndo {
		t.Errorf("after its end: %v", err)
	}
}

// TestUndoRandom: whatever turns did to files, taking them back one after the
// other leads through the same states, and making them again leads forward
// through them.
func TestUndoRandom(t *testing.T) {
	home := t.TempDir()
	m := modeltest.Serve(t)
	a := keeping(t, m, home)
	rapid.Check(t, func(t *rapid.T) {
		th, err := a.NewThread("/w")
		if err != nil {
			t.Fatal(err)
		}
		p := newPeer(nil)
		defer th.Attach(p)()
		states := []map[string]string{p.under("/w")}
		for turn := range rapid.IntRange(1, 4).Draw(t, "turns") {
			for range rapid.IntRange(1, 3).Draw(t, "calls") {
				changes := randomChanges(t, p.under("/w"))
				if o := th.edit(t.Context(), edit{kind: journal.Edit, turn: string(rune('a' + turn)), call: CallID(newID()), changes: changes}); o.Err != nil {
					t.Fatal(o.Err)
				}
			}
			states = append(states, p.under("/w"))
		}
		check := func(what string, i int, _ Reverted, err error) {
			if err != nil && err != errNothingToUndo && err != errNothingToRedo {
				t.Fatalf("%s: %v", what, err)
			}
			if diff := cmp.Diff(states[i], p.under("/w")); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", what, diff)
			}
		}
		for range rapid.IntRange(1, 2).Draw(t, "rounds") {
			for i := len(states) - 2; i >= 0; i-- {
				r, err := th.Undo(t.Context(), string(rune('a'+i)), "")
				check("undo", i, r, err)
			}
			for i := 1; i < len(states); i++ {
				r, err := th.Redo(t.Context(), string(rune('a'+i-1)), "")
				check("redo", i, r, err)
			}
		}
	})
}

// randomChanges draws a set of changes to some of the files.
func randomChanges(t *rapid.T, files map[string]string) []patch.Change {
	var changes []patch.Change
	taken := map[string]bool{}
	for range rapid.IntRange(1, 3).Draw(t, "files") {
		name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name")
		if taken[name] {
			continue
		}
		taken[name] = true
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"x\n", "y\n", "z\n", "\n"}), 0, 6).Draw(t, "text"), "")
		was, there := files[name]
		c := patch.Change{Op: patch.Update, Path: "/w/" + name, Before: was, After: text}
		switch other := rapid.SampledFrom([]string{name + "2", "a", "b"}).Draw(t, "other"); {
		case !there:
			c.Op = patch.Add
		case rapid.IntRange(0, 3).Draw(t, "fate") == 0:
			c.Op, c.After = patch.Delete, ""
		case !taken[other] && rapid.IntRange(0, 3).Draw(t, "fate") == 0:
			taken[other] = true
			c.MoveTo = "/w/" + other
			if replaced, there := files[other]; there {
				c.Overwrites = &patch.File{Text: replaced}
			}
		}
		changes = append(changes, c)
	}
	return changes
}

func TestLoadKeepsTheForm(t *testing.T) {
	th, err := keeping(t, modeltest.Serve(t), t.TempDir()).NewThread("/w")
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, now := range []string{"x\r\ny\r\n", "x\ny\n", "\uFEFFx\n", "x"} {
		for _, kept := range []string{"a\nb\n", "\uFEFFa\r\nb\r\n"} {
			s, err := th.load(journal.NewText(kept, 0), &now)
			if err != nil {
				t.Fatal(err)
			}
			got[kept+" as "+now] = *s
		}
	}
	want := map[string]string{
		"a\nb\n as x\r\ny\r\n": "a\r\nb\r\n", "\uFEFFa\r\nb\r\n as x\r\ny\r\n": "a\r\nb\r\n",
		"a\nb\n as x\ny\n": "a\nb\n", "\uFEFFa\r\nb\r\n as x\ny\n": "a\nb\n",
		"a\nb\n as \uFEFFx\n": "\uFEFFa\nb\n", "\uFEFFa\r\nb\r\n as \uFEFFx\n": "\uFEFFa\nb\n",
		"a\nb\n as x": "a\nb\n", "\uFEFFa\r\nb\r\n as x": "a\r\nb\r\n",
	}
	if diff := cmp.Diff(want, maps.Clone(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestUndoCommand: what a command did to files is taken back with the rest of its
// turn, and nothing of what was there before it.
func TestUndoCommand(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "sed -i s/one/ONE/ a.txt; rm b.txt; echo new >c.txt", "login": false})),
		modeltest.Says(modeltest.CustomAs("c2", "apply_patch", "*** Begin Patch\n*** Update File: a.txt\n@@\n-two\n+TWO\n*** End Patch")),
		modeltest.Says(modeltest.CallAs("c3", "exec_command", map[string]any{"cmd": "printf three >>a.txt", "login": false})),
		modeltest.Says(modeltest.Text("done")))
	dir := t.TempDir()
	before := map[string]string{"a.txt": "one\ntwo\n", "b.txt": "bee\n", "d.txt": "dee\n"}
	put(t, dir, before)
	th, err := keeping(t, m, t.TempDir()).NewThread(dir)
	if err != nil {
		t.Fatal(err)
	}
	p := diskPeer{newPeer(always(Approved))}
	defer th.Attach(p)()
	askAndWait(t, th, "go")
	after := map[string]string{"a.txt": "ONE\nTWO\nthree", "c.txt": "new\n", "d.txt": "dee\n"}
	if diff := cmp.Diff(after, tree(t, dir)); diff != "" {
		t.Fatalf("after the turn (-want +got):\n%s", diff)
	}
	if w := of[Warning](p.peer); len(w) > 0 {
		t.Errorf("warned: %+v", w)
	}
	if _, err := th.Undo(t.Context(), "", ""); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Errorf("undone (-want +got):\n%s", diff)
	}
	if _, err := th.Redo(t.Context(), "", ""); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(after, tree(t, dir)); diff != "" {
		t.Errorf("redone (-want +got):\n%s", diff)
	}
}

// TestUndoLeavesTheUsersWork: while a command runs on by itself, what changes
// between two calls is not taken for the commands'.
func TestUndoLeavesTheUsersWork(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "sleep 60", "login": false, "yield_time_ms": 250})),
		modeltest.Says(modeltest.CallAs("c2", "exec_command", map[string]any{"cmd": "echo made >made.txt", "login": false})),
		modeltest.Says(modeltest.Text("done")))
	dir := t.TempDir()
	put(t, dir, map[string]string{"mine.txt": "before\n"})
	th, err := keeping(t, m, t.TempDir()).NewThread(dir)
	if err != nil {
		t.Fatal(err)
	}
	p := diskPeer{newPeer(func(q Question) Decision {
		if q.CallID == "c2" {
			put(t, dir, map[string]string{"mine.txt": "written meanwhile\n", "new.txt": "mine, too\n"})
		}
		return Approved
	})}
	defer th.Attach(p)()
	askAndWait(t, th, "go")
	if _, err := th.Undo(t.Context(), "", ""); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"mine.txt": "written meanwhile\n", "new.txt": "mine, too\n"}
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Errorf("undone (-want +got):\n%s", diff)
	}
}
