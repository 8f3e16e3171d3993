//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A world is what an attempt can reach for.
type world struct {
	WS, Outside, Tmp, Home string // folders; only WS and Tmp may be written to
	TCP, UDP               string // what listens on the loopback
	Path, InWS, Dgram      string // Unix sockets, by path
	Abstract               string // and one without
	Victim                 int    // a process of the same user
	Address                uint64 // of its secret, in its memory
	Parent                 int    // the process that tries
	Shm                    int    // the key of a shared memory segment
	Queue                  string // a message queue
	ShmFile                string
	Pts                    string // a terminal of the user's
	Token                  string // in the command line of what must not outlive the command

	reached  *heard
	victim   *exec.Cmd
	master   *os.File // of Pts
	closers  []io.Closer
	segment  int
	queue    int
	signaled chan os.Signal
}

// heard notes who was reached.
type heard struct {
	mu  sync.Mutex
	who map[string]bool // guarded by mu
}

func (h *heard) from(who string) { h.mu.Lock(); h.who[who] = true; h.mu.Unlock() }
func (h *heard) has(who string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.who[who]
}

const (
	original = "as it was\n"
	secret   = "the victim's secret"
)

// leaked is the number under which the tried process inherits a descriptor of
// the folder outside.
const leaked = 9

func newWorld() (w *world, err error) {
	base, err := os.MkdirTemp("/var/tmp", "codex-lsp-escape-")
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("/tmp", "codex-lsp-escape-")
	if err != nil {
		return nil, err
	}
	w = &world{
		WS: base + "/ws", Outside: base + "/outside", Tmp: tmp, Home: base + "/ws/home",
		Parent: os.Getpid(), Token: filepath.Base(base), Abstract: "@" + filepath.Base(base),
		Queue: filepath.Base(base), ShmFile: "/dev/shm/" + filepath.Base(base), Shm: os.Getpid(),
		reached: &heard{who: map[string]bool{}},
	}
	for path, text := range map[string]string{
		"outside/victim": original, "outside/other": original, "outside/dir/x": original, "outside/secret": secret, "outside/.bashrc": original,
		"ws/file": original, "ws/.git/config": "[core]\n", "ws/.git/HEAD": "ref: refs/heads/main\n", "ws/.git/hooks/sample": original,
		"ws/.git/worktrees/tree/commondir": "../..\n", "ws/.codex/config.toml": "# none\n", "ws/home/config.toml": "# none\n", "ws/home/rules/default.rules": "# none\n",
		"ws/sub/.git/config": "[core]\n", "ws/sub/.git/hooks/sample": original, "ws/tree/.git": "gitdir: ../.git/worktrees/tree\n",
		"ws/bare/hooks/sample": original, "ws/bare/worktrees/linked/commondir": "../..\n", "ws/linked/.git": "gitdir: " + base + "/ws/bare/worktrees/linked\n",
	} {
		path = filepath.Join(base, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	if err := os.Symlink(w.Outside, w.WS+"/link"); err != nil {
		return nil, err
	}
	os.WriteFile(w.ShmFile, []byte(original), 0o600)
	if err := w.listen(); err != nil {
		return nil, err
	}
	w.shared()
	return w, w.terminal()
}

// listen opens everything that can be connected to.
func (w *world) listen() error {
	w.Path, w.InWS, w.Dgram = w.Outside+"/s", w.WS+"/s", w.Outside+"/d"
	for who, at := range map[string][2]string{
		"tcp": {"tcp", "127.0.0.1:0"}, "path": {"unix", w.Path}, "inws": {"unix", w.InWS}, "abstract": {"unix", w.Abstract},
	} {
		l, err := net.Listen(at[0], at[1])
		if err != nil {
			return err
		}
		if who == "tcp" {
			w.TCP = l.Addr().String()
		}
		w.closers = append(w.closers, l)
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				w.reached.from(who)
				c.Close()
			}
		}()
	}
	for who, at := range map[string][2]string{"udp": {"udp", "127.0.0.1:0"}, "dgram": {"unixgram", w.Dgram}} {
		c, err := net.ListenPacket(at[0], at[1])
		if err != nil {
			return err
		}
		if who == "udp" {
			w.UDP = c.LocalAddr().String()
		}
		w.closers = append(w.closers, c)
		go func() {
			buf := make([]byte, 64)
			for {
				if _, _, err := c.ReadFrom(buf); err != nil {
					return
				}
				w.reached.from(who)
			}
		}()
	}
	return nil
}

// shared makes what processes share without a path.
func (w *world) shared() {
	w.segment, _ = unix.SysvShmGet(w.Shm, 4096, unix.IPC_CREAT|0o600)
	if memory, err := unix.SysvShmAttach(w.segment, 0, 0); err == nil {
		copy(memory, secret)
		unix.SysvShmDetach(memory)
	}
	w.queue = openQueue(w.Queue, unix.O_CREAT|unix.O_RDWR|unix.O_NONBLOCK)
}

