package agent

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/config"
	"codex-lsp/agent/exec"
	"codex-lsp/agent/sandbox"
)

// confined is a command in the sandbox, which may write to its folder alone.
func confined(t testing.TB, dir string, c exec.Command) exec.Command {
	t.Helper()
	needsSandbox(t)
	settings := &config.Config{Sandbox: config.WorkspaceWrite, Commands: config.Commands{NoSlashTmp: true, NoTmpdir: true}}
	c.Dir, c.Yield = dir, 30_000_000_000
	Confine(settings, dir, holding(true)).confine(&c)
	return c
}

// needsSandbox passes over a test where there is no full sandbox, which the
// test does not prove anything of then.
func needsSandbox(t testing.TB) {
	t.Helper()
	if r := sandbox.Probe(); !r.Full() {
		t.Skipf("NOT TRIED: this machine has not all layers; codex-lsp doctor says why: %+v", r.Layers)
	}
}

func newRunner(t testing.TB) *exec.Runner {
	r := exec.NewRunner(exec.Options{Log: discard})
	t.Cleanup(r.Close)
	return r
}

// A terminal in the sandbox is one: it is typed to, Ctrl-C reaches what runs in
// it, and its end is told with its code.
func TestTerminalInTheSandbox(t *testing.T) {
	r := newRunner(t)
	dir := t.TempDir()
	c := confined(t, dir, exec.Command{Script: `trap 'echo got it; exit 7' INT; test -t 0 && test -w /dev/tty && stty size </dev/tty && echo up; while :; do sleep 0.01; done`, TTY: true})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	up := make(chan struct{})
	var said strings.Builder
	c.Output = func(p []byte) {
		if said.Write(p); strings.Contains(said.String(), "up") {
			select {
			case <-up:
			default:
				close(up)
			}
		}
	}
	c.Yield = 1 // as short as there is; the rest is waited for below
	res, err := r.Run(ctx, c)
	if err != nil || !res.Running {
		t.Fatalf("%+v, %v", res, err)
	}
	for !strings.Contains(said.String(), "up") {
		if _, err := r.Write(ctx, exec.Input{SessionID: res.SessionID, MaxYield: 250_000_000, Output: c.Output}); err != nil {
			t.Fatal(err)
		}
	}
	end, err := r.Write(t.Context(), exec.Input{SessionID: res.SessionID, Chars: "\x03", Yield: 30_000_000_000})
	if err != nil || end.Running || end.ExitCode != 7 || !strings.Contains(end.Output, "got it") {
		t.Errorf("Ctrl-C: %+v, %v; want code 7", end, err)
	}
}

// What a command of the sandbox has left in the background ends with it, a
// daemon too, and no name that the sandbox kept is left.
func TestNothingIsLeftOfTheSandbox(t *testing.T) {
	r := newRunner(t)
	dir := t.TempDir()
	res, err := r.Run(t.Context(), confined(t, dir, exec.Command{Script: `setsid sleep 1000 & sleep 1000 & echo done`}))
	if err != nil || res.Running || res.ExitCode != 0 || res.Output != "done\n" {
		t.Errorf("%+v, %v", res, err)
	}
	if left := r.Sessions(); len(left) > 0 {
		t.Errorf("sessions %+v", left)
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) > 0 {
		t.Errorf("the folder holds %v, %v", names, err)
	}
}

// What is put into the background of a terminal runs on for as long as that, and
// is reached by what is typed there later.
func TestBackgroundOfATerminalInTheSandbox(t *testing.T) {
	r := newRunner(t)
	dir := t.TempDir()
	c := confined(t, dir, exec.Command{Script: `while read -r line; do eval "$line"; done`, TTY: true})
	c.Yield = 1
	res, err := r.Run(t.Context(), c)
	if err != nil || !res.Running {
		t.Fatalf("%+v, %v", res, err)
	}
	typed := func(line, want string) {
		t.Helper()
		said := ""
		for in := (exec.Input{SessionID: res.SessionID, Chars: line + "\n", MaxYield: 250_000_000}); !strings.Contains(said, want); in.Chars = "" {
			got, err := r.Write(t.Context(), in)
			if said += got.Output; err != nil || !got.Running {
				t.Fatalf("%s: %+v, %v; %q", line, got, err, said)
			}
		}
	}
	typed("(while :; do echo x >ping; sleep 0.01; done) & echo started-$((1+1))", "started-2")
	typed("rm -f ping; until test -e ping; do sleep 0.01; done; echo alive-$((1+1))", "alive-2")
	end, err := r.Write(t.Context(), exec.Input{SessionID: res.SessionID, Chars: "\x04", Yield: 30_000_000_000})
	if err != nil || end.Running {
		t.Errorf("Ctrl-D: %+v, %v", end, err)
	}
}

// A login shell's start-up files are read in the sandbox, and what they leave
// is not shared with commands outside of it.
func TestProfileInTheSandbox(t *testing.T) {
	home, dir := t.TempDir(), t.TempDir()
	t.Setenv("HOME", home)
	mark := filepath.Join(home, "mark")
	if err := os.WriteFile(filepath.Join(home, ".bash_profile"), []byte("export LEVEL=profile; { echo x >>"+mark+"; } 2>/dev/null && export WROTE=yes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRunner(t)
	c := exec.Command{Script: "echo $LEVEL $WROTE", Shell: "bash", Login: true}
	for range 2 {
		if res, err := r.Run(t.Context(), confined(t, dir, c)); err != nil || res.Output != "profile\n" {
			t.Errorf("inside: %+v, %v", res, err)
		}
	}
	if exists(mark) {
		t.Error("the start-up files could write to the home folder")
	}
	c.Dir = dir
	for range 2 {
		if res, err := r.Run(t.Context(), c); err != nil || res.Output != "profile yes\n" {
			t.Errorf("outside: %+v, %v", res, err)
		}
	}
	if text, err := os.ReadFile(mark); err != nil || string(text) != "x\n" {
		t.Errorf("outside, the files were read as often as in %q, %v", text, err)
	}
}

// Whose home folder is the workspace cannot have a command write to the files
// of their shells, nor to what the model is not to read.
func TestBelievedFilesAreKept(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	if err := os.WriteFile(filepath.Join(home, ignoreFile), []byte("*.key\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".bashrc", ".zshenv", ignoreFile} {
		res, err := newRunner(t).Run(t.Context(), confined(t, home, exec.Command{Script: fmt.Sprintf("echo x >>%s || mv %s away || mkdir -p %[1]s/x", name, name)}))
		if err != nil || res.ExitCode == 0 {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
	}
	if names, err := os.ReadDir(home); err != nil || len(names) != 1 {
		t.Errorf("the folder holds %v, %v", names, err)
	}
}

// A command that runs in the sandbox, beside one that does not.
func BenchmarkConfined(b *testing.B) {
	dir := b.TempDir()
	for _, way := range []string{"inside", "outside"} {
		b.Run(way, func(b *testing.B) {
			r := newRunner(b)
			c := confined(b, dir, exec.Command{Script: "true", Shell: "sh"})
			if way == "outside" {
				c.Wrap = nil
			}
			for b.Loop() {
				if res, err := r.Run(b.Context(), c); err != nil || res.ExitCode != 0 {
					b.Fatal(res, err)
				}
			}
		})
	}
}
