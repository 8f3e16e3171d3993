package lsp

import (
	"slices"
	"strings"
	"testing"

	"codex-lsp/lsp/lsptest"
)

func TestSave(t *testing.T) {
	tests := []struct {
		name    string
		profile lsptest.Profile
		unsaved []string
	}{
		{"by the plugin", lsptest.WithPlugin, nil},
		{"not at all", lsptest.Helix, []string{"a.txt"}},
		{"announced and not done", with(lsptest.WithPlugin, func(p *lsptest.Profile) { p.Saves = false }), []string{"a.txt"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lsptest.Bubble(t, func(t *testing.T) {
				b := newBench(t, tt.profile, map[string]string{"a.txt": lines, "clean.txt": lines, "closed.txt": lines})
				b.Open(b.path("a.txt"))
				b.Open(b.path("clean.txt"))
				b.Type(b.path("a.txt"), "two\n", "2\n")
				b.settled("a.txt")
				unsaved := b.server.Save(t.Context(), []string{b.path("clean.txt"), b.path("a.txt"), b.path("closed.txt")})
				want := make([]string, len(tt.unsaved))
				for i, name := range tt.unsaved {
					want[i] = b.path(name)
				}
				if !slices.Equal(unsaved, want) {
					t.Errorf("unsaved: %q, want %q", unsaved, want)
				}
				onDisk := strings.Replace(lines, "two", "2", 1)
				if tt.unsaved != nil {
					onDisk = lines
				}
				if got := b.onDisk("a.txt"); got != onDisk {
					t.Errorf("the file holds %q, want %q", got, onDisk)
				}
			})
		})
	}
}

// TestReload has a command change files that are open.
func TestReload(t *testing.T) {
	changed := strings.Replace(lines, "two", "2", 1)
	tests := []struct {
		name    string
		profile lsptest.Profile
		typed   [2]string // what the user changed before, unsaved
		want    string    // what the buffer holds after
		note    string
		edits   int
	}{
		{"clean, by an edit", lsptest.Helix, [2]string{}, changed, "", 1},
		{"clean, by the plugin", lsptest.WithPlugin, [2]string{}, changed, "", 0},
		{"clean, announced and not done", with(lsptest.WithPlugin, func(p *lsptest.Profile) { p.Reloads = false }), [2]string{}, changed, "", 1},
		{"dirty elsewhere", lsptest.Helix, [2]string{"seven\n", "7\n"}, strings.Replace(changed, "seven", "7", 1), "was merged into the editor's buffer", 1},
		{"dirty elsewhere, with the plugin", lsptest.WithPlugin, [2]string{"seven\n", "7\n"}, strings.Replace(changed, "seven", "7", 1), "was merged into the editor's buffer", 1},
		{"dirty in the same line", lsptest.Helix, [2]string{"two\n", "deux\n"}, strings.Replace(lines, "two", "deux", 1), "was not updated", 0},
		{"shown by an editor that takes no edits", lsptest.Kate, [2]string{}, lines, "still shows the old text", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lsptest.Bubble(t, func(t *testing.T) {
				b := newBench(t, tt.profile, map[string]string{"a.txt": lines, "same.txt": lines})
				b.Open(b.path("a.txt"))
				b.Open(b.path("same.txt"))
				b.settled("same.txt")
				if _, known := b.server.docs.at(b.path("a.txt")).saved.get(t.Context()); !known {
					t.Fatal("the file was not read when it was opened")
				}
				if tt.typed[0] != "" {
					b.Type(b.path("a.txt"), tt.typed[0], tt.typed[1])
					b.settled("a.txt")
				}
				b.write("a.txt", changed)
				note := b.server.Reload(t.Context())
				if tt.note == "" && note != "" || !strings.Contains(note, tt.note) {
					t.Errorf("note %q, want %q", note, tt.note)
				}
				if got := b.Text(b.path("a.txt")); got != tt.want {
					t.Errorf("the buffer holds %q, want %q", got, tt.want)
				}
				if n := len(b.Received("workspace/applyEdit")); n != tt.edits {
					t.Errorf("%d edits were sent, want %d", n, tt.edits)
				}
				if again := b.server.Reload(t.Context()); tt.want != lines && !strings.Contains(tt.note, "not updated") && again != "" {
					t.Errorf("a second time: %q", again)
				}
				if got := b.onDisk("a.txt"); got != changed {
					t.Errorf("the file was written: %q", got)
				}
			})
		})
	}
}

// TestReadTellsWhatTheUserSees compares the three places that a text can be.
func TestReadTellsWhatTheUserSees(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.Plain, map[string]string{"closed.txt": "closed\n", "clean.txt": "\uFEFFclean\n", "dirty.txt": "old\n"})
		b.OpenText(b.path("clean.txt"), "clean\n")
		b.OpenText(b.path("dirty.txt"), "new\n")
		b.OpenText(b.path("unborn.txt"), "never saved\n")
		b.settled("unborn.txt")
		type seen struct {
			text        string
			open, dirty bool
		}
		for name, want := range map[string]seen{
			"closed.txt": {"closed\n", false, false},
			"clean.txt":  {"clean\n", true, false},
			"dirty.txt":  {"new\n", true, true},
			"unborn.txt": {"never saved\n", true, true},
		} {
			snap, err := b.server.Read(t.Context(), b.path(name))
			if got := (seen{snap.Text, snap.Open, snap.Dirty}); err != nil || got != want {
				t.Errorf("%s: %+v, %v, want %+v", name, got, err, want)
			}
		}
		if _, err := b.server.Read(t.Context(), b.path("none.txt")); err == nil {
			t.Error("a file that is not there was read")
		}
	})
}
