package lsp

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent"
	"codex-lsp/lsp/lsptest"
	"codex-lsp/patch"
)

// A bench is an editor, the server that it is connected to, and a folder.
type bench struct {
	*lsptest.Editor
	t      testing.TB
	server *server
	dir    string
}

// newBench connects an editor with this profile, in a folder with these files.
func newBench(t testing.TB, p lsptest.Profile, files map[string]string) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir()}
	for name, text := range files {
		b.write(name, text)
	}
	started := make(chan *server, 1)
	o := testOptions(t)
	b.Editor = lsptest.Start(t, p, func(ctx context.Context, rwc io.ReadWriteCloser) error {
		s := start(ctx, rwc, o)
		started <- s
		return s.wait()
	}, b.dir)
	b.server = <-started
	return b
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) write(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(b.path(name), []byte(text), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// onDisk is what a file holds, or "(none)".
func (b *bench) onDisk(name string) string {
	text, err := os.ReadFile(b.path(name))
	if err != nil {
		return "(none)"
	}
	return string(text)
}

// update is the change that replaces old by new in what the agent now reads.
func (b *bench) update(name, old, new string) patch.Change {
	b.t.Helper()
	snap, err := b.server.Read(b.t.Context(), b.path(name))
	if err != nil {
		b.t.Fatal(err)
	}
	if !strings.Contains(snap.Text, old) {
		b.t.Fatalf("%s holds no %q:\n%s", name, old, snap.Text)
	}
	return patch.Change{
		Op: patch.Update, Path: b.path(name),
		Before: snap.Text, After: strings.Replace(snap.Text, old, new, 1), Mode: 0o644,
	}
}

func (b *bench) edit(changes ...patch.Change) agent.Outcome {
	return b.server.Edit(b.t.Context(), agent.ChangeSet{Label: "test", Changes: changes})
}

// settled waits until the server has the document as the editor has it.
func (b *bench) settled(name string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	defer cancel()
	_, err := b.server.docs.wait(ctx, keyOfPath(b.path(name)), func(d *document) bool {
		return d != nil && d.text.String() == b.Text(b.path(name))
	})
	if err != nil {
		b.t.Fatalf("the mirror of %s never caught up: %v", name, err)
	}
}

const lines = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n"

// editing are the editors that take edits.
var editing = []lsptest.Profile{
	lsptest.Plain, lsptest.VSCode, lsptest.Neovim, lsptest.OldNvim, lsptest.WithPlugin,
	lsptest.Helix, lsptest.Eglot, lsptest.EglotTells, lsptest.LSPMode, lsptest.VimLSP,
}

func eachProfile(t *testing.T, profiles []lsptest.Profile, f func(*testing.T, lsptest.Profile)) {
	for _, p := range profiles {
		t.Run(p.Name, func(t *testing.T) {
			lsptest.Bubble(t, func(t *testing.T) { f(t, p) })
		})
	}
}

func TestEditOfUnsavedBuffer(t *testing.T) {
	eachProfile(t, editing, func(t *testing.T, p lsptest.Profile) {
		b := newBench(t, p, map[string]string{"a.txt": lines})
		path := b.path("a.txt")
		b.Open(path)
		b.Type(path, "six\n", "six, unsaved\n")
		b.settled("a.txt")
		out := b.edit(b.update("a.txt", "two\n", "2\nand a half\n"))
		want := "one\n2\nand a half\nthree\nfour\nfive\nsix, unsaved\nseven\neight\n"
		wanted := agent.Outcome{Files: []agent.FileOutcome{{Path: path, State: agent.Landed, Text: want}}}
		if diff := cmp.Diff(wanted, out); diff != "" {
			t.Errorf("outcome (-want +got):\n%s", diff)
		}
		if got := b.Text(path); got != want {
			t.Errorf("the buffer holds %q, want %q", got, want)
		}
		if n := len(b.Received("workspace/applyEdit")); n != 1 {
			t.Errorf("%d edits were sent, want 1", n)
		}
	})
}

// An editor that made the edit, says so, and tells of it much later is neither
// taken for a liar nor asked again.
func TestEditToldOfTooLate(t *testing.T) {
	p := lsptest.Eglot
	p.Debounce = time.Hour
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, p, map[string]string{"a.txt": lines})
		b.Open(b.path("a.txt"))
		b.settled("a.txt")
		out := b.edit(b.update("a.txt", "two\n", "2\n"))
		if f := out.Files[0]; f.State != agent.Unclear || out.Err == nil || !strings.Contains(out.Err.Error(), "has not told of it yet") {
			t.Errorf("outcome %+v", out)
		}
		if n := len(b.Received("workspace/applyEdit")); n != 1 {
			t.Errorf("%d edits were sent, want 1", n)
		}
		if got, want := b.Text(b.path("a.txt")), strings.Replace(lines, "two", "2", 1); got != want {
			t.Errorf("the buffer holds %q, want %q", got, want)
		}
	})
}

