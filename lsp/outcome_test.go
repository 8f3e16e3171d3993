package lsp

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"codex-lsp/agent"
	"codex-lsp/agent/disk"
	"codex-lsp/lsp/lsptest"
	"codex-lsp/patch"
)

// with returns a profile with defects.
func with(p lsptest.Profile, f func(*lsptest.Profile)) lsptest.Profile {
	f(&p)
	return p
}

// TestDefectiveClients: whatever a client says or leaves unsaid, the outcome
// is what its buffer holds.
func TestDefectiveClients(t *testing.T) {
	const edited = "one\n2\nthree\nfour\nfive\nsix\nseven\neight\n"
	tests := []struct {
		name    string
		profile lsptest.Profile
		text    string // what the buffer holds in the end
		err     string // part of the outcome's error; "" for none
		sent    int    // edits
	}{
		{"answers null", with(lsptest.Plain, func(p *lsptest.Profile) { p.Reply = lsptest.Null }), edited, "", 1},
		{"drops the first edit, says applied", with(lsptest.Plain, func(p *lsptest.Profile) { p.Drops = 1 }), edited, "", 2},
		{"drops every edit, says applied", with(lsptest.Plain, func(p *lsptest.Profile) { p.Drops = 100 }), lines, "said that it made the edit, and did not", 2},
		{"always refuses", with(lsptest.Plain, func(p *lsptest.Profile) { p.Reply = lsptest.Denies }), lines, "refused the edit: not supported", 1},
		{"never answers", with(lsptest.Plain, func(p *lsptest.Profile) { p.Reply = lsptest.Silent }), lines, "did not answer", 1},
		{"tells late", with(lsptest.Plain, func(p *lsptest.Profile) { p.Debounce = 3 * time.Second }), edited, "", 1},
		{"edits late", with(lsptest.Plain, func(p *lsptest.Profile) { p.Lag = 3 * time.Second }), edited, "", 1},
		{"tells whole texts", with(lsptest.Plain, func(p *lsptest.Profile) { p.Sync = lsptest.Whole }), edited, "", 1},
		{"answers null and tells whole texts late", with(lsptest.Plain, func(p *lsptest.Profile) {
			p.Reply, p.Sync, p.Debounce = lsptest.Null, lsptest.Whole, time.Second
		}), edited, "", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lsptest.Bubble(t, func(t *testing.T) {
				b := newBench(t, tt.profile, map[string]string{"a.txt": lines})
				b.Open(b.path("a.txt"))
				b.settled("a.txt")
				out := b.edit(b.update("a.txt", "two\n", "2\n"))
				switch {
				case tt.err == "" && out.Err != nil:
					t.Errorf("outcome: %v", out.Err)
				case tt.err != "" && (out.Err == nil || !strings.Contains(out.Err.Error(), tt.err)):
					t.Errorf("outcome: %v, want %q", out.Err, tt.err)
				}
				if got := b.Text(b.path("a.txt")); got != tt.text {
					t.Errorf("the buffer holds %q, want %q", got, tt.text)
				}
				if n := len(b.Received("workspace/applyEdit")); n != tt.sent {
					t.Errorf("%d edits were sent, want %d", n, tt.sent)
				}
			})
		})
	}
}

