package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent"
	"codex-lsp/agent/config"
	"codex-lsp/patch"
)

// A slowReporter takes no event until it may, and remembers them.
type slowReporter struct {
	may   chan struct{}
	heard []agent.Event
}

func (*slowReporter) begin(string, string, *config.Config) {}
func (r *slowReporter) event(e agent.Event)                { <-r.may; r.heard = append(r.heard, e) }
func (*slowReporter) end(agent.Result) error               { return nil }

func TestReportDoesNotWaitForItsReader(t *testing.T) {
	r := &slowReporter{may: make(chan struct{})}
	h := newDiskHost(r)
	var want []agent.Event
	for _, id := range []string{"1", "2", "3"} {
		e := agent.ItemCompleted{Item: agent.Item{ID: id}}
		h.Report(agent.MessageDelta{ItemID: id})
		h.Report(e)
		want = append(want, e)
	}
	close(r.may)
	h.close()
	if diff := cmp.Diff(want, r.heard); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// write makes the files of a folder; "" stands for none.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEditIsAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	write(t, dir, map[string]string{"a": "old\n", "b": "somebody else's\n"})
	h := newDiskHost(&slowReporter{})
	defer h.close()
	update := func(path, before string) patch.Change {
		return patch.Change{Op: patch.Update, Path: path, Before: before, After: "new\n", Mode: 0o644}
	}
	both := agent.ChangeSet{Changes: []patch.Change{update(a, "old\n"), update(b, "old\n")}}
	if o := h.Edit(t.Context(), both); o.Err == nil || o.Files != nil {
		t.Errorf("a set with a stale change: %+v", o)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	one := agent.ChangeSet{Changes: both.Changes[:1]}
	if o := h.Edit(stopped, one); o.Err == nil {
		t.Error("an edit after the interrupt")
	}
	if s, err := h.Read(t.Context(), a); err != nil || s.Text != "old\n" {
		t.Errorf("after edits that came to nothing: %+v %v", s, err)
	}
	want := agent.Outcome{Files: []agent.FileOutcome{{Path: a, State: agent.Landed, Text: "new\n"}}}
	if diff := cmp.Diff(want, h.Edit(t.Context(), one)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestStateIsWhatTheDiskHolds covers what is left when a set could be neither
// made nor taken back whole.
func TestStateIsWhatTheDiskHolds(t *testing.T) {
	for _, c := range []struct {
		name string
		op   patch.Op
		move bool
		over string // what the change replaces at its target
		a, b string // what the disk holds; the change is of a, and moves to b
		want agent.State
	}{
		{name: "update, not made", op: patch.Update, a: "old", want: agent.NotLanded},
		{name: "update, made", op: patch.Update, a: "new", want: agent.Landed},
		{name: "update, overtaken", op: patch.Update, a: "odd", want: agent.NotLanded},
		{name: "update, gone", op: patch.Update, want: agent.NotLanded},
		{name: "add, not made", op: patch.Add, want: agent.NotLanded},
		{name: "add, made", op: patch.Add, a: "new", want: agent.Landed},
		{name: "add over another, not made", op: patch.Add, over: "was", a: "was", want: agent.NotLanded},
		{name: "add over another, made", op: patch.Add, over: "was", a: "new", want: agent.Landed},
		{name: "delete, not made", op: patch.Delete, a: "old", want: agent.NotLanded},
		{name: "delete, made", op: patch.Delete, want: agent.Landed},
		{name: "delete, overtaken", op: patch.Delete, a: "odd", want: agent.NotLanded},
		{name: "move, not made", op: patch.Update, move: true, a: "old", want: agent.NotLanded},
		{name: "move, made", op: patch.Update, move: true, b: "new", want: agent.Landed},
		{name: "move, half made", op: patch.Update, move: true, a: "old", b: "new", want: agent.Unclear},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, map[string]string{"a": c.a, "b": c.b})
			ch := patch.Change{Op: c.op, Path: filepath.Join(dir, "a"), Before: "old", After: "new"}
			if c.op == patch.Add {
				ch.Before = c.over
			}
			if c.over != "" {
				ch.Overwrites = &patch.File{Text: c.over}
			}
			if c.move {
				ch.MoveTo = filepath.Join(dir, "b")
			}
			if got := stateOf(ch); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
