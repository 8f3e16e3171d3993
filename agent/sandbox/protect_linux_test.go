//go:build amd64 || arm64

package sandbox

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// TestNamesAreKeptWhileOthersComeAndGo: who looks for what to cover finds every
// name taken, however many others make and remove the same folders meanwhile.
func TestNamesAreKeptWhileOthersComeAndGo(t *testing.T) {
	const side, each = 32, 200
	dir := t.TempDir()
	var crowd sync.WaitGroup
	for range side {
		crowd.Go(func() {
			for range each {
				c := Policy{}.covers([]string{dir})
				if c.err != nil || len(c.paths) != len(protected) {
					t.Errorf("covered: %q, %v", c.paths, c.err)
				}
				for _, h := range c.held {
					if _, err := os.Lstat(h.path); err != nil {
						t.Error(err)
					}
					h.release()
				}
			}
		})
	}
	crowd.Wait()
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("%q are left (%v)", left, err)
	}
}