// TestAllOrNone has a set of two files, of which the second fails.
func TestAllOrNone(t *testing.T) {
	tests := []struct {
		name    string
		profile lsptest.Profile
		onEdit  func(b *bench) // what happens when the buffer was edited
		before  func(b *bench) // what happens after the files were read
		err     string
		stuck   bool // what landed cannot be taken back
		sent    int
	}{
		{"known at once", lsptest.VSCode, nil, func(b *bench) { b.write("closed.txt", "other\n") }, "has changed on disk", false, 0},
		{"known late", lsptest.VSCode, func(b *bench) { b.write("closed.txt", "other\n") }, nil, "closed.txt", false, 2},
		{"known late, by a stock editor", lsptest.Neovim, func(b *bench) { b.write("closed.txt", "other\n") }, nil, "closed.txt", false, 2},
		{"the user types into the edited line", lsptest.Plain, func(b *bench) {
			b.write("closed.txt", "other\n")
			b.TryType(b.path("open.txt"), "2\n", "deux\n") // when it is to be taken back
		}, nil, "could not be taken back", true, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lsptest.Bubble(t, func(t *testing.T) {
				b := newBench(t, tt.profile, map[string]string{"open.txt": lines, "closed.txt": lines})
				b.Open(b.path("open.txt"))
				b.settled("open.txt")
				set := []patch.Change{b.update("open.txt", "two\n", "2\n"), b.update("closed.txt", "two\n", "2\n")}
				if tt.before != nil {
					tt.before(b)
				}
				if tt.onEdit != nil {
					b.OnEdit = func() { tt.onEdit(b) }
				}
				out := b.edit(set...)
				if out.Err == nil || !strings.Contains(out.Err.Error(), tt.err) {
					t.Errorf("outcome: %v, want %q", out.Err, tt.err)
				}
				if stuck := out.Files != nil; stuck != tt.stuck {
					t.Errorf("stuck is %v, want %v: %+v", stuck, tt.stuck, out.Files)
				}
				if got := b.Text(b.path("open.txt")); !tt.stuck && got != lines {
					t.Errorf("the buffer was not taken back: %q", got)
				}
				if got := b.onDisk("closed.txt"); got != "other\n" {
					t.Errorf("the file that failed was written: %q", got)
				}
				if n := len(b.Received("workspace/applyEdit")); n != tt.sent {
					t.Errorf("%d edits were sent, want %d", n, tt.sent)
				}
			})
		})
	}
}

// TestConflictNamesBothTexts: the user changed the line that the patch is for.
func TestConflictNamesBothTexts(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.VSCode, map[string]string{"a.txt": lines})
		b.Open(b.path("a.txt"))
		b.settled("a.txt")
		c := b.update("a.txt", "two\n", "zwei\n")
		b.Type(b.path("a.txt"), "two\n", "deux\n")
		b.settled("a.txt")
		out := b.edit(c)
		if out.Err == nil {
			t.Fatal("the edit was made over the user's")
		}
		for _, part := range []string{"zwei", "deux", b.path("a.txt"), "read the file again"} {
			if !strings.Contains(out.Err.Error(), part) {
				t.Errorf("the error does not say %q: %v", part, out.Err)
			}
		}
		if n := len(b.Received("workspace/applyEdit")); n != 0 {
			t.Errorf("%d edits were sent", n)
		}
	})
}

// TestFiles makes, deletes and renames files, open or not.
func TestFiles(t *testing.T) {
	tests := []struct {
		name    string
		profile lsptest.Profile
		open    bool
		change  patch.Change // of a.txt or new.txt
		want    map[string]string
		note    string
	}{
		{"make", lsptest.VSCode, false, patch.Change{Op: patch.Add, Path: "new.txt", After: "new\n"},
			map[string]string{"new.txt": "new\n"}, ""},
		{"delete closed", lsptest.VSCode, false, patch.Change{Op: patch.Delete, Path: "a.txt", Before: lines},
			map[string]string{"a.txt": "(none)"}, ""},
		{"delete open, by the client", lsptest.VSCode, true, patch.Change{Op: patch.Delete, Path: "a.txt", Before: lines},
			map[string]string{"a.txt": "(none)"}, ""},
		{"delete open, by us", lsptest.Eglot, true, patch.Change{Op: patch.Delete, Path: "a.txt", Before: lines},
			map[string]string{"a.txt": "(none)"}, "deleted on disk; the editor still shows its text"},
		{"rename closed", lsptest.Helix, false, patch.Change{Op: patch.Update, Path: "a.txt", MoveTo: "b.txt", Before: lines, After: "b\n"},
			map[string]string{"a.txt": "(none)", "b.txt": "b\n"}, ""},
		{"rename open, by the client", lsptest.Helix, true, patch.Change{Op: patch.Update, Path: "a.txt", MoveTo: "b.txt", Before: lines, After: lines},
			map[string]string{"a.txt": "(none)", "b.txt": lines}, ""},
		{"rename open, by us", lsptest.Eglot, true, patch.Change{Op: patch.Update, Path: "a.txt", MoveTo: "b.txt", Before: lines, After: "b\n"},
			map[string]string{"a.txt": "(none)", "b.txt": "b\n"}, "done on disk; the editor still shows the file under its old name"},
		{"delete, which the client only claims to do", with(lsptest.VSCode, func(p *lsptest.Profile) { p.Drops = 1 }), true,
			patch.Change{Op: patch.Delete, Path: "a.txt", Before: lines},
			map[string]string{"a.txt": "(none)"}, "deleted on disk; the editor still shows its text"},
		{"change a file that the editor shows but cannot edit", lsptest.Kate, true,
			patch.Change{Op: patch.Update, Path: "a.txt", Before: lines, After: "b\n"},
			map[string]string{"a.txt": "b\n"}, "written to disk; the editor takes no edits from a server and must reload the file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lsptest.Bubble(t, func(t *testing.T) {
				b := newBench(t, tt.profile, map[string]string{"a.txt": lines})
				if tt.open {
					b.Open(b.path("a.txt"))
					b.settled("a.txt")
				}
				c := tt.change
				c.Path = b.path(c.Path)
				if c.MoveTo != "" {
					c.MoveTo = b.path(c.MoveTo)
				}
				out := b.edit(c)
				if out.Err != nil || out.Files[0].State != agent.Landed || out.Files[0].Note != tt.note {
					t.Errorf("outcome: %+v", out)
				}
				for name, want := range tt.want {
					if got := b.onDisk(name); got != want {
						t.Errorf("%s holds %q, want %q", name, got, want)
					}
				}
			})
		})
	}
}

