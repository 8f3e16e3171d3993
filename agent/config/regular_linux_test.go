package config

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A project that has a pipe or a device in the place of its settings keeps
// nobody waiting.
func TestOnlyRegularFilesAreSettings(t *testing.T) {
	dir := t.TempDir()
	pipe, device, large := filepath.Join(dir, "pipe"), filepath.Join(dir, "device"), filepath.Join(dir, "large")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/zero", device); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, maxFile+1); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{pipe: "is not a regular file", device: "is not a regular file", large: "is larger than"} {
		if _, err := readFile(FromProject, path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("settings: %v, want that %s %s", err, path, want)
		}
		s, h := new(stack), new(Hooks)
		s.hooksIn(h, path, false)
		if len(s.problems) != 1 || !strings.Contains(s.problems[0].Message, want) {
			t.Errorf("hooks: %+v, want that %s %s", s.problems, path, want)
		}
	}
}
