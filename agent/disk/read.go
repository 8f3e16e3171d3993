// Package disk reads and writes files so that none is ever half written: text
// goes into a temporary file beside its target and takes its place by a
// rename. It decides nothing about what may be touched; callers have asked.
package disk

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"

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
	f, err := openFile(path, os.O_RDONLY, 0)
	if err != nil {
		return patch.File{}, err
	}
	defer f.Close()
	var text strings.Builder
	text.Grow(int(info.Size()))
	buf := chunks.Get().(*[chunk]byte)
	defer chunks.Put(buf)
	for {
		n, err := f.Read(buf[:])
		text.Write(buf[:n])
		switch {
		case text.Len() > MaxFile:
			return patch.File{}, tooLarge(path)
		case err == io.EOF:
			return patch.File{Text: text.String(), Mode: info.Mode().Perm()}, nil
		case err != nil:
			return patch.File{}, err
		}
	}
}

// Link returns where a symbolic link points, "" for what is none.
func Link(path string) string {
	to, err := os.Readlink(path)
	if err != nil {
		return ""
	}
	return to
}

// chunk is how much is read at once.
const chunk = 64 << 10

var chunks = sync.Pool{New: func() any { return new([chunk]byte) }}

// holdsText tells whether a path has a text, which takes less than reading it.
func holdsText(path, text string) (bool, error) {
	info, err := os.Stat(path)
	if err == nil {
		err = regular(path, info)
	}
	if err != nil || info.Size() != int64(len(text)) {
		return false, err
	}
	f, err := openFile(path, os.O_RDONLY, 0)
	if err != nil {
		return false, err
	}
	defer f.Close()
	buf := chunks.Get().(*[chunk]byte)
	defer chunks.Put(buf)
	for text != "" {
		n, err := f.Read(buf[:])
		if n > len(text) || string(buf[:n]) != text[:n] || err == io.EOF {
			return false, nil
		} else if err != nil {
			return false, err
		}
		text = text[n:]
	}
	return true, nil
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
