package lsp

import (
	"strings"
	"sync"

	"go.lsp.dev/protocol"

	"codex-lsp/patch"
)

// chunkSize is about how long a chunk of a text is: small enough to rebuild at
// each key, large enough that a text of 100,000 lines has a thousand of them.
const chunkSize = 4 << 10

// A text is the content of a document. It never changes: an edit makes another
// text, which shares all chunks but the edited ones.
type text struct {
	chunks []chunk
	size   int
	rules  rules

	once  sync.Once
	whole string // all chunks joined; made by once
}

// A chunk is a run of whole lines. Only the last may end within a line, and no
// other boundary is anywhere but behind a '\n'; so no CRLF is ever split.
type chunk struct {
	s    string
	ends int // how many line ends it holds
}

// rules say how a client counts lines and characters.
type rules struct {
	encoding encoding
	// loneCR says that a '\r' without '\n' ends a line, as the protocol has it.
	// Editors that keep such characters as text count lines without them.
	loneCR bool
}

func newText(s string, r rules) *text {
	return &text{chunks: r.split(nil, s), size: len(s), rules: r}
}

// String returns the whole text.
func (t *text) String() string {
	t.once.Do(func() {
		var b strings.Builder
		b.Grow(t.size)
		for _, c := range t.chunks {
			b.WriteString(c.s)
		}
		t.whole = b.String()
	})
	return t.whole
}

// replace returns the text with a range replaced. A range that ends before it
// starts is taken the other way round.
func (t *text) replace(r protocol.Range, with string) *text {
	from, to := t.locate(r.Start), t.locate(r.End)
	if to.before(from) {
		from, to = to, from
	}
	chunks := t.chunks
	piece := with
	if len(chunks) > 0 {
		piece = chunks[from.chunk].s[:from.byte] + with + chunks[to.chunk].s[to.byte:]
		to.chunk++
	}
	if to.chunk < len(chunks) && len(piece) < chunkSize/4 {
		piece += chunks[to.chunk].s // or deletions would leave ever smaller chunks
		to.chunk++
	}
	edited := make([]chunk, 0, len(chunks)+len(piece)/chunkSize+1)
	edited = append(edited, chunks[:from.chunk]...)
	edited = t.rules.split(edited, piece)
	edited = append(edited, chunks[to.chunk:]...)
	size := 0
	for _, c := range edited {
		size += len(c.s)
	}
	return &text{chunks: edited, size: size, rules: t.rules}
}

// A spot is a place in a text: a byte of a chunk.
type spot struct{ chunk, byte int }

func (a spot) before(b spot) bool {
	return a.chunk < b.chunk || a.chunk == b.chunk && a.byte < b.byte
}

// locate finds a position. One past the end of a line is its end, before the
// line ending; one past the last line is the end of the text.
func (t *text) locate(p protocol.Position) spot {
	line := int(p.Line)
	for i, c := range t.chunks {
		last := i == len(t.chunks)-1
		switch {
		case line < c.ends || last && line == c.ends:
			start := t.rules.lineStart(c.s, line)
			content := t.rules.lineAt(c.s[start:])
			return spot{i, start + t.rules.encoding.bytes(content, p.Character)}
		case last:
			return spot{i, len(c.s)}
		}
		line -= c.ends
	}
	return spot{}
}

// offset returns the byte offset of a position.
func (t *text) offset(p protocol.Position) int {
	s := t.locate(p)
	n := s.byte
	for _, c := range t.chunks[:s.chunk] {
		n += len(c.s)
	}
	return n
}

// slice returns what a range holds.
func (t *text) slice(r protocol.Range) string {
	from, to := t.locate(r.Start), t.locate(r.End)
	if to.before(from) || len(t.chunks) == 0 {
		return ""
	}
	if from.chunk == to.chunk {
		return t.chunks[from.chunk].s[from.byte:to.byte]
	}
	var b strings.Builder
	b.WriteString(t.chunks[from.chunk].s[from.byte:])
	for _, c := range t.chunks[from.chunk+1 : to.chunk] {
		b.WriteString(c.s)
	}
	b.WriteString(t.chunks[to.chunk].s[:to.byte])
	return b.String()
}

