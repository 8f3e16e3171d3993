//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

var kernel = []attempt{
	{Name: "make a user namespace", try: inNew(unix.CLONE_NEWUSER)},
	{Name: "make a user and a mount namespace, where everything can be mounted anew", try: inNew(unix.CLONE_NEWUSER | unix.CLONE_NEWNS)},
	{Name: "make a user namespace with unshare", try: func(*world) error {
		// Only a process of one thread can, so not this one.
		pid, errno := forkUnshare()
		if errno != 0 {
			return errno
		}
		var status unix.WaitStatus
		if _, err := unix.Wait4(pid, &status, 0, nil); err != nil {
			return err
		}
		return orNil(syscall.Errno(status.ExitStatus()))
	}},
	{Name: "make a user namespace with clone3", try: clone3},
	{Name: "make a mount namespace", Root: true, try: inNew(unix.CLONE_NEWNS)},
	{Name: "enter a namespace", Root: true, try: func(w *world) error {
		fd, err := unix.Open("/proc/self/ns/net", unix.O_RDONLY, 0)
		if err != nil {
			return err
		}
		runtime.LockOSThread()
		return unix.Setns(fd, unix.CLONE_NEWNET)
	}},
	{Name: "mount over a folder", Root: true, try: func(w *world) error { return mountOver(w.Outside + "/dir") }},
	{Name: "mount a folder from outside in the workspace", Root: true, try: func(w *world) error {
		if err := unix.Mount(w.Outside, w.Outside+"/dir", "", unix.MS_BIND, ""); err != nil {
			return err
		}
		return overwrite(w.Outside + "/dir/victim")
	}, worked: changed(victimFile)},
	{Name: "copy a mount with open_tree", Root: true, try: func(w *world) error {
		_, err := unix.OpenTree(unix.AT_FDCWD, w.Outside, unix.OPEN_TREE_CLONE)
		return err
	}},
	{Name: "make a file system with fsopen", Root: true, try: func(*world) error {
		_, err := unix.Fsopen("tmpfs", 0)
		return err
	}},
	{Name: "change what / is", Root: true, try: func(w *world) error { return unix.Chroot(w.WS) }},
	{Name: "load a kernel module", Root: true, Needs: "a kernel with modules", try: func(*world) error { return reached(unix.FinitModule(-1, "", 0)) }},
	{Name: "load another kernel", Root: true, Needs: "a kernel with kexec", try: func(*world) error {
		_, _, errno := unix.Syscall6(unix.SYS_KEXEC_LOAD, 0, 1<<20, 0, 0, 0, 0)
		return reached(orNil(errno))
	}},
	{Name: "set the host's name", Root: true, try: func(*world) error {
		name, err := os.Hostname()
		if err != nil {
			return err
		}
		return unix.Sethostname([]byte(name))
	}},
	{Name: "set the clock", Root: true, try: func(*world) error {
		_, err := unix.ClockAdjtime(unix.CLOCK_REALTIME, &unix.Timex{Modes: unix.ADJ_SETOFFSET}) // by nothing
		return err
	}},
	{Name: "set what runs when a program crashes", Root: true, try: func(*world) error {
		return rewrite("/proc/sys/kernel/core_pattern")
	}},
	{Name: "ask the kernel for magic", Root: true, Needs: "a kernel with SysRq", try: func(*world) error { return set("/proc/sysrq-trigger", []byte("h")) }},
	{Name: "set something in /sys", Root: true, try: func(*world) error { return rewrite("/sys/kernel/mm/transparent_hugepage/enabled") }},
	{Name: "make a control group", Root: true, try: func(w *world) error {
		for _, dir := range []string{"/sys/fs/cgroup/pids/", "/sys/fs/cgroup/unified/", "/sys/fs/cgroup/"} {
			if os.Mkdir(dir+w.Token, 0o755) == nil {
				return os.Remove(dir + w.Token)
			}
		}
		return unix.EPERM
	}},
	{Name: "start an io_uring, which goes round the filter", Needs: "kernel.io_uring_disabled=0", try: func(*world) error {
		var params [120]byte
		_, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 8, pointer(&params[0]), 0)
		return orNil(errno)
	}},
	{Name: "make a BPF map", Root: true, try: func(*world) error {
		attr := [18]uint32{2 /* an array */, 4, 4, 1}
		_, _, errno := unix.Syscall(unix.SYS_BPF, 0, pointer(&attr[0]), 72)
		return orNil(errno)
	}},
	{Name: "count what the processor does", try: func(*world) error {
		_, err := unix.PerfEventOpen(&unix.PerfEventAttr{Type: unix.PERF_TYPE_SOFTWARE, Size: 64, Config: unix.PERF_COUNT_SW_TASK_CLOCK, Bits: unix.PerfBitExcludeKernel | unix.PerfBitExcludeHv}, 0, -1, -1, 0)
		return err
	}},
	{Name: "handle page faults", try: func(*world) error {
		const userModeOnly = 1
		_, _, errno := unix.Syscall(unix.SYS_USERFAULTFD, userModeOnly, 0, 0)
		return orNil(errno)
	}},
	{Name: "watch all of a file system", Root: true, try: func(*world) error {
		_, err := unix.FanotifyInit(unix.FAN_CLASS_CONTENT, 0)
		return err
	}},
	{Name: "read a key from the user's keyring", keys: true, try: func(w *world) error {
		id, err := unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, "user", w.Token, 0)
		if err != nil {
			return err
		}
		buf := make([]byte, 64)
		n, err := unix.KeyctlBuffer(unix.KEYCTL_READ, id, buf, 0)
		if err != nil {
			return err
		}
		return say(buf[:n], nil)
	}, worked: tells},
	{Name: "add a key to the user's keyring", keys: true, try: func(w *world) error {
		_, err := unix.AddKey("user", w.Token+"2", []byte("x"), unix.KEY_SPEC_USER_KEYRING)
		return err
	}},
	{Name: "make a call by the numbers of 32-bit programs", Needs: "an amd64 kernel that runs 32-bit programs", try: func(*world) error {
		const getpid32 = 20
		if pid := int80(getpid32); pid != os.Getpid() {
			return fmt.Errorf("got %d", pid)
		}
		return nil
	}},
}

