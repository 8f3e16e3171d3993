package patch

import (
	"hash/maphash"
	"strings"
	"sync"
)

// lines is a text cut into lines. Only LF and CRLF end a line: a CR alone is
// text, as in a log with progress bars.
type lines struct {
	text  string
	start []int // of each line, and one more: the length of the text
	known *[levels][]glance
}

// A glance is what most lines that are not equal differ in.
type glance uint16

var seed = maphash.MakeSeed()

func glanceOf(line string) glance { return glance(maphash.String(seed, line)) }

// glances are those of all lines as they are compared at a level. A text is
// searched up to seven times, and each time most lines are passed over by them.
func (l lines) glances(v level) []glance {
	if l.known[v] == nil {
		const share = 1 << 12 // lines, which take longer than to start a goroutine
		list := make([]glance, l.len())
		var others sync.WaitGroup
		for start := share; start < len(list); start += share {
			others.Go(func() { l.glanceAt(v, start, list[start:min(start+share, len(list))]) })
		}
		l.glanceAt(v, 0, list[:min(share, len(list))])
		others.Wait()
		l.known[v] = list
	}
	return l.known[v]
}

// glanceAt fills in the glances of lines from one on.
func (l lines) glanceAt(v level, start int, list []glance) {
	written := l.known[exactly]
	for i := range list {
		line := l.at(start + i)
		if form := v.of(line); len(form) == len(line) && written != nil && v == trailing {
			list[i] = written[start+i] // nothing is cut off
		} else {
			list[i] = glanceOf(form)
		}
	}
}

func cut(text string) lines {
	start := make([]int, 1, strings.Count(text, "\n")+2)
	for at := 0; at < len(text); {
		n := strings.IndexByte(text[at:], '\n')
		if n < 0 {
			n = len(text) - at - 1
		}
		at += n + 1
		start = append(start, at)
	}
	return lines{text, start, new([levels][]glance)}
}

func (l lines) len() int { return len(l.start) - 1 }

// raw is a line with its ending.
func (l lines) raw(i int) string { return l.text[l.start[i]:l.start[i+1]] }

// at is a line without its ending.
func (l lines) at(i int) string {
	line, _ := cutEnding(l.raw(i))
	return line
}

// between is the text of the lines from start to before end.
func (l lines) between(start, end int) string { return l.text[l.start[start]:l.start[end]] }

// cutEnding parts a line from its ending, which the last line may lack.
func cutEnding(raw string) (line, ending string) {
	n := len(raw)
	if n > 0 && raw[n-1] == '\n' {
		n--
		if n > 0 && raw[n-1] == '\r' {
			n--
		}
	}
	return raw[:n], raw[n:]
}
