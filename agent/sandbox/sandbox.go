// Package sandbox runs a command so that it can write only where it may, and
// reach nothing but its own processes and files.
//
// On Linux the command becomes a grandchild: this program, started again under
// another name (stage), makes the walls and starts the command within them.
// There are two sets of walls. The namespaces give it a file system that is
// read-only but for the writable folders, and processes, shared memory and a
// network of its own; Landlock and seccomp, which hold without namespaces too,
// take from it what the first leave. What each holds is measured by the escape
// corpus and tabled in docs/sandbox.md.
//
// On macOS the command is started by sandbox-exec. Elsewhere there is no
// sandbox, and Wrap says so.
//
// Invariants, as absences: no command runs where a wall could not be made; no
// wall is left out unless the Policy says that it may be; no process of the
// command outlives it, or whoever started it; no file made for a wall stays
// behind once nobody is left who needs it.
package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Policy is what a command may do. The zero value lets it read files, and
// nothing more.
type Policy struct {
	Write    []string // folders it may write to; absolute. What is not there is left out
	Network  bool     // it may use the network, but no socket of another process
	Loopback bool     // without Network: a network of its own, which leads nowhere else
	Home     string   // Codex's home, which it may never write to; "" if there is none
	Protect  []string // further paths that it may not write to, though they are below Write
	Root     string   // the workspace, which need not be among Write; "" if there is none
	Weak     bool     // do without namespaces: less holds, see docs/sandbox.md
}

// protected are the names which, directly below a writable folder, may not be
// written to: what programs outside of the sandbox believe.
var protected = []string{".git", ".codex", ".agents"}

// ErrUnavailable says that this system has no sandbox that this program knows.
var ErrUnavailable = errors.New("there is no sandbox for this system")

// A SetupError says that a wall could not be made. The command did not run.
type SetupError struct {
	Step string // what could not be done
	Err  error
}

func (e *SetupError) Error() string {
	return fmt.Sprintf("the sandbox could not be made, and the command did not run: %s: %v; codex-lsp doctor says what is missing", e.Step, e.Err)
}

func (e *SetupError) Unwrap() error { return e.Err }

// Temp lists the folders for temporary files: /tmp, and $TMPDIR if it is set.
func Temp() []string {
	list := []string{"/tmp"}
	if dir := os.Getenv("TMPDIR"); filepath.IsAbs(dir) {
		list = append(list, dir)
	}
	return list
}

// roots are the writable folders as they really are, none below another, and
// what must stay read-only within them whether it is there or not.
//
// A folder below another one may have been replaced by a link since it was
// chosen, by a command that was free to do so. It must not become a way out.
func (p Policy) roots() ([]string, error) {
	var real []string
	for _, dir := range p.Write {
		if !filepath.IsAbs(dir) {
			return nil, fmt.Errorf("the writable folder %q is no absolute path", dir)
		}
		path, err := filepath.EvalSymlinks(dir)
		if errors.Is(err, os.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, fmt.Errorf("find the writable folder %s: %w", dir, err)
		}
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			return nil, fmt.Errorf("%s is no folder, so it cannot be made writable", dir)
		}
		for _, other := range p.Write {
			if other != dir && below(filepath.Clean(dir), filepath.Clean(other)) && !below(path, resolved(other)) {
				return nil, fmt.Errorf("the writable folder %s is a link out of %s, where commands may write; name what it leads to if that is meant", dir, other)
			}
		}
		real = append(real, path)
	}
	slices.Sort(real)
	return slices.Compact(real), nil
}

// writable are the roots, none of which is part of Codex's home.
func (p Policy) writable() ([]string, error) {
	roots, err := p.roots()
	if err != nil {
		return nil, err
	}
	for _, r := range roots {
		if r == "/" {
			return nil, errors.New("all of the file system cannot be made writable for commands; name the folders, or run without a sandbox")
		}
		if home := resolved(p.Home); p.Home != "" && below(r, home) {
			return nil, fmt.Errorf("%s is part of Codex's home, %s, and cannot be made writable for commands", r, home)
		}
	}
	return roots, nil
}

// settings are the folders in which links may lead to settings.
func (p Policy) settings() (dirs []string) {
	if p.Home != "" {
		dirs = append(dirs, p.Home)
	}
	for _, root := range p.Write {
		for _, name := range []string{".codex", ".agents"} {
			if dir := filepath.Join(root, name); exists(dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

// Believes lists all that a command may not write to though it is below a
// writable folder, but for the names that are protected in each of these. What
// a link leads to is left out if a whole writable folder is below it.
func (p Policy) Believes() []string {
	return slices.DeleteFunc(Believed(p.settings(), p.Protect), func(path string) bool {
		return slices.ContainsFunc(p.Write, func(root string) bool { return below(resolved(root), path) })
	})
}

func exists(path string) bool {
	_, err := os.Stat(path) // not what only keeps the name
	return err == nil
}

// resolved is a path with its links followed as far as it is there.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return filepath.Clean(path)
}

// below tells whether a path is a folder or in it.
func below(path, folder string) bool {
	return path == folder || folder == "/" || strings.HasPrefix(path, folder+"/")
}

// belowAny tells whether a path is in one of these folders.
func belowAny(path string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return below(path, f) })
}
