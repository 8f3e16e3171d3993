package exec

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A step of a conversation: what is typed, and what is on the screen then.
type step struct{ chars, answer string }

// Programs that people type to, each driven to a clean end.
func TestPrograms(t *testing.T) {
	for _, tc := range []struct {
		name   string
		needs  string
		script string
		first  string // what it shows when it has started
		steps  []step
		end    string // what is typed last
		code   int
		check  string // a script that says what the program has done
		want   string
	}{
		{
			name: "python", needs: "python3", script: "python3 -q", first: ">>> ",
			steps: []step{{"x = 6\n", ">>> "}, {"print(x * 7)\n", "\n42\r"}, {"import time; print('busy'); time.sleep(1000)\n", "\nbusy\r"}, {"\x03", "KeyboardInterrupt"}, {"print(x)\n", "\n6\r"}},
			end:   "raise SystemExit(5)\n", code: 5,
		},
		{
			name: "less", needs: "less", script: "seq 1000 >file; TERM=vt100 less file", first: "23",
			steps: []step{{"/777\n", "777"}, {"G", "1000"}},
			end:   "q",
		},
		{
			name: "less, to a terminal that can do nothing", needs: "less", script: "seq 1000 >file; less file", first: "not fully functional",
			steps: []step{{"\n", "23"}, {" ", "46"}},
			end:   "q",
		},
		{
			name: "vim", needs: "vim", script: "echo old >file; vim -u NONE -i NONE -n file", first: "old",
			steps: []step{{"ggcwnew\x1b", "new"}, {":w\n", "written"}},
			end:   ":q\n", check: "cat file", want: "new\n",
		},
		{
			name: "git add -p", needs: "git", script: repository + "git add -p", first: "Stage this hunk",
			steps: []step{{"y\n", "Stage this hunk"}},
			end:   "n\n", check: "git diff --cached | grep '^[-+][^-+]'; git diff | grep '^[-+][^-+]'", want: "-1\n+first\n-40\n+last\n",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			must(t, tc.needs)
			r := newTestRunner(t)
			dir := t.TempDir()
			id := leave(t, r, Command{Script: tc.script, Dir: dir, TTY: true}, tc.first)
			for _, s := range tc.steps {
				write(t, r, id, s.chars, s.answer)
			}
			res, err := r.Write(t.Context(), Input{SessionID: id, Chars: tc.end, Yield: maxYield})
			if err != nil || res.Running || res.ExitCode != tc.code {
				t.Errorf("the end: got %+v, %v, want code %d", res, err, tc.code)
			}
			if got := run(t, r, Command{Script: tc.check, Dir: dir}); got.Output != tc.want {
				t.Errorf("it has done %q, want %q", got.Output, tc.want)
			}
		})
	}
}

// repository has two hunks to stage.
const repository = `git init -q . && seq 40 >file && git add file &&
git -c user.name=a -c user.email=a@example.com commit -qm one &&
sed -i '1s/.*/first/; 40s/.*/last/' file && `

// What would wait for a person with no terminal there ends by itself: pagers,
// editors, questions for passwords.
func TestNothingWaitsForAPerson(t *testing.T) {
	must(t, "git", "less")
	for _, entry := range []string{"PAGER=less", "GIT_PAGER=less", "EDITOR=vi", "GIT_ASKPASS=/bin/cat", "SSH_ASKPASS=/bin/cat", "DISPLAY=:99"} {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	// A server that always wants a password, as a helper of git's own.
	helper := t.TempDir()
	if err := os.WriteFile(filepath.Join(helper, "git-remote-locked"), []byte("#!/bin/sh\nprintf 'protocol=https\\nhost=example.com\\n\\n' | git credential fill\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", helper+":"+os.Getenv("PATH"))
	commit := "git -c user.name=a -c user.email=a@example.com "
	for _, tc := range []struct {
		script, says string
		ok           bool
	}{
		{repository + "git log && git -p diff", "+first", true},
		{repository + commit + "commit -a", "empty commit message", false},
		{repository + commit + "commit -qam two && " + commit + "rebase -i HEAD~1 && " + commit + "commit --amend -q", "", true},
		{"git ls-remote locked::x", "terminal prompts disabled", false},
		{"seq 1000 | less", "1000", true},
		{"cat; read answer; echo read $?", "read 1", true},
		{"cat </dev/tty", "/dev/tty", false},
	} {
		got := run(t, newTestRunner(t), Command{Script: tc.script, Yield: maxYield})
		if got.Running || (got.ExitCode == 0) != tc.ok || !strings.Contains(got.Output, tc.says) {
			t.Errorf("%s\ngot %+v, want %q in it, success %v", tc.script, got, tc.says, tc.ok)
		}
	}
}

// Output that is no text neither breaks anything nor is taken for text.
func TestBinaryOutput(t *testing.T) {
	got := run(t, newTestRunner(t), Command{Script: `printf 'a\000\377\376b\033[31m'; head -c 100000 /dev/urandom | tr -d '\n'; echo; echo end`})
	if !strings.HasPrefix(got.Output, "a\x00�b\x1b[31m") || !strings.HasSuffix(got.Output, "\nend\n") || got.Running {
		t.Errorf("got %q…", got.Output[:min(len(got.Output), 100)])
	}
	if strings.ToValidUTF8(got.Text, "") != got.Text {
		t.Error("the model's text is not UTF-8")
	}
}

// 64 terminals are typed to at once, and each answers its own.
func TestManyTerminals(t *testing.T) {
	r := newTestRunner(t)
	dir := t.TempDir()
	ids := make(chan int, maxSessions)
	for range maxSessions {
		go func() {
			res, err := r.Run(t.Context(), Command{Script: "stty -echo; echo up; read line; echo got $line", TTY: true, Dir: dir, Shell: "sh", Yield: 1})
			if err != nil {
				t.Error(err)
			}
			ids <- res.SessionID
		}()
	}
	answers := make(chan bool, maxSessions)
	for range maxSessions {
		id := <-ids
		go func() {
			word := strings.Repeat("x", id%50+1)
			res, err := r.Write(t.Context(), Input{SessionID: id, Chars: word + "\n", Yield: maxYield})
			answers <- err == nil && !res.Running && res.ExitCode == 0 && strings.Contains(res.Output, "got "+word+"\r\n")
		}()
	}
	for range maxSessions {
		if !<-answers {
			t.Error("a terminal has not answered what was typed to it")
		}
	}
}

// A login shell as they are, with and without its profile held.
func BenchmarkLogin(b *testing.B) {
	shell, err := exec.LookPath("bash")
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	b.Run("held", func(b *testing.B) {
		r := newTestRunner(b)
		c := Command{Script: "true", Shell: shell, Login: true, Dir: dir}
		run(b, r, c)
		for b.Loop() {
			run(b, r, c)
		}
	})
	b.Run("read each time", func(b *testing.B) {
		for b.Loop() {
			if _, err := exec.Command(shell, "-lc", "true").CombinedOutput(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
