//go:build linux

package main

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// create writes a new file, with its folder.
func create(path string) error {
	dir := path[:len(path)-len("/x")]
	return errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(path, []byte("changed\n"), 0o755))
}

func creates(name string) attempt {
	return attempt{try: func(w *world) error { return create(w.WS + "/" + name) }, worked: there(inside(name))}
}

func overwrites(name string) attempt {
	return attempt{try: func(w *world) error { return overwrite(w.WS + "/" + name) }, worked: func(w *world, _ string) bool {
		text, err := os.ReadFile(w.WS + "/" + name)
		return err != nil || string(text) == "changed\n"
	}}
}

// as names an attempt on what git and Codex believe. Landlock cannot take a
// folder out of one that may be written to, so alone it holds none of them.
func (a attempt) as(name string) attempt {
	a.Name, a.Weak = name, true
	return a
}

var trusted = []attempt{
	creates(".git/hooks/x").as("add a hook to the repository"),
	overwrites(".git/hooks/sample").as("change a hook of the repository"),
	overwrites(".git/config").as("change the repository's settings"),
	attempt{try: func(w *world) error {
		return errors.Join(os.Rename(w.WS+"/.git", w.WS+"/old"), create(w.WS+"/.git/x"))
	}, worked: there(inside(".git/x"))}.as("put another repository in the place of this one"),
	attempt{try: func(w *world) error {
		return errors.Join(os.Mkdir(w.WS+"/new", 0o755), unix.Renameat2(unix.AT_FDCWD, w.WS+"/new", unix.AT_FDCWD, w.WS+"/.git", unix.RENAME_EXCHANGE))
	}, worked: there(inside("new/config"))}.as("exchange the repository with another"),
	attempt{try: func(w *world) error {
		return errors.Join(os.Link(w.WS+"/.git/config", w.WS+"/hard"), overwrite(w.WS+"/hard"))
	}, worked: func(w *world, _ string) bool {
		text, _ := os.ReadFile(w.WS + "/.git/config")
		return string(text) == "changed\n"
	}}.as("change the repository's settings through a hard link"),
	attempt{try: func(w *world) error {
		return errors.Join(os.Symlink(".git", w.WS+"/mine"), overwrite(w.WS+"/mine/config"))
	}, worked: func(w *world, _ string) bool {
		text, _ := os.ReadFile(w.WS + "/.git/config")
		return string(text) == "changed\n"
	}}.as("change the repository's settings through a link"),
	attempt{try: func(w *world) error { return os.Chmod(w.WS+"/.git/hooks/sample", 0o777) }, worked: func(w *world, _ string) bool {
		info, err := os.Stat(w.WS + "/.git/hooks/sample")
		return err != nil || info.Mode().Perm() == 0o777
	}}.as("make a sample hook a hook"),
	overwrites("tree/.git").as("point a worktree to another repository"),
	creates(".git/worktrees/tree/x").as("change the folder of a worktree"),
	creates("bare/worktrees/linked/x").as("change the folder of a worktree that is elsewhere in the workspace"),
	creates("bare/hooks/x").as("add a hook to a worktree's repository that is elsewhere in the workspace"),
	creates("sub/.git/hooks/x").as("add a hook to a repository within the workspace"),
	attempt{try: func(w *world) error {
		return errors.Join(os.Rename(w.WS+"/sub", w.WS+"/sub2"), create(w.WS+"/sub2/.git/hooks/x"))
	}, worked: there(inside("sub2/.git/hooks/x"))}.as("move such a repository, and add a hook to it"),
	overwrites(".codex/config.toml").as("change the settings of the project"),
	creates(".codex/rules/x").as("allow itself commands in the rules of the project"),
	creates(".agents/skills/x").as("add a skill where there was none"),
	attempt{try: func(w *world) error { return os.WriteFile(w.WS+"/.agents", nil, 0o644) }, worked: func(w *world, _ string) bool {
		info, err := os.Lstat(w.WS + "/.agents")
		return err == nil && info.Mode().IsRegular()
	}}.as("make a file of a name that is protected"),
	attempt{try: func(w *world) error { return os.Symlink("sub", w.WS+"/.agents") }, worked: func(w *world, _ string) bool {
		info, err := os.Lstat(w.WS + "/.agents")
		return err == nil && info.Mode()&os.ModeSymlink != 0
	}}.as("make a link of a name that is protected"),
	overwrites("home/config.toml").as("change the settings of the user"),
	overwrites("home/rules/default.rules").as("allow itself commands in the rules of the user"),
	attempt{try: func(w *world) error { return create(w.Tmp + "/.git/x") }, worked: there(func(w *world) string { return w.Tmp + "/.git/x" })}.as("make a repository around all temporary files"),
}

// controls must work in the sandbox, or what else is held means little.
var controls = []attempt{
	{Name: "write to a file in the workspace", try: func(w *world) error { return overwrite(w.WS + "/file") }},
	{Name: "make a folder, and move it", try: func(w *world) error {
		return errors.Join(os.Mkdir(w.WS+"/a", 0o755), os.Rename(w.WS+"/a", w.WS+"/sub/b"))
	}},
	{Name: "write to a file for temporary files", try: func(w *world) error { return os.WriteFile(w.Tmp+"/x", nil, 0o600) }},
	{Name: "read a file outside", try: func(w *world) error { _, err := os.ReadFile(victimFile(w)); return err }},
	{Name: "write to /dev/null", try: func(*world) error { return os.WriteFile("/dev/null", []byte("x"), 0) }},
	{Name: "use a pair of sockets", try: func(*world) error {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			return err
		}
		return unix.Sendto(pair[0], []byte("x"), 0, nil)
	}},
	{Name: "end a process of its own", try: func(*world) error {
		pid, errno := fork()
		if errno != 0 {
			return errno
		}
		return unix.Kill(pid, syscall.SIGKILL)
	}},
}

var corpus = func() (all []attempt) {
	for _, g := range []struct {
		name string
		list []attempt
	}{{"Files", files}, {"Processes", processes}, {"Kernel", kernel}, {"Network", network}, {"What git and Codex believe", trusted}, {"Allowed", controls}} {
		for _, a := range g.list {
			a.Group, a.Control = g.name, g.name == "Allowed"
			all = append(all, a)
		}
	}
	return all
}()
