//go:build linux && (amd64 || arm64)

package sandbox_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"codex-lsp/agent/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Main() // the test is the program that its sandboxes start
	if os.Args[0] == reexecName {
		fmt.Fprintln(os.Stderr, syscall.Exec(os.Args[1], os.Args[2:], os.Environ()))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// run runs a shell's script in a sandbox and returns what it prints.
func run(t *testing.T, p sandbox.Policy, dir, script string) (string, error) {
	t.Helper()
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir = dir
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	child, err := p.Wrap(cmd)
	if err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err = cmd.Run()
	if err := child.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), err
}

func TestNothingIsLeftOfNamesThatWereKept(t *testing.T) {
	dir := t.TempDir()
	out, err := run(t, sandbox.Policy{Write: []string{dir}}, dir, "echo new >file; ls -A; mkdir .git/hooks; cat file")
	for _, want := range []string{".agents\n.codex\n.git\nfile\n", "Read-only file system", "new"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in the output: %v\n%s", want, err, out)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%q are left (%v)", left, err)
	}
}
