//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tells compares what an attempt says with the victim's secret, which it
// cannot know.
func tells(_ *world, said string) bool { return strings.Contains(said, secret) }

// say prints what was found.
func say(p []byte, err error) error {
	if err == nil {
		fmt.Printf("%q\n", p)
	}
	return err
}

var processes = []attempt{
	{Name: "trace another process", try: func(w *world) error {
		runtime.LockOSThread()
		return unix.PtraceAttach(w.Victim)
	}},
	{Name: "read another process's memory", try: func(w *world) error {
		buf := make([]byte, len(secret))
		_, err := unix.ProcessVMReadv(w.Victim, []unix.Iovec{{Base: &buf[0], Len: uint64(len(buf))}},
			[]unix.RemoteIovec{{Base: uintptr(w.Address), Len: len(buf)}}, 0)
		return say(buf, err)
	}, worked: tells},
	{Name: "read another process's memory as a file", try: func(w *world) error {
		f, err := os.Open(fmt.Sprintf("/proc/%d/mem", w.Victim))
		if err != nil {
			return err
		}
		buf := make([]byte, len(secret))
		_, err = f.ReadAt(buf, int64(w.Address))
		return say(buf, err)
	}, worked: tells},
	{Name: "read another process's environment", try: func(w *world) error {
		return everyProcess("environ", func(path string) error {
			text, err := os.ReadFile(path)
			if err != nil || !strings.Contains(string(text), "SECRET="+secret) {
				return unix.ESRCH
			}
			return say(text, nil)
		})
	}, worked: tells},
	{Name: "open the memory of the process that started it", try: func(*world) error {
		f, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", os.Getppid()), os.O_RDWR, 0)
		if err == nil {
			f.Close()
		}
		return err
	}},
	{Name: "trace the process that started it", try: func(*world) error {
		runtime.LockOSThread()
		if err := unix.PtraceSeize(os.Getppid()); err != nil {
			return err
		}
		return nil // it is let go when this one ends
	}},
	{Name: "take a descriptor from another process", try: func(w *world) error {
		fd, err := unix.PidfdOpen(w.Victim, 0)
		if err != nil {
			return err
		}
		_, err = unix.PidfdGetfd(fd, 3, 0)
		return err
	}},
	{Name: "end another process", try: func(w *world) error { return unix.Kill(w.Victim, unix.SIGKILL) }, worked: gone},
	{Name: "end a thread of another process", try: func(w *world) error { return unix.Tgkill(w.Victim, w.Victim, unix.SIGKILL) }, worked: gone},
	{Name: "end another process through a descriptor of it", try: func(w *world) error {
		fd, err := unix.PidfdOpen(w.Victim, 0)
		if err != nil {
			return err
		}
		return unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0)
	}, worked: gone},
	{Name: "signal who started the command", try: func(w *world) error { return unix.Kill(w.Parent, unix.SIGUSR1) }, worked: func(w *world, _ string) bool {
		select {
		case <-w.signaled:
			return true
		case <-time.After(patience):
			return false
		}
	}},
	{Name: "slow down another process", try: func(w *world) error { return unix.Setpriority(unix.PRIO_PROCESS, w.Victim, 19) }, worked: func(w *world, _ string) bool {
		nice, err := unix.Getpriority(unix.PRIO_PROCESS, w.Victim)
		return err == nil && nice != 20 // the kernel's way to say 0
	}},
	{Name: "change the limits of another process", try: func(w *world) error {
		return unix.Prlimit(w.Victim, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 7, Max: 7}, nil)
	}},
	{Name: "go on after the command has ended", Weak: true, try: func(w *world) error {
		cmd := exec.Command("/proc/self/exe", "linger", w.Token+"-lingers")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		return cmd.Start()
	}, worked: lingers},
	{Name: "start more processes than a machine survives", Takes: "limit of processes", try: forkBomb},
	{Name: "get privileges from a program that gives them", try: func(w *world) error {
		suid := os.Getenv("ESCAPE_SUID")
		if suid == "" {
			suid = "/proc/self/exe"
		}
		out, err := exec.Command(suid, "privileges").CombinedOutput()
		fmt.Print(string(out))
		return err
	}, worked: func(_ *world, said string) bool { return strings.Contains(said, "privileged") }},
	{Name: "raise its own limits", Root: true, Needs: "CAP_SYS_RESOURCE", try: func(*world) error {
		var l unix.Rlimit
		if err := unix.Getrlimit(unix.RLIMIT_NPROC, &l); err != nil {
			return err
		}
		if l.Max == unix.RLIM_INFINITY {
			return nil
		}
		return unix.Setrlimit(unix.RLIMIT_NPROC, &unix.Rlimit{Cur: l.Max + 1, Max: l.Max + 1})
	}},
	{Name: "type into its own terminal as if the user did", Needs: "dev.tty.legacy_tiocsti for who is not root", try: func(*world) error {
		return ioctl(0, unix.TIOCSTI, "x")
	}},
	{Name: "type into its own terminal, the call disguised", Needs: "dev.tty.legacy_tiocsti for who is not root", try: func(*world) error {
		return ioctl(0, 1<<32|unix.TIOCSTI, "x")
	}},
	{Name: "write to another terminal of the user's", try: func(w *world) error {
		f, err := os.OpenFile(w.Pts, os.O_WRONLY|unix.O_NOCTTY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString("escaped\n")
		return err
	}, worked: func(w *world, _ string) bool {
		buf := make([]byte, 16)
		w.master.SetReadDeadline(time.Now().Add(patience))
		n, _ := w.master.Read(buf)
		return n > 0
	}},
	{Name: "read memory that processes share", try: func(w *world) error {
		id, err := unix.SysvShmGet(w.Shm, 4096, 0)
		if err != nil {
			return err
		}
		memory, err := unix.SysvShmAttach(id, 0, unix.SHM_RDONLY)
		if err != nil {
			return err
		}
		return say(memory[:len(secret)], nil)
	}, worked: tells},
	{Name: "open a message queue of another process", try: func(w *world) error {
		if fd := openQueue(w.Queue, unix.O_RDWR); fd < 0 {
			return unix.EPERM
		}
		return nil
	}},
}