// A refusal is believed after a moment, not only when all patience is at an end.
func TestEditRefused(t *testing.T) {
	p := lsptest.Plain
	p.Reply = lsptest.Denies
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, p, map[string]string{"a.txt": lines})
		b.Open(b.path("a.txt"))
		b.settled("a.txt")
		start := time.Now()
		out := b.edit(b.update("a.txt", "two\n", "2\n"))
		if out.Err == nil || !strings.Contains(out.Err.Error(), "refused the edit") {
			t.Errorf("outcome %+v", out)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// An interrupt does not make an edit unmade that was sent: it is still looked
// for, and reported as what it became.
func TestEditLandsAfterAnInterrupt(t *testing.T) {
	p := lsptest.Plain
	p.Lag = 2 * time.Second
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, p, map[string]string{"a.txt": lines})
		b.Open(b.path("a.txt"))
		b.settled("a.txt")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		out := b.server.Edit(ctx, agent.ChangeSet{Label: "test", Changes: []patch.Change{b.update("a.txt", "two\n", "2\n")}})
		if out.Err != nil || out.Files[0].State != agent.Landed {
			t.Errorf("outcome %+v", out)
		}
	})
}

// TestEditsWhileTyping makes edits while the user types above them, in bursts
// with pauses. Whatever the editor does with edits for a text that is past,
// each must be where it belongs or nowhere, and no key may be lost.
func TestEditsWhileTyping(t *testing.T) {
	for _, lag := range []time.Duration{0, 30 * time.Millisecond, 200 * time.Millisecond} {
		for _, p := range editing {
			p.Lag = lag
			t.Run(fmt.Sprintf("%s/lag=%v", p.Name, lag), func(t *testing.T) {
				lsptest.Bubble(t, func(t *testing.T) { editWhileTyping(t, p) })
			})
		}
	}
}

// firstKeys lets old Neovims tell of a change once, and waits: before that
// they hold back everything until the user pauses, and cannot be made to tell.
func firstKeys(b *bench, path string) {
	if b.Profile.Name == lsptest.OldNvim.Name {
		first, _, _ := strings.Cut(b.Text(path), "\n")
		b.Type(path, first, first+"!")
		time.Sleep(b.Profile.Debounce)
		b.Type(path, first+"!", first)
	}
	b.settled(filepath.Base(path))
}

func editWhileTyping(t *testing.T, p lsptest.Profile) {
	const edits, bursts = 12, 40
	var text strings.Builder
	for i := range edits {
		fmt.Fprintf(&text, "before %d\nline %d of the text\nafter %d\n", i, i, i)
	}
	b := newBench(t, p, map[string]string{"a.txt": text.String()})
	path := b.path("a.txt")
	b.Open(path)
	firstKeys(b, path)
	typed := make(chan struct{})
	go func() {
		defer close(typed)
		for i := range bursts {
			for k := range 5 {
				b.Type(path, "", fmt.Sprintf("typed %d.%d\n", i, k))
				time.Sleep(70 * time.Millisecond)
			}
			time.Sleep(700 * time.Millisecond)
		}
	}()
	var states []agent.State
	for i := range edits {
		out := b.edit(b.update("a.txt", fmt.Sprintf("line %d of the text\n", i), fmt.Sprintf("edited %d by the agent\n", i)))
		state := agent.NotLanded
		if out.Err == nil {
			state = out.Files[0].State
		}
		states = append(states, state)
	}
	<-typed
	b.settled("a.txt")

	var want strings.Builder
	for i := bursts - 1; i >= 0; i-- {
		for k := 4; k >= 0; k-- {
			fmt.Fprintf(&want, "typed %d.%d\n", i, k)
		}
	}
	landed := 0
	for i, state := range states {
		line := fmt.Sprintf("line %d of the text\n", i)
		if state == agent.Landed {
			line = fmt.Sprintf("edited %d by the agent\n", i)
			landed++
		}
		fmt.Fprintf(&want, "before %d\n%safter %d\n", i, line, i)
	}
	if diff := cmp.Diff(want.String(), b.Text(path)); diff != "" {
		t.Errorf("outcomes %v; text (-want +got):\n%s", states, diff)
	}
	if landed < edits-1 {
		t.Errorf("%d of %d edits landed: %v", landed, edits, states)
	}
	t.Logf("%d of %d landed with %d requests", landed, edits, len(b.Received("workspace/applyEdit")))
}