// addKey adds a secret to the user's keys.
func (w *world) addKey() {
	if session, err := unix.KeyctlJoinSessionKeyring(w.Token); err == nil { // from which the user's are reached
		unix.KeyctlInt(unix.KEYCTL_LINK, unix.KEY_SPEC_USER_KEYRING, session, 0, 0)
	}
	unix.AddKey("user", w.Token, []byte(secret), unix.KEY_SPEC_USER_KEYRING)
}

// removeKeys takes back what was added to the user's keys.
func (w *world) removeKeys() {
	for _, name := range []string{w.Token, w.Token + "2"} {
		if id, err := unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, "user", name, 0); err == nil {
			unix.KeyctlInt(unix.KEYCTL_UNLINK, id, unix.KEY_SPEC_USER_KEYRING, 0, 0)
		}
	}
}

// terminal opens a terminal of the user's that is not the command's.
func (w *world) terminal() (err error) {
	w.master, w.Pts, err = openTerminal()
	return err
}

func openTerminal() (*os.File, string, error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, "", err
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return nil, "", err
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	return os.NewFile(uintptr(fd), "ptmx"), "/dev/pts/" + strconv.Itoa(n), err
}

// close ends the world. What attempts have mounted over it goes first.
func (w *world) close() {
	for unix.Unmount(w.Outside+"/dir", unix.MNT_DETACH) == nil {
	}
	for _, c := range append(w.closers, w.master) {
		c.Close()
	}
	if w.victim != nil {
		w.victim.Process.Kill()
		w.victim.Wait()
	}
	unix.SysvShmCtl(w.segment, unix.IPC_RMID, nil)
	if w.queue >= 0 {
		unix.Close(w.queue)
		unlinkQueue(w.Queue)
	}
	w.removeKeys()
	os.Remove(w.ShmFile)
	os.RemoveAll(w.Tmp)
	os.RemoveAll(filepath.Dir(w.WS))
}

// startVictim starts a process with a secret.
func (w *world) startVictim() error {
	w.victim = exec.Command("/proc/self/exe", "victim", w.Outside+"/victim")
	w.victim.Env = append(os.Environ(), "SECRET="+secret)
	w.victim.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	w.victim.Dir = w.Outside
	out, err := w.victim.StdoutPipe()
	if err != nil {
		return err
	}
	if err := w.victim.Start(); err != nil {
		return err
	}
	w.Victim = w.victim.Process.Pid
	_, err = fmt.Fscan(out, &w.Address)
	return err
}

// run makes a world, tries the attempt in it behind the prefix, and looks what
// has happened.
func (a attempt) run(prefix []string) (r result, err error) {
	r.Name = a.Name
	w, err := newWorld()
	if err != nil {
		return r, err
	}
	defer w.close()
	if err := w.startVictim(); err != nil {
		return r, err
	}
	if a.keys {
		w.addKey()
	}
	w.signaled = notified()
	code, said, err := w.try(a.Name, prefix)
	if err != nil {
		return r, err
	}
	r.Said = said
	if a.worked != nil {
		r.Out = a.worked(w, said)
	} else {
		r.Out = code == 0
	}
	return r, nil
}

// try starts the attempt behind the prefix, with a terminal of its own and a
// descriptor that it should not have.
func (w *world) try(name string, prefix []string) (code int, said string, err error) {
	text, err := json.Marshal(w)
	if err != nil {
		return 0, "", err
	}
	self, err := os.Executable()
	if err != nil {
		return 0, "", err
	}
	var args []string
	for _, arg := range prefix {
		args = append(args, strings.NewReplacer("{ws}", w.WS, "{tmp}", w.Tmp, "{home}", w.Home).Replace(arg))
	}
	args = append(args, self, "try", name, string(text))
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = w.WS
	cmd.Env = append(os.Environ(), "CODEX_HOME="+w.Home, "TMPDIR="+w.Tmp)
	master, pts, err := openTerminal()
	if err != nil {
		return 0, "", err
	}
	defer master.Close()
	slave, err := os.OpenFile(pts, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return 0, "", err
	}
	defer slave.Close()
	leak, err := os.Open(w.Outside)
	if err != nil {
		return 0, "", err
	}
	defer leak.Close()
	for range leaked - 2 {
		cmd.ExtraFiles = append(cmd.ExtraFiles, leak)
	}
	var out bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, &out, &out
	cmd.WaitDelay = 2 * time.Second // what outlives it may hold its output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Pdeathsig: syscall.SIGKILL}
	err = cmd.Run()
	if cmd.ProcessState == nil {
		return 0, "", err
	}
	return cmd.ProcessState.ExitCode(), strings.TrimSpace(out.String()), nil
}
