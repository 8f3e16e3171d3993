package door

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// admit lets in processes of the same user that this one has not started.
func admit(conn *net.UnixConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var peer *unix.Ucred
	if failed := raw.Control(func(fd uintptr) {
		peer, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); failed != nil {
		err = failed
	}
	if err != nil {
		return err
	}
	if int(peer.Uid) != os.Getuid() {
		return fmt.Errorf("process %d is another user's", peer.Pid)
	}
	return stranger(int(peer.Pid))
}

// short is a name for a socket in the folder, however long the folder's path is:
// sockets take some hundred bytes.
func (s *sockets) short(name string) string { return fmt.Sprintf("/proc/self/fd/%d/%s", s.Fd(), name) }

// owned fails for what is another user's.
func owned(info os.FileInfo) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != os.Getuid() {
		return errors.New("belongs to another user")
	}
	return nil
}

var errOwn = errors.New("a command that the agent runs cannot answer for the user")

// stranger fails for a process that descends from this one.
func stranger(pid int) error {
	for pid > 1 {
		if pid == os.Getpid() {
			return errOwn
		}
		parent, err := parentOf(pid)
		if err != nil {
			return fmt.Errorf("who asks cannot be told: %w", err)
		}
		pid = parent
	}
	return nil
}

// parentOf reads proc_pid_stat(5): the name, in parentheses, may hold anything.
func parentOf(pid int) (int, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 2 {
		return 0, fmt.Errorf("/proc/%d/stat cannot be read", pid)
	}
	return strconv.Atoi(string(fields[1]))
}
