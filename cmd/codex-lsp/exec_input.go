package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"codex-lsp/agent"
	"codex-lsp/agent/config"
)

// maxStdin bounds what is read of standard input: more does not fit the
// context window of most models.
const maxStdin = 1 << 20

// folder is where to work. Outside of a git repository nobody could tell
// afterwards what was changed.
func (c *execCall) folder() (string, error) {
	dir, err := filepath.Abs(c.dir)
	if err != nil {
		return "", err
	}
	switch info, err := os.Stat(dir); {
	case err != nil:
		return "", err
	case !info.IsDir():
		return "", fmt.Errorf("%s is not a folder", dir)
	}
	return dir, nil
}

// prepareFolder finds the folder and the settings for it, and makes sure that
// it is one to work in.
func (c *execCall) prepareFolder(run *execRun, stderr io.Writer) (err error) {
	if run.dir, err = c.folder(); err != nil {
		return err
	}
	for _, dir := range c.settings.options.WritableRoots {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return fmt.Errorf("--add-dir: there is no folder %s", dir)
		}
	}
	if run.config, err = c.settings.current(run.dir); err != nil {
		if p := (config.Problem{}); errors.As(err, &p) && p.FromCommandLine() {
			return misuse{err}
		}
		return err
	}
	if c.trust && run.config.Trust == config.ProjectUntrusted {
		fmt.Fprintln(stderr, "exec: --trust changes nothing: you have marked the project as untrusted; codex-lsp config trust does")
	}
	if c.trust && run.config.Trust == config.ProjectUndecided {
		if err := agent.StoreTrust(context.Background(), run.config.Home, run.config.Project, config.ProjectTrusted); err != nil {
			return err
		}
		if run.config, err = c.settings.current(run.dir); err != nil {
			return err
		}
	}
	if !c.noGit && run.config.Trust != config.ProjectTrusted && !inGit(run.dir) {
		return fmt.Errorf("%s is not in a git repository, where changes could be seen and taken back; --skip-git-repo-check goes on without one, --trust remembers that you trust it", run.dir)
	}
	return nil
}

// inGit tells whether the folder, or one above it, is a repository's.
func inGit(dir string) bool {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return true
		}
		if dir == filepath.Dir(dir) {
			return false
		}
		dir = filepath.Dir(dir)
	}
}

// input puts together what the user says.
func (c *execCall) input(stdin io.Reader, stderr io.Writer) (in agent.Input, err error) {
	if in.Text, err = c.text(stdin, stderr); err != nil {
		return in, err
	}
	for _, name := range c.images {
		path, err := filepath.Abs(name)
		if err != nil {
			return in, err
		}
		if info, err := os.Stat(path); err != nil {
			return in, fmt.Errorf("image: %w", err)
		} else if !info.Mode().IsRegular() {
			return in, fmt.Errorf("image: %s is not a file", path)
		}
		in.Images = append(in.Images, path)
	}
	if c.schemaFile != "" {
		in.Schema, err = readSchema(c.schemaFile)
	}
	return in, err
}

// text is the prompt: the argument, standard input, or the one with the other
// below it.
func (c *execCall) text(stdin io.Reader, stderr io.Writer) (string, error) {
	given := strings.TrimSpace(c.prompt) != "" && c.prompt != "-"
	var piped string
	if !isTerminal(stdin) || c.prompt == "-" {
		if mayWait(stdin) && given {
			fmt.Fprintln(stderr, "Reading additional input from stdin...") // in Codex's words
		} else if mayWait(stdin) {
			fmt.Fprintln(stderr, "Reading prompt from stdin...")
		}
		var err error
		if piped, err = readPrompt(stdin); err != nil {
			return "", err
		}
	}
	switch {
	case given && strings.TrimSpace(piped) == "":
		return c.prompt, nil
	case strings.TrimSpace(piped) == "":
		return "", misuse{errors.New("the prompt is empty; write it as an argument, or to standard input")}
	case given:
		return c.prompt + "\n\n<stdin>\n" + strings.TrimRight(piped, "\n") + "\n</stdin>", nil
	}
	return piped, nil
}

// mayWait tells whether reading stdin takes as long as its writer does. One that
// never closes it would hold us up in silence.
func mayWait(stdin io.Reader) bool {
	f, ok := stdin.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && (isTerminal(f) || info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) != 0)
}

func readPrompt(stdin io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(stdin, maxStdin+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read standard input: %w", err)
	case len(b) > maxStdin:
		return "", fmt.Errorf("standard input is larger than %d KiB; put it into a file and name that in the prompt", maxStdin>>10)
	case !utf8.Valid(b):
		return "", errors.New("standard input is not UTF-8 text")
	}
	return string(b), nil
}

func readSchema(path string) (json.RawMessage, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("output schema: %w", err)
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(b, &object); err != nil {
		return nil, fmt.Errorf("output schema: %s is not a JSON object (%w)", path, err)
	}
	if object == nil {
		return nil, fmt.Errorf("output schema: %s is not a JSON object (it is null)", path)
	}
	return b, nil
}
