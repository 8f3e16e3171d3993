//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"codex-lsp/agent/sandbox"
)

var update = flag.Bool("update", false, "write the table into docs/sandbox.md")

func TestMain(m *testing.M) {
	sandbox.Main()
	os.Exit(m.Run())
}

// A cell is a column of the table: who tries, behind what.
type cell struct {
	name  string
	root  bool
	flags []string // of codex-lsp sandbox; nil to try in the open
	weak  bool
}

var cells = []cell{
	{"all layers, root", true, []string{}, false},
	{"all layers, user", false, []string{}, false},
	{"Landlock and seccomp, root", true, []string{"--weak"}, true},
	{"Landlock and seccomp, user", false, []string{"--weak"}, true},
	{"none, root", true, nil, false},
	{"none, user", false, nil, false},
}

// nobody is who has no privileges and nothing else: what other users hold of
// the kernel's quotas, keys or processes, does not count.
var nobody = strconv.Itoa(100_000 + os.Getpid())

// TestCorpus tries to break out of the real program's sandbox in all ways.
// What gets out where it should not is an escape; what does not get out in the
// open proves nothing, and is one error too.
func TestCorpus(t *testing.T) {
	dir, err := os.MkdirTemp("/var/tmp", "codex-lsp-corpus-") // an ordinary user can read it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	os.Chmod(dir, 0o755)
	for name, path := range map[string]string{"codex-lsp": "codex-lsp/cmd/codex-lsp", "escape": "codex-lsp/agent/sandbox/escape"} {
		build := exec.Command("go", "build", "-o", filepath.Join(dir, name), path)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", name, err, out)
		}
	}
	shown := make(map[string]bool) // in the open, by somebody
	var mu sync.Mutex
	t.Run("cells", func(t *testing.T) {
		for _, c := range cells {
			if c.root && os.Geteuid() != 0 {
				continue // an ordinary user cannot try what root can
			}
			t.Run(c.name, func(t *testing.T) {
				c.needs(t)
				t.Parallel()
				results := c.try(t, dir)
				if len(results) != len(corpus) {
					t.Fatalf("%d of %d attempts were made", len(results), len(corpus))
				}
				for name, r := range results {
					a := named(name)
					for tries := 1; c.unshown(a, r) && tries < 3; tries++ {
						r = c.try(t, dir, "-only", name)[name] // what others do to the machine can come between
					}
					c.judge(t, a, r)
					mu.Lock()
					shown[name] = shown[name] || c.flags == nil && r.Out
					mu.Unlock()
				}
			})
		}
	})
	for _, a := range corpus {
		if !shown[a.Name] && (!a.Root || os.Geteuid() == 0) {
			t.Logf("UNPROVEN on this machine: %q did not work in the open either; it needs %q", a.Name, a.Needs)
		}
	}
}

// needs skips what cannot be tried here, with what would make it possible.
func (c cell) needs(t *testing.T) {
	t.Helper()
	if r := sandbox.Probe(); c.flags != nil && (c.weak && !r.Weak() || !c.weak && !r.Full()) {
		t.Skipf("NOT TRIED: this machine has not all layers; codex-lsp doctor says why: %+v", r.Layers)
	}
}

// try runs the corpus once, or what the flags choose of it, and returns what
// became of each attempt.
func (c cell) try(t *testing.T, dir string, flags ...string) map[string]result {
	t.Helper()
	args := append([]string{dir + "/escape", "run"}, flags...)
	if c.flags != nil {
		args = append(args, "--", dir+"/codex-lsp", "sandbox", "--mode", "workspace-write", "-C", "{ws}")
		args = append(append(args, c.flags...), "--")
	}
	if !c.root && os.Geteuid() == 0 {
		args = append([]string{"setpriv", "--reuid=" + nobody, "--regid=" + nobody, "--clear-groups"}, args...)
	}
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "HOME=/nonexistent")
	if os.Geteuid() == 0 {
		suid := filepath.Join(dir, "suid-"+strings.NewReplacer(" ", "-", ",", "").Replace(c.name))
		copyProgram(t, dir+"/escape", suid)
		cmd.Env = append(cmd.Env, "ESCAPE_SUID="+suid)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, errs.String())
	}
	results := make(map[string]result)
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var r result
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		results[r.Name] = r
	}
	return results
}

func copyProgram(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, 0o755)
	}
	if err == nil {
		err = os.Chmod(to, 0o755|os.ModeSetuid)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (c cell) judge(t *testing.T, a attempt, r result) {
	t.Helper()
	want := c.want(a)
	switch {
	case want == "held" && r.Out && a.Takes != "" && !c.has(t, a.Takes):
		t.Logf("NOT HELD on this machine: %s takes a layer that it has not: %s; codex-lsp doctor says why", a.Name, a.Takes)
	case want == "held" && r.Out:
		t.Errorf("ESCAPED: %s\n%s", a.Name, r.Said)
	case want == "works" && !r.Out && a.Control:
		t.Errorf("%s does not work in the sandbox: %s", a.Name, r.Said)
	case want == "asks" && !r.Out:
		t.Errorf("%s is held, though the table says that it is not: %s", a.Name, r.Said)
	case c.unshown(a, r):
		t.Errorf("%s does not work in the open, so that it is held says nothing: %s", a.Name, r.Said)
	}
}

// unshown tells whether an attempt that should work in the open did not.
func (c cell) unshown(a attempt, r result) bool {
	return c.want(a) == "out" && !r.Out && a.Needs == ""
}

// has tells whether a layer holds here that a sandbox may do without. Those of
// sandboxes without namespaces are called after the others.
func (c cell) has(t *testing.T, name string) bool {
	t.Helper()
	if c.weak {
		name += ", without namespaces"
	}
	for _, l := range sandbox.Probe().Layers {
		if l.Name == name {
			return l.Held
		}
	}
	t.Fatalf("there is no layer %q", name)
	return false
}

// want is what the table says.
func (c cell) want(a attempt) string {
	switch {
	case a.Control:
		return "works"
	case c.flags == nil && a.Root && !c.root:
		return "–"
	case c.flags == nil:
		return "out"
	case c.weak && a.Weak:
		return "asks"
	}
	return "held"
}

const (
	tableStart = "<!-- the corpus: go test ./agent/sandbox/escape -run Table -update -->\n"
	tableEnd   = "<!-- end of the corpus -->\n"
	page       = "../../../docs/sandbox.md"
)

func TestTableIsUpToDate(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), tableStart)
	_, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", page)
	}
	want := before + tableStart + table() + tableEnd + after
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) {
		t.Errorf("the table in %s is not that of the corpus; go test ./agent/sandbox/escape -run Table -update writes it", page)
	}
}

func table() string {
	var b strings.Builder
	group := ""
	for _, a := range corpus {
		if a.Group != group {
			group = a.Group
			fmt.Fprintf(&b, "\n| %s | all layers: root | user | Landlock and seccomp: root | user | none: root | user |\n|---|---|---|---|---|---|---|\n", group)
		}
		b.WriteString("| " + a.Name)
		for _, c := range cells {
			b.WriteString(" | " + c.want(a))
		}
		b.WriteString(" |\n")
	}
	tried := 0
	for _, a := range corpus {
		if !a.Control {
			tried++
		}
	}
	return fmt.Sprintf("\n%d attempts.\n", tried) + b.String() + "\n"
}
