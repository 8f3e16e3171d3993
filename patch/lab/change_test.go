//go:build long

// Package lab measures the patch engine on changes whose right outcome is
// known: commits of real repositories and edits of real sources, written as
// patches in several styles, then damaged as models damage them. It has tests
// only.
package lab

import (
	"slices"
	"strings"

	"codex-lsp/patch"
)

// A tree is what a folder holds: texts by path.
type tree map[string]string

// A lineEdit replaces lines [start, end) of a file, counted from 0.
type lineEdit struct {
	start, end int
	now        []string
}

// A line of a hunk: ' ' context, '-' removed, '+' added.
type line struct {
	kind byte
	text string
}

// A hunk knows where it belongs, and what a patch will say of that.
type hunk struct {
	headers  []string
	lines    []line
	eof      bool // ends with *** End of File
	old, now int  // its first line before and after, from 0
}

// A section is what a patch says of one file.
type section struct {
	op       patch.Op
	path, to string
	content  []string
	edits    []lineEdit
	hunks    []hunk
}

// A change leads from one tree to another.
type change struct {
	name      string
	pre, post tree
	sections  []section
}

// clone copies all that a damage may alter.
func (c change) clone() change {
	pre, post := make(tree), make(tree)
	for k, v := range c.pre {
		pre[k] = v
	}
	for k, v := range c.post {
		post[k] = v
	}
	out := change{c.name, pre, post, slices.Clone(c.sections)}
	for i := range out.sections {
		s := &out.sections[i]
		s.content = slices.Clone(s.content)
		s.hunks = slices.Clone(s.hunks)
		for k := range s.hunks {
			s.hunks[k].headers = slices.Clone(s.hunks[k].headers)
			s.hunks[k].lines = slices.Clone(s.hunks[k].lines)
		}
	}
	return out
}

// updates are the sections that have hunks.
func (c *change) updates() []*section {
	var list []*section
	for i := range c.sections {
		if len(c.sections[i].hunks) > 0 {
			list = append(list, &c.sections[i])
		}
	}
	return list
}

// splitLines cuts a text at LF; a CR stays with its line.
func splitLines(text string) (lines []string, open bool) {
	if text == "" {
		return nil, false
	}
	lines = strings.Split(text, "\n")
	if last := len(lines) - 1; lines[last] == "" {
		return lines[:last], false
	}
	return lines, true
}

func bare(s string) string { return strings.TrimSuffix(s, "\r") }

// hunksOf shows edits with context around them; those whose context meets
// share a hunk.
func hunksOf(pre []string, edits []lineEdit, context int) []hunk {
	var list []hunk
	grown := 0
	for i := 0; i < len(edits); {
		n := i + 1
		for n < len(edits) && edits[n].start-edits[n-1].end <= 2*context {
			n++
		}
		start := max(edits[i].start-context, 0)
		end := min(edits[n-1].end+context, len(pre))
		h := hunk{old: start, now: start + grown}
		at := start
		for _, e := range edits[i:n] {
			h.add(' ', pre[at:e.start])
			h.add('-', pre[e.start:e.end])
			h.add('+', e.now)
			at = e.end
			grown += len(e.now) - (e.end - e.start)
		}
		h.add(' ', pre[at:end])
		list = append(list, h)
		i = n
	}
	return list
}

func (h *hunk) add(kind byte, texts []string) {
	for _, t := range texts {
		h.lines = append(h.lines, line{kind, bare(t)})
	}
}

// side is what the hunk has before ('-') or after ('+') it is applied.
func (h *hunk) side(kind byte) []string {
	var out []string
	for _, l := range h.lines {
		if l.kind == ' ' || l.kind == kind {
			out = append(out, l.text)
		}
	}
	return out
}

// rewritten is the text that edits make of another, where all lines end alike
// and the end of the file stays as it was. ok says that no more is needed to
// express the change. Where the last lines go, the line above keeps its end; an
// empty last line has one, for without it there would be none.
func rewritten(text string, edits []lineEdit) (out string, ok bool) {
	lines, open := splitLines(text)
	if open && len(edits) == 1 && edits[0].end-edits[0].start == len(lines) {
		return "", false // a whole file written anew says nothing of its end
	}
	end := ""
	if n := strings.Count(text, "\r\n"); n > 0 {
		if n != strings.Count(text, "\n") {
			return "", false
		}
		end = "\r"
	}
	var all []string
	at := 0
	for _, e := range edits {
		all = append(all, lines[at:e.start]...)
		for _, l := range e.now {
			all = append(all, bare(l)+end)
		}
		at = e.end
	}
	all = append(all, lines[at:]...)
	if len(all) == 0 {
		return "", true
	}
	if open {
		if at == len(lines) && (bare(all[len(all)-1]) == "" || len(edits[len(edits)-1].now) == 0) {
			return strings.Join(all, "\n") + "\n", true
		}
		all[len(all)-1] = bare(all[len(all)-1])
		return strings.Join(all, "\n"), true
	}
	return strings.Join(all, "\n") + "\n", true
}

// places counts where lines occur in others.
func places(in, what []string) int {
	n := 0
	for at := 0; at+len(what) <= len(in); at++ {
		same := true
		for i := range what {
			if bare(in[at+i]) != what[i] {
				same = false
				break
			}
		}
		if same {
			n++
		}
	}
	return n
}
