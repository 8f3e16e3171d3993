package patch

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// A Namer is a [Tree] that knows when two paths are one file, by a link or by
// an absolute spelling, and which paths are out of bounds. Name returns the
// one name of the file, whether it exists or not.
type Namer interface {
	Name(path string) (string, error)
}

// An Option changes how a patch is applied.
type Option func(*applying)

// FirstMatch has hunks placed as Codex does it: the first place that fits,
// downwards from the hunk before, where by default a doubtful place is an
// error.
func FirstMatch(a *applying) { a.firstMatch = true }

// Apply works out what the patch changes in the files of a tree. The changes
// are those of all sections, one for each file, in the order of the patch. If
// any section does not fit there are none, and the error says why.
func (p *Patch) Apply(t Tree, options ...Option) ([]Change, error) {
	a := &applying{tree: t, files: make(map[string]*entry)}
	for _, o := range options {
		o(a)
	}
	if err := a.resolve(p.Sections); err != nil {
		return nil, err
	}
	for i := range p.Sections {
		if err := a.section(&p.Sections[i]); err != nil {
			return nil, err
		}
	}
	if err := a.checkFolders(); err != nil {
		return nil, err
	}
	return a.changes(), nil
}

// applying is a patch on its way: the tree as the sections so far leave it.
type applying struct {
	tree       Tree
	firstMatch bool
	prefixed   bool // paths carry git's a/ and b/
	files      map[string]*entry
	order      []*entry
}

// An entry is one path of the tree, before and now.
type entry struct {
	path string // as the patch first wrote it, cleaned
	old  *File  // nil: nothing was there
	now  *state // nil: nothing is there
	gone int    // the line of the section that took away what was there
}

// A state is the content of one file as it goes through the sections.
type state struct {
	File
	from  *entry // where the content was before the patch; nil if the patch made it
	hunks []Hunk // what changed since then; meaningless without from

	since *state  // before the last sections that said something of this file
	said  []Chunk // what they said
}

// resolve finds out whether the paths carry prefixes, by a file that is there
// only without.
func (a *applying) resolve(sections []Section) error {
	for _, s := range sections {
		bare, prefixed := cutPrefix(cleanPath(s.Path))
		if s.Op == Add || !prefixed {
			continue
		}
		if _, err := a.tree.Read(cleanPath(s.Path)); !missing(err) {
			continue
		}
		if _, err := a.tree.Read(bare); err == nil {
			a.prefixed = true
			return nil
		}
	}
	return nil
}

