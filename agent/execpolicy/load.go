package execpolicy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

const (
	maxFile = 1 << 20 // bytes
	// A statement may take so many steps, and a file.
	maxSteps, maxFileSteps = 1_000_000, 10_000_000
	maxLines               = 100 // that are left out of a statement to read it
)

// A Problem is an error in a file.
type Problem struct {
	File         string
	Line, Column int // 1-based; 0 if unknown
	Message      string
}

// Error implements error.
func (p Problem) Error() string {
	if p.Line == 0 {
		return p.File + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// A File is what a file of rules says.
type File struct {
	Name     string
	Rules    []*Rule
	Hosts    map[string][]string // paths of a program, by its name
	Network  []NetworkRule
	Problems []Problem // with any of these, nothing in it allows anything
}

// LoadDir reads the *.rules of a folder, by name. None is no error.
func LoadDir(dir string) []*File {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return []*File{{Name: dir, Problems: []Problem{{File: dir, Message: err.Error()}}}}
	}
	var files []*File
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".rules" {
			files = append(files, LoadFile(filepath.Join(dir, e.Name())))
		}
	}
	return files
}

// LoadFile reads one file.
func LoadFile(name string) *File {
	info, err := os.Stat(name)
	var src []byte
	switch {
	case err == nil && !info.Mode().IsRegular():
		err = errors.New("is not a regular file")
	case err == nil && info.Size() > maxFile:
		err = fmt.Errorf("is larger than %d bytes", maxFile)
	case err == nil:
		src, err = os.ReadFile(name)
	}
	if err != nil {
		return &File{Name: name, Problems: []Problem{{File: name, Message: err.Error()}}}
	}
	return Parse(name, string(src))
}

// Parse reads the text of a file.
func Parse(name, src string) *File {
	f := &File{Name: name, Hosts: make(map[string][]string)}
	l := &loader{file: f, globals: starlark.StringDict{}}
	l.globals["prefix_rule"] = starlark.NewBuiltin("prefix_rule", l.prefixRule)
	l.globals["host_executable"] = starlark.NewBuiltin("host_executable", l.hostExecutable)
	l.globals["network_rule"] = starlark.NewBuiltin("network_rule", l.networkRule)

	whole, err := dialect.Parse(name, src, 0)
	if err == nil {
		l.run(whole.Stmts)
	} else {
		l.problem(err)
		for _, part := range parts(src) {
			l.run(readable(name, part))
		}
	}
	if len(f.Problems) > 0 {
		f.disarm()
	}
	return f
}

// dialect is what Codex's files may use.
var dialect = &syntax.FileOptions{TopLevelControl: true, GlobalReassign: true, Set: true}

type loader struct {
	file    *File
	steps   uint64
	globals starlark.StringDict
}

// run carries out statements one by one: one that fails takes no other with it.
func (l *loader) run(statements []syntax.Stmt) {
	for _, s := range statements {
		thread := &starlark.Thread{Name: l.file.Name, Print: func(*starlark.Thread, string) {}, Load: loadNothing}
		thread.SetMaxExecutionSteps(min(maxSteps, maxFileSteps-l.steps))
		tree := &syntax.File{Path: l.file.Name, Stmts: []syntax.Stmt{s}, Options: dialect}
		if err := starlark.ExecREPLChunk(tree, thread, l.globals); err != nil {
			l.problem(err)
		}
		if l.steps += thread.ExecutionSteps(); l.steps >= maxFileSteps {
			l.file.Problems = append(l.file.Problems, Problem{File: l.file.Name, Message: "takes too long; the rest of it is not read"})
			return
		}
	}
}

// loadNothing is load(): what a file says is in the file.
func loadNothing(*starlark.Thread, string) (starlark.StringDict, error) {
	return nil, errors.New("a file of rules cannot load another; every *.rules in its folder is read")
}

// problem notes what went wrong, and where in the file.
func (l *loader) problem(err error) {
	p := Problem{File: l.file.Name, Message: err.Error()}
	var (
		parsing   syntax.Error
		resolving resolve.ErrorList
		running   *starlark.EvalError
	)
	switch {
	case errors.As(err, &parsing):
		p.Line, p.Column, p.Message = int(parsing.Pos.Line), int(parsing.Pos.Col), parsing.Msg
	case errors.As(err, &resolving):
		p.Line, p.Column, p.Message = int(resolving[0].Pos.Line), int(resolving[0].Pos.Col), resolving[0].Msg
	case errors.As(err, &running):
		p.Message = running.Msg
		for i := range running.CallStack {
			if pos := running.CallStack.At(i).Pos; pos.Line > 0 {
				p.Line, p.Column = int(pos.Line), int(pos.Col)
				break
			}
		}
	}
	l.file.Problems = append(l.file.Problems, p)
}

// disarm takes away what allows.
func (f *File) disarm() {
	var kept []*Rule
	for _, r := range f.Rules {
		if r.Decision != Allow {
			kept = append(kept, r)
		}
	}
	f.Rules = kept
	var network []NetworkRule
	for _, r := range f.Network {
		if r.Decision != Allow {
			network = append(network, r)
		}
	}
	f.Network = network
}

// readable parses as many lines of a part as can be read.
func readable(name, part string) []syntax.Stmt {
	for range maxLines {
		tree, err := dialect.Parse(name, part, 0)
		if err == nil {
			return tree.Stmts
		}
		part = part[:strings.LastIndexByte(strings.TrimSuffix(part, "\n"), '\n')+1]
	}
	return nil
}

// parts are the statements of a text that cannot be read as a whole: each
// begins at the start of a line. Blank lines stand for what is before one, so
// that positions are true.
func parts(src string) []string {
	var out []string
	begin, lines, before := 0, 0, 0
	flush := func(end int) {
		if strings.TrimSpace(src[begin:end]) != "" {
			out = append(out, strings.Repeat("\n", before)+src[begin:end])
		}
		begin, before = end, lines
	}
	at := 0
	for line := range strings.Lines(src) {
		if startsStatement(line) {
			flush(at)
		}
		at += len(line)
		lines++
	}
	flush(at)
	return out
}

func startsStatement(line string) bool {
	if line == "" || strings.IndexByte(" \t\r\n)]}#", line[0]) >= 0 {
		return false
	}
	for _, goesOn := range []string{"else:", "elif "} {
		if strings.HasPrefix(line, goesOn) {
			return false
		}
	}
	return true
}
