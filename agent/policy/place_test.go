package policy

import (
	"path"
	"strings"
	"testing"
)

// linked is a place with links: the workspace is reached by /ws, and in it
// are h, which leads to the home folder, and up, to the folder above.
func linked(cwd string) Place {
	links := map[string]string{"/ws": "/data/src/p", "/data/src/p/h": "/home/u", "/data/src/p/up": "/data/src"}
	return Place{Cwd: cwd, Home: "/home/u", Root: "/ws", Real: func(p string) string {
		at := "/"
		for part := range strings.SplitSeq(p, "/") {
			if at = path.Join(at, part); links[at] != "" {
				at = links[at]
			}
		}
		return at
	}}
}

func TestCatastropheBehindLinks(t *testing.T) {
	for _, c := range []struct{ cwd, script, rule string }{
		{"/ws", `rm -rf /ws`, "lost-workspace"},
		{"/ws", `rm -rf /data/src/p`, "lost-workspace"},
		{"/ws", `rm -rf ../p`, "lost-workspace"},
		{"/ws", `rm -rf /data/src`, "lost-workspace"},
		{"/ws", `rm -rf /data/src/p/.git`, "lost-git"},
		{"/ws", `rm -rf up/p`, "lost-workspace"},
		{"/ws", `rm -rf h/`, "lost-home"},
		{"/ws", `rm -rf h/*`, "lost-home"},
		{"/ws", `rm -rf h/../u`, "lost-home"},
		{"/ws", `cd h && rm -rf *`, "lost-home"},
		{"/ws/h", `rm -rf ./*`, "lost-home"},
		{"/ws/sub", `rm -rf ..`, "lost-workspace"},
		{"/ws/sub", `rm -rf ../.git`, "lost-git"},
		{"/ws/sub", `find .. -delete`, "lost-workspace"},
		{"/ws", `rm -rf h`, ""},
		{"/ws", `rm -rf build`, ""},
		{"/ws", `rm -rf h/x`, ""},
		{"/ws/sub", `rm -rf .`, ""},
	} {
		if got, _ := Catastrophe(c.script, linked(c.cwd)); got.Rule != c.rule {
			t.Errorf("in %s, %s: got %q, want %q", c.cwd, c.script, got.Rule, c.rule)
		}
	}
}

// TestJudgePlace holds what the place has to do with what is no catastrophe.
func TestJudgePlace(t *testing.T) {
	sub, shell := here, func(name string) Place { p := here; p.Shell = name; return p }
	sub.Cwd += "/sub"
	for _, c := range []struct {
		at           Place
		script, rule string
	}{
		{here, `git status`, "git-settings"},
		{sub, `git status`, "git-settings"},
		{sub, `ls`, "read-only"},
		{shell("zsh"), `ls`, "read-only"},
		{shell("/usr/bin/bash"), `ls`, "read-only"},
		{shell("fish"), `ls`, "shell-unknown"},
		{shell("python3"), `ls`, "shell-unknown"},
		{shell("./bash"), `ls`, "shell-unknown"},
		{shell("/home/u/src/p/bash"), `ls`, "shell-unknown"},
		{shell("fish"), `rm -rf x`, "delete-recursive"},
		{shell("fish"), `rm -rf ~`, "lost-home"},
		{here, `ls *(e:'touch x':)`, "pattern"},
		{here, `ls ?(a)`, "pattern"},
	} {
		if got := Judge(c.script, c.at); got.Rule != c.rule {
			t.Errorf("in %s with %q, %s: got %q, want %q", c.at.Cwd, c.at.Shell, c.script, got.Rule, c.rule)
		}
	}
}

func TestJudgeTyped(t *testing.T) {
	for text, rule := range map[string]string{
		"y\n": "typed", "ls\n": "typed", "print(\"a\n": "typed", "rm -rf x\n": "delete-recursive", "rm -rf ~\n": "lost-home",
		"rm -rf .git\n": "lost-git", "rm -rf *\n": "delete-recursive",
		":!rm -rf x\n": "delete-recursive", "!a!rm -rf ~\n": "lost-home", "import shutil; shutil.rmtree('x')\n": "delete-code",
		"yes!\n": "typed",
	} {
		if got := JudgeTyped(text, here); got.Rule != rule {
			t.Errorf("%q: got %q, want %q", text, got.Rule, rule)
		}
	}
}