// at returns the entry that a section names.
func (a *applying) at(s *Section, written string) (*entry, error) {
	if err := checkPath(written); err != nil {
		return nil, fmt.Errorf("%s: %w (patch line %d)", written, err, s.Line)
	}
	name := cleanPath(written)
	p, err := a.look(name)
	if err != nil || p.old != nil || p.now != nil {
		return p, err
	}
	for _, other := range spellings(name) {
		if p, err := a.look(other); err == nil && (p.old != nil || p.now != nil) {
			return p, nil
		}
	}
	if bare, is := cutPrefix(name); is && a.prefixed {
		return a.look(bare)
	}
	if strings.Contains(name, `\`) {
		return a.look(slashed(name))
	}
	return p, nil
}

// look returns an entry by its name, read at first sight.
func (a *applying) look(name string) (*entry, error) {
	key := name
	if n, is := a.tree.(Namer); is {
		var err error
		if key, err = n.Name(name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if p := a.files[key]; p != nil {
		return p, nil
	}
	p := &entry{path: name}
	switch f, err := a.tree.Read(name); {
	case err == nil:
		p.old = &f
		p.now = &state{File: f, from: p}
	case !missing(err):
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	a.files[key] = p
	a.order = append(a.order, p)
	return p, nil
}

// section carries out one section.
func (a *applying) section(s *Section) error {
	p, err := a.at(s, s.Path)
	switch {
	case err != nil:
		return err
	case s.Op == Add:
		return a.add(s, p)
	case p.now == nil && p.gone > 0:
		return fmt.Errorf("%s %s (patch line %d): the section at line %d has taken this file away", s.Op, s.Path, s.Line, p.gone)
	case p.now == nil:
		return fmt.Errorf("%s %s (patch line %d): there is no such file", s.Op, s.Path, s.Line)
	case s.Op == Delete:
		p.now, p.gone = nil, s.Line
		return nil
	}
	return a.update(s, p)
}

func (a *applying) add(s *Section, p *entry) error {
	f := File{Text: s.text()}
	if p.now != nil {
		f.Mode = p.now.Mode
	}
	p.now = &state{File: f}
	return nil
}

// text is what an Add writes.
func (s *Section) text() string {
	if len(s.Content) == 0 || s.NoNewline {
		return strings.Join(s.Content, "\n")
	}
	size := len(s.Content)
	for _, line := range s.Content {
		size += len(line)
	}
	var text strings.Builder
	text.Grow(size)
	for _, line := range s.Content {
		text.WriteString(line)
		text.WriteByte('\n')
	}
	return text.String()
}

func (a *applying) update(s *Section, p *entry) error {
	next := p.now
	if len(s.Chunks) > 0 {
		var err error
		if next, err = a.rewrite(s, p.now); err != nil {
			return err
		}
	}
	if s.MoveTo == "" {
		p.now = next
		return nil
	}
	to, err := a.at(s, s.MoveTo)
	if err != nil {
		return err
	}
	p.now, p.gone = nil, s.Line
	to.now = next
	return nil
}

// rewrite applies the chunks of a section to what a file holds now. A section
// may also show the file as it was before the sections above it.
func (a *applying) rewrite(s *Section, now *state) (*state, error) {
	next := *now
	next.said, next.since = s.Chunks, now
	err := next.match(a, s, now)
	if err != nil && now.since != nil {
		next.said, next.since = slices.Concat(now.said, s.Chunks), now.since
		if next.match(a, s, now.since) == nil {
			return &next, nil
		}
	}
	return &next, err
}

// match applies what was said since a state to it.
func (s *state) match(a *applying, sec *Section, since *state) error {
	enc := encodingOf(since.Text)
	m := &matcher{path: sec.Path, chunks: s.said, firstMatch: a.firstMatch, marked: enc.mark != ""}
	text, hunks, err := m.rewrite(enc.decode(since.Text))
	if err != nil {
		return err
	}
	if m.unmark && enc.units == nil {
		enc.mark = ""
	}
	s.Text, s.hunks = enc.encode(text), compose(since.hunks, hunks)
	return nil
}

// checkFolders refuses files in a folder that is itself a file.
func (a *applying) checkFolders() error {
	seen := map[string]bool{".": true, "/": true} // if a folder is, those above it are
	for key, p := range a.files {
		if p.now == nil || p.old != nil {
			continue
		}
		for dir := path.Dir(key); !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			if q := a.files[dir]; q != nil && q.now == nil {
				continue // the patch takes it away
			} else if q == nil {
				if _, err := a.tree.Read(dir); err != nil {
					continue
				}
			}
			return fmt.Errorf("%s: %s is a file, not a folder", p.path, dir)
		}
	}
	return nil
}

// changes sums up what is different from before.
func (a *applying) changes() []Change {
	stays := make(map[*entry]bool) // what was there is somewhere still
	for _, p := range a.order {
		if p.now != nil && p.now.from != nil {
			stays[p.now.from] = true
		}
	}
	var list []Change
	for _, p := range a.order {
		if p.old != nil && !stays[p] && p.now == nil {
			list = append(list, Change{Op: Delete, Path: p.path, Before: p.old.Text, Mode: p.old.Mode})
		}
		if p.now != nil {
			if c, changed := p.change(!stays[p]); changed {
				list = append(list, c)
			}
		}
	}
	return list
}

// change is what became of an entry that holds something now. overwrites tells
// whether what it held before is lost by that.
func (p *entry) change(overwrites bool) (Change, bool) {
	c := Change{Op: Update, Path: p.path, After: p.now.Text, Mode: p.now.Mode, Hunks: p.now.hunks}
	if overwrites {
		c.Overwrites = p.old
	}
	switch from := p.now.from; {
	case from == nil:
		c.Op, c.Hunks = Add, nil
		if c.Overwrites != nil {
			c.Before = p.old.Text
		}
	case from != p:
		c.Path, c.MoveTo, c.Before = from.path, p.path, from.old.Text
	default:
		c.Before = p.old.Text
		return c, c.Before != c.After
	}
	return c, true
}
