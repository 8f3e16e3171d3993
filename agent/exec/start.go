package exec

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// shells are the ones that understand what a model writes. A user of another
// one gets bash.
var shells = []string{"bash", "zsh", "sh", "dash", "ksh", "ash"}

// shellOf finds the shell of a command: the one asked for, the user's, or one
// that is there.
func shellOf(c Command) (string, error) {
	if c.Shell != "" {
		return exec.LookPath(c.Shell)
	}
	if user := os.Getenv("SHELL"); filepath.IsAbs(user) && slices.Contains(shells, filepath.Base(user)) {
		if path, err := exec.LookPath(user); err == nil {
			return path, nil
		}
	}
	for _, name := range []string{"/bin/bash", "/usr/bin/bash", "bash", "sh"} { // PATH may name folders of a workspace
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

// prepare finds out what process a command becomes. What its login shell's
// start-up files leave is waited for.
func (r *Runner) prepare(ctx context.Context, c Command) (Command, error) {
	if info, err := os.Stat(c.Dir); err != nil {
		return c, startError(err, fmt.Sprintf("The working directory %s cannot be used.", c.Dir))
	} else if !info.IsDir() {
		return c, startError(syscall.ENOTDIR, fmt.Sprintf("%s is a file, and no working directory.", c.Dir))
	}
	shell, err := shellOf(c)
	if err != nil {
		return c, startError(err, fmt.Sprintf("The shell %q was not found; leave shell out for the user's own.", c.Shell))
	}
	flag, script, env := "-c", c.Script, []string(nil)
	if c.Login {
		p, err := r.login(ctx, shell, c)
		switch {
		case err != nil:
			return c, err
		case p != nil:
			script, env = p.apply(script)
			env = slices.Concat(p.env, env)
		default:
			flag = "-lc"
		}
	}
	if env == nil {
		env = inherited(c)
	}
	c.argv, c.environ = []string{shell, flag, script}, environ(c, env)
	return c, nil
}

// startError says in Codex's words that a process could not be made, and in
// ours what to do about it.
func startError(err error, remedy string) error {
	why := err.Error()
	if errors.Is(err, exec.ErrNotFound) {
		err = syscall.ENOENT
	}
	var code syscall.Errno
	if errors.As(err, &code) {
		text := code.Error()
		why = fmt.Sprintf("%s%s (os error %d)", strings.ToUpper(text[:1]), text[1:], int(code))
	}
	if errors.Is(err, syscall.E2BIG) {
		remedy = "The script or the environment is too long; write the script to a file and run that."
	}
	said := fmt.Sprintf("CreateProcess { message: %q }", `Rejected("Failed to create unified exec process: `+why+`")`)
	return errors.New(strings.TrimSpace(said + "\n" + remedy))
}

// wallsError says that a command has not run for want of its sandbox, in the
// sandbox's own words.
func wallsError(err error) error {
	if errors.Is(err, syscall.E2BIG) { // the shell could not be started in it
		return startError(syscall.E2BIG, "")
	}
	return err
}

// launch starts the process of a session, with somebody to read what it
// prints, to wait for its end, and to see to it that it does not stay behind.
func (r *Runner) launch(s *session) error {
	cmd := exec.Command(s.command.argv[0], s.command.argv[1:]...)
	cmd.Dir, cmd.Env = s.command.Dir, s.command.environ
	cmd.SysProcAttr = attributes(s.command.TTY)
	theirs, err := s.connect(cmd)
	if err != nil {
		return startError(err, "")
	}
	if wrap := s.command.Wrap; wrap != nil {
		if s.walls, err = wrap(cmd); err != nil {
			theirs.Close()
			s.out.Close()
			return wallsError(err)
		}
	}
	r.guard.ready()
	r.thread.do(func() { err = cmd.Start() })
	theirs.Close()
	if err != nil {
		s.out.Close()
		s.takeDown() // what it says is that nothing has run
		return startError(err, "")
	}
	s.group = newGroup(cmd.Process.Pid)
	r.guard.watch(s.group.pid)
	r.running.Go(s.read)
	r.running.Go(func() { s.reap(cmd) })
	return nil
}

// connect gives the process its input and output: a terminal, or nothing to
// read and one pipe for both streams, so that they come in the order they were
// written. It returns the process's end, to be closed once it has started.
func (s *session) connect(cmd *exec.Cmd) (theirs *os.File, err error) {
	if s.command.TTY {
		if s.out, theirs, err = openTerminal(); err != nil {
			return nil, err
		}
		cmd.Stdin = theirs
	} else if s.out, theirs, err = os.Pipe(); err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = theirs, theirs
	return theirs, nil
}
