package rollout

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
)

// glance reads whose a rollout is, and the folder of its last turn, and no more
// of the file than it must: there can be thousands.
func glance(path string) (*Record, error) {
	r, err := begun(path)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	last, err := lastTurn(f)
	if last != nil { // a thread without a turn is about the folder that it was begun in
		_ = r.take(2, last)
	}
	return r, err
}

// begun reads a rollout's first line.
func begun(path string) (*Record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := &Record{Path: path}
	raw, err := bufio.NewReaderSize(f, 16<<10).ReadBytes('\n')
	if err == nil {
		err = r.take(1, raw)
	}
	if err != nil {
		return nil, fmt.Errorf("%s is no rollout: %w", path, err)
	}
	return r, nil
}

// firstTail is how much of a file's end is searched for its last turn; where
// that is not enough, much more is.
const firstTail = 64 << 10

// lastTurn returns the last turn_context's line, nil if there is none.
func lastTurn(f *os.File) ([]byte, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	for n := int64(firstTail); ; n *= 16 {
		tail := make([]byte, min(n, size))
		if _, err := f.ReadAt(tail, size-int64(len(tail))); err != nil {
			return nil, err
		}
		if at := bytes.LastIndex(tail, []byte(`"type":"turn_context","payload":`)); at >= 0 {
			start := bytes.LastIndexByte(tail[:at], '\n') + 1
			if line, _, ended := bytes.Cut(tail[start:], []byte("\n")); ended && (start > 0 || n >= size) {
				return line, nil
			}
		}
		if n >= size {
			return nil, nil
		}
	}
}
