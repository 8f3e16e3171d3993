package exec

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// home makes a home folder with start-up files for all shells, which note each
// time that they are read.
func home(t *testing.T, profile string) (dir string, reads func() int) {
	t.Helper()
	dir = t.TempDir()
	count := filepath.Join(dir, "count")
	for _, name := range []string{".profile", ".bash_profile", ".zprofile"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("echo x >>"+count+"\n"+profile), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("HOME", dir)
	t.Setenv("ZDOTDIR", dir)
	return dir, func() int {
		text, err := os.ReadFile(count)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return strings.Count(string(text), "\n")
	}
}

// wideProfile leaves one of everything.
const wideProfile = `
echo noise; echo noise >&2
export EXPORTED='two
lines and ünïcode' PAGER=less OPENAI_API_KEY=secret PATH="$HOME/bin:$PATH"
hidden='not "exported" $HOME'
list=(one 'two three')
greet() {
	echo "hello $1"
}
umask 027
`

// Commands find what a login shell would have given them, and the start-up
// files are read once.
func TestProfileIsReadOnce(t *testing.T) {
	const script = `echo "$EXPORTED|$hidden|${list[@]}|$(greet you)|$PAGER|$OPENAI_API_KEY|$(umask)|${PATH%%:*}|$CODEX_LSP_PROFILE_0"; cd /nowhere`
	for _, shell := range must(t, "bash", "zsh") {
		t.Run(shell, func(t *testing.T) {
			dir, reads := home(t, wideProfile)
			want := "two\nlines and ünïcode|not \"exported\" $HOME|one two three|hello you|cat||0027|" + dir + "/bin|\n"
			if shell == "zsh" {
				want = strings.Replace(want, "0027", "027", 1)
			}
			r := newTestRunner(t)
			dir = t.TempDir()
			for range 3 {
				got := run(t, r, Command{Script: script, Shell: shell, Login: true, Dir: dir})
				if !strings.HasPrefix(got.Output, want) || !strings.Contains(got.Output[len(want):], "/nowhere") {
					t.Errorf("printed %q, want %q and an error", got.Output, want)
				}
				if shell == "bash" && !strings.Contains(got.Output, "line 1: cd: /nowhere") {
					t.Errorf("printed %q, want an error in line 1", got.Output)
				}
			}
			if n := reads(); n != 1 {
				t.Errorf("the files were read %d times, want once", n)
			}
			run(t, r, Command{Script: "true", Shell: shell, Login: true, Dir: t.TempDir()})
			if n := reads(); n != 2 {
				t.Errorf("with another folder, the files were read %d times, want twice", n)
			}
		})
	}
}

// Aliases and options hold from the script's first line on.
func TestProfileRestoresAliasesAndOptions(t *testing.T) {
	for _, tc := range []struct{ shell, profile, script, want string }{
		{"bash", "shopt -s expand_aliases extglob; alias hi='echo hi'; set -o pipefail", `hi; [[ aab == +(a)b ]] && echo ext; false | true || echo failed`, "hi\next\nfailed\n"},
		{"zsh", "setopt extended_glob pipe_fail; alias hi='echo hi'; alias -g THERE=there", `hi THERE; [[ aab == a##b ]] && echo ext; false | true || echo failed`, "hi there\next\nfailed\n"},
		{"bash", "", `echo $-; shopt expand_aliases; env | grep -c CODEX_LSP`, "hBc\nexpand_aliases \toff\n0\n"},
	} {
		must(t, tc.shell)
		home(t, tc.profile)
		if got := run(t, newTestRunner(t), Command{Script: tc.script, Shell: tc.shell, Login: true}); got.Output != tc.want {
			t.Errorf("%s: printed %q, want %q", tc.shell, got.Output, tc.want)
		}
	}
}

// Functions of a hundred kilobytes, as a version manager's, are none too many.
func TestProfileWithManyFunctions(t *testing.T) {
	var b strings.Builder
	for i := range 2000 {
		b.WriteString("f" + strings.Repeat("x", i%9) + string(rune('a'+i%26)) + "_" + time.Duration(i).String() + "() { echo 'a function of some length, as they are'; return 3; }\n")
	}
	b.WriteString("last() { echo the last; }\n")
	_, reads := home(t, b.String())
	r := newTestRunner(t)
	dir := t.TempDir()
	for range 2 {
		if got := run(t, r, Command{Script: "last", Shell: "bash", Login: true, Dir: dir}); got.Output != "the last\n" {
			t.Errorf("printed %q", got.Output)
		}
	}
	if n := reads(); n != 1 {
		t.Errorf("the files were read %d times, want once", n)
	}
}

// A start-up file that is changed is read again.
func TestProfileIsReadAnewWhenItChanges(t *testing.T) {
	dir, _ := home(t, "export LEVEL=one\n")
	r := newTestRunner(t)
	for _, want := range []string{"one", "three"} {
		text := "export LEVEL=" + want + "\n"
		if err := os.WriteFile(filepath.Join(dir, ".bash_profile"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := run(t, r, Command{Script: "echo $LEVEL", Shell: "bash", Login: true, Dir: dir}); got.Output != want+"\n" {
			t.Errorf("printed %q, want %s", got.Output, want)
		}
	}
}

// Files that take too long are given up, with all they have started, and
// commands run without them.
func TestProfileThatHangs(t *testing.T) {
	alive := newWitness(t)
	home(t, "export LEVEL=one; exec 9>"+alive.path+"; sleep 1000 & sleep 1000\n")
	r := newTestRunner(t)
	r.profiles.patience = 50 * time.Millisecond
	dir := t.TempDir()
	for range 2 {
		if got := run(t, r, Command{Script: "echo level $LEVEL", Shell: "bash", Login: true, Dir: dir}); got.Output != "level\n" {
			t.Errorf("printed %q", got.Output)
		}
	}
	alive.wait(t)
	if s := r.Sessions(); len(s) > 0 {
		t.Errorf("sessions %+v", s)
	}
}

// Where a profile cannot be had, each shell reads its files itself.
func TestProfileThatCannotBeTold(t *testing.T) {
	_, reads := home(t, "export LEVEL=one; PATH=/nowhere\n")
	r := newTestRunner(t)
	dir := t.TempDir()
	for range 2 {
		if got := run(t, r, Command{Script: "echo $LEVEL", Shell: "bash", Login: true, Dir: dir}); got.Output != "one\n" {
			t.Errorf("printed %q", got.Output)
		}
	}
	if n := reads(); n != 3 {
		t.Errorf("the files were read %d times, want once for the profile and once for each command", n)
	}
}

// An interrupt ends the wait for the files, and the next command reads them.
func TestProfileInterrupted(t *testing.T) {
	alive, up, gate := newWitness(t), newFifo(t), newFifo(t)
	home(t, "exec 9>"+alive.path+"; echo up >"+up+"; read x <"+gate+"; exec 9>&-; export LEVEL=one\n")
	r := newTestRunner(t)
	ctx, cancel := context.WithCancel(t.Context())
	c := Command{Script: "echo $LEVEL", Shell: "bash", Login: true, Dir: t.TempDir()}
	ended := make(chan error)
	go func() {
		_, err := r.Run(ctx, c)
		ended <- err
	}()
	if _, err := os.ReadFile(up); err != nil { // which waits for it
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	alive.wait(t)
	go func() {
		os.ReadFile(up)
		poke(t, gate)
	}()
	if got := run(t, r, c); got.Output != "one\n" {
		t.Errorf("printed %q", got.Output)
	}
}

// must returns the names of programs, all of which have to be there.
func must(t *testing.T, names ...string) []string {
	t.Helper()
	if found := programs(names...); len(found) < len(names) {
		t.Fatalf("of %v only %v are installed; `make programs` installs them all", names, found)
	}
	return names
}
