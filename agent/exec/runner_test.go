package exec

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestRun(t *testing.T) {
	var mixed strings.Builder
	for i := range 500 {
		fmt.Fprintf(&mixed, "out %d\nerr %d\n", i, i)
	}
	for _, tc := range []struct {
		name   string
		script string
		tty    bool
		output string
		code   int
	}{
		{name: "output", script: "echo hello", output: "hello\n"},
		{name: "no output", script: "true"},
		{name: "exit code", script: "exit 3", code: 3},
		{name: "unknown program", script: "no-such-program 2>/dev/null", code: 127},
		{name: "both streams in order", script: `i=0; while [ $i -lt 500 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done`, output: mixed.String()},
		{name: "input is empty", script: "cat; echo done", output: "done\n"},
		{name: "no controlling terminal", script: "(: </dev/tty) 2>/dev/null || echo none", output: "none\n"},
		{name: "closed output", script: "exec >&- 2>&-; exit 4", code: 4},
		{name: "SIGKILL", script: "kill -KILL $$", code: 137},
		{name: "SIGTERM", script: "kill -TERM $$", code: 143},
		{name: "SIGSEGV", script: "kill -SEGV $$", code: 139},
		{name: "SIGINT", script: "kill -INT $$", code: 130},
		{name: "invalid UTF-8", script: `printf 'a\377b\n'`, output: "a\ufffdb\n"},
		{name: "half a rune at the end", script: `printf 'a\342\202'`, output: "a\ufffd"},
		{name: "multi-line script", script: "for x in 1 2\ndo\n  echo $x\ndone\n", output: "1\n2\n"},
		{name: "terminal", script: `[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo yes`, tty: true, output: "yes\r\n"},
		{name: "lines of a terminal", script: `printf 'a\nb\n'`, tty: true, output: "a\r\nb\r\n"},
		{name: "size of a terminal", script: `stty size`, tty: true, output: "24 80\r\n"},
		{name: "controlling terminal", script: `echo hi >/dev/tty`, tty: true, output: "hi\r\n"},
		{name: "signal in a terminal", script: `kill -KILL $$`, tty: true, code: 137},
		{name: "left in the background", script: "sleep 1000 & seq 3", output: "1\n2\n3\n"},
		{name: "left in the background, quiet", script: "sleep 1000 >/dev/null 2>&1 & echo hi", output: "hi\n"},
		{name: "left in the background of a terminal", script: "(trap '' HUP; exec sleep 1000) & echo hi", tty: true, output: "hi\r\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var shown strings.Builder
			got := run(t, newTestRunner(t), Command{
				Script: tc.script, TTY: tc.tty, Yield: maxYield,
				Output: func(p []byte) { shown.Write(p) },
			})
			want := Result{Output: tc.output, ExitCode: tc.code}
			if d := cmp.Diff(want, got, cmpopts.IgnoreFields(Result{}, "Text", "Wall")); d != "" {
				t.Errorf("%q: -want +got\n%s", tc.script, d)
			}
			if shown.String() != tc.output {
				t.Errorf("%q: shown %q, want %q", tc.script, shown.String(), tc.output)
			}
			if end := fmt.Sprintf("Process exited with code %d\n", tc.code); !strings.Contains(got.Text, end) || !strings.HasSuffix(got.Text, "Output:\n"+tc.output) {
				t.Errorf("%q: text %q", tc.script, got.Text)
			}
		})
	}
}

func TestRunInAFolder(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	got := run(t, newTestRunner(t), Command{Script: "pwd; pwd -P", Dir: link})
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := link + "\n" + real + "\n"; got.Output != want {
		t.Errorf("got %q, want %q", got.Output, want)
	}
}

