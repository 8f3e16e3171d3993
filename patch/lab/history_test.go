//go:build long

package lab

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"codex-lsp/patch"
)

// A history reads the commits of a git repository as changes.
type history struct {
	dir   string
	name  string
	in    io.Writer // of git cat-file
	blobs *bufio.Reader
}

func openHistory(t *testing.T, dir string) *history {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "-C", dir, "cat-file", "--batch")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	abs, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(strings.TrimSuffix(abs, "/repo"))
	return &history{dir, name, in, bufio.NewReaderSize(out, 1<<16)}
}

// changes returns n commits drawn by chance, those left out that have nothing
// a patch can say.
func (h *history) changes(t *testing.T, n int, r *rand.Rand) []change {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "-C", h.dir, "rev-list", "--no-merges", "--min-parents=1", "HEAD").Output()
	if err != nil {
		t.Fatal(err)
	}
	hashes := strings.Fields(string(out))
	r.Shuffle(len(hashes), func(i, k int) { hashes[i], hashes[k] = hashes[k], hashes[i] })
	var list []change
	for _, hash := range hashes {
		if len(list) == n {
			break
		}
		c, err := h.change(hash)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.sections) > 0 {
			list = append(list, c)
		}
	}
	return list
}

func (h *history) change(hash string) (change, error) {
	const mostFiles, mostBytes = 60, 1 << 20
	c := change{name: h.name + "@" + hash[:10], pre: make(tree), post: make(tree)}
	diff, err := exec.Command("git", "-C", h.dir, "-c", "core.quotepath=off", "show", "-M", "-U0",
		"--no-color", "--no-ext-diff", "--no-textconv", "--format=", hash).Output()
	if err != nil {
		return c, nil // a partial clone does not have all of it
	}
	files := strings.Split("\n"+string(diff), "\ndiff --git ")[1:]
	if len(files) > mostFiles || len(diff) > mostBytes {
		return c, nil
	}
	for _, text := range files {
		if err := h.file(&c, hash, text); err != nil {
			return c, err
		}
	}
	return c, nil
}

// file reads what a commit does to one file.
func (h *history) file(c *change, hash, text string) error {
	s := section{op: patch.Update}
	rest := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	s.path = sameName(rest[0])
	for len(rest) > 0 && !strings.HasPrefix(rest[0], "@@") {
		l := rest[0]
		rest = rest[1:]
		switch {
		case strings.HasPrefix(l, "Binary"), strings.Contains(l, "mode 120000"), strings.HasSuffix(l, " 120000"),
			strings.Contains(l, "160000"):
			return nil
		case strings.HasPrefix(l, "new file mode"):
			s.op = patch.Add
		case strings.HasPrefix(l, "deleted file mode"):
			s.op = patch.Delete
		case strings.HasPrefix(l, "rename from "):
			s.path = l[len("rename from "):]
		case strings.HasPrefix(l, "rename to "):
			s.to = l[len("rename to "):]
		}
	}
	if s.path == "" || strings.HasPrefix(s.path, `"`) || strings.HasPrefix(s.to, `"`) {
		return nil
	}
	s.edits = readEdits(rest)
	if err := h.complete(c, &s, hash); err != errNoBlob {
		return err
	}
	return nil // a submodule that was moved
}

// sameName is the path in "a/x b/x".
func sameName(l string) string {
	half := (len(l) - 1) / 2
	if len(l) < 5 || l[:2] != "a/" || l[half] != ' ' || l[2:half] != l[min(half+3, len(l)):] {
		return ""
	}
	return l[2:half]
}

// readEdits reads hunks that have no context.
func readEdits(lines []string) []lineEdit {
	var edits []lineEdit
	for _, l := range lines {
		switch {
		case strings.HasPrefix(l, "@@ -"):
			word, _, _ := strings.Cut(l[4:], " ")
			start, count, has := strings.Cut(word, ",")
			at, _ := strconv.Atoi(start)
			n := 1
			if has {
				n, _ = strconv.Atoi(count)
			}
			if n > 0 {
				at-- // an insertion is numbered by the line above it
			}
			edits = append(edits, lineEdit{start: at, end: at + n})
		case strings.HasPrefix(l, "+"):
			e := &edits[len(edits)-1]
			e.now = append(e.now, l[1:])
		}
	}
	return edits
}

// complete adds the texts of a file before and after, if they are text.
func (h *history) complete(c *change, s *section, hash string) error {
	target := s.path
	if s.to != "" {
		target = s.to
	}
	var before, after string
	var err error
	if s.op != patch.Add {
		if before, err = h.blob(hash + "^:" + s.path); err != nil {
			return err
		}
	}
	if s.op != patch.Delete {
		if after, err = h.blob(hash + ":" + target); err != nil {
			return err
		}
	}
	switch {
	case strings.Contains(before+after, "\x00"):
		return nil
	case s.op == patch.Update && before == after && s.to == "":
		return nil // the mode alone
	}
	lines, _ := splitLines(before)
	switch s.op {
	case patch.Add:
		s.content, _ = splitLines(after)
	case patch.Update:
		s.hunks = hunksOf(lines, s.edits, 3)
	}
	if s.op != patch.Add {
		c.pre[s.path] = before
	}
	if s.op != patch.Delete {
		c.post[target] = after
	}
	c.sections = append(c.sections, *s)
	return nil
}

var errNoBlob = errors.New("there is no such file")

func (h *history) blob(name string) (string, error) {
	if _, err := fmt.Fprintln(h.in, name); err != nil {
		return "", err
	}
	head, err := h.blobs.ReadString('\n')
	if err != nil {
		return "", err
	}
	if strings.HasSuffix(head, " missing\n") {
		return "", errNoBlob
	}
	fields := strings.Fields(head)
	size, err := strconv.Atoi(fields[len(fields)-1])
	if err != nil {
		return "", fmt.Errorf("git cat-file %s: %s", name, head)
	}
	body := make([]byte, size+1)
	if _, err := io.ReadFull(h.blobs, body); err != nil {
		return "", err
	}
	return string(bytes.TrimSuffix(body, []byte("\n"))[:size]), nil
}
