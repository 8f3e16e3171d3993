package exec

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

const (
	maxOutput = 1 << 20                // kept of a command's output, as Codex does
	maxFrame  = 32 << 10               // shown of one frame: more than anybody reads in one
	frameTime = 16 * time.Millisecond  // between two calls of an output callback
	maxDrain  = 1 << 20                // the most that a pipe of an ordinary user holds
	graceTime = 500 * time.Millisecond // after SIGINT; a stop button must act within a second
)

// A session is one command, from before its start until its end is told.
//
// Three goroutines meet here: read takes what the command prints, reap waits
// for its end, and await, in the caller's goroutine, waits for either.
type session struct {
	id      int
	command Command
	started time.Time
	busy    chan struct{} // holds a token while somebody awaits the session
	used    uint64        // when that last was; guarded by Runner.mu

	out     *os.File // our end of the pipe or terminal, closed by drop
	group   *group
	walls   io.Closer // of its sandbox; nil without one
	dropped sync.Once

	mu     sync.Mutex
	result capture // not yet told; guarded by mu
	frame  capture // not yet shown; guarded by mu

	fresh   chan struct{} // capacity 1: there is something to show
	drained chan struct{} // closed when all the command printed is in result
	silent  chan struct{} // closed when nobody can print any more, or we do not listen
	ended   chan struct{} // closed when the shell is gone and its output drained
	code    int           // set before ended is closed
	failed  error         // the command has never run; likewise
}

func newSession(id int, c Command) *session {
	return &session{
		id: id, command: c, started: time.Now(),
		busy:   make(chan struct{}, 1),
		result: newCapture(maxOutput), frame: newCapture(maxFrame),
		fresh:   make(chan struct{}, 1),
		drained: make(chan struct{}), silent: make(chan struct{}), ended: make(chan struct{}),
	}
}

// read takes what the command prints until nobody can print any more.
//
// When the shell is done, reap ends this by a deadline: what is in the pipe
// then is the shell's, and belongs to the result. What comes later is from
// processes left in the background; it is read and dropped, or they would die
// of writing to a closed pipe.
func (s *session) read() {
	buf := make([]byte, 32<<10)
	if s.copyOutput(buf) || s.drain(buf) {
		close(s.silent)
		close(s.drained)
		return
	}
	close(s.drained)
	s.out.SetReadDeadline(time.Time{})
	for {
		if _, err := s.out.Read(buf); err != nil {
			close(s.silent)
			return
		}
	}
}

// copyOutput reads to the end, which is true, or to the deadline.
func (s *session) copyOutput(buf []byte) bool {
	for {
		n, err := s.out.Read(buf)
		s.hear(buf[:n])
		if err != nil {
			return !errors.Is(err, os.ErrDeadlineExceeded)
		}
	}
}

// drain reads what is there already; true if that is the end.
func (s *session) drain(buf []byte) bool {
	for total := 0; total < maxDrain; {
		n, err := readAvailable(s.out, buf)
		s.hear(buf[:n])
		if err != nil {
			return err != syscall.EAGAIN
		}
		total += n
	}
	return false
}

func (s *session) hear(p []byte) {
	if len(p) == 0 {
		return
	}
	s.mu.Lock()
	s.result.write(p)
	s.frame.write(p)
	s.mu.Unlock()
	select {
	case s.fresh <- struct{}{}:
	default:
	}
}

// reap waits for the shell.
func (s *session) reap(cmd *exec.Cmd) {
	cmd.Wait() // its error says no more than the state
	s.out.SetReadDeadline(time.Unix(1, 0))
	<-s.drained
	s.code, s.failed = exitCode(cmd.ProcessState), s.takeDown()
	close(s.ended)
}

// takeDown gives back what the sandbox of a process that is gone has taken.
func (s *session) takeDown() error {
	if s.walls == nil {
		return nil
	}
	return s.walls.Close()
}

// exitCode is the code as a shell would tell it.
func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}

func (s *session) hasEnded() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// await shows output, a frame at a time, until the command has ended, the
// yield is over, or ctx is. What came last is left for tell.
func (s *session) await(ctx context.Context, yield time.Duration, output func([]byte)) error {
	over := time.NewTimer(yield)
	defer over.Stop()
	var next <-chan time.Time // the end of the frame that was shown last
	fresh := s.fresh          // nil until then
	if output == nil {
		fresh = nil
	}
	for {
		select {
		case <-fresh:
			s.show(output)
			fresh, next = nil, time.After(frameTime)
		case <-next:
			fresh, next = s.fresh, nil
		case <-s.ended:
			return nil
		case <-over.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// show hands the output since the last frame to output.
func (s *session) show(output func([]byte)) {
	s.mu.Lock()
	frame := s.frame.take(false)
	s.mu.Unlock()
	if frame.text != "" {
		output([]byte(frame.text))
	}
}

// tell ends a wait: it shows the last frame and makes the result. Both are
// taken at one moment, so that the frames of a wait are what its result holds.
func (s *session) tell(began time.Time, maxTokens int, output func([]byte)) Result {
	r := Result{SessionID: s.id, Running: !s.hasEnded(), Wall: time.Since(began)}
	if !r.Running {
		r.ExitCode, r.SessionID = s.code, 0
	}
	s.mu.Lock()
	frame, out := s.frame.take(!r.Running), s.result.take(!r.Running)
	s.mu.Unlock()
	if output != nil && frame.text != "" {
		output([]byte(frame.text))
	}
	r.Output = out.text
	r.Text = modelText(r, out, maxTokens)
	return r
}

// interrupt is what chars mean that a terminal turns into a signal.
const interrupt = "\x03"

// enter types chars. A command without a terminal can only be interrupted.
func (s *session) enter(chars string, patience time.Duration) error {
	if s.hasEnded() {
		return nil // the result says so
	}
	if !s.command.TTY {
		if chars == interrupt {
			s.group.signal(syscall.SIGINT)
			return nil
		}
		return errors.New("stdin is closed for this session; rerun exec_command with tty=true to keep stdin open")
	}
	s.out.SetWriteDeadline(time.Now().Add(patience))
	_, err := s.out.WriteString(chars)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errors.New("the program does not read its input; not all of it was written")
	}
	return nil // a terminal that is gone means that the program is about to be
}

// kill ends the command with everything in its session. It gets SIGINT first,
// as from a user's Ctrl-C, so that git removes its locks and a script runs its
// traps; what has not gone half a second later is not asked again.
func (s *session) kill() {
	defer s.out.Close() // a daemon that got away may hold the other end
	if s.hasEnded() && !s.group.alive() {
		return // the number may be another session's by now
	}
	s.group.signal(syscall.SIGINT)
	s.waitEnd(graceTime)
	s.group.destroy()
	s.waitEnd(killTime) // longer, and it hangs in the kernel
}

func (s *session) waitEnd(patience time.Duration) {
	over := time.NewTimer(patience)
	defer over.Stop()
	select {
	case <-s.ended:
	case <-over.C:
	}
}

// lingers tells whether something is left of an ended command.
func (s *session) lingers() bool {
	select {
	case <-s.silent:
		return s.group.alive()
	default:
		return true
	}
}
