package exec

import (
	"fmt"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// A command lives on when the OS thread that its caller ran on ends, though
// its parent-death signal is tied to a thread.
func TestSessionOutlivesItsCallersThread(t *testing.T) {
	t.Parallel()
	r := newTestRunner(t)
	var id int
	onMortalThread(func() {
		id = leave(t, r, Command{Script: "echo up; cat", TTY: true}, "up")
	})
	write(t, r, id, "alive\n", "alive\r\nalive\r\n")
}

// onMortalThread runs f on a thread of its own and returns when that thread is
// gone. The main thread, which never goes, is not used for it.
func onMortalThread(f func()) {
	release := make(chan struct{})
	defer close(release)
	for {
		tid := make(chan int)
		go func() {
			runtime.LockOSThread()
			self := unix.Gettid()
			if self == os.Getpid() {
				tid <- 0
				<-release
				runtime.UnlockOSThread()
				return
			}
			f()
			tid <- self // the thread ends with this function, which did not unlock it
		}()
		if gone := <-tid; gone != 0 {
			for exists(gone) {
				runtime.Gosched()
			}
			return
		}
	}
}

func exists(tid int) bool {
	_, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", tid))
	return err == nil
}
