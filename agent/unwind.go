package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"codex-lsp/agent/disk"
	"codex-lsp/agent/journal"
	"codex-lsp/patch"
)

// An unwinding takes changes of files back, the last first, over what the files
// hold now. Nothing is written: it finds out what would be.
type unwinding struct {
	*Thread
	ctx    context.Context
	first  map[string]*journal.Text // what each file held before all of the changes
	places []*place
}

// A place is one file of an unwinding.
type place struct {
	path    string // as it was called last
	key     string // with links followed, so that one file is one place
	was, is *held  // when the unwinding began, and now; nil: no file
	made    *journal.Text
	back    bool // it was, then, as before all changes: somebody has put it back
	err     error
}

// A held is what a place holds.
type held struct {
	text   string // of a symbolic link: where it points
	mode   fs.FileMode
	behind string // of a symbolic link: the text of what it points to
	from   *place // where the text was when the unwinding began; nil: here, or nowhere
}

func (h *held) link() bool { return h != nil && h.mode&fs.ModeSymlink != 0 }

// same compares what is held to the byte.
func (h *held) same(other *held) bool {
	if h == nil || other == nil {
		return h == other
	}
	return h.text == other.text && h.link() == other.link()
}

// like compares texts in the form that other has.
func (h *held) like(other *held) bool {
	return h != nil && other != nil && !h.link() && !other.link() && inForm(h.text, other.text) == other.text
}

// unwind finds what takes the changes of a turn back: by entry of the journal,
// the last one last. It goes into e.
func (t *Thread) unwind(ctx context.Context, entries [][]journal.File, e *edit) error {
	u := unwinding{Thread: t, ctx: ctx, first: make(map[string]*journal.Text)}
	for _, files := range entries {
		for _, f := range files {
			if _, known := u.first[keyOf(f)]; !known {
				u.first[keyOf(f)] = f.Before
			}
		}
	}
	for _, files := range slices.Backward(entries) {
		u.entry(files)
	}
	var errs []error
	e.from = make(map[string]string)
	for _, p := range u.places {
		if p.err == nil {
			p.err = u.put(p, e)
		}
		if p.err != nil {
			errs = append(errs, fmt.Errorf("%s %w", relative(t.cwd, p.path), p.err))
		}
	}
	return errors.Join(errs...)
}

// keyOf is where a file really is. A symbolic link that is one of its texts is
// not followed itself.
func keyOf(f journal.File) string {
	if f.Before.Link() || f.After.Link() {
		return filepath.Join(realPath(filepath.Dir(f.Path)), filepath.Base(f.Path))
	}
	return realPath(f.Path)
}

// at returns the place of a file, which it reads when it meets it first. Through
// a link that was brought back leads the way to another.
func (u *unwinding) at(f journal.File) *place {
	path, key := f.Path, keyOf(f)
	link := f.Before.Link() || f.After.Link()
	if p := u.find(key); p != nil && p.is.link() && !link {
		if path = p.is.text; !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(key), path)
		}
		key = realPath(path)
	}
	if p := u.find(key); p != nil {
		return p
	}
	p := &place{path: path, key: key, made: f.After}
	u.places = append(u.places, p)
	if p.was, p.err = u.read(path, link); p.err != nil {
		return p
	}
	p.is = p.was
	if text, known := u.first[key]; known {
		var before *held
		before, p.err = u.held(text)
		p.back = before.same(p.was) || before.like(p.was)
	}
	return p
}

func (u *unwinding) find(key string) *place {
	i := slices.IndexFunc(u.places, func(p *place) bool { return p.key == key })
	if i < 0 {
		return nil
	}
	return u.places[i]
}

// read returns what a file holds now, or the link that it is.
func (u *unwinding) read(path string, link bool) (*held, error) {
	to := ""
	if link {
		to = disk.Link(path)
	}
	snap, err := u.peers.read(u.ctx, path)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case to != "":
		return &held{text: to, mode: fs.ModeSymlink, behind: snap.Text}, nil
	case err != nil:
		return nil, nil
	}
	return &held{text: snap.Text, mode: snap.Mode}, nil
}

// held is what a text of the journal says.
func (u *unwinding) held(t *journal.Text) (*held, error) {
	if t == nil {
		return nil, nil
	}
	text, err := u.journal.Load(t)
	return &held{text: text, mode: t.Mode}, err
}

// entry takes the changes of one entry back, all at once: files may have changed
// places.
func (u *unwinding) entry(files []journal.File) {
	at := make(map[string]*place)       // by the name in the entry
	to := make(map[string]journal.File) // by the name before a move
	for _, f := range slices.Backward(files) {
		at[f.Path] = u.at(f)
		to[f.From] = f
	}
	next := make(map[*place]*held)
	left := make(map[*place]bool) // what it holds goes back to where it came from
	for _, f := range files {
		p, g := at[f.Path], to[f.Path]
		if q := at[g.Path]; q != nil && u.goesBack(f, p, q, at[f.From] != nil) {
			next[p], q.err = u.step(f.Before, g.After, q.is)
			left[q], p.back = true, false
		}
	}
	for _, f := range files {
		p := at[f.Path]
		_, done := next[p]
		switch {
		case p.err != nil || done:
		case p.back:
			next[p] = p.is
		case left[p]:
			next[p], p.err = u.held(f.Before)
		default:
			next[p], p.err = u.step(f.Before, f.After, p.is)
		}
	}
	from := make(map[*place]*place)
	for _, f := range files {
		p := at[f.Path]
		if q := at[to[f.Path].Path]; q != nil {
			from[p] = q.origin()
		} else if !left[p] {
			from[p] = p.origin()
		}
	}
	for p, is := range next {
		if p.is = nil; is != nil {
			moved := *is
			moved.from = from[p]
			p.is = &moved
		}
	}
}

