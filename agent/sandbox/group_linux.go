//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// A taskGroup is a control group of a command's own (cgroups(7)), which bounds
// its processes and threads. It is for root, whom RLIMIT_NPROC does not bind,
// where no process namespace does either.
type taskGroup struct {
	dir   string
	procs *os.File // where a process writes itself to be in the group
}

// unbound tells whether only a control group would bound how many processes a
// command has.
func (p Policy) unbound() bool { return os.Geteuid() == 0 && (p.Weak || !newer(6, 14)) }

// groupPrefix begins the name of a group; the process that made it follows.
const groupPrefix = "codex-lsp-"

var groups atomic.Int64

// newTaskGroup makes a group where this process may; nil is nowhere.
func newTaskGroup() *taskGroup {
	for _, parent := range groupFolders("/proc/self/cgroup", "/proc/self/mountinfo") {
		sweepGroups(parent)
		g := &taskGroup{dir: filepath.Join(parent, fmt.Sprintf("%s%d-%d", groupPrefix, os.Getpid(), groups.Add(1)))}
		if os.Mkdir(g.dir, 0o755) != nil {
			continue
		}
		err := os.WriteFile(g.dir+"/pids.max", []byte(strconv.Itoa(maxTasks)), 0)
		if err == nil {
			g.procs, err = os.OpenFile(g.dir+"/cgroup.procs", os.O_WRONLY, 0)
		}
		if err == nil {
			return g
		}
		g.remove()
	}
	return nil
}

// remove ends the group, unless a process that has outlived its command is
// still in it; then the group bounds that, and goes when the next one is made
// after this program has ended.
func (g *taskGroup) remove() {
	if g == nil {
		return
	}
	if g.procs != nil {
		g.procs.Close()
	}
	os.Remove(g.dir)
}

// sweepGroups removes what programs have left that are gone. A group with
// processes in it cannot be removed.
func sweepGroups(parent string) {
	left, _ := filepath.Glob(filepath.Join(parent, groupPrefix+"*"))
	for _, dir := range left {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), groupPrefix), "-")
		if pid, err := strconv.Atoi(owner); err == nil && errors.Is(unix.Kill(pid, 0), unix.ESRCH) {
			os.Remove(dir)
		}
	}
}

// enterGroup puts this process into the group that its parent has opened. Where
// that is not allowed there is no such wall, as where no group could be made:
// doctor tells, and the others hold.
func enterGroup() { unix.Write(groupFD, []byte("0")) } // 0 is whoever writes

// groupFolders are where a group that counts processes may be made, by what
// the kernel says of this process's groups and of mounts. In version 1 that is
// below its own; in version 2 a group with processes has no groups that count,
// but for the root, so it is mostly beside its own, as in a part of the tree
// that systemd has delegated.
func groupFolders(cgroup, mountinfo string) []string {
	one, two := ownGroups(cgroup)
	oneRoot, twoRoot := groupMounts(mountinfo)
	if one != "" {
		if dir := oneRoot.find(one); dir != "" {
			return []string{dir}
		}
		return nil
	}
	dir := twoRoot.find(two)
	if dir == "" {
		return nil
	}
	folders := []string{dir}
	if dir != twoRoot.at {
		folders = append(folders, filepath.Dir(dir))
	}
	return slices.DeleteFunc(folders, func(dir string) bool {
		return !slices.Contains(strings.Fields(setting(dir+"/cgroup.subtree_control")), "pids")
	})
}

// ownGroups are the paths of this process's groups: of the tree that counts
// processes in version 1, and of the one of version 2. Each is "" without it.
func ownGroups(cgroup string) (one, two string) {
	for line := range strings.Lines(setting(cgroup)) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, path, _ := strings.Cut(rest, ":")
		if controllers == "" {
			two = path
		} else if slices.Contains(strings.Split(controllers, ","), "pids") {
			one = path
		}
	}
	return one, two
}

// A groupMount is where a part of a tree of groups is mounted.
type groupMount struct{ root, at string }

// find is the folder of a group, "" if it is not in what is mounted.
func (m groupMount) find(path string) string {
	if m.at == "" || path == "" || !below(path, m.root) {
		return ""
	}
	return filepath.Join(m.at, strings.TrimPrefix(path, strings.TrimSuffix(m.root, "/")))
}

// groupMounts finds the trees of groups (proc_pid_mountinfo(5)).
func groupMounts(mountinfo string) (one, two groupMount) {
	for line := range strings.Lines(setting(mountinfo)) {
		before, after, _ := strings.Cut(line, " - ")
		fields, kind := strings.Fields(before), strings.Fields(after)
		if len(fields) < 5 || len(kind) < 3 {
			continue
		}
		switch m := (groupMount{fields[3], fields[4]}); {
		case kind[0] == "cgroup" && slices.Contains(strings.Split(kind[2], ","), "pids"):
			one = m
		case kind[0] == "cgroup2":
			two = m
		}
	}
	return one, two
}

// groupLimit is how many tasks the group that this process is in may have, or
// one around it that can be seen; most if there is no bound.
func groupLimit(most int) int {
	one, two := ownGroups("/proc/self/cgroup")
	oneRoot, twoRoot := groupMounts("/proc/self/mountinfo")
	for _, dir := range []string{oneRoot.find(one), twoRoot.find(two)} {
		if n, err := strconv.Atoi(setting(dir + "/pids.max")); dir != "" && err == nil {
			most = min(most, n)
		}
	}
	return most
}