// patience is how long an escape is given to show, on a machine that is busy.
const patience = 300 * time.Millisecond

// gone tells whether the victim has ended. A killed process takes a moment.
func gone(w *world, _ string) bool {
	fd, err := unix.PidfdOpen(w.Victim, 0)
	if err != nil {
		return errors.Is(err, unix.ESRCH)
	}
	defer unix.Close(fd)
	n, _ := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(patience.Milliseconds()))
	return n > 0
}

// notified hears the signal that an attempt may send.
func notified() chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, unix.SIGUSR1)
	return c
}

// lingers looks for a process that should be gone, and ends it.
func lingers(w *world, _ string) bool {
	found := false
	everyProcess("cmdline", func(path string) error {
		text, _ := os.ReadFile(path)
		if strings.Contains(string(text), w.Token+"-lingers") && !strings.Contains(string(text), "\x00try\x00") {
			found = true
			var pid int
			fmt.Sscanf(path, "/proc/%d/", &pid)
			unix.Kill(pid, unix.SIGKILL)
		}
		return unix.ESRCH
	})
	return found
}

// linger ends by itself, should nobody end it.
func linger() { time.Sleep(5 * time.Second) }

const bomb = 4500 // processes: more than a sandbox allows

// forkBomb makes copies of this process that only wait, without Go's runtime.
// They die with the thread that made them.
func forkBomb(*world) error {
	runtime.LockOSThread()
	var pids []int
	defer func() {
		for _, pid := range pids {
			unix.Kill(pid, unix.SIGKILL)
		}
		for range pids {
			unix.Wait4(-1, nil, 0, nil)
		}
	}()
	for len(pids) < bomb {
		pid, errno := fork()
		if errno != 0 {
			return fmt.Errorf("after %d processes: %w", len(pids), errno)
		}
		pids = append(pids, pid)
	}
	return nil
}

// fork makes a copy of this process that does nothing.
func fork() (int, syscall.Errno) {
	pid, _, errno := unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if errno == 0 && pid == 0 {
		unix.RawSyscall6(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0, 0)
		for {
			unix.RawSyscall6(unix.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
		}
	}
	return int(pid), errno
}

// tellPrivileges says whether this process can do what others cannot.
func tellPrivileges() {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if caps, ok := strings.CutPrefix(line, "CapEff:"); ok && strings.Trim(caps, "0 \t\n") != "" {
			fmt.Println("privileged:", strings.TrimSpace(caps))
		}
	}
}

// beVictim holds a secret, and a file open, until it is ended.
func beVictim() {
	f, err := os.OpenFile(os.Args[2], os.O_RDWR, 0)
	if err != nil {
		os.Exit(1)
	}
	memory := []byte(secret)
	unix.Prctl(unix.PR_SET_PTRACER, ^uintptr(0), 0, 0, 0) // where Yama would not let it be traced
	fmt.Println(uint64(uintptr(unsafe.Pointer(&memory[0]))))
	time.Sleep(time.Hour)
	runtime.KeepAlive(memory)
	f.Close()
}

func ioctl(fd int, request uintptr, arg string) error {
	b := append([]byte(arg), 0)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, pointer(&b[0]))
	return orNil(errno)
}

func orNil(errno syscall.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}

func openQueue(name string, flags int) int {
	text := append([]byte(name), 0)
	fd, _, errno := unix.Syscall6(unix.SYS_MQ_OPEN, pointer(&text[0]), uintptr(flags), 0o600, 0, 0, 0)
	if errno != 0 {
		return -1
	}
	return int(fd)
}

func unlinkQueue(name string) {
	text := append([]byte(name), 0)
	unix.Syscall(unix.SYS_MQ_UNLINK, pointer(&text[0]), 0, 0)
}

// reached turns "the kernel looked at it" into an escape: what a filter lets
// through fails for another reason.
func reached(err error) error {
	if err == nil || !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EACCES) && !errors.Is(err, unix.ENOSYS) {
		return nil
	}
	return err
}