// inNew starts a program in new namespaces.
func inNew(flags uintptr) func(*world) error {
	return func(*world) error {
		cmd := exec.Command("/proc/self/exe", "privileges")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags}
		return cmd.Run()
	}
}

// forkUnshare makes a process that tries unshare and exits with its error.
func forkUnshare() (int, syscall.Errno) {
	pid, _, errno := unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if errno == 0 && pid == 0 {
		_, _, errno = unix.RawSyscall(unix.SYS_UNSHARE, unix.CLONE_NEWUSER, 0, 0)
		unix.RawSyscall(unix.SYS_EXIT, uintptr(errno), 0, 0)
	}
	return int(pid), errno
}

// clone3 has its flags in memory, where a filter cannot read them.
func clone3(*world) error {
	args := [11]uint64{0: unix.CLONE_NEWUSER, 4: uint64(unix.SIGCHLD)}
	pid, _, errno := unix.RawSyscall(unix.SYS_CLONE3, pointer(&args[0]), 88, 0)
	if errno == 0 && pid == 0 {
		unix.RawSyscall(unix.SYS_EXIT, 0, 0, 0)
	}
	if errno == 0 {
		unix.Wait4(int(pid), nil, 0, nil)
	}
	return orNil(errno)
}

// rewrite sets something to what it is. A list of words has the one that counts
// in brackets.
func rewrite(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for i, c := range text {
		if c == '[' {
			for j := i; j < len(text); j++ {
				if text[j] == ']' {
					return set(path, text[i+1:j])
				}
			}
		}
	}
	return set(path, text)
}

// set writes to a file that must be there.
func set(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(text)
	return err
}
