package lsp

import (
	"strings"

	"codex-lsp/patch"
)

// The headings that divide a chat document. What stands under the last "You"
// is what is sent.
const (
	youHeading   = "## You"
	codexHeading = "## Codex"
)

// A page is the text of a chat document and the place where the answer grows.
// Its line endings are plain; see [page.over] for documents with others.
type page struct {
	text string
	at   int  // where the answer goes on; -1 while there is none
	crlf bool // the document's line endings are CRLF
}

// over is the page for a later state of the document: the answer grows at the
// same place, wherever the user's changes have moved that.
func (p page) over(document string) page {
	next := page{text: document, at: -1}
	if n := strings.Count(document, "\r\n"); n > 0 && n == strings.Count(document, "\n") {
		next.text, next.crlf = strings.ReplaceAll(document, "\r\n", "\n"), true
	}
	if p.at >= 0 {
		next.at = relocate(p.text, next.text, p.at)
	}
	return next
}

// document is the text with the document's line endings.
func (p page) document() string {
	if p.crlf {
		return strings.ReplaceAll(p.text, "\n", "\r\n")
	}
	return p.text
}

// relocate finds in a later text the place that offset at was in an earlier
// one. What was inserted right there is behind it.
func relocate(from, to string, at int) int {
	if from == to {
		return at
	}
	shift := 0
	for _, e := range patch.Edits(from, to) {
		switch {
		case e.Start >= at:
		case e.End <= at:
			shift += len(e.New) - (e.End - e.Start)
		default: // the place itself was replaced
			return e.Start + shift + len(e.New)
		}
	}
	return at + shift
}

// last returns the last of our headings, "" if there is none, and where the
// section under it starts.
func (p page) last() (title string, start int) {
	for at := 0; at < len(p.text); {
		line := p.text[at:]
		if end := strings.IndexByte(line, '\n'); end >= 0 {
			line = line[:end+1]
		}
		at += len(line)
		if h := heading(line); h != "" {
			title, start = h, at
		}
	}
	return title, start
}

// prompt is what stands under the last heading, if that is "You". A document
// without headings is one prompt.
func (p page) prompt() string {
	title, start := p.last()
	if title == codexHeading {
		return ""
	}
	return strings.TrimSpace(p.text[start:])
}

// prompts counts what was sent, which is not what stands under the last heading.
func (p page) prompts() (n int) {
	for line := range strings.Lines(p.text) {
		if heading(line) == youHeading {
			n++
		}
	}
	if title, _ := p.last(); title == youHeading {
		n--
	}
	return n
}

// heading returns the heading that a line is, "" if it is none of ours.
func heading(line string) string {
	switch h := strings.TrimRight(line, " \t\r\n"); h {
	case youHeading, codexHeading:
		return h
	}
	return ""
}

// open makes room for an answer behind a prompt that is sent, and for the next
// prompt behind that. What the user has written since goes with the next.
func (p *page) open(prompt string) {
	p.at = len(strings.TrimRight(p.text, " \t\n"))
	if title, start := p.last(); title != codexHeading {
		if i := strings.Index(p.text[start:], prompt); i >= 0 {
			p.at = start + i + len(prompt)
		}
	}
	p.section(codexHeading)
	p.next()
}

// quote shows a prompt that was not written here, and makes room for the
// answer to it.
func (p *page) quote(prompt string) {
	if p.at < 0 {
		p.enter()
	}
	p.section(youHeading)
	p.insert(escapeHeadings(prompt))
	p.section(codexHeading)
	p.next()
}

// enter finds a place for the first answer: before the prompt that the user
// may be writing, or at the end.
func (p *page) enter() {
	title, start := p.last()
	if title == youHeading {
		p.at = strings.LastIndexByte(strings.TrimSuffix(p.text[:start], "\n"), '\n') + 1
		return
	}
	p.at = len(strings.TrimRight(p.text, " \t\n"))
}

// next makes sure that there is a place for the next prompt.
func (p *page) next() {
	if p.at < 0 {
		return
	}
	rest := p.text[p.at:]
	trimmed := strings.TrimLeft(rest, " \t\n")
	if first, _, _ := strings.Cut(trimmed, "\n"); heading(first) == youHeading {
		if !strings.HasPrefix(rest, "\n\n") {
			p.text = p.text[:p.at] + "\n\n" + trimmed
		}
		return
	}
	p.text = p.text[:p.at] + "\n\n" + youHeading + "\n\n" + trimmed
}

// section begins a section where the answer grows.
func (p *page) section(title string) {
	p.block(title)
	p.insert("\n\n")
}

// block adds a paragraph to the answer.
func (p *page) block(s string) {
	if p.at < 0 { // the client came in the middle of a turn
		p.enter()
		p.section(codexHeading)
		p.next()
	}
	before := p.text[:p.at]
	switch {
	case before == "" || strings.HasSuffix(before, "\n\n"):
	case strings.HasSuffix(before, "\n"):
		p.insert("\n")
	default:
		p.insert("\n\n")
	}
	p.insert(s)
}

// insert goes on with the paragraph.
func (p *page) insert(s string) {
	p.text = p.text[:p.at] + s + p.text[p.at:]
	p.at += len(s)
}

// strike removes a line of the answer, and the blank line before it.
func (p *page) strike(line string) {
	i := strings.LastIndex("\n"+p.text+"\n", "\n"+line+"\n")
	if i < 0 {
		return // the user was faster
	}
	start, end := i, i+len(line)
	if strings.HasSuffix(p.text[:start], "\n\n") {
		start -= 2
	}
	if p.at >= end {
		p.at -= end - start
	} else if p.at > start {
		p.at = start
	}
	p.text = p.text[:start] + p.text[end:]
}

// escapeHeadings keeps a text from dividing the document that it goes into.
func escapeHeadings(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if heading(line) != "" {
			lines[i] = `\` + line
		}
	}
	return strings.Join(lines, "\n")
}
