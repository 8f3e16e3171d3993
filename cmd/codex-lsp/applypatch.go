package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"

	"codex-lsp/agent/disk"
	"codex-lsp/patch"
)

const applyPatchUsage = `Usage: codex-lsp apply-patch [flags] ['PATCH']
       echo 'PATCH' | codex-lsp apply-patch [flags]

Applies a patch in the format of Codex's apply_patch to the files below the
current folder: all of it or nothing.

`

// applyPatch is the subcommand apply-patch. It returns 0 if the patch was
// applied, 1 if not, 2 if it was called wrongly.
func applyPatch(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var c applyPatchCall
	switch err := c.parse(args, stdin, stderr); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, err)
		return 2
	}
	p, changes, err := c.run()
	if err != nil {
		c.report(stderr, stdout, err)
		return 1
	}
	c.show(stdout, p, changes)
	return 0
}

// An applyPatchCall is the command line of one apply-patch.
type applyPatchCall struct {
	check, json, diff, codex bool

	text string
}

func (c *applyPatchCall) parse(args []string, stdin io.Reader, stderr io.Writer) error {
	flags := flag.NewFlagSet("apply-patch", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&c.check, "check", false, "only tell whether the patch applies")
	flags.BoolVar(&c.json, "json", false, "print the changes, or the error, as JSON")
	flags.BoolVar(&c.diff, "diff", false, "print a unified diff instead of the list of files")
	flags.BoolVar(&c.codex, "codex", false, "take the first place that fits a hunk, as Codex does; by default a doubtful one is an error")
	flags.Usage = func() {
		fmt.Fprint(stderr, applyPatchUsage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch flags.NArg() {
	case 0:
		var text strings.Builder
		if f, is := stdin.(*os.File); is {
			if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
				text.Grow(int(min(info.Size(), disk.MaxFile)))
			}
		}
		if _, err := io.Copy(&text, io.LimitReader(stdin, disk.MaxFile)); err != nil {
			return fmt.Errorf("read the patch from stdin: %w", err)
		}
		c.text = text.String()
	case 1:
		c.text = flags.Arg(0)
	default:
		return errors.New("apply-patch accepts exactly one argument, the patch; quote it")
	}
	if strings.TrimSpace(c.text) == "" {
		return errors.New("there is no patch, neither as an argument nor on stdin; codex-lsp apply-patch -h tells how")
	}
	return nil
}

// enough is the memory below which nothing is collected: the process is over
// before that would pay.
const enough = 256 << 20

func (c *applyPatchCall) run() (*patch.Patch, []patch.Change, error) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(enough))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	p, err := patch.Parse(c.text)
	if err != nil {
		return nil, nil, err
	}
	tree, err := newFolder(".")
	if err != nil {
		return nil, nil, err
	}
	defer tree.readAhead(p).Wait()
	var options []patch.Option
	if c.codex {
		options = append(options, patch.FirstMatch)
	}
	changes, err := p.Apply(tree, options...)
	if err != nil || c.check {
		return p, changes, err
	}
	return p, changes, disk.Commit(tree.absolute(changes))
}

// show prints what was changed.
func (c *applyPatchCall) show(w io.Writer, p *patch.Patch, changes []patch.Change) {
	switch {
	case c.json:
		list := make([]shownChange, len(changes))
		for i, ch := range changes {
			list[i] = shownChange{ch.Path, string(ch.Op), ch.MoveTo, ch.Overwrites != nil, patch.Unified(ch)}
		}
		printJSON(w, map[string]any{"changes": list})
	case c.diff:
		for _, ch := range changes {
			fmt.Fprint(w, patch.Unified(ch))
		}
	case c.check:
		fmt.Fprintln(w, "The patch applies.")
	default:
		fmt.Fprint(w, p.Summary())
	}
}

type shownChange struct {
	Path       string `json:"path"`
	Kind       string `json:"kind"`
	MoveTo     string `json:"moveTo,omitempty"`
	Overwrites bool   `json:"overwrites,omitempty"`
	Diff       string `json:"diff"`
}

// report says why nothing was changed.
func (c *applyPatchCall) report(stderr, stdout io.Writer, err error) {
	if !c.json {
		fmt.Fprintln(stderr, err)
		return
	}
	out := map[string]any{"error": err.Error()}
	if parse := (*patch.ParseError)(nil); errors.As(err, &parse) {
		out["line"], out["expected"] = parse.Line, parse.Expected
	}
	if match := (*patch.MatchError)(nil); errors.As(err, &match) {
		out["path"], out["line"], out["hunk"], out["places"] = match.Path, match.Line, match.Hunk, match.Places
	}
	printJSON(stdout, out)
}

func printJSON(w io.Writer, v any) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(v)
}

// A folder is the tree below one folder. What is outside of it, be it by .., by
// an absolute path or through a link, is out of bounds.
type folder struct {
	root  string            // absolute, without links
	dirs  map[string]string // where folders really are, by their path
	ahead map[string]reading
}

// A reading reads a file once and remembers it.
type reading func() (patch.File, error)

func newFolder(dir string) (folder, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return folder{}, err
	}
	root, err := filepath.EvalSymlinks(abs)
	return folder{root, make(map[string]string), make(map[string]reading)}, err
}

// readAhead reads the files that a patch names while it is worked out what
// becomes of those before; the first is wanted at once.
func (f folder) readAhead(p *patch.Patch) *sync.WaitGroup {
	var list []reading
	for _, s := range p.Sections {
		name := path.Clean(s.Path)
		if s.Op != patch.Add && filepath.IsLocal(name) {
			list = append(list, sync.OnceValues(func() (patch.File, error) { return disk.Read(f.join(name)) }))
			f.ahead[name] = list[len(list)-1]
		}
	}
	var reader sync.WaitGroup
	if len(list) > 1 {
		reader.Go(func() {
			for _, read := range list[1:] {
				read()
			}
		})
	}
	return &reader
}

// Read returns what the patch would find at a path.
func (f folder) Read(path string) (patch.File, error) {
	if read := f.ahead[path]; read != nil {
		return read()
	}
	return disk.Read(f.join(path))
}

// Name returns a path below the root, with all links followed.
func (f folder) Name(path string) (string, error) {
	real, err := f.resolve(f.join(path))
	if err != nil {
		return "", err
	}
	name, err := filepath.Rel(f.root, real)
	if err != nil || name == ".." || strings.HasPrefix(name, ".."+string(filepath.Separator)) {
		return "", fmt.Errorf("this is outside of the current folder, %s", f.root)
	}
	return filepath.ToSlash(name), nil
}

// resolve is disk.Resolve, which looks at each folder once.
func (f folder) resolve(path string) (string, error) {
	dir, name := filepath.Split(path)
	real, known := f.dirs[dir]
	if !known {
		var err error
		if real, err = disk.Resolve(filepath.Clean(dir)); err != nil {
			return "", err
		}
		f.dirs[dir] = real
	}
	path = filepath.Join(real, name)
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return disk.Resolve(path)
	}
	return path, nil
}

func (f folder) join(path string) string {
	if path = filepath.FromSlash(path); filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(f.root, path)
}

func (f folder) absolute(changes []patch.Change) []patch.Change {
	out := make([]patch.Change, len(changes))
	for i, c := range changes {
		c.Path = f.join(c.Path)
		if c.MoveTo != "" {
			c.MoveTo = f.join(c.MoveTo)
		}
		out[i] = c
	}
	return out
}
