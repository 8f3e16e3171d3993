package tests

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent/model/modeltest"
)

// typists are users who type, real key by real key, while patches land in the
// same file: so many for each change of this project, and so many at each pace
// for a long test.
var typists = []struct {
	name      string
	few, many int
	start     func(t *testing.T, d desk) hands
}{
	{"neovim", 20, 200, neovimPlugin},
	{"neovim-alone", 20, 200, neovimAlone},
	{"neovim-stock", 20, 200, neovimStock},
	{"vscode", 0, 200, vscodeHands}, // its keys take minutes where others' take seconds
	{"helix", 20, 50, helixHands},
	{"emacs", 20, 50, emacsHands},
}

// TestTyping has users type while patches land: no key is lost, and every patch
// is what the model was told of it. With TYPING=long it is the long test.
func TestTyping(t *testing.T) {
	t.Parallel() // most of the time is spent between keys
	long := os.Getenv("TYPING") == "long"
	paces := []time.Duration{60 * time.Millisecond}
	if long {
		paces = append(paces, 20*time.Millisecond, 120*time.Millisecond, 300*time.Millisecond)
	}
	for _, pace := range paces {
		for _, who := range typists {
			if who.few == 0 && !long {
				continue
			}
			t.Run(fmt.Sprintf("%s/%v", who.name, pace), func(t *testing.T) {
				t.Parallel()
				patches := who.few
				if long {
					patches = who.many
				}
				playTyping(t, patches, pace, who.start)
			})
		}
	}
}

func playTyping(t *testing.T, patches int, pace time.Duration, start func(*testing.T, desk) hands) {
	p := newPatching(patches, 4*pace)
	d := newDesk(t, modeltest.ServeScript(t, p), map[string]string{"lines.md": p.text(nil)})
	askLess(t, d)
	wire := tap(t, &d)
	u := &typist{hands: start(t, d), patching: p, rnd: rand.New(rand.NewPCG(uint64(pace), 2)), above: make(map[int][]string)}
	u.ask()
	u.types(t, pace)
	u.saveAndQuit()
	got := read(t, filepath.Join(d.project, "lines.md"))
	requests := strings.Count(read(t, wire), `"method":"workspace/applyEdit"`)
	fates := p.counts()
	t.Logf("%s%d landed, %d not, %d unclear; %d requests; %d keys, one in %v",
		p.why, fates[landed], fates[notLanded], fates[unclear], requests, u.keys, u.took/time.Duration(u.keys))
	p.settle(got)
	if want := p.text(u.above); got != want {
		t.Errorf("lines.md (-want +got):\n%s", cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
	}
	if fates[landed] < patches/2 {
		t.Errorf("only %d of %d patches landed", fates[landed], patches)
	}
}

// tap has the editor start codex-lsp through a pipe that keeps what it says.
func tap(t *testing.T, d *desk) (wire string) {
	t.Helper()
	dir := filepath.Join(filepath.Dir(d.project), "tap")
	wire = filepath.Join(dir, "wire")
	write(t, wire, "")
	program := filepath.Join(dir, "codex-lsp")
	write(t, program, fmt.Sprintf("#!/bin/sh\ntee -a /tmp/tapdbg/in | %s \"$@\" | tee -a %s /tmp/tapdbg/out\n", filepath.Join(bin, "codex-lsp"), wire))
	if err := os.Chmod(program, 0o755); err != nil {
		t.Fatal(err)
	}
	d.env = append(d.env, "PATH="+dir+string(filepath.ListSeparator)+os.Getenv("PATH"), "CODEX_LSP="+program)
	return wire
}