func TestFilesRefused(t *testing.T) {
	tests := []struct {
		name    string
		profile lsptest.Profile
		unsaved bool
		change  patch.Change
		err     string
	}{
		{"delete a buffer with unsaved changes", lsptest.VSCode, true, patch.Change{Op: patch.Delete, Path: "a.txt", Before: lines}, "has changes in the editor"},
		{"make a file that is there", lsptest.VSCode, false, patch.Change{Op: patch.Add, Path: "a.txt", After: "new\n"}, "was made by somebody else"},
		{"change an unsaved buffer in an editor that takes no edits", lsptest.Kate, true, patch.Change{Op: patch.Update, Path: "a.txt", Before: "user\n" + lines, After: "b\n"}, "save it first"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lsptest.Bubble(t, func(t *testing.T) {
				b := newBench(t, tt.profile, map[string]string{"a.txt": lines})
				if tt.unsaved {
					b.Open(b.path("a.txt"))
					b.Type(b.path("a.txt"), "", "user\n")
					b.settled("a.txt")
				}
				c := tt.change
				c.Path = b.path(c.Path)
				out := b.edit(c)
				if out.Err == nil || !strings.Contains(out.Err.Error(), tt.err) {
					t.Errorf("outcome: %v, want %q", out.Err, tt.err)
				}
				if got := b.onDisk("a.txt"); got != lines {
					t.Errorf("the file holds %q", got)
				}
			})
		})
	}
}

// TestAsTheEditorShowsIt: a patch that was made for the file fits the buffer,
// which has no byte order mark and line endings of its own.
func TestAsTheEditorShowsIt(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		const onDisk = "\uFEFFone\r\ntwo\r\nthree\r\n"
		b := newBench(t, lsptest.VSCode, map[string]string{"a.txt": onDisk})
		b.OpenText(b.path("a.txt"), "one\ntwo\nthree\n")
		b.settled("a.txt")
		out := b.edit(patch.Change{
			Op: patch.Update, Path: b.path("a.txt"), Before: onDisk, After: strings.Replace(onDisk, "two", "2", 1),
		})
		if got, want := b.Text(b.path("a.txt")), "one\n2\nthree\n"; out.Err != nil || got != want {
			t.Errorf("the buffer holds %q, want %q; %v", got, want, out.Err)
		}
	})
}

// TestLinkedPath edits a file by a name that the editor did not open it by.
func TestLinkedPath(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.VSCode, map[string]string{"a.txt": lines})
		if err := os.Symlink(b.path("a.txt"), b.path("link.txt")); err != nil {
			t.Fatal(err)
		}
		b.Open(b.path("a.txt"))
		b.settled("a.txt")
		out := b.edit(b.update("link.txt", "two\n", "2\n"))
		if want := strings.Replace(lines, "two", "2", 1); out.Err != nil || b.Text(b.path("a.txt")) != want {
			t.Errorf("the buffer holds %q; %v", b.Text(b.path("a.txt")), out.Err)
		}
	})
}

