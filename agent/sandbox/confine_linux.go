//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// maxTasks is how many processes and threads a sandbox may have: more than a
// build on many processors needs, fewer than a machine survives.
const maxTasks = 4096

// limit bounds what one command can use up. Root is not bound by the number of
// its processes; the process namespace bounds it (limitTasks).
func (s *spec) limit() error {
	for _, l := range []struct {
		resource int
		most     uint64
	}{
		{unix.RLIMIT_NPROC, maxTasks},
		{unix.RLIMIT_CORE, 0}, // a core dump is written by the kernel, wherever its pattern says
	} {
		var now unix.Rlimit
		if err := unix.Getrlimit(l.resource, &now); err != nil {
			return err
		}
		most := min(l.most, now.Max)
		if err := unix.Setrlimit(l.resource, &unix.Rlimit{Cur: min(most, now.Cur), Max: most}); err != nil {
			return err
		}
	}
	return nil
}

// dropCapabilities leaves this thread none, and no way to get one back: not by
// starting a program as root, nor one with capabilities of its own.
func dropCapabilities() error {
	unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
	for c := uintptr(0); c <= unix.CAP_LAST_CAP; c++ {
		err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
		if errors.Is(err, unix.EPERM) {
			break // without CAP_SETPCAP; no_new_privs keeps them away all the same
		}
		if err != nil && !errors.Is(err, unix.EINVAL) { // a capability that this kernel does not know
			return fmt.Errorf("bounding set: %w", err)
		}
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	return unix.Capset(&header, &none[0])
}

// landlock lets this thread write to the writable folders and to harmless
// devices, read everything, and talk to no process outside of the sandbox.
func (s *spec) landlock() error {
	config := landlock.V11.BestEffort()
	if s.Network || s.Loopback {
		config.HandledAccessNet = 0
	}
	rules := []landlock.Rule{
		landlock.RODirs("/"),
		landlock.RWFiles(devices...).WithIoctlDev().IgnoreIfMissing(),
	}
	if !s.Weak {
		rules = append(rules, landlock.RWDirs("/dev/pts", "/dev/shm").WithRefer().WithIoctlDev())
	}
	if len(s.Roots) > 0 {
		rules = append(rules, landlock.RWDirs(s.Roots...).WithRefer())
	}
	fd, flags, err := config.NewRulesetFD(rules...)
	if err != nil {
		return err
	}
	if fd < 0 {
		return errors.New("this kernel has no Landlock, or it was not enabled at boot (lsm=landlock,…)")
	}
	defer unix.Close(fd)
	return ll.LandlockRestrictSelf(fd, flags)
}

// devices are the files in /dev that a command may write to.
var devices = []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx"}

// loopback brings up lo in a network namespace of our own.
func loopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}

// install puts a filter before every system call of this thread.
func install(filter []unix.SockFilter) error {
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return errno
	}
	return nil
}
