package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// An applier is a program that applies patches.
type applier struct {
	argv  []string
	input func(*task) string
}

// appliers are codex-lsp, Codex, git apply and GNU patch.
func (c comparison) appliers(home string) ([]applier, error) {
	codex, err := asApplyPatch(c.codex, home)
	format := func(t *task) string { return t.patch }
	unified := func(t *task) string { return t.unified }
	return []applier{
		{[]string{c.lsp, "apply-patch"}, format},
		{[]string{codex}, format},
		{[]string{"git", "apply"}, unified},
		{[]string{"patch", "-p1", "-s", "-f"}, unified},
	}, err
}

// asApplyPatch makes a link to Codex by whose name it knows what to be. The
// link leads to the program itself: the script from npm that starts it would
// only cost it time.
func asApplyPatch(codex, home string) (string, error) {
	path, err := exec.LookPath(codex)
	if err != nil {
		return "", err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", err
	}
	for dir := filepath.Dir(path); strings.HasSuffix(path, ".js"); dir = filepath.Dir(dir) {
		found, _ := filepath.Glob(filepath.Join(dir, "codex-*", "vendor", "*", "bin", "codex"))
		if len(found) > 0 {
			path = found[0]
		} else if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s starts a program that is not near it", path)
		}
	}
	link := filepath.Join(home, "apply_patch")
	return link, os.Symlink(path, link)
}

// patches prints how long each applier takes for each task.
func (c comparison) patches() error {
	home, err := newHome()
	if err != nil {
		return err
	}
	defer os.RemoveAll(home)
	all, err := c.appliers(home)
	if err != nil {
		return err
	}
	fmt.Printf("\n| ms, median of %d | codex-lsp | Codex | git apply | patch | Codex : codex-lsp |\n|---|---|---|---|---|---|\n", c.runs)
	for _, t := range tasks() {
		times, err := t.measure(all, c.runs, home)
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		fmt.Printf("| %s |", t.name)
		for _, x := range times {
			fmt.Printf(" %.1f%s |", x.median, x.mark)
		}
		fmt.Printf(" %.1f |\n", times[1].median/times[0].median)
	}
	_, err = fmt.Printf("\n%s refuses what should apply. %s leaves another tree.\n", refuses, wrong)
	return err
}

// What stands behind the time of an outcome that is not the right one.
const refuses, wrong = "°", "*"

// A timed is how long an applier takes for a task.
type timed struct {
	median float64 // in milliseconds
	mark   string
}

// enough is how long one task is measured, if that gives three values.
const enough = 12 * time.Second

// measure has all appliers do a task in turns, so that what else the machine
// does is shared. The first turn warms up, and shows the outcome.
func (t *task) measure(all []applier, runs int, home string) ([]timed, error) {
	times := make([]timed, len(all))
	values := make([][]float64, len(all))
	began := time.Now()
	for run := range 1 + runs {
		if run > 3 && time.Since(began) > enough {
			break
		}
		for i, a := range all {
			took, mark, err := t.once(a, home)
			switch {
			case err != nil:
				return nil, err
			case i == 0 && mark == wrong:
				return nil, errors.New("codex-lsp leaves a wrong tree")
			case run == 0:
				times[i].mark = mark
			default:
				values[i] = append(values[i], took)
			}
		}
	}
	for i := range times {
		times[i].median = median(values[i])
	}
	return times, nil
}

// once has one process do a task in a new folder. With TMPDIR=/dev/shm it is in
// memory, and the disk is not measured.
func (t *task) once(a applier, home string) (took float64, mark string, err error) {
	dir, err := os.MkdirTemp("", "compare-*")
	if err != nil {
		return 0, "", err
	}
	defer os.RemoveAll(dir)
	for path, text := range t.before {
		path = filepath.Join(dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			return 0, "", err
		}
	}
	stdin, err := os.CreateTemp("", "compare-*") // a pipe would take this process's time
	if err != nil {
		return 0, "", err
	}
	defer os.Remove(stdin.Name())
	defer stdin.Close()
	if _, err := stdin.WriteString(a.input(t)); err != nil {
		return 0, "", err
	}
	if _, err := stdin.Seek(0, io.SeekStart); err != nil {
		return 0, "", err
	}
	cmd := exec.Command(a.argv[0], a.argv[1:]...)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + home, "CODEX_HOME=" + home, "PATH=" + os.Getenv("PATH"), "GIT_CEILING_DIRECTORIES=" + filepath.Dir(dir)}
	cmd.Stdin = stdin
	began := time.Now()
	err = cmd.Run()
	took = ms(time.Since(began))
	exit := new(exec.ExitError)
	if err != nil && !errors.As(err, &exit) {
		return 0, "", err
	}
	got, errTree := readTree(dir)
	switch {
	case (err != nil) == t.fails && maps.Equal(got, t.after):
	case err != nil:
		mark = refuses
	default:
		mark = wrong
	}
	return took, mark, errTree
}

func readTree(dir string) (map[string]string, error) {
	tree := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(path, ".rej") || strings.HasSuffix(path, ".orig") {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		tree[filepath.ToSlash(name)] = string(text)
		return err
	})
	return tree, err
}
