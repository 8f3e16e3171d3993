package exec

import "runtime"

// A thread runs functions on one OS thread that lives until it is closed.
//
// Commands are started from it because the kernel's parent-death signal
// (prctl(2), PR_SET_PDEATHSIG) follows the thread that forked, not the
// process: started from any goroutine, a command would be killed when the
// runtime happens to end the thread below it.
type thread chan func()

func newThread() thread {
	t := make(thread)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with t
		for f := range t {
			f()
		}
	}()
	return t
}

// do runs f there and waits for it.
func (t thread) do(f func()) {
	done := make(chan struct{})
	t <- func() {
		defer close(done)
		f()
	}
	<-done
}

func (t thread) close() { close(t) }
