//go:build amd64 || arm64

package sandbox

import (
	"slices"

	"golang.org/x/sys/unix"
)

// denied are the calls that fail with EPERM: those that make or enter
// namespaces, change what is mounted, look into other processes, or open a
// part of the kernel that commands have no use for.
var denied = []uintptr{
	unix.SYS_UNSHARE, unix.SYS_SETNS,
	unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT,
	unix.SYS_OPEN_TREE, unix.SYS_MOVE_MOUNT, unix.SYS_FSOPEN, unix.SYS_FSCONFIG, unix.SYS_FSMOUNT, unix.SYS_FSPICK, unix.SYS_MOUNT_SETATTR,
	sysOpenTreeAttr, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_FANOTIFY_INIT,
	unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PIDFD_GETFD, unix.SYS_KCMP,
	unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER,
	unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY,
	unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD,
	unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE, unix.SYS_KEXEC_LOAD, unix.SYS_KEXEC_FILE_LOAD, unix.SYS_REBOOT,
	unix.SYS_SWAPON, unix.SYS_SWAPOFF, unix.SYS_ACCT, unix.SYS_QUOTACTL, unix.SYS_QUOTACTL_FD, unix.SYS_VHANGUP,
	unix.SYS_SETTIMEOFDAY, unix.SYS_CLOCK_SETTIME, unix.SYS_SETHOSTNAME, unix.SYS_SETDOMAINNAME,
}

const sysOpenTreeAttr = 467 // the same on every architecture; newer than x/sys knows

// deniedWeak are the ways to the shared memory and queues of other processes,
// which have no path. With namespaces there are no others.
var deniedWeak = []uintptr{
	unix.SYS_SHMGET, unix.SYS_SHMAT, unix.SYS_SHMCTL, unix.SYS_SEMGET, unix.SYS_SEMCTL, unix.SYS_SEMOP, unix.SYS_SEMTIMEDOP,
	unix.SYS_MSGGET, unix.SYS_MSGSND, unix.SYS_MSGRCV, unix.SYS_MSGCTL,
	unix.SYS_MQ_OPEN, unix.SYS_MQ_UNLINK,
}

// deniedOffline are the calls by which a socket gets or finds another end.
// There is no socket to begin with, but one might be inherited as a standard
// stream.
var deniedOffline = []uintptr{
	unix.SYS_SOCKET, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_ACCEPT, unix.SYS_ACCEPT4,
}

// deniedRequests are for ioctl: what types into a terminal as if the user did,
// or takes what a console prints.
var deniedRequests = []uint32{unix.TIOCSTI, unix.TIOCLINUX, unix.TIOCCONS}

// newNamespaces are the flags of clone that make namespaces. CLONE_NEWTIME is
// none of clone's: it shares its bit with the exit signal.
const newNamespaces = unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET

// seccomp installs the filter. Linux looks at system calls only, so what the
// kernel reads from memory later cannot be judged here: a socket's address
// cannot, and that is why there are no Unix sockets to give one to.
func (s *spec) seccomp() error {
	return install(s.filter())
}

// The offsets of what a filter can look at (struct seccomp_data).
const (
	atNumber  = 0
	atArch    = 4
	atFirst   = 16 // each argument has 8 bytes, the low half first
	kill      = unix.SECCOMP_RET_KILL_PROCESS
	allow     = unix.SECCOMP_RET_ALLOW
	forbid    = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	notThere  = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
	sockTypes = 0xf // of a socket's type; the rest are flags
)

func (s *spec) filter() []unix.SockFilter {
	b := builder{load(atArch), jump(unix.BPF_JEQ, auditArch, 1, 0), ret(kill), load(atNumber)}
	if x32Bit != 0 {
		b.when(unix.BPF_JGE, x32Bit, notThere)
	}
	online := s.Network || s.Loopback
	all := slices.Concat(denied, deniedHere)
	if s.Weak {
		all = append(all, deniedWeak...)
	}
	if !online {
		all = append(all, deniedOffline...)
	}
	slices.Sort(all)
	b = append(b, among(all, forbid)...)
	// What these do stands in memory. Libraries fall back on clone and openat.
	b.when(unix.BPF_JEQ, unix.SYS_CLONE3, notThere)
	b.when(unix.BPF_JEQ, unix.SYS_OPENAT2, notThere)
	b.call(unix.SYS_CLONE, load(atFirst), jump(unix.BPF_JSET, newNamespaces, 0, 1), ret(forbid), ret(allow))
	ioctl := []unix.SockFilter{load(atFirst + 8)} // the kernel looks at no more than the low half
	for _, request := range deniedRequests {
		ioctl = append(ioctl, jump(unix.BPF_JEQ, request, 0, 1), ret(forbid))
	}
	b.call(unix.SYS_IOCTL, append(ioctl, ret(allow))...)
	// A pair of Unix sockets has its other end. Of datagrams each can be sent
	// somewhere else all the same.
	b.call(unix.SYS_SOCKETPAIR,
		load(atFirst), jump(unix.BPF_JEQ, unix.AF_UNIX, 1, 0), ret(forbid),
		load(atFirst+8), and(sockTypes), jump(unix.BPF_JEQ, unix.SOCK_STREAM, 1, 0), jump(unix.BPF_JEQ, unix.SOCK_SEQPACKET, 0, 1), ret(allow), ret(forbid))
	b.modes()
	if s.Weak {
		// Other processes of the user have the same limits and priority to take.
		b.call(unix.SYS_PRLIMIT64, load(atFirst), jump(unix.BPF_JEQ, 0, 0, 1), ret(allow), ret(forbid))
		b.call(unix.SYS_SETPRIORITY, load(atFirst+8), jump(unix.BPF_JEQ, 0, 0, 1), ret(allow), ret(forbid))
	}
	if online {
		b.call(unix.SYS_SOCKET, onlineSocket()...)
	} else {
		b.call(unix.SYS_SENDTO, // to nowhere in particular only: its address is null
			load(atFirst+4*8), jump(unix.BPF_JEQ, 0, 1, 0), ret(forbid),
			load(atFirst+4*8+4), jump(unix.BPF_JEQ, 0, 1, 0), ret(forbid), ret(allow))
	}
	return append(b, ret(allow))
}

