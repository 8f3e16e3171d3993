//go:build amd64 || arm64

package sandbox_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"codex-lsp/agent/sandbox"
)

func TestExitCodesAreTheCommands(t *testing.T) {
	for script, want := range map[string]int{"exit 3": 3, "kill -TERM $$": 143, "kill -9 $$": 137, "true": 0} {
		cmd := exec.Command("sh", "-c", script)
		child, err := sandbox.Policy{}.Wrap(cmd)
		if err != nil {
			t.Fatal(err)
		}
		cmd.Run()
		if err := child.Close(); err != nil || cmd.ProcessState.ExitCode() != want {
			t.Errorf("%s: exit code %d, want %d (%v)", script, cmd.ProcessState.ExitCode(), want, err)
		}
	}
}

// started starts a script that says when it is ready, and returns what it says
// after that.
func started(t *testing.T, cmd *exec.Cmd, p sandbox.Policy) *bufio.Reader {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	child, err := p.Wrap(cmd)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if err := child.Close(); err != nil {
			t.Error(err)
		}
	})
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); line != "ready\n" {
		t.Fatalf("%q, %v", line, err)
	}
	return lines
}

func TestSignalsReachTheCommand(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.Command("sh", "-c", "trap 'echo interrupted; exit 7' INT; echo ready; while :; do sleep 0.01; done")
	out := started(t, cmd, sandbox.Policy{})
	cmd.Process.Signal(syscall.SIGINT)
	if line, err := out.ReadString('\n'); line != "interrupted\n" {
		t.Errorf("%q, %v", line, err)
	}
	if cmd.Wait(); cmd.ProcessState.ExitCode() != 7 {
		t.Errorf("exit code %d", cmd.ProcessState.ExitCode())
	}
}

