package exec

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Service is a program that is talked to through its standard streams for as
// long as it is of use. No shell is between, and it sees no environment but the
// one that it is given.
type Service struct {
	Path   string   // of the program, or a name to be found in Env's PATH
	Args   []string // without the program's name
	Dir    string   // absolute
	Env    []string // all of its environment
	Stderr io.Writer
}

// Services starts services, each in a session of its own as commands are, and
// leaves nothing of them: not at Close, and not when this process is killed.
type Services struct {
	log     *slog.Logger
	once    sync.Once
	thread  thread // set once
	guard   *guard // set once
	running sync.WaitGroup
	closing sync.Once
}

// NewServices returns Services, of which nothing runs before the first Start.
func NewServices(log *slog.Logger) *Services { return &Services{log: log} }

// A Process is a service that was started. Reads of Stdout end when it does, or
// when it is stopped.
type Process struct {
	Stdin  *os.File
	Stdout *os.File

	group *group
	once  sync.Once
	ended chan struct{} // closed when the program has ended
	err   error         // how; set before ended is closed
	guard *guard
}

// Start starts a service. Stop it, or it runs until its input ends.
func (s *Services) Start(o Service) (*Process, error) {
	s.once.Do(func() { s.thread, s.guard = newThread(), &guard{log: s.log} })
	path, err := LookIn(o.Path, o.Dir, o.Env)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, o.Args...)
	cmd.Args[0] = o.Path
	cmd.Dir, cmd.Env, cmd.Stderr = o.Dir, o.Env, o.Stderr
	cmd.SysProcAttr = attributes(false)
	cmd.WaitDelay = drainTime // a child that keeps stderr open must not keep us
	in, stdin, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	stdout, out, err := os.Pipe()
	if err != nil {
		in.Close()
		stdin.Close()
		return nil, err
	}
	cmd.Stdin, cmd.Stdout = in, out
	s.guard.ready()
	s.thread.do(func() { err = cmd.Start() })
	in.Close()
	out.Close()
	if err != nil {
		stdin.Close()
		stdout.Close()
		return nil, fmt.Errorf("start %s: %w", o.Path, err)
	}
	p := &Process{Stdin: stdin, Stdout: stdout, group: newGroup(cmd.Process.Pid), ended: make(chan struct{}), guard: s.guard}
	s.guard.watch(p.group.pid)
	s.running.Go(func() {
		defer close(p.ended)
		p.err = cmd.Wait()
	})
	return p, nil
}

// Close waits for all services, which must have been stopped.
func (s *Services) Close() {
	s.once.Do(func() {})
	s.running.Wait()
	s.closing.Do(func() {
		if s.guard != nil {
			s.guard.close()
			s.thread.close()
		}
	})
}

// How long a service has to end once its input has, and then once it is told
// to. What it is asked is answered by then or not at all.
const (
	drainTime = time.Second
	termTime  = time.Second
)

// Stop ends a service and everything that it has started. First it may end by
// itself, since its input is over.
func (p *Process) Stop() {
	p.once.Do(func() {
		p.Stdin.Close()
		if !p.endsIn(drainTime) {
			p.group.signal(syscall.SIGTERM)
			p.endsIn(termTime)
		}
		p.group.destroy()
		<-p.ended
		p.guard.release(p.group.pid)
		p.group.close()
		p.Stdout.Close()
	})
}

func (p *Process) endsIn(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-p.ended:
		return true
	case <-t.C:
		return false
	}
}

// Ended is closed when the program has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Err says how the program ended, once it has; nil for a good end.
func (p *Process) Err() error { return p.err }

// LookIn finds a program by the PATH that it will see itself.
func LookIn(name, dir string, env []string) (string, error) {
	if strings.ContainsRune(name, filepath.Separator) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		return exec.LookPath(name)
	}
	for _, v := range slices.Backward(env) {
		path, ok := strings.CutPrefix(v, "PATH=")
		if !ok {
			continue
		}
		for _, folder := range filepath.SplitList(path) {
			if !filepath.IsAbs(folder) {
				continue // of the workspace, which is not to choose what runs
			}
			if found, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
				return found, nil
			}
		}
		break
	}
	return "", fmt.Errorf("there is no program %s in PATH", name)
}