// runsAsOwner are the bits of a mode that make a program run as its owner or
// group, which are no sandbox's.
const runsAsOwner = unix.S_ISUID | unix.S_ISGID

// A moded call sets the mode of a file. The numbers are of its arguments.
type moded struct {
	call  uint32
	flags int // only with O_CREAT or O_TMPFILE in here the mode is one; -1 if there are no flags
	mode  int
}

var modes = []moded{
	{unix.SYS_FCHMOD, -1, 1}, {unix.SYS_FCHMODAT, -1, 2}, {unix.SYS_FCHMODAT2, -1, 2},
	{unix.SYS_MKNODAT, -1, 2}, {unix.SYS_OPENAT, 2, 3},
}

// modes forbids making a program that runs as whoever owns it: outside of the
// sandbox it would run as the user, whoever starts it.
func (b *builder) modes() {
	for _, m := range slices.Concat(modes, modesHere) {
		rules := []unix.SockFilter{load(atFirst + 8*uint32(m.mode)), jump(unix.BPF_JSET, runsAsOwner, 0, 1), ret(forbid), ret(allow)}
		if m.flags >= 0 {
			makes := uint32(unix.O_CREAT | unix.O_TMPFILE&^unix.O_DIRECTORY)
			rules = append([]unix.SockFilter{load(atFirst + 8*uint32(m.flags)), jump(unix.BPF_JSET, makes, 1, 0), ret(allow)}, rules...)
		}
		b.call(m.call, rules...)
	}
}

// onlineSocket allows streams and datagrams of IP, and asking the kernel about
// its interfaces. Unix sockets lead to other programs of the user and the
// system, such as D-Bus and Docker, which would do anything for who asks.
func onlineSocket() []unix.SockFilter {
	return []unix.SockFilter{
		load(atFirst),
		jump(unix.BPF_JEQ, unix.AF_NETLINK, 0, 3), // NETLINK_ROUTE, of any type
		load(atFirst + 16), jump(unix.BPF_JEQ, unix.NETLINK_ROUTE, 0, 7), ret(allow),
		jump(unix.BPF_JEQ, unix.AF_INET, 1, 0), jump(unix.BPF_JEQ, unix.AF_INET6, 0, 4),
		load(atFirst + 8), and(sockTypes),
		jump(unix.BPF_JEQ, unix.SOCK_STREAM, 2, 0), jump(unix.BPF_JEQ, unix.SOCK_DGRAM, 1, 0),
		ret(forbid), ret(allow),
	}
}

// A builder is a filter in the making. The number of the call is loaded
// whenever a new part begins.
type builder []unix.SockFilter

// when ends the filter if the comparison is true.
func (b *builder) when(compare uint16, with, result uint32) {
	*b = append(*b, jump(compare, with, 0, 1), ret(result))
}

// among ends the filter for any of these numbers, which are sorted. It halves
// them until few are left: to install a filter, the kernel goes through it once
// for every system call that there is.
func among(numbers []uintptr, result uint32) []unix.SockFilter {
	if len(numbers) <= 3 {
		var b builder
		for _, number := range numbers {
			b.when(unix.BPF_JEQ, uint32(number), result)
		}
		return b
	}
	middle := len(numbers) / 2
	low, high := among(numbers[:middle], result), among(numbers[middle:], result)
	low = append(low, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JA, K: uint32(len(high))})
	return slices.Concat([]unix.SockFilter{jump(unix.BPF_JGE, uint32(numbers[middle]), uint8(len(low)), 0)}, low, high)
}

// call judges one call. The rules must end the filter.
func (b *builder) call(number uint32, rules ...unix.SockFilter) {
	*b = append(*b, jump(unix.BPF_JEQ, number, 0, uint8(len(rules))))
	*b = append(*b, rules...)
}

func load(offset uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
}

func and(mask uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: mask}
}

// jump goes on after yes instructions if the comparison is true, else after no.
func jump(compare uint16, with uint32, yes, no uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | compare | unix.BPF_K, Jt: yes, Jf: no, K: with}
}

func ret(result uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: result}
}
