// Package disk reads and writes files so that none is ever half written: text
// goes into a temporary file beside its target and takes its place by a
// rename. It decides nothing about what may be touched; callers have asked.
package disk

import (
	"fmt"
	"io"
	"io/fs"
	"os"

	"codex-lsp/patch"
)

// MaxFile is the size above which a file is not taken for source text.
const MaxFile = 64 << 20

// Read returns what a path holds. The error is fs.ErrNotExist when there is
// nothing; folders, devices, pipes and what is larger than [MaxFile] are
// refused by name.
func Read(path string) (patch.File, error) {
	info, err := os.Stat(path) // before opening: to open a pipe would block
	if err != nil {
		return patch.File{}, err
	}
	if err := regular(path, info); err != nil {
		return patch.File{}, err
	}
	f, err := os.Open(path)
	if err != nil {
		return patch.File{}, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return patch.File{}, err
	}
	if len(text) > MaxFile {
		return patch.File{}, tooLarge(path)
	}
	return patch.File{Text: string(text), Mode: info.Mode().Perm()}, nil
}

func regular(path string, info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return fmt.Errorf("%s is a folder, not a file", path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file but a %s", path, kind(info.Mode()))
	case info.Size() > MaxFile:
		return tooLarge(path)
	}
	return nil
}

func tooLarge(path string) error {
	return fmt.Errorf("%s is larger than %d MiB", path, MaxFile>>20)
}

func kind(m fs.FileMode) string {
	switch {
	case m&fs.ModeNamedPipe != 0:
		return "pipe"
	case m&fs.ModeSocket != 0:
		return "socket"
	case m&fs.ModeDevice != 0:
		return "device"
	}
	return "special file"
}
