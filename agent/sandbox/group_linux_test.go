//go:build amd64 || arm64

package sandbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestGroupsAreMadeWhereTheyCount: what the kernel of several systems says, and
// where a group of processes that are counted may be made there.
func TestGroupsAreMadeWhereTheyCount(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"/two/user.slice/app.slice/run.scope", "/two/alone"} {
		os.MkdirAll(dir+sub, 0o755)
	}
	for path, controllers := range map[string]string{"/two": "cpu pids", "/two/user.slice/app.slice": "memory pids", "/two/user.slice/app.slice/run.scope": "", "/two/alone": ""} {
		if err := os.WriteFile(dir+path+"/cgroup.subtree_control", []byte(controllers+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	two := "30 20 0:26 / " + dir + "/two rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
	for _, c := range []struct{ name, cgroup, mounts, want string }{
		{"systemd", "0::/user.slice/app.slice/run.scope\n", two, "/two/user.slice/app.slice"},
		{"the root", "0::/\n", two, "/two"},
		{"a group that counts none, below one that does", "0::/alone\n", two, "/two"},
		{"version 1", "8:pids:/a\n7:cpu,cpuacct:/b\n0::/c\n", two + "36 31 0:37 / " + dir + "/one rw - cgroup cgroup rw,pids\n", "/one/a"},
		{"a container that sees its part", "8:pids:/docker/x\n", "36 31 0:37 /docker/x " + dir + "/one rw - cgroup cgroup rw,pids\n", "/one"},
		{"a part that is not mounted", "8:pids:/elsewhere\n", "36 31 0:37 /docker " + dir + "/one rw - cgroup cgroup rw,pids\n", ""},
		{"none", "0::/\n", "", ""},
	} {
		cgroup, mounts := filepath.Join(dir, "cgroup"), filepath.Join(dir, "mountinfo")
		for path, text := range map[string]string{cgroup: c.cgroup, mounts: c.mounts} {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		var want []string
		if c.want != "" {
			want = []string{dir + c.want}
		}
		if got := groupFolders(cgroup, mounts); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", c.name, got, want)
		}
	}
}

// TestRootIsBoundWithoutNamespaces: root, whom no limit of a user's binds, runs
// in a control group that has one; an ordinary user needs none. Where root may
// make no group, a command runs without, as the child says.
func TestRootIsBoundWithoutNamespaces(t *testing.T) {
	p := Policy{Weak: true}
	if root := os.Geteuid() == 0; p.unbound() != root {
		t.Fatalf("root: %v, needs a group: %v", root, p.unbound())
	} else if !root {
		return
	}
	g := newTaskGroup()
	if g == nil {
		child, err := p.Wrap(exec.Command("true"))
		if err != nil || child.group != nil {
			t.Fatalf("where no group can be made: %+v, %v", child, err)
		}
		child.Close()
		return
	}
	g.remove()
	cmd := exec.Command("sh", "-c", "cat /proc/self/cgroup; echo 0 >"+filepath.Dir(g.dir)+"/cgroup.procs")
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	child, err := p.Wrap(cmd)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Run()
	made := child.group.dir
	if err := child.Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "/"+filepath.Base(made)+"\n") || !strings.Contains(out.String(), "Permission denied") {
		t.Errorf("the command is not in %s, or can leave it:\n%s", made, out.String())
	}
	if _, err := os.Stat(made); err == nil {
		t.Errorf("%s is left", made)
	}
}
