//go:build amd64 || arm64

package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// probeName is what this program is called, in place of its own name, when it
// is started in a sandbox to try to break out.
const probeName = "codex-lsp-probe"

// A found is what a probe in a sandbox has found, each "" if it could do what it
// should not.
type found struct {
	Workspace string // the error of writing where it may; "" is right here
	Outside   string // of writing where it may not
	Truncate  string // of truncating a file there
	Protected string // of writing to a .git
	Signal    string // of asking whether the one who started it can be signalled
	Socket    string
	Namespace string
	Terminal  string
	Privilege string // what is left of its privileges; "" is right here
	Parent    int    // its parent's number: 1 if it is in a namespace of its own
	Interface string // the network interfaces it sees
	Tasks     int    // the most processes and threads there may be
}

// probe looks at a full sandbox, and at one without namespaces, since what
// only the second's walls hold cannot be told in the first.
func probe() Report {
	var name unix.Utsname
	unix.Uname(&name)
	r := Report{System: fmt.Sprintf("%s %s %s", unix.ByteSliceToString(name.Sysname[:]), unix.ByteSliceToString(name.Release[:]), runtime.GOARCH)}
	full, fullErr := probeIn(false)
	weak, weakErr := probeIn(true)
	r.Layers = append(namespaceLayers(full, fullErr), commonLayers(weak, weakErr)...)
	return r
}

// probeIn starts a probe in a sandbox and returns what it has found.
func probeIn(weak bool) (f found, err error) {
	dir, err := os.MkdirTemp("", "codex-lsp-probe-")
	if err != nil {
		return f, err
	}
	defer os.RemoveAll(dir)
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return f, err
	}
	for _, sub := range []string{"/in/.git", "/out"} {
		if err := os.MkdirAll(dir+sub, 0o755); err != nil {
			return f, err
		}
	}
	if err := os.WriteFile(dir+"/out/file", []byte("x"), 0o644); err != nil {
		return f, err
	}
	cmd := &exec.Cmd{Path: "/proc/self/exe", Args: []string{probeName, fmt.Sprint(os.Getpid())}, Dir: dir + "/in"}
	var out bytes.Buffer
	cmd.Stdout = &out
	child, err := Policy{Write: []string{dir + "/in"}, Weak: weak}.Wrap(cmd)
	if err != nil {
		return f, err
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err = errors.Join(cmd.Run(), child.Close())
	if err == nil {
		err = json.Unmarshal(out.Bytes(), &f)
	}
	return f, err
}

// attempt is the probe itself, within the sandbox.
func attempt() int {
	var parent int
	if len(os.Args) > 1 {
		fmt.Sscan(os.Args[1], &parent)
	}
	f := found{
		Workspace: said(os.WriteFile("x", nil, 0o600)),
		Outside:   said(os.WriteFile("../out/x", nil, 0o600)),
		Truncate:  said(os.Truncate("../out/file", 0)),
		Protected: said(os.WriteFile(".git/x", nil, 0o600)),
		Signal:    said(unix.Kill(parent, 0)),
		Namespace: said(unix.Unshare(unix.CLONE_NEWIPC)),
		Parent:    os.Getppid(),
		Tasks:     taskLimit(),
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	unix.Close(fd)
	f.Socket = said(err)
	f.Terminal = said(unix.IoctlSetInt(0, unix.TIOCSTI, 0))
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":\t")
		switch {
		case name == "CapEff" || name == "CapPrm" || name == "CapInh" || name == "CapAmb":
			if strings.Trim(value, "0") != "" {
				f.Privilege += name + " " + value + " "
			}
		case name == "NoNewPrivs" && value != "1":
			f.Privilege += "new privileges "
		}
	}
	devices, _ := os.ReadFile("/proc/self/net/dev")
	for line := range strings.Lines(string(devices)) {
		if name, _, ok := strings.Cut(line, ":"); ok {
			f.Interface += strings.TrimSpace(name) + " "
		}
	}
	if json.NewEncoder(os.Stdout).Encode(f) != nil {
		return 1
	}
	return 0
}

// taskLimit is how many processes and threads this process's namespace, its
// control group, or its user may have.
func taskLimit() int {
	most := groupLimit(1 << 22)
	if text, err := os.ReadFile("/proc/sys/kernel/pid_max"); err == nil {
		if n, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			most = min(most, n)
		}
	}
	var l unix.Rlimit
	if os.Geteuid() != 0 && unix.Getrlimit(unix.RLIMIT_NPROC, &l) == nil && l.Cur < uint64(most) {
		most = int(l.Cur)
	}
	return most
}

func said(err error) string {
	if err == nil {
		return ""
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return err.Error()
}

// denial is a layer that held if something failed, and with what error.
func denial(l Layer, err error, what, got string, want ...syscall.Errno) Layer {
	switch {
	case err != nil:
		l.Why = err.Error()
	case got == "":
		l.Why = what + ": it could be done"
	default:
		l.Why = what + ": " + got
		for _, e := range want {
			l.Held = l.Held || got == e.Error()
		}
	}
	if l.Held {
		l.Remedy = ""
	}
	return l
}
