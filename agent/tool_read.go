package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"codex-lsp/agent/model"
)

// readTool is read_file: what the user sees of a file, unsaved text included.
// Codex has no such tool; its models read with cat, which sees only the disk.
type readTool struct{}

// maxReadLines bounds one read_file; the model asks for the rest by offset.
const maxReadLines = 2000

// maxReadBytes bounds it too, where lines are long: about 16,000 tokens.
const maxReadBytes = 64 << 10

func (readTool) offer() model.Tool {
	return model.Tool{
		Name: "read_file",
		Description: "Read a text file of the workspace as the user sees it in the editor, unsaved changes included. " +
			"Needs no approval; prefer it to cat, sed and head.",
		Parameters: schema(`"path":{"type":"string"},`+
			`"offset":{"type":"number","description":"first line, from 1; default 1"},`+
			`"limit":{"type":"number","description":"how many lines; default and most 2000"}`, "path"),
	}
}

func (readTool) alone(*call) bool { return false }

func (readTool) run(ctx context.Context, c *call) any {
	var args struct {
		Path   string `json:"path"`
		Offset int    `json:"offset"`
		Limit  int    `json:"limit"`
	}
	if err := c.decode(&args); err != nil {
		return err.Error()
	}
	path := absolute(c.turn.thread.cwd, args.Path)
	if _, err := within(c.turn.thread.cwd, path); err != nil {
		return "read_file failed: " + err.Error() + "; exec_command can read it if the user approves"
	}
	if a := c.mayRead(ctx, path); !a.Decision.Yes() {
		return "read_file failed: " + refusal("reading it", a)
	}
	s, err := c.turn.thread.peers.read(ctx, path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "read_file failed: there is no file " + path
	case err != nil:
		return "read_file failed: " + err.Error()
	}
	return excerpt(s, args.Offset, args.Limit)
}

// excerpt is the lines asked for, under a line that says what they are.
func excerpt(s Snapshot, offset, limit int) string {
	lines := strings.SplitAfter(s.Text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	if strings.ContainsRune(s.Text, 0) {
		return "read_file failed: it is a binary file"
	}
	first := min(max(offset, 1)-1, len(lines))
	if limit <= 0 || limit > maxReadLines {
		limit = maxReadLines
	}
	last := min(first+limit, len(lines))
	var b strings.Builder
	for i := first; i < last; i++ {
		if b.Len()+len(lines[i]) > maxReadBytes && i > first {
			last = i
			break
		}
		b.WriteString(strings.ToValidUTF8(lines[i], "\uFFFD"))
	}
	head := fmt.Sprintf("Lines %d-%d of %d", min(first+1, last), last, len(lines))
	if s.Dirty {
		head += ", with unsaved changes that commands do not see"
	}
	return head + "\n" + b.String()
}