// goesBack tells whether what q holds is what p held before a change, and p is
// free to take it. movesOn says that what p holds leaves it, too.
func (u *unwinding) goesBack(f journal.File, p, q *place, movesOn bool) bool {
	if p.back && p.is != nil || q.back || p.err != nil || q.err != nil || q.is == nil {
		return false
	}
	after, err := u.held(f.After)
	return err == nil && (movesOn || p.is.same(after))
}

// origin is where what a place holds was when the unwinding began.
func (p *place) origin() *place {
	if p.is != nil && p.is.from != nil {
		return p.is.from
	}
	return p
}

// Why a change cannot be taken back, and what to do.
const orOthers = ", or have the other files put back one by one"

var (
	errGone  = errors.New("is not there any more: bring it back first" + orOthers)
	errAgain = errors.New("is there again, and not as it was: move it away first" + orOthers)
	errAdded = errors.New("was changed since it was made: delete it first if you do not want it" + orOthers)
	errLink  = errors.New("is a symbolic link before or after, and was changed between: delete it first" + orOthers)
)

// step takes one change out of what a file holds. What is as it was before the
// change already stays.
func (u *unwinding) step(before, after *journal.Text, now *held) (*held, error) {
	was, err := u.held(before)
	if err != nil {
		return nil, err
	}
	done, err := u.held(after)
	switch {
	case err != nil:
		return nil, err
	case now.same(done):
		return was, nil
	case now.same(was):
		return now, nil
	case now == nil:
		return nil, errGone
	case done == nil && was.like(now):
		return now, nil
	case done == nil:
		return nil, errAgain
	case was == nil && done.like(now):
		return nil, nil
	case was == nil:
		return nil, errAdded
	case now.link() || done.link() || was.link():
		return nil, errLink
	}
	shown, text := inForm(done.text, now.text), was.text
	if shown != done.text { // an editor may show the text otherwise than the disk has it
		text = inForm(text, now.text)
	}
	merged, conflicts := patch.Rebase(shown, text, now.text)
	if len(conflicts) > 0 {
		line := 1 + strings.Count(shown[:conflicts[0].Start], "\n")
		return nil, fmt.Errorf("was changed since, in the same lines (near line %d): take that back first%s", line, orOthers)
	}
	return &held{text: merged, mode: was.mode}, nil
}

// put adds to an edit what makes a place hold what it should.
func (u *unwinding) put(p *place, e *edit) error {
	was, is := p.was, p.is
	from := p.origin()
	if from != p {
		e.from[p.path] = from.path
	}
	c := patch.Change{Op: patch.Update, Path: p.path}
	switch {
	case was.same(is):
		return u.alreadyPut(p, e)
	case is == nil && slices.ContainsFunc(u.places, p.movesTo):
		return nil // with that one
	case from.movesTo(p):
		c.Path, c.MoveTo = from.path, p.path
		c.Before, c.After, c.Mode = from.was.text, is.text, is.mode
	case is == nil && was.link():
		c.Op, c.Before = patch.Delete, was.behind
	case is == nil:
		c.Op, c.Before, c.Mode = patch.Delete, was.text, was.mode
	case was == nil:
		c.Op, c.After, c.Mode = patch.Add, is.text, is.mode
	case was.link():
		return errLink
	case is.link():
		c.Op, c.After, c.Mode = patch.Add, is.text, is.mode
		c.Overwrites = &patch.File{Text: was.text, Mode: was.mode}
	default:
		c.Before, c.After, c.Mode = was.text, is.text, was.mode
	}
	e.changes = append(e.changes, c)
	return nil
}

// movesTo tells whether a file is to be moved as a whole.
func (p *place) movesTo(to *place) bool {
	return p != to && to.is != nil && to.is.from == p && p.is == nil && p.was != nil && to.was == nil && !p.was.link() && !to.is.link()
}

// alreadyPut notes a file that is as it should be, as if its change had been
// taken back just now.
func (u *unwinding) alreadyPut(p *place, e *edit) error {
	f := journal.File{Path: p.path, From: e.from[p.path]}
	made, err := u.held(p.made)
	if err != nil {
		return err
	}
	if made != nil {
		f.Before = journal.NewText(made.text, made.mode)
	}
	if p.is != nil {
		f.After = journal.NewText(p.is.text, p.is.mode)
	}
	e.already = append(e.already, f)
	return nil
}
