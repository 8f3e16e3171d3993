package agent

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"codex-lsp/agent/journal"
	"codex-lsp/agent/model"
	"codex-lsp/agent/policy"
	"codex-lsp/patch"
)

// patchTool is apply_patch: free text where the model takes custom tools, a
// function with one string elsewhere.
type patchTool struct{ freeform bool }

//go:embed patch.lark
var patchGrammar string

const patchHelp = "Edit, create, move or delete files. Reads and writes what the user sees in the editor, unsaved text included. " +
	"All changes of one patch are made together or not at all."

func (t patchTool) offer() model.Tool {
	if t.freeform {
		return model.Tool{Name: "apply_patch", Description: patchHelp + " Write the patch itself, not JSON.", Grammar: patchGrammar}
	}
	return model.Tool{Name: "apply_patch", Description: patchHelp,
		Parameters: schema(`"input":{"type":"string","description":"the whole patch, from *** Begin Patch to *** End Patch"}`, "input")}
}

func (patchTool) alone(*call) bool { return true }

func (patchTool) run(ctx context.Context, c *call) any {
	text := c.args
	if !c.custom {
		var args struct {
			Input string `json:"input"`
			Patch string `json:"patch"` // as some models call it
		}
		if err := c.decode(&args); err != nil {
			return err.Error()
		}
		text = args.Input + args.Patch
	}
	return c.applyPatch(ctx, text, c.turn.thread.cwd)
}

// applyPatch verifies a patch whose relative paths start at dir, asks where
// the policy says so, and has the host make the edits.
func (c *call) applyPatch(ctx context.Context, text, dir string) string {
	start := time.Now()
	p, changes, err := c.plan(ctx, text, dir)
	if err != nil {
		return "apply_patch verification failed: " + err.Error()
	}
	item := Item{ID: string(c.id), Type: FileChangeItem, Status: ItemInProgress, Changes: fileChanges(c.turn.thread.cwd, changes)}
	c.turn.report(ItemStarted{Ref: c.turn.ref(), Item: item})
	end := func(s ItemStatus, output string) string {
		item.Status, item.Output = s, output
		item.Millis = time.Since(start).Milliseconds()
		c.turn.report(ItemCompleted{Ref: c.turn.ref(), Item: item})
		return output
	}
	a := c.mayPatch(ctx, changes, item.Changes)
	if !a.Decision.Yes() {
		return end(ItemDeclined, refusal("patch", a))
	}
	c.approved(a.By)
	c.turn.waits(WaitEdit, label(changes))
	outcome := c.turn.thread.edit(ctx, edit{
		kind: journal.Edit, turn: c.turn.id, call: c.id, label: label(changes), changes: changes,
		prompt: c.turn.prompt, by: a.By, begin: c.beginEdit,
	})
	c.turn.waits("", "")
	c.turn.changes.record(changes, outcome)
	if outcome.Err != nil {
		c.made = outcome.Err.Error() + notes(outcome)
		return end(ItemFailed, patchResult(1, start, c.made))
	}
	c.made = p.Summary() + notes(outcome)
	c.turn.report(DiffUpdated{Ref: c.turn.ref(), Diff: c.turn.changes.diff(c.turn.thread.cwd)})
	return end(ItemCompletedS, patchResult(0, start, c.made))
}

// plan computes what the patch changes, with absolute paths, over the files as
// the user sees them.
func (c *call) plan(ctx context.Context, text, dir string) (*patch.Patch, []patch.Change, error) {
	p, err := patch.Parse(text)
	if err != nil {
		return nil, nil, err
	}
	changes, err := p.Apply(hostTree{ctx, c.turn.thread, dir})
	if err != nil {
		return nil, nil, err
	}
	for i := range changes {
		changes[i].Path = absolute(dir, changes[i].Path)
		if changes[i].MoveTo != "" {
			changes[i].MoveTo = absolute(dir, changes[i].MoveTo)
		}
	}
	return p, changes, nil
}

// mayPatch asks the user where the policy wants it.
func (c *call) mayPatch(ctx context.Context, changes []patch.Change, shown []FileChange) Answer {
	paths := touched(changes)
	verdict, why := judgePatch(c.turn.config, c.turn.thread.cwd, paths, c.turn.thread.grants.permissions(c.turn.id))
	switch {
	case verdict == policy.Forbid:
		return Answer{Decision: Declined, By: ByPolicy, Message: why}
	case verdict == policy.Run || c.turn.thread.grants.paths(paths):
		return Answer{Decision: Approved, By: ByPolicy}
	}
	var diff strings.Builder
	for _, f := range shown {
		diff.WriteString(f.Diff)
	}
	a := c.ask(ctx, Question{
		Kind: AskPatch, Title: "Apply this change? " + label(changes), Detail: diff.String(),
		Policy: why, Cwd: c.turn.thread.cwd, Files: paths,
	})
	if a.Decision == ApprovedForSession {
		c.turn.thread.grants.addPaths(paths)
	}
	return a
}

// hostTree lets the patch engine read what the user sees.
type hostTree struct {
	ctx    context.Context
	thread *Thread
	dir    string
}

func (t hostTree) Read(path string) (patch.File, error) {
	path = absolute(t.dir, path)
	s, err := t.thread.peers.read(t.ctx, path)
	if err != nil {
		return patch.File{}, err
	}
	// A patch that does not fit is answered with what the file holds.
	if why := t.thread.withheld(t.ctx, path); why != "" {
		return patch.File{}, fmt.Errorf("%s is not read unasked, since %s: read it with read_file first", path, why)
	}
	return s.File, nil
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// touched lists every path that the changes write or remove.
func touched(changes []patch.Change) []string {
	var paths []string
	for _, ch := range changes {
		paths = append(paths, ch.Path)
		if ch.MoveTo != "" {
			paths = append(paths, ch.MoveTo)
		}
	}
	return paths
}

// label names a set of changes in a few words.
func label(changes []patch.Change) string {
	if len(changes) == 1 {
		return string(changes[0].Op) + " " + filepath.Base(changes[0].Path)
	}
	return fmt.Sprintf("%d files", len(changes))
}

// fileChanges is what a client shows of the changes: paths are absolute, the
// names in the diffs relative to the workspace.
func fileChanges(cwd string, changes []patch.Change) []FileChange {
	shown := make([]FileChange, len(changes))
	for i, ch := range changes {
		shown[i] = FileChange{Path: ch.Path, Kind: string(ch.Op), MoveTo: ch.MoveTo, text: cmp.Or(ch.After, ch.Before)}
		ch.Path = relative(cwd, ch.Path)
		if ch.MoveTo != "" {
			ch.MoveTo = relative(cwd, ch.MoveTo)
		}
		shown[i].Diff = patch.Unified(ch)
	}
	return shown
}

// relative is a path as the user would write it in dir.
func relative(dir, path string) string {
	name, err := filepath.Rel(dir, path)
	if err != nil || strings.HasPrefix(name, "..") {
		return path
	}
	return filepath.ToSlash(name)
}

func patchResult(code int, start time.Time, text string) string {
	return fmt.Sprintf("Exit code: %d\nWall time: %.1f seconds\nOutput:\n%s", code, time.Since(start).Seconds(), text)
}

// notes is what the host says about single files.
func notes(o Outcome) string {
	var b strings.Builder
	for _, f := range o.Files {
		if f.Note != "" {
			fmt.Fprintf(&b, "\n%s: %s", f.Path, f.Note)
		}
	}
	return b.String()
}