// position returns the place of a byte offset.
func (t *text) position(offset int) protocol.Position {
	line := 0
	for i, c := range t.chunks {
		if offset < len(c.s) || i == len(t.chunks)-1 {
			offset = beforeEnd(c.s, min(offset, len(c.s)))
			ends, start := t.rules.lastLine(c.s, offset)
			return protocol.Position{
				Line:      uint32(line + ends),
				Character: t.rules.encoding.units(c.s[start:offset]),
			}
		}
		offset -= len(c.s)
		line += c.ends
	}
	return protocol.Position{}
}

// span returns the positions of a range of bytes.
func (t *text) span(start, end int) protocol.Range {
	return protocol.Range{Start: t.position(start), End: t.position(end)}
}

// within is the part of a range that is in the text.
func (t *text) within(r protocol.Range) protocol.Range {
	return t.span(t.offset(r.Start), t.offset(r.End))
}

// edits turns byte ranges of this text into the client's.
func (t *text) edits(list []patch.TextEdit) []protocol.TextEdit {
	out := make([]protocol.TextEdit, len(list))
	for i, e := range list {
		out[i] = protocol.TextEdit{Range: t.span(e.Start, e.End), NewText: e.New}
	}
	return out
}

// split cuts s into chunks and appends them.
func (r rules) split(chunks []chunk, s string) []chunk {
	for len(s) > 0 {
		n := len(s)
		if n > 2*chunkSize {
			n = chunkSize
			if at := strings.IndexByte(s[n:], '\n'); at >= 0 {
				n += at + 1
			} else {
				n = len(s)
			}
		}
		chunks = append(chunks, chunk{s[:n], r.lineEnds(s[:n])})
		s = s[n:]
	}
	return chunks
}

// lineEnds counts the line ends in s, which splits no CRLF.
func (r rules) lineEnds(s string) int {
	n := strings.Count(s, "\n")
	if cr := strings.Count(s, "\r"); r.loneCR && cr > 0 {
		n += cr - strings.Count(s, "\r\n")
	}
	return n
}

// lineStart returns where the n-th line of s starts.
func (r rules) lineStart(s string, n int) int {
	start := 0
	for ; n > 0; n-- {
		start += r.lineEnd(s[start:])
	}
	return start
}

// lineEnd returns the length of the first line of s, its end included.
func (r rules) lineEnd(s string) int {
	lf := strings.IndexByte(s, '\n')
	if lf < 0 {
		lf = len(s) - 1
	}
	if r.loneCR {
		if cr := strings.IndexByte(s[:lf+1], '\r'); cr >= 0 && !strings.HasPrefix(s[cr+1:], "\n") {
			return cr + 1
		}
	}
	return lf + 1
}

// lineAt returns the first line of s without its end.
func (r rules) lineAt(s string) string {
	line := s[:r.lineEnd(s)]
	if cut, ok := strings.CutSuffix(line, "\n"); ok {
		return strings.TrimSuffix(cut, "\r")
	}
	if r.loneCR {
		return strings.TrimSuffix(line, "\r")
	}
	return line
}

// lastLine counts the line ends before offset and says where the line with it
// starts.
func (r rules) lastLine(s string, offset int) (ends, start int) {
	for {
		n := r.lineEnd(s[start:])
		if n == 0 || start+n > offset || start+n == len(s) && !r.endsLine(s) {
			return ends, start
		}
		start += n
		ends++
	}
}

// beforeEnd moves an offset between '\r' and '\n' before both.
func beforeEnd(s string, offset int) int {
	if strings.HasSuffix(s[:offset], "\r") && strings.HasPrefix(s[offset:], "\n") {
		return offset - 1
	}
	return offset
}

// endsLine tells whether s ends with a line end.
func (r rules) endsLine(s string) bool {
	return strings.HasSuffix(s, "\n") || r.loneCR && strings.HasSuffix(s, "\r")
}
