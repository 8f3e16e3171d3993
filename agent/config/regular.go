package config

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// maxFile is larger than any file of settings: what is not one, and never ends,
// stops here.
const maxFile = 16 << 20

// readRegular reads a file of settings. A project brings its own, so it may be
// anything: a pipe that nobody writes to, or a device without an end.
func readRegular(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // or a pipe would be waited for
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file; put one in its place, or remove it", path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("%s is larger than %d MiB", path, maxFile>>20)
	}
	return text, err
}
