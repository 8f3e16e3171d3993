package sandbox

import "golang.org/x/sys/unix"

const (
	auditArch = unix.AUDIT_ARCH_X86_64
	x32Bit    = 0x40000000 // of the numbers of x32, which would pass for others
)

var deniedHere = []uintptr{unix.SYS_IOPL, unix.SYS_IOPERM, unix.SYS_MODIFY_LDT}

var modesHere = []moded{{unix.SYS_CHMOD, -1, 1}, {unix.SYS_MKNOD, -1, 1}, {unix.SYS_CREAT, -1, 1}, {unix.SYS_OPEN, 1, 2}}
