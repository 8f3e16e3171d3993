//go:build amd64 || arm64

package sandbox_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"codex-lsp/agent/sandbox"
)

// reexecName makes the test binary start a program and do nothing else: what
// any sandbox costs that is made by starting this program again.
const reexecName = "codex-lsp-reexec"

// wrapped prepares a command for a benchmark; the function ends it.
type wrapped func(b *testing.B, cmd *exec.Cmd) (done func() error)

func bare(*testing.B, *exec.Cmd) func() error { return func() error { return nil } }

func reexec(_ *testing.B, cmd *exec.Cmd) func() error {
	cmd.Args = append([]string{reexecName, cmd.Path}, cmd.Args...)
	cmd.Path = "/proc/self/exe"
	return func() error { return nil }
}

func in(p sandbox.Policy) wrapped {
	return func(b *testing.B, cmd *exec.Cmd) func() error {
		child, err := p.Wrap(cmd)
		if err != nil {
			b.Fatal(err)
		}
		return child.Close
	}
}

func bench(b *testing.B, wrap wrapped, dir string, argv ...string) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	path, err := exec.LookPath(argv[0])
	if err != nil {
		b.Skip(err)
	}
	for b.Loop() {
		cmd := &exec.Cmd{Path: path, Args: argv, Dir: dir}
		done := wrap(b, cmd)
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
		if err := done(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTrue is what starting a program costs. The ratio to mind is that of
// sandbox to reexec.
func BenchmarkTrue(b *testing.B) {
	dir := b.TempDir()
	for _, c := range []struct {
		name string
		wrap wrapped
		argv []string
	}{
		{"bare", bare, []string{"true"}},
		{"reexec", reexec, []string{"true"}},
		{"sandbox/read-only", in(sandbox.Policy{}), []string{"true"}},
		{"sandbox/workspace-write", in(sandbox.Policy{Write: []string{dir, "/tmp"}}), []string{"true"}},
		{"sandbox/weak", in(sandbox.Policy{Write: []string{dir}, Weak: true}), []string{"true"}},
		{"bwrap", bare, []string{"bwrap", "--new-session", "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev", "--bind", dir, dir, "--bind", "/tmp", "/tmp", "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-net", "--proc", "/proc", "--cap-drop", "ALL", "true"}},
	} {
		b.Run(c.name, func(b *testing.B) { bench(b, c.wrap, dir, c.argv...) })
	}
}

// BenchmarkFiles is what 500 new files cost.
func BenchmarkFiles(b *testing.B) {
	dir := b.TempDir()
	script := "i=0; while [ $i -lt 500 ]; do echo $i >f$i; i=$((i+1)); done"
	b.Run("bare", func(b *testing.B) { bench(b, bare, dir, "sh", "-c", script) })
	b.Run("sandbox", func(b *testing.B) {
		bench(b, in(sandbox.Policy{Write: []string{dir, "/tmp"}}), dir, "sh", "-c", script)
	})
}

// BenchmarkProgram is BenchmarkTrue with the program itself, which is larger
// than its test: the start of codex-lsp sandbox and of the stage.
func BenchmarkProgram(b *testing.B) {
	program := filepath.Join(b.TempDir(), "codex-lsp")
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", program, "codex-lsp/cmd/codex-lsp")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	b.Run("version", func(b *testing.B) { bench(b, bare, "", program, "version") })
	b.Run("sandbox", func(b *testing.B) { bench(b, bare, "", program, "sandbox", "--", "true") })
}