// TestEncodings edits behind characters of one to four bytes, counted in each
// of the three units.
func TestEncodings(t *testing.T) {
	const before, after = "aé€𝄞b = 1 // ünï𝄞\r\nx𝄞y\r\n", "aé€𝄞b = 2 // ünï𝄞\r\nx𝄞z\r\n"
	for _, encoding := range []string{"utf-8", "utf-16", "utf-32"} {
		t.Run(encoding, func(t *testing.T) {
			lsptest.Bubble(t, func(t *testing.T) {
				b := newBench(t, with(lsptest.Plain, func(p *lsptest.Profile) { p.Encoding = encoding }), map[string]string{"a.txt": "x"})
				b.OpenText(b.path("a.txt"), "𝄞"+before)
				b.Type(b.path("a.txt"), "𝄞aé€", "aé€")
				b.settled("a.txt")
				out := b.edit(patch.Change{Op: patch.Update, Path: b.path("a.txt"), Before: before, After: after})
				if got := b.Text(b.path("a.txt")); out.Err != nil || got != after {
					t.Errorf("the buffer holds %q, want %q; %v", got, after, out.Err)
				}
				if string(b.server.encoding) != encoding {
					t.Errorf("negotiated %s", b.server.encoding)
				}
			})
		})
	}
}

// TestSavedAfterTheEdit: for an editor whose users expect it, an edit is on disk
// when it is done; what the user had not saved before is not.
func TestSavedAfterTheEdit(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.VSCode, map[string]string{"clean.txt": lines, "dirty.txt": lines})
		b.Open(b.path("clean.txt"))
		b.Open(b.path("dirty.txt"))
		b.Type(b.path("dirty.txt"), "three\n", "3\n")
		b.settled("dirty.txt")
		if out := b.edit(b.update("clean.txt", "two\n", "2\n"), b.update("dirty.txt", "two\n", "2\n")); out.Err != nil {
			t.Fatal(out.Err)
		}
		if got, want := b.onDisk("clean.txt"), strings.Replace(lines, "two", "2", 1); got != want {
			t.Errorf("the clean file holds %q, want %q", got, want)
		}
		if got := b.onDisk("dirty.txt"); got != lines {
			t.Errorf("the dirty file holds %q, want %q", got, lines)
		}
	})
}

// TestEditorGone: an edit does not outwait its client.
func TestEditorGone(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, with(lsptest.Plain, func(p *lsptest.Profile) { p.Reply = lsptest.Silent }), map[string]string{"a.txt": lines})
		b.Open(b.path("a.txt"))
		b.settled("a.txt")
		c := b.update("a.txt", "two\n", "2\n")
		began := time.Now()
		time.AfterFunc(time.Second, b.Hangup)
		if out := b.edit(c); !errors.Is(out.Err, errGone) {
			t.Errorf("outcome: %+v", out)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("it took %v, want 1s", took)
		}
	})
}

// TestOpenedWhileWritten: the client had read the file before it was written,
// and tells so after.
func TestOpenedWhileWritten(t *testing.T) {
	for _, after := range []time.Duration{time.Second, time.Minute} {
		t.Run(after.String(), func(t *testing.T) {
			lsptest.Bubble(t, func(t *testing.T) {
				b := newBench(t, lsptest.VSCode, map[string]string{"a.txt": lines})
				if out := b.edit(b.update("a.txt", "two\n", "2\n")); out.Err != nil {
					t.Fatal(out.Err)
				}
				time.Sleep(after)
				b.OpenText(b.path("a.txt"), lines)
				b.settled("a.txt")
				time.Sleep(time.Second)
				want := lines // a minute later, somebody put the old text back
				if after < catchUpWindow {
					want = strings.Replace(lines, "two", "2", 1)
				}
				if got := b.Text(b.path("a.txt")); got != want {
					t.Errorf("the buffer holds %q, want %q", got, want)
				}
			})
		})
	}
}

// TestOpenedBeforeWritten: the client opened the file when the server had
// already decided to write it to disk. It is told of the change once, although
// two notice.
func TestOpenedBeforeWritten(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		b := newBench(t, lsptest.VSCode, map[string]string{"a.txt": lines})
		c := b.update("a.txt", "two\n", "2\n")
		b.Open(b.path("a.txt"))
		b.settled("a.txt")
		if err := disk.Commit([]patch.Change{c}); err != nil {
			t.Fatal(err)
		}
		b.server.wrote([]patch.Change{c})
		b.server.wrote([]patch.Change{c})
		time.Sleep(time.Second)
		if got, want := b.Text(b.path("a.txt")), strings.Replace(lines, "two", "2", 1); got != want {
			t.Errorf("the buffer holds %q, want %q", got, want)
		}
		if n := len(b.Received("workspace/applyEdit")); n != 1 {
			t.Errorf("%d edits, want 1", n)
		}
	})
}