func TestRunReadsTheProfileOfALoginShell(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{".profile", ".bash_profile"} {
		if err := os.WriteFile(filepath.Join(home, name), []byte("greeting=hello\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("HOME", home)
	r := newTestRunner(t)
	for _, shell := range []string{"bash", "sh"} {
		for login, want := range map[bool]string{true: "hello\n", false: "\n"} {
			c := Command{Script: "echo $greeting", Shell: shell, Login: login}
			if got := run(t, r, c); !strings.HasSuffix(got.Output, want) || len(want) > len(got.Output) {
				t.Errorf("%s, login %v: printed %q, want %q", shell, login, got.Output, want)
			}
		}
	}
}

// Who uses a shell of another language gets one that understands the model.
func TestRunChoosesAShell(t *testing.T) {
	r := newTestRunner(t)
	for user, want := range map[string]string{"/bin/sh": "/bin/sh\n", "/usr/bin/nu": "bash\n", "": "bash\n", "/nowhere/bash": "bash\n"} {
		t.Setenv("SHELL", user)
		if got := run(t, r, Command{Script: "echo $0"}); !strings.HasSuffix(got.Output, want) {
			t.Errorf("SHELL=%s: ran by %q, want %q", user, got.Output, want)
		}
	}
}

func TestRunThatCannotStart(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	codex := func(why string) string {
		return `CreateProcess { message: "Rejected(\"Failed to create unified exec process: ` + why + `\")" }` + "\n"
	}
	for _, tc := range []struct {
		name    string
		command Command
		want    string
	}{
		{"no folder", Command{Script: "true", Dir: dir + "/no"},
			codex("No such file or directory (os error 2)") + "The working directory " + dir + "/no cannot be used."},
		{"a file for a folder", Command{Script: "true", Dir: file},
			codex("Not a directory (os error 20)") + file + " is a file, and no working directory."},
		{"no shell", Command{Script: "true", Dir: dir, Shell: "no-such-shell"},
			codex("No such file or directory (os error 2)") + `The shell "no-such-shell" was not found; leave shell out for the user's own.`},
		{"a shell that is none", Command{Script: "true", Dir: dir, Shell: file},
			codex("Permission denied (os error 13)") + `The shell "` + file + `" was not found; leave shell out for the user's own.`},
		{"too long", Command{Script: strings.Repeat(" ", 1<<20), Dir: dir},
			codex("Argument list too long (os error 7)") + "The script or the environment is too long; write the script to a file and run that."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newTestRunner(t)
			for _, tty := range []bool{false, true} {
				tc.command.TTY = tty
				_, err := r.Run(context.Background(), tc.command)
				if err == nil || err.Error() != tc.want {
					t.Errorf("got  %v\nwant %s", err, tc.want)
				}
			}
			if len(r.sessions) > 0 {
				t.Errorf("%d sessions of commands that never started", len(r.sessions))
			}
		})
	}
}

func TestRunCutsLongOutput(t *testing.T) {
	r := NewRunner(Options{MaxTokens: 100})
	defer r.Close()
	seq := run(t, r, Command{Script: "seq 1000", MaxTokens: 50})
	want := "Original token count: 974\nOutput:\nWarning: truncated output (original token count: 974)\nTotal output lines: 1000\n\n" +
		seq.Output[:100] + "…924 tokens truncated…" + seq.Output[len(seq.Output)-100:]
	if !strings.HasSuffix(seq.Text, want) {
		t.Errorf("got %q, want …%q", seq.Text, want)
	}
	more := run(t, r, Command{Script: "seq 1000", MaxTokens: 100_000})
	if want := "…874 tokens truncated…"; !strings.Contains(more.Text, want) {
		t.Errorf("more than is allowed was asked for: got %q, want %q in it", more.Text, want)
	}
}

// A command that prints 100 MB costs what its capture holds, a few times over
// for growing and joining, and leaves the sizes right.
func TestRunBoundsMemory(t *testing.T) {
	const size = 100_000_000
	r := newTestRunner(t)
	frames := 0
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := run(t, r, Command{
		Script: fmt.Sprintf("head -c %d /dev/zero | tr '\\0' x", size), Yield: maxYield,
		Output: func(p []byte) {
			frames++
			if len(p) > maxFrame+100 {
				t.Errorf("a frame of %d bytes", len(p))
			}
		},
	})
	runtime.ReadMemStats(&after)
	omitted := fmt.Sprintf("\n... %d bytes omitted ...\n", size-maxOutput)
	if !strings.Contains(got.Output, omitted) || len(got.Output) != maxOutput+len(omitted) {
		t.Errorf("%d bytes of output kept, want %d with %q", len(got.Output), maxOutput+len(omitted), omitted)
	}
	if want := fmt.Sprintf("Original token count: %d\n", size/bytesPerToken); !strings.Contains(got.Text, want) {
		t.Errorf("text %.200q, want %q in it", got.Text, want)
	}
	limit := uint64(16*maxOutput + frames*16*maxFrame)
	if used := after.TotalAlloc - before.TotalAlloc; used > limit {
		t.Errorf("%d bytes allocated over all, want at most %d", used, limit)
	}
}

// What is shown while a command runs is whole runes, however they are written.
func TestOutputIsWholeRunes(t *testing.T) {
	gate := newFifo(t)
	var chunks []string
	letGo := onText("a", func() { poke(t, gate) })
	got := run(t, newTestRunner(t), Command{
		Script: `printf 'a\342\202'; read x <$GATE; printf '\254\377z'`,
		Env:    []string{"GATE=" + gate}, Yield: maxYield,
		Output: func(p []byte) {
			chunks = append(chunks, string(p))
			letGo(p)
		},
	})
	want := "a€\ufffdz"
	if all := strings.Join(chunks, ""); all != want || got.Output != want || chunks[0] != "a" {
		t.Errorf("chunks %q, output %q, want %q", chunks, got.Output, want)
	}
	for _, c := range chunks {
		if !utf8.ValidString(c) {
			t.Errorf("chunk %q is not valid UTF-8", c)
		}
	}
}

// A process in the background may go on printing after its shell has ended:
// nobody hears it, and it does not die of that.
func TestBackgroundMayGoOnPrinting(t *testing.T) {
	r := newTestRunner(t)
	gate, done := newFifo(t), newWitness(t)
	got := run(t, r, Command{
		Script: `(exec 9>$DONE; echo >$UP; read x <$GATE; seq 100000; echo still here >&9) & read x <$UP`,
		Env:    []string{"GATE=" + gate, "DONE=" + done.path, "UP=" + newFifo(t)},
		Yield:  maxYield,
	})
	if got.Running || got.ExitCode != 0 {
		t.Fatalf("the shell has not ended well: %+v", got)
	}
	if s := r.Sessions(); len(s) != 1 || s[0].State != Background {
		t.Errorf("sessions %+v, want one in the background", s)
	}
	poke(t, gate)
	if said := done.wait(t); said != "still here\n" {
		t.Errorf("it said %q", said)
	}
}

func TestEnvironment(t *testing.T) {
	for _, entry := range []string{"OPENAI_API_KEY=secret", "CODEX_API_KEY=secret", "OTHER_KEY=secret", "PAGER=less", "KEPT=yes"} {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	c := Command{
		Script: "env", Unset: []string{"OTHER_KEY"}, Dir: t.TempDir(),
		Env: []string{"CODEX_THREAD_ID=7", "LANG=de_DE.UTF-8"},
	}
	got := make(map[string]string)
	for line := range strings.Lines(run(t, newTestRunner(t), c).Output) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		got[name] = value
	}
	want := map[string]string{
		"CODEX_CI": "1", "NO_COLOR": "1", "TERM": "dumb", "COLORTERM": "",
		"PAGER": "cat", "GIT_PAGER": "cat", "GH_PAGER": "cat",
		"LC_ALL": "C.UTF-8", "LC_CTYPE": "C.UTF-8", "LANG": "de_DE.UTF-8",
		"GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": "true", "EDITOR": "true",
		"CODEX_THREAD_ID": "7", "KEPT": "yes", "PWD": c.Dir,
	}
	for name, value := range want {
		if v, is := got[name]; !is || v != value {
			t.Errorf("%s=%s, want %s", name, v, value)
		}
	}
	for _, name := range []string{"OPENAI_API_KEY", "CODEX_API_KEY", "OTHER_KEY"} {
		if v, is := got[name]; is {
			t.Errorf("%s=%s is in the environment", name, v)
		}
	}
	c.Env = []string{"OPENAI_API_KEY=mine"}
	c.Script = "echo $OPENAI_API_KEY"
	if got := run(t, newTestRunner(t), c); got.Output != "mine\n" {
		t.Errorf("a key that was passed on purpose: %q", got.Output)
	}
}

func TestRunAfterClose(t *testing.T) {
	r := NewRunner(Options{})
	r.Close()
	r.Close()
	if _, err := r.Run(context.Background(), Command{Script: "true", Dir: t.TempDir()}); err != errClosed {
		t.Errorf("got %v, want %v", err, errClosed)
	}
}
