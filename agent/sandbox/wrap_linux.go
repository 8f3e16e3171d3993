//go:build amd64 || arm64

package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// stageName is what this program is called, in place of its own name, when it
// is started to make a sandbox.
const stageName = "codex-lsp-sandbox"

// The descriptors that a stage finds beside its standard ones.
const (
	specFD   = 3 // what to do: a spec, as JSON
	statusFD = 4 // where to say what went wrong; closed when the command runs
	groupFD  = 5 // of the control group to enter, if the spec says so
)

// setupExit is the exit code of a stage that could not make its walls.
const setupExit = 125

// A spec is what a stage is to do.
type spec struct {
	Roots    []string // writable folders, without links, sorted
	Covers   []string // what is read-only though it is below one, sorted
	Pins     []string // writable folders that stay where they are, sorted
	Shown    []string // what is seen of the shared memory: the workspace, if that is there
	Network  bool
	Loopback bool
	Weak     bool
	Group    bool // there is a control group to enter

	Path      string // of the program
	Args, Env []string
	Dir       string
	TTY       bool // the standard input is to be its terminal
}

// A Child is a command in its sandbox.
type Child struct {
	spec, status *os.File // the stage's ends
	said         *os.File // our end of status
	holders      []holder
	group        *taskGroup // nil if there is none
}

// Wrap turns a command that has not been started into one that runs in a
// sandbox. Its process is then the first one of the sandbox: a signal to it
// reaches the command's group, its end is the end of all that the command
// started, and its exit code is the command's, 128+n after signal n. With
// SysProcAttr.Setctty the command gets the terminal.
//
// The Child must be closed when the process has been waited for, or could not
// be started. The process dies with the OS thread that starts it, so that must
// be one that stays.
func (p Policy) Wrap(cmd *exec.Cmd) (*Child, error) {
	if len(cmd.ExtraFiles) > 0 {
		return nil, errors.New("a command in a sandbox inherits its standard streams and no other file")
	}
	if cmd.Err != nil {
		return nil, cmd.Err
	}
	dir, err := filepath.Abs(cmd.Dir)
	if err != nil {
		return nil, fmt.Errorf("find the working directory: %w", err)
	}
	roots, err := p.writable()
	if err != nil {
		return nil, err
	}
	if !p.Weak { // it has a shared memory of its own, to write to
		roots = slices.DeleteFunc(roots, func(root string) bool { return root == sharedMemory })
	}
	s := spec{
		Roots: roots, Network: p.Network, Loopback: p.Loopback && !p.Network, Weak: p.Weak,
		Path: cmd.Path, Args: cmd.Args, Env: cmd.Environ(), Dir: dir,
	}
	if root := resolved(p.Root); p.Root != "" && root != sharedMemory && below(root, sharedMemory) {
		s.Shown = []string{root}
	}
	c := new(Child)
	if p.unbound() {
		c.group = newTaskGroup()
		s.Group = c.group != nil
	}
	if p.Weak || len(roots) == 0 {
		p.Sweep()
	}
	if !p.Weak {
		over := p.covers(roots)
		s.Covers, s.Pins, c.holders = over.paths, over.pins, over.held
		if over.err != nil {
			c.Close()
			return nil, over.err
		}
		s.Env = withoutStamps(s.Env, c.holders)
	}
	if !p.Network && !s.Loopback {
		s.Env = append(s.Env, "CODEX_SANDBOX_NETWORK_DISABLED=1") // as with Codex
	}
	if err := c.attach(cmd, s); err != nil {
		c.Close()
		return nil, fmt.Errorf("prepare the sandbox: %w", err)
	}
	return c, nil
}

// attach makes of cmd the stage that starts it.
func (c *Child) attach(cmd *exec.Cmd, s spec) error {
	attr := &syscall.SysProcAttr{}
	if cmd.SysProcAttr != nil {
		*attr = *cmd.SysProcAttr
	}
	if !s.Weak {
		s.TTY = attr.Setctty
		attr.Setctty = false // the command's session gets it, not the stage's
		enterNamespaces(attr, s)
	}
	attr.Pdeathsig = syscall.SIGKILL
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if c.spec, err = memory("codex-lsp-sandbox", text); err != nil {
		return err
	}
	if c.said, c.status, err = os.Pipe(); err != nil {
		return err
	}
	cmd.Path, cmd.Args = "/proc/self/exe", []string{stageName}
	cmd.ExtraFiles = []*os.File{c.spec, c.status}
	if s.Group {
		cmd.ExtraFiles = append(cmd.ExtraFiles, c.group.procs)
	}
	// Nothing that the command's environment says, LD_PRELOAD least of all. Go's
	// runtime starts sooner with one processor, and there is nothing to collect.
	cmd.Env = []string{"GOMAXPROCS=1", "GOGC=off"}
	cmd.SysProcAttr = attr
	return nil
}

// enterNamespaces has the kernel make the namespaces with the process, which
// is the only way for a program with many threads. The user and the group stay
// what they are; the capabilities are those of the new namespaces alone, and
// survive the start of the stage for users other than root, too.
func enterNamespaces(attr *syscall.SysProcAttr, s spec) {
	attr.Cloneflags |= unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC
	if !s.Network {
		attr.Cloneflags |= unix.CLONE_NEWNET
	}
	attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Geteuid(), HostID: os.Geteuid(), Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getegid(), HostID: os.Getegid(), Size: 1}}
	attr.GidMappingsEnableSetgroups = false
	attr.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_SETPCAP, unix.CAP_NET_ADMIN}
}

// memory is a file that is nowhere on a disk.
func memory(name string, text []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	f := os.NewFile(uintptr(fd), name)
	if _, err := f.Write(text); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Close gives back what the sandbox took, once its process is gone. The error
// is a *SetupError if the command never ran.
func (c *Child) Close() error {
	for _, h := range c.holders {
		h.release()
	}
	c.holders = nil
	c.group.remove()
	c.group = nil
	for _, f := range []*os.File{c.spec, c.status} {
		if f != nil {
			f.Close()
		}
	}
	if c.said == nil {
		return nil
	}
	defer c.said.Close()
	said, err := io.ReadAll(io.LimitReader(c.said, 64<<10))
	if err != nil || len(said) == 0 {
		return nil
	}
	var f failure
	if err := json.Unmarshal(said, &f); err != nil {
		return &SetupError{"read what the sandbox says", err}
	}
	return &SetupError{f.Step, f.error()}
}

// A failure is a SetupError on its way out of the stage.
type failure struct {
	Step, Text string
	Errno      syscall.Errno
}

func (f failure) error() error {
	if f.Errno != 0 {
		return f.Errno
	}
	return errors.New(f.Text)
}
