//go:build unix

package journal

import (
	"errors"
	"os/signal"
	"syscall"
	"testing"
)

// TestFullDisk: a line that the disk has no room for leaves none behind, and
// what is added once there is room is whole.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	j := At(dir)
	if err := j.Add(entry("1")); err != nil {
		t.Fatal(err)
	}
	err := withRoom(t, uint64(j.size)+5, func() error { return j.Add(entry("2")) })
	if !errors.Is(err, syscall.EFBIG) {
		t.Errorf("without room: %v", err)
	}
	if err := errors.Join(j.Add(entry("3")), j.Close()); err != nil {
		t.Fatal(err)
	}
	got, err := At(dir).Entries()
	if err != nil || len(got) != 2 || got[1].Call != "3" {
		t.Errorf("%+v, %v", got, err)
	}
}

// withRoom does something while no file may be longer than size.
func withRoom(t *testing.T, size uint64, do func() error) error {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	err := do()
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	return err
}
