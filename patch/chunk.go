package patch

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// chunks reads the chunks of an Update up to the next section.
func (p *parser) chunks(s *Section) error {
	if p.room == nil {
		p.room = make([]Line, len(p.lines))
	}
	cur := Chunk{Lines: p.room[:0]}
	flush := func() {
		if n := len(cur.Lines); n > 0 {
			cur.Lines, p.room = p.room[:n:n], p.room[n:]
			s.Chunks = append(s.Chunks, cur)
		}
		cur = Chunk{Lines: p.room[:0]}
	}
	for ; p.more() && !p.atSection(); p.at++ {
		line := p.line()
		m, _ := markOf(line)
		switch {
		case p.atHeader(len(s.Chunks) == 0 && len(cur.Lines) == 0):
			if len(cur.Lines) > 0 {
				flush()
			}
			cur.readHeader(line)
		case m == eofMark && !strings.HasPrefix(line, " *"):
			cur.EOF = true
			flush()
		case m != noMark && !indented(line):
			return p.fails("a line of the hunk, an @@ line or "+expectedSection, "%q is not a header that belongs here", line)
		case strings.HasPrefix(line, `\ No newline`):
			if n := len(cur.Lines); n > 0 {
				cur.Lines[n-1].NoNewline = true
			}
		default:
			if len(cur.Lines) == 0 {
				cur.Line = p.first + p.at
			}
			cur.Lines = append(cur.Lines, readLine(line))
		}
	}
	flush()
	return nil
}

func readLine(line string) Line {
	switch {
	case line == "":
		return Line{Kind: ' ', Bare: true}
	case strings.IndexByte(" -+", line[0]) >= 0:
		return Line{Kind: line[0], Text: line[1:]}
	}
	return Line{Kind: ' ', Text: line, Bare: true}
}

// atSection tells whether the current line begins a section. An indented one
// could also be context that quotes a patch; what follows tells.
func (p *parser) atSection() bool {
	m, _ := markOf(p.line())
	if !m.begins() || !indented(p.line()) {
		return m.begins()
	}
	next := p.at + 1
	for next < len(p.lines) && blank(p.lines[next]) {
		next++
	}
	if next == len(p.lines) {
		return m == addMark || m == deleteMark
	}
	follower, _ := markOf(p.lines[next])
	switch m {
	case addMark:
		return strings.HasPrefix(p.lines[next], "+") || follower.begins()
	case deleteMark:
		return follower.begins()
	}
	return follower == moveMark || strings.HasPrefix(strings.TrimSpace(p.lines[next]), "@@")
}

// atHeader tells whether the current line is an @@ line. With a blank before
// it, it is one only as the first line of a section.
func (p *parser) atHeader(first bool) bool {
	line := p.line()
	return strings.HasPrefix(line, "@@") || first && strings.HasPrefix(strings.TrimLeft(line, " \t"), "@@")
}

// unifiedHeader is what stands after @@ in a unified diff.
var unifiedHeader = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*-(\d+)(?:,\d+)?\s+\+\d+(?:,\d+)?\s*@@ ?(.*)$`) })

// readHeader adds an @@ line: the name of a scope, line numbers, or nothing.
func (c *Chunk) readHeader(line string) {
	name := strings.TrimPrefix(strings.TrimLeft(line, " \t"), "@@")
	if numbers := unifiedHeader().FindStringSubmatch(name); numbers != nil {
		c.At, _ = strconv.Atoi(numbers[1])
		name = numbers[2]
	}
	name = strings.TrimSuffix(strings.TrimRight(name, " \t"), "@@")
	name = strings.TrimRight(strings.TrimPrefix(name, " "), " \t")
	if !blank(name) {
		c.Headers = append(c.Headers, name)
	}
}
