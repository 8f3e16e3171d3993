package exec

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSafePath: what lies in a root, by whatever name, is no place for programs
// that run outside of the sandbox.
func TestSafePath(t *testing.T) {
	root, other := t.TempDir(), t.TempDir()
	for _, dir := range []string{"venv/bin", "bin"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(other, "link")
	if err := os.Symlink(filepath.Join(root, "bin"), link); err != nil {
		t.Fatal(err)
	}
	in := func(dirs ...string) (path string) {
		for i, d := range dirs {
			if i > 0 {
				path += string(filepath.ListSeparator)
			}
			path += d
		}
		return path
	}
	path := in(root+"/venv/bin", "/usr/bin", link, ".", "", "node_modules/.bin", root, other, root+"-not", other+"/../"+filepath.Base(root)+"/bin")
	if got, want := SafePath(path, []string{root}), in("/usr/bin", other, root+"-not"); got != want {
		t.Errorf("the safe path is %s, want %s", got, want)
	}
}
