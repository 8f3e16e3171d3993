package watch

import (
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent/exec"
	"codex-lsp/agent/journal"
)

// sh runs a script in a folder.
func sh(t *testing.T, dir, script string) {
	t.Helper()
	cmd := osexec.Command("sh", "-ec", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
}

// looked is what has changed in a folder, a line each.
func looked(t *testing.T, f *Folder) []string {
	t.Helper()
	files, err := f.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, c := range files {
		name, _ := filepath.Rel(f.root, c.Path)
		before, after := "-", "-"
		for text, shown := range map[*journal.Text]*string{c.Before: &before, c.After: &after} {
			if text != nil {
				*shown = fmt.Sprintf("%q %o", text.Content(), text.Mode)
			}
		}
		list = append(list, name+": "+before+" -> "+after)
	}
	return list
}

const made1 = `
printf one >tracked; printf two >changed; printf three >gone; mkdir -p d; printf deep >d/deep
printf 'ignored\n*.log\n' >.gitignore; printf x >ignored; printf y >d/a.log
printf new >untracked; chmod 644 *; head -c 2000000 /dev/zero >big`

// TestCommands: all that commands do to files is found, with what was there
// before, whether git has it or not. What is ignored is not.
func TestCommands(t *testing.T) {
	for _, repository := range []bool{true, false} {
		t.Run(fmt.Sprint("git ", repository), func(t *testing.T) {
			dir := t.TempDir()
			sh(t, dir, made1)
			if repository {
				sh(t, dir, "git init -q; git add tracked changed gone d .gitignore; git commit -qm x; printf TWO >changed")
			} else {
				sh(t, dir, "printf TWO >changed; rm ignored d/a.log")
			}
			f := New(NamesIn(dir, journal.At(t.TempDir()), os.Environ))
			if got := looked(t, f); got != nil {
				t.Errorf("the first look finds %q", got)
			}
			sh(t, dir, "printf ONE >tracked; printf 2 >changed; rm gone untracked; printf more >>d/deep; chmod +x d/deep; printf n >d/new; touch .gitignore; printf z >big; printf z >d/b.log; rm -f d/b.log")
			want := []string{
				`changed: "TWO" 644 -> "2" 644`, `d/deep: "deep" 644 -> "deepmore" 755`, `d/new: - -> "n" 644`,
				`gone: "three" 644 -> -`, `tracked: "one" 644 -> "ONE" 644`, `untracked: "new" 644 -> -`,
			}
			if diff := cmp.Diff(want, slices.Sorted(slices.Values(looked(t, f)))); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
			if got := looked(t, f); got != nil {
				t.Errorf("looked at again: %q", got)
			}
			if !repository {
				return
			}
			sh(t, dir, "git checkout -q -- tracked changed gone; printf y >ignored")
			want = []string{`changed: "2" 644 -> "two" 644`, `gone: - -> "three" 644`, `tracked: "ONE" 644 -> "one" 644`}
			if diff := cmp.Diff(want, slices.Sorted(slices.Values(looked(t, f)))); diff != "" {
				t.Errorf("after git put files back (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNothingIsTakenForNew: a file that was there before a command is not taken
// for one that the command made, or undoing that would delete it: one that was
// too large, or ignored.
func TestNothingIsTakenForNew(t *testing.T) {
	dir := t.TempDir()
	sh(t, dir, "git init -q; head -c 2000000 /dev/zero >big; printf '*.key\n' >.gitignore; printf secret >a.key; touch -d '1 hour ago' a.key")
	f := New(NamesIn(dir, journal.At(t.TempDir()), os.Environ))
	looked(t, f)
	sh(t, dir, "printf small >big; printf '\n' >.gitignore; printf new >new")
	want := []string{`.gitignore: "*.key\n" 644 -> "\n" 644`, `new: - -> "new" 644`}
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(looked(t, f)))); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	sh(t, dir, "printf smaller >big; printf found >a.key")
	want = []string{`a.key: "secret" 644 -> "found" 644`, `big: "small" 644 -> "smaller" 644`}
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(looked(t, f)))); diff != "" {
		t.Errorf("from then on (-want +got):\n%s", diff)
	}
}

// TestNothingOfTheRepositoryRuns: a repository is not trusted, and its
// configuration names no program that is run for a look.
func TestNothingOfTheRepositoryRuns(t *testing.T) {
	dir := t.TempDir()
	sh(t, dir, `git init -q; printf x >a; git add a; git commit -qm x
printf '#!/bin/sh\ntouch "%s/ran"\n' "$PWD" >/tmp/hook.$$; chmod +x /tmp/hook.$$; mv /tmp/hook.$$ .git/evil
git config core.fsmonitor "$PWD/.git/evil"; git config core.hooksPath "$PWD/.git"
git config filter.evil.clean "$PWD/.git/evil"; git config filter.evil.smudge "$PWD/.git/evil"; git config diff.evil.textconv "$PWD/.git/evil"
printf 'a filter=evil diff=evil\n' >.gitattributes`)
	f := New(NamesIn(dir, journal.At(t.TempDir()), os.Environ))
	looked(t, f)
	sh(t, dir, "rm -f ran; printf y >a")
	looked(t, f)
	if _, err := os.Stat(filepath.Join(dir, "ran")); err == nil {
		t.Error("a program that the repository names was run")
	}
}

// A counting store counts what it is given to keep.
type counting struct {
	*journal.Journal
	kept int
}

func (c *counting) Keep(t *journal.Text) (*journal.Text, error) {
	c.kept++
	return c.Journal.Keep(t)
}

// TestReadOnce: those who watch one folder read what git does not have once, and
// each is told of what has changed since its own last look.
func TestReadOnce(t *testing.T) {
	dir := t.TempDir()
	sh(t, dir, "git init -q; for i in 1 2 3 4 5; do printf $i >$i; done")
	store := &counting{Journal: journal.At(t.TempDir())}
	names := NamesIn(dir, store, os.Environ)
	first, second := New(names), New(names)
	looked(t, first)
	sh(t, dir, "printf one >1")
	looked(t, second)
	if store.kept != 6 {
		t.Errorf("%d texts kept, want 6", store.kept)
	}
	for f, want := range map[*Folder][]string{first: {`1: "1" 644 -> "one" 644`}, second: nil} {
		if diff := cmp.Diff(want, looked(t, f)); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
	}
}

// TestUncovered: what a look passes over has a name.
func TestUncovered(t *testing.T) {
	dir := t.TempDir()
	sh(t, dir, "git init -q; "+made1+"; mkdir out; printf z >out/o; printf 'out/\\n' >>.gitignore")
	n := NamesIn(dir, journal.At(t.TempDir()), os.Environ)
	if got := n.Uncovered(); got != nil {
		t.Errorf("before the first look: %q", got)
	}
	looked(t, New(n))
	if diff := cmp.Diff([]string{"big", "d/a.log", "ignored", "out/"}, n.Uncovered()); diff != "" {
		t.Errorf("uncovered (-want +got):\n%s", diff)
	}
}

// TestGitOfTheFolder: a program of the folder's own is not taken for git, and git
// sees no variable that is none of its business.
func TestGitOfTheFolder(t *testing.T) {
	dir := t.TempDir()
	sh(t, dir, "git init -q; mkdir bin; printf '#!/bin/sh\ntouch ran\n' >bin/git; chmod +x bin/git; printf one >file")
	t.Setenv("PATH", filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
	t.Setenv("A_KEY", "secret")
	n := NamesIn(dir, journal.At(t.TempDir()), func() []string { return exec.SafeEnv([]string{dir}) })
	looked(t, New(n))
	if _, err := os.Stat(filepath.Join(dir, "ran")); err == nil {
		t.Error("the folder's own git ran")
	}
	spy := t.TempDir()
	sh(t, spy, "printf '#!/bin/sh\nenv >\"$HOME/env\"; exit 1\n' >git; chmod +x git")
	t.Setenv("HOME", spy)
	n = NamesIn(dir, journal.At(t.TempDir()), func() []string { return append(os.Environ(), "PATH="+spy+":"+os.Getenv("PATH")) })
	looked(t, New(n))
	env, err := os.ReadFile(filepath.Join(spy, "env"))
	if err != nil || strings.Contains(string(env), "secret") {
		t.Errorf("git's environment: %s, %v", env, err)
	}
}
