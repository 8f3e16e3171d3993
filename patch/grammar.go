package patch

import (
	"fmt"
	"slices"
	"strings"
)

// A Patch is what one or more envelopes ask for.
type Patch struct {
	Sections    []Section
	Environment string // the name after *** Environment ID:, for the caller
}

// A Section is what a patch says about one file.
type Section struct {
	Op     Op
	Path   string // as written, without quotes
	MoveTo string // likewise; "" if the file stays
	Line   int    // of its header in the text of the patch, from 1
	// Content is what an Add writes, a line each. NoNewline says that the last
	// of them has no line end.
	Content   []string
	NoNewline bool
	Chunks    []Chunk // of an Update
}

// A Chunk is one hunk as the patch writes it: what it believes is there, and
// what shall be there instead. Where that is in the file is found later.
type Chunk struct {
	Headers []string // what the @@ lines say, the outermost first
	At      int      // the old line number of a unified header; 0 if it has none
	Lines   []Line
	EOF     bool // marked *** End of File
	Line    int  // of its first line in the text of the patch, from 1
}

// A Line is one line of a chunk.
type Line struct {
	Kind      byte // ' ' context, '-' removed, '+' added
	Text      string
	Bare      bool // context without the blank that should precede it
	NoNewline bool // followed by the mark that it has no line end
}

// A ParseError says what is wrong in the text of a patch.
type ParseError struct {
	Line     int // from 1
	Reason   string
	Expected string
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("invalid patch at line %d: %s; expected %s", e.Line, e.Reason, e.Expected)
}

const expectedSection = "'*** Add File: {path}', '*** Update File: {path}' or '*** Delete File: {path}'"

// Parse reads the patches in a text. Every error is a *ParseError.
func Parse(text string) (*Patch, error) {
	if at := strings.IndexByte(text, 0); at >= 0 {
		return nil, &ParseError{1 + strings.Count(text[:at], "\n"), "a NUL byte, which no text holds", "text; a binary file cannot be patched"}
	}
	found, err := envelopes(text)
	if err != nil {
		return nil, err
	}
	p := parser{patch: new(Patch)}
	for _, p.envelope = range found {
		p.at, p.room = 0, nil
		if err := p.sections(); err != nil {
			return nil, err
		}
	}
	if len(p.patch.Sections) == 0 {
		return nil, &ParseError{found[0].first, "the patch is empty", expectedSection}
	}
	return p.patch, nil
}

// A parser walks the lines of an envelope.
type parser struct {
	envelope
	at    int
	room  []Line // where the lines of the chunks to come are put
	patch *Patch
}

func (p *parser) more() bool   { return p.at < len(p.lines) }
func (p *parser) line() string { return p.lines[p.at] }

// fails is an error at the current line.
func (p *parser) fails(expected, reason string, args ...any) error {
	return &ParseError{p.first + p.at, fmt.Sprintf(reason, args...), expected}
}

func (p *parser) sections() error {
	for {
		p.skipBlanks()
		if !p.more() {
			return nil
		}
		m, name := markOf(p.line())
		switch {
		case m == environmentMark:
			p.patch.Environment = name
			p.at++
		case !m.begins():
			return p.fails(expectedSection, "%q is not the header of a section", p.line())
		default:
			if err := p.section(m, name); err != nil {
				return err
			}
		}
	}
}

func (p *parser) skipBlanks() {
	for p.more() && blank(p.line()) {
		p.at++
	}
}

func (p *parser) section(m mark, path string) error {
	if path == "" {
		return p.fails("a path after the colon", "%q names no file", p.line())
	}
	s := Section{Path: path, Line: p.first + p.at}
	p.at++
	var err error
	switch m {
	case addMark:
		s.Op = Add
		err = p.content(&s)
	case deleteMark:
		s.Op = Delete
	default:
		s.Op = Update
		err = p.update(&s)
	}
	p.patch.Sections = append(p.patch.Sections, s)
	return err
}

// content reads the lines of an Add. A blank line that lacks its + is content
// if more of it follows. What is read takes the place of what was read from.
func (p *parser) content(s *Section) error {
	s.Content = p.lines[p.at:p.at]
	defer func() { s.Content = slices.Clip(s.Content) }()
	blanks := 0
	for ; p.more(); p.at++ {
		line := p.line()
		m, _ := markOf(line)
		text, added := strings.CutPrefix(line, "+")
		switch {
		case added:
			for ; blanks > 0; blanks-- {
				s.Content = append(s.Content, "")
			}
			s.Content = append(s.Content, text)
		case blank(line):
			blanks++
		case m.begins():
			return nil
		case m == eofMark, strings.HasPrefix(line, "@@") && len(s.Content) == 0:
		case strings.HasPrefix(line, `\ No newline`):
			s.NoNewline = true
		default:
			return p.fails("every line of a new file to start with '+'", "%q", line)
		}
	}
	return nil
}

// update reads what follows the header of an Update: a new name, then chunks.
func (p *parser) update(s *Section) error {
	p.skipBlanks()
	if p.more() {
		if m, name := markOf(p.line()); m == moveMark {
			if name == "" {
				return p.fails("a path after the colon", "%q names no file", p.line())
			}
			s.MoveTo = name
			p.at++
		}
	}
	p.skipFileHeader()
	if err := p.chunks(s); err != nil {
		return err
	}
	if len(s.Chunks) == 0 && s.MoveTo == "" {
		return &ParseError{s.Line, fmt.Sprintf("the Update of %s says nothing", s.Path), "an @@ line and lines that start with ' ', '-' or '+'"}
	}
	return nil
}

// skipFileHeader passes over the lines that a unified diff has above its first
// hunk. They are told from changes by the @@ that follows.
func (p *parser) skipFileHeader() {
	at := p.at
	for at < len(p.lines) && (strings.HasPrefix(p.lines[at], "diff --git ") || strings.HasPrefix(p.lines[at], "index ")) {
		at++
	}
	if at+2 < len(p.lines) && strings.HasPrefix(p.lines[at], "--- ") &&
		strings.HasPrefix(p.lines[at+1], "+++ ") && strings.HasPrefix(p.lines[at+2], "@@") {
		p.at = at + 2
	}
}
