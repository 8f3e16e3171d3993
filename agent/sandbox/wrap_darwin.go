package sandbox

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// launcher is part of macOS. Its path is fixed: another one would be no sandbox.
const launcher = "/usr/bin/sandbox-exec"

// A Child is a command in its sandbox.
type Child struct{}

// Wrap turns a command that has not been started into one that runs in a
// sandbox. See the package's documentation.
func (p Policy) Wrap(cmd *exec.Cmd) (*Child, error) {
	if len(cmd.ExtraFiles) > 0 {
		return nil, fmt.Errorf("a command in a sandbox inherits its standard streams and no other file")
	}
	if cmd.Err != nil {
		return nil, cmd.Err
	}
	roots, err := p.writable()
	if err != nil {
		return nil, err
	}
	env := append(cmd.Environ(), "CODEX_SANDBOX=seatbelt") // as with Codex
	if !p.Network {
		env = append(env, "CODEX_SANDBOX_NETWORK_DISABLED=1")
	}
	args := append([]string{launcher, "-p", p.seatbelt(roots), "--", cmd.Path}, cmd.Args[min(1, len(cmd.Args)):]...)
	cmd.Path, cmd.Args, cmd.Env = launcher, args, env
	return new(Child), nil
}

// Sweep does nothing: no name is kept by something that has it.
func (p Policy) Sweep() {}

// Close does nothing: there is nothing to give back.
func (c *Child) Close() error { return nil }

// Main does nothing: this process is no stage of a sandbox.
func Main() {}

// probe starts a command that tries to write where it must not.
func probe() Report {
	l := Layer{Name: "Seatbelt", Full: true, Weak: true, Remedy: "every command is asked about; " + launcher + " must be there, and codex-lsp not in a sandbox itself"}
	dir, err := os.MkdirTemp("", "codex-lsp-probe-")
	if err != nil {
		l.Why = err.Error()
		return Report{System: "macOS", Layers: []Layer{l}}
	}
	defer os.RemoveAll(dir)
	cmd := exec.Command("/bin/sh", "-c", "echo runs; echo x >\"$0/x\"", dir)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if _, err = (Policy{}).Wrap(cmd); err == nil {
		cmd.Run() // it must fail
	}
	_, written := os.Stat(dir + "/x")
	l.Held = err == nil && strings.HasPrefix(out.String(), "runs\n") && written != nil
	if l.Why = "writing outside: " + strings.TrimSpace(out.String()); l.Held {
		l.Remedy = ""
	}
	return Report{System: "macOS", Layers: []Layer{l}}
}