// TestNothingOutlivesTheSandbox: even what left the command's session is gone
// when its first process is killed, as it is with whoever started that.
func TestNothingOutlivesTheSandbox(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	dir := t.TempDir()
	unix.Mkfifo(dir+"/alive", 0o600)
	cmd := exec.Command("sh", "-c", "setsid sh -c 'exec 3>alive; echo ready; sleep 1000' & wait")
	cmd.Dir = dir
	held, err := os.OpenFile(dir+"/alive", os.O_RDONLY|unix.O_NONBLOCK, 0) // ends with the last who writes
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	started(t, cmd, sandbox.Policy{Write: []string{dir}})
	cmd.Process.Kill()
	cmd.Wait()
	held.SetReadDeadline(time.Now().Add(10 * time.Second))
	if n, err := held.Read(make([]byte, 1)); n > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestACommandGetsItsTerminal(t *testing.T) {
	ours, theirs := terminal(t)
	cmd := exec.Command("sh", "-c", "test -t 0 && echo there >/dev/tty")
	cmd.Stdin = theirs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	child, err := sandbox.Policy{}.Wrap(cmd)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(cmd.Run(), child.Close()); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(ours).ReadString('\n'); line != "there\r\n" {
		t.Errorf("%q, %v", line, err)
	}
}

func terminal(t *testing.T) (ours, theirs *os.File) {
	t.Helper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close() })
	if err := unix.IoctlSetPointerInt(int(ours.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(ours.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if theirs, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { theirs.Close() })
	return ours, theirs
}

// TestTheStageHearsNothingOfTheCommand: what the command's environment says
// must not reach the program that makes the walls.
func TestTheStageHearsNothingOfTheCommand(t *testing.T) {
	cmd := exec.Command("sh", "-c", "echo $LD_PRELOAD; exec 2>/dev/null; cat /proc/1/environ; cat /proc/1/mem; cat /proc/1/fd/*; ls -l /proc/self/fd | wc -l")
	cmd.Env = []string{"LD_PRELOAD=", "GODEBUG=inittrace=1", "PATH=" + os.Getenv("PATH")}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	child, err := sandbox.Policy{}.Wrap(cmd)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(strings.Join(cmd.Env, " "), "GODEBUG") {
		t.Errorf("the stage has the command's environment: %q", cmd.Env)
	}
	if err := errors.Join(cmd.Run(), child.Close()); err != nil {
		t.Fatal(err)
	}
	if want := "\n5\n"; out.String() != want { // total, and 0 to 3, the last of which is the folder listed
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestWhatCannotBeConfinedDoesNotRun(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command("sh", "-c", "touch ran")
	cmd.Dir = dir
	child, err := sandbox.Policy{Write: []string{dir}}.Wrap(cmd)
	if err != nil {
		t.Fatal(err)
	}
	cmd.SysProcAttr.AmbientCaps, cmd.SysProcAttr.Cloneflags = nil, cmd.SysProcAttr.Cloneflags&^unix.CLONE_NEWNS|unix.CLONE_NEWUSER
	cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 12345, HostID: os.Geteuid(), Size: 1}} // no capabilities after exec
	cmd.Run()
	var setup *sandbox.SetupError
	if err := child.Close(); !errors.As(err, &setup) {
		t.Errorf("got %v, want a SetupError", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "ran")); err == nil || cmd.ProcessState.ExitCode() != 125 {
		t.Errorf("the command ran, or the exit code is not 125: %v", cmd.ProcessState)
	}
}

func TestARootThatBecameALinkIsRefused(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, dir+"/tmp"); err != nil {
		t.Fatal(err)
	}
	for _, p := range []sandbox.Policy{
		{Write: []string{dir, dir + "/tmp"}},
		{Write: []string{"relative"}},
		{Write: []string{"/"}},
		{Write: []string{dir}, Home: dir},
		{Write: []string{dir + "/x"}, Home: dir}, // is not there, so it is left out: see below
	} {
		_, err := p.Wrap(exec.Command("true"))
		if left := len(p.Write) == 1 && p.Write[0] == dir+"/x"; (err == nil) != left {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

func TestLoopbackLeadsNowhereElse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	script := fmt.Sprintf("test $(cat /sys/class/net/lo/flags 2>/dev/null || echo 0x9) != 0x8; exec 3<>/dev/tcp/%s", strings.Replace(l.Addr().String(), ":", "/", 1))
	for _, c := range []struct {
		p    sandbox.Policy
		want string
	}{
		{sandbox.Policy{}, "Operation not permitted"},
		{sandbox.Policy{Loopback: true}, "Connection refused"},
		{sandbox.Policy{Network: true}, ""},
	} {
		cmd := exec.Command("bash", "-c", script)
		var out strings.Builder
		cmd.Stderr = &out
		child, err := c.p.Wrap(cmd)
		if err != nil {
			t.Fatal(err)
		}
		cmd.Run()
		if err := child.Close(); err != nil || !strings.Contains(out.String(), c.want) || c.want == "" && out.Len() > 0 {
			t.Errorf("%+v: %q, want %q (%v)", c.p, out.String(), c.want, err)
		}
	}
}

// TestNamesAreKeptUntilTheLastIsDone: the folder that keeps a name stays while
// another sandbox needs it, and goes when it was left by one that was killed.
func TestNamesAreKeptUntilTheLastIsDone(t *testing.T) {
	dir := t.TempDir()
	prepare := func() *sandbox.Child {
		child, err := sandbox.Policy{Write: []string{dir}}.Wrap(exec.Command("true"))
		if err != nil {
			t.Fatal(err)
		}
		return child
	}
	kept := func() bool { _, err := os.Stat(dir + "/.codex"); return err == nil }
	first, second := prepare(), prepare()
	first.Close()
	if !kept() {
		t.Error("the name is free while a sandbox needs it")
	}
	second.Close()
	if kept() {
		t.Error("the name is kept when no sandbox needs it")
	}
	os.Mkdir(dir+"/.codex", 0o755)
	os.Chtimes(dir+"/.codex", time.Unix(0x636f6464, 0), time.Unix(0x636f6464, 0)) // by one that was killed
	prepare().Close()
	if kept() {
		t.Error("what a killed one left is still there")
	}
	os.Mkdir(dir+"/.codex", 0o755) // the user's own
	prepare().Close()
	if !kept() {
		t.Error("the user's folder is gone")
	}
	third := prepare()
	os.WriteFile(dir+"/.git/HEAD", nil, 0o600) // the user makes a repository meanwhile
	third.Close()
	if _, err := os.Stat(dir + "/.git/HEAD"); err != nil {
		t.Error(err)
	}
}

func TestLinksThatAreProtectedStay(t *testing.T) {
	dir := t.TempDir()
	os.Mkdir(dir+"/shared", 0o755)
	if err := os.Symlink("shared", dir+"/.agents"); err != nil {
		t.Fatal(err)
	}
	out, _ := run(t, sandbox.Policy{Write: []string{dir}}, dir, "touch .agents/x; touch shared/x; rm .agents; mv .agents y; ln -sfn /etc .agents; ls -l .agents")
	if _, err := os.Stat(dir + "/shared/x"); err == nil || !strings.Contains(out, "shared") {
		t.Errorf("the link, or what it leads to, was written to:\n%s", out)
	}
	if to, err := os.Readlink(dir + "/.agents"); to != "shared" {
		t.Errorf("it leads to %q (%v)\n%s", to, err, out)
	}
}

// Some keep what is temporary in the shared memory, or work there.
func TestOfSharedMemoryOnlyTheWorkspaceIsSeen(t *testing.T) {
	base, err := os.MkdirTemp("/dev/shm", "codex-lsp-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(base) })
	ws, other := base+"/ws", base+"/other"
	for _, dir := range []string{ws + "/.git", ws + "/sub", other} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, try := range []struct {
		write []string
		want  string
	}{{[]string{ws}, "written\n"}, {nil, "kept\n"}, {[]string{ws, "/dev/shm"}, "written\n"}} {
		cmd := exec.Command("sh", "-c", "if touch file; then echo written; else echo kept; fi; touch ../.git/config; test ! -e ../../other || echo seen")
		cmd.Dir = ws + "/sub"
		var out strings.Builder
		cmd.Stdout = &out
		child, err := sandbox.Policy{Write: try.write, Root: ws}.Wrap(cmd)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(cmd.Run(), child.Close()); err != nil || out.String() != try.want {
			t.Errorf("writing to %v: %q (%v), want %q", try.write, &out, err, try.want)
		}
	}
	if _, err := os.Stat(ws + "/.git/config"); err == nil {
		t.Error("what is protected was written to")
	}
	cmd := exec.Command("ls")
	cmd.Dir = "/dev/shm"
	child, err := sandbox.Policy{Root: t.TempDir()}.Wrap(cmd)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := cmd.Output(); err != nil || child.Close() != nil || strings.Contains(string(out), filepath.Base(base)) {
		t.Errorf("a command that begins in the shared memory sees %s (%v)", out, err)
	}
}
