package exec

import (
	"fmt"
	"io"
	"os"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// openTerminal returns both ends of a new terminal: ours and the command's.
func openTerminal() (ours, theirs *os.File, err error) {
	blocking, theirs, err := pty.Open()
	if err != nil {
		return nil, nil, fmt.Errorf("open a terminal: %w", err)
	}
	defer blocking.Close()
	if err := pty.Setsize(blocking, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		theirs.Close()
		return nil, nil, fmt.Errorf("size the terminal: %w", err)
	}
	if ours, err = pollable(blocking); err != nil {
		theirs.Close()
		return nil, nil, fmt.Errorf("open a terminal: %w", err)
	}
	return ours, theirs, nil
}

// pollable returns f as a file that knows deadlines, which one opened in
// blocking mode never learns.
func pollable(f *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

// readAvailable reads what is there already. The error is EAGAIN when nothing
// is, and another one at the end.
func readAvailable(f *os.File, buf []byte) (n int, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	closed := conn.Control(func(fd uintptr) {
		for n, err = unix.Read(int(fd), buf); err == unix.EINTR; {
			n, err = unix.Read(int(fd), buf)
		}
	})
	if closed != nil {
		return 0, closed
	}
	if n == 0 && err == nil {
		err = io.EOF
	}
	return max(n, 0), err
}
