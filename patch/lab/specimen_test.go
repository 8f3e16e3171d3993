//go:build long

package lab

import (
	"io/fs"
	"strings"

	"codex-lsp/patch"
)

// A want is what the ideal engine does with a patch.
type want int

const (
	applies want = iota // the tree becomes post
	refused             // an error, and the tree stays pre
	either              // both can be defended; another tree cannot
)

// A specimen is a patch whose right outcome is known.
type specimen struct {
	kind    string // of damage, or the style of a commit
	change         // pre, post, and the sections as they are written
	patch   string
	want    want
	unified string // the same for other tools; "" if they have no way to say it
}

// asWritten is a commit in a style. It is open what to do where the patch
// cannot express the change, or where it says of two places the same.
func asWritten(c change, st style) specimen {
	c = c.clone()
	c.nameHunks(st)
	s := specimen{kind: "commit " + string(st), change: c, patch: render(c.sections), unified: unified(&c)}
	if !c.expressible() {
		s.want = either
		for path, text := range c.pathsOf() {
			s.post[path] = text
		}
	}
	if c.ambiguous() {
		s.want = either
	}
	return s
}

// expressible tells whether the patch holds all of the change.
func (c *change) expressible() bool {
	for _, s := range c.sections {
		switch s.op {
		case patch.Add:
			if text := c.post[s.path]; text != "" && !strings.HasSuffix(text, "\n") || strings.Contains(text, "\r") {
				return false
			}
		case patch.Update:
			text, ok := rewritten(c.pre[s.path], s.edits)
			if !ok || text != c.post[s.target()] || strings.Contains(c.pre[s.path]+text, "\r\r\n") { // a CR at a line's end is an ending
				return false
			}
		}
	}
	return true
}

// pathsOf is the tree as the patch expresses it.
func (c *change) pathsOf() tree {
	out := make(tree)
	for _, s := range c.sections {
		switch s.op {
		case patch.Add:
			var b strings.Builder
			for _, l := range s.content {
				b.WriteString(bare(l) + "\n")
			}
			out[s.path] = b.String()
		case patch.Update:
			if text, ok := rewritten(c.pre[s.path], s.edits); ok {
				out[s.target()] = text
			}
		}
	}
	return out
}

func (s *section) target() string {
	if s.to != "" {
		return s.to
	}
	return s.path
}

// ambiguous tells whether a hunk has more than one place.
func (c *change) ambiguous() bool {
	for _, s := range c.updates() {
		pre, _ := splitLines(c.pre[s.path])
		for i := range s.hunks {
			if old := s.hunks[i].side('-'); len(old) > 0 && places(pre, old) > 1 {
				return true
			}
		}
	}
	return false
}

// Read makes a tree what patches are applied to.
func (t tree) Read(path string) (patch.File, error) {
	if text, ok := t[path]; ok {
		return patch.File{Text: text}, nil
	}
	return patch.File{}, fs.ErrNotExist
}

// apply is the engine of this project, in memory.
func apply(t tree, text string) (tree, error) {
	p, err := patch.Parse(text)
	if err != nil {
		return t, err
	}
	changes, err := p.Apply(t)
	if err != nil {
		return t, err
	}
	out := make(tree)
	for k, v := range t {
		out[k] = v
	}
	for _, c := range changes {
		delete(out, c.Path)
	}
	for _, c := range changes {
		if c.Op != patch.Delete {
			out[c.Target()] = c.After
		}
	}
	return out, nil
}
