package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"codex-lsp/agent"
	"codex-lsp/agent/config"
	"codex-lsp/agent/sandbox"
)

const sandboxUsage = `Usage: codex-lsp sandbox [flags] -- COMMAND [ARG...]

Runs a command as the agent's commands are run: in workspace-write with the
folders and the network that the settings give, and without what they take.
Its exit code is the command's; 125 says that there was no sandbox, and that
the command did not run.

`

// runSandbox is the subcommand sandbox.
func runSandbox(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var c sandboxCall
	switch err := c.parse(args, stderr); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "sandbox: %v\n", err)
		return 2
	}
	code, err := c.run(stdin, stdout, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "sandbox: %v\n", err)
	}
	return code
}

// A sandboxCall is the command line of one sandbox.
type sandboxCall struct {
	mode, dir     string
	add           []string
	network, weak bool
	command       []string
}

func (c *sandboxCall) parse(args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&c.mode, "mode", "read-only", "`read-only`, or workspace-write: the folder and those for temporary files may be written to")
	flags.StringVar(&c.dir, "C", ".", "the `folder` to run in")
	flags.Func("add-dir", "another `folder` that may be written to; can be given again", func(dir string) error {
		abs, err := filepath.Abs(dir)
		c.add = append(c.add, abs)
		return err
	})
	flags.BoolVar(&c.network, "network", false, "allow the network")
	flags.BoolVar(&c.weak, "weak", false, "do without namespaces: Landlock and seccomp alone")
	flags.Usage = func() {
		fmt.Fprint(stderr, sandboxUsage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	if c.command = flags.Args(); len(c.command) == 0 {
		return errors.New("give a command after --; codex-lsp sandbox -h tells how")
	}
	if c.mode != "read-only" && c.mode != "workspace-write" {
		return fmt.Errorf("there is no mode %q; it is read-only or workspace-write", c.mode)
	}
	if c.mode == "read-only" && len(c.add) > 0 {
		return errors.New("--add-dir goes with --mode workspace-write")
	}
	return nil
}

func (c *sandboxCall) run(stdin io.Reader, stdout, stderr io.Writer) (int, error) {
	dir, err := filepath.Abs(c.dir)
	if err != nil {
		return 1, err
	}
	policy, err := c.policy(dir)
	if err != nil {
		return 125, err
	}
	cmd := exec.Command(c.command[0], c.command[1:]...)
	cmd.Dir = dir
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	// Before anything is made for it, so that no signal leaves that behind.
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(signals)
	child, err := policy.Wrap(cmd)
	if errors.Is(err, exec.ErrNotFound) {
		return 127, err
	} else if err != nil {
		return 125, err
	}
	runtime.LockOSThread() // the command dies with the thread that starts it
	defer runtime.UnlockOSThread()
	code := 125
	if err = cmd.Start(); err == nil {
		ended := make(chan struct{})
		passing := make(chan struct{})
		go func() {
			defer close(passing)
			pass(signals, cmd.Process, isTerminal(stdin), ended)
		}()
		cmd.Wait() // its error says no more than the state
		close(ended)
		<-passing
		code = exitCode(cmd.ProcessState)
	}
	return code, errors.Join(err, child.Close())
}

// pass gives signals to the command, whose end is waited for then, so that
// nothing that was made for it is left. What a terminal sends, it sends to the
// command too.
func pass(signals <-chan os.Signal, to *os.Process, terminal bool, ended <-chan struct{}) {
	for {
		select {
		case sig := <-signals:
			if !terminal || sig != os.Interrupt && sig != syscall.SIGQUIT {
				to.Signal(sig) // or it has ended
			}
		case <-ended:
			return
		}
	}
}

// policy is what holds the agent's commands in a folder. Whether all layers
// hold is not tried first: where one cannot be made, the command does not run.
func (c *sandboxCall) policy(dir string) (sandbox.Policy, error) {
	settings, err := config.Load(config.Options{Dir: dir, WritableRoots: c.add})
	if err != nil {
		return sandbox.Policy{}, err
	}
	settings.Sandbox = config.SandboxMode(c.mode)
	settings.Commands.Network = settings.Commands.Network || c.network
	held := func() sandbox.Report {
		return sandbox.Report{Layers: []sandbox.Layer{{Held: true, Weak: true, Full: true}, {Held: !c.weak, Full: true}}}
	}
	on := agent.Confine(settings, dir, held)
	if !on.Exists {
		return sandbox.Policy{}, fmt.Errorf("%s is part of Codex's home or all of the file system, and cannot be made writable for commands; run in another folder, or with --mode read-only", dir)
	}
	on.Policy.Network = settings.Commands.Network && c.mode == "workspace-write" || c.network
	return on.Policy, nil
}

// exitCode is the code as a shell would tell it.
func exitCode(state *os.ProcessState) int {
	if code := state.ExitCode(); code >= 0 {
		return code
	}
	return 1
}
