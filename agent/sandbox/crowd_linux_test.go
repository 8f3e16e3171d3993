//go:build amd64 || arm64

package sandbox_test

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"codex-lsp/agent/sandbox"
)

// TestNamesAreKeptInACrowd: sandboxes that come and go side by side make and
// remove the same folders, and none of them runs while a name is free.
func TestNamesAreKeptInACrowd(t *testing.T) {
	const side, each = 16, 4
	dir := t.TempDir()
	var crowd sync.WaitGroup
	for range side {
		crowd.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for range each {
				cmd := exec.Command("sh", "-c", "echo ran; mkdir .git/x .codex/x .agents/x .git .codex .agents")
				cmd.Dir = dir
				var out strings.Builder
				cmd.Stdout, cmd.Stderr = &out, &out
				child, err := sandbox.Policy{Write: []string{dir}}.Wrap(cmd)
				if err != nil {
					t.Error(err)
					continue
				}
				cmd.Run()
				if err := child.Close(); err != nil {
					t.Error(err)
				}
				if !strings.HasPrefix(out.String(), "ran\n") || strings.Count(out.String(), "Read-only file system") < 3 || strings.Count(out.String(), "File exists") != 3 {
					t.Errorf("not held:\n%s", out.String())
				}
			}
		})
	}
	crowd.Wait()
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("%q are left (%v)", left, err)
	}
}
