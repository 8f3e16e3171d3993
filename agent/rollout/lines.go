package rollout

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"sync"
)

// lines are the whole lines of a rollout, one after the other, in memory that
// does not grow with them: of one that is longer than most there is only the
// beginning.
type lines struct {
	in   *bufio.Reader
	most int
	long []byte // a line that did not fit the reader

	line []byte // the last one, without its end; until the next one is read
	size int64  // of all lines so far, in bytes
	cut  bool   // the line is longer than what is in line
	err  error
}

func newLines(r io.Reader, most int) *lines {
	in := readers.Get().(*bufio.Reader)
	in.Reset(r)
	return &lines{in: in, most: most}
}

// readers are for those who read thousands of files.
var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 64<<10) }}

// close ends the reading. The last line is gone then.
func (l *lines) close() {
	l.in.Reset(nil)
	readers.Put(l.in)
	l.in = nil
}

// next reads a line, and tells whether there was one.
func (l *lines) next() bool {
	l.long, l.cut = l.long[:0], false
	var size int64
	for {
		piece, err := l.in.ReadSlice('\n')
		size += int64(len(piece))
		whole := err == nil
		if !whole && !errors.Is(err, bufio.ErrBufferFull) {
			if !errors.Is(err, io.EOF) {
				l.err = err
			}
			return false // what is left has no end
		}
		if whole && len(l.long) == 0 {
			l.line = bytes.TrimSpace(piece)
			l.size += size
			return true
		}
		if room := l.most - len(l.long); len(piece) > room {
			piece, l.cut = piece[:room], true
		}
		l.long = append(l.long, piece...)
		if whole {
			l.line = bytes.TrimSpace(l.long)
			l.size += size
			return true
		}
	}
}
