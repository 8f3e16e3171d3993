//go:build !darwin && !(linux && (amd64 || arm64))

package sandbox

import (
	"os/exec"
	"runtime"
)

// A Child is a command in its sandbox.
type Child struct{}

// Wrap cannot confine a command here.
func (p Policy) Wrap(*exec.Cmd) (*Child, error) { return nil, ErrUnavailable }

// Sweep does nothing: no name is kept by something that has it.
func (p Policy) Sweep() {}

// Close does nothing.
func (c *Child) Close() error { return nil }

// Main does nothing: this process is no stage of a sandbox.
func Main() {}

func probe() Report {
	return Report{System: runtime.GOOS, Layers: []Layer{{
		Name: "sandbox", Full: true, Weak: true, Why: ErrUnavailable.Error(),
		Remedy: "every command is asked about; run codex-lsp on Linux or macOS, or in WSL, for a sandbox",
	}}}
}
