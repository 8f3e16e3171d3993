package agent

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"codex-lsp/patch"
)

// stateOpening is how what survives a summary word by word begins.
const stateOpening = "<conversation_state>"

const (
	maxStateDiff = 16 << 10 // bytes of changes that wait for the user, before they are only named
	maxStateRead = 50       // files that were read
)

// state is what a summary may not lose: the plan, the files that were read and
// changed, and what of that the user has not accepted. No call and so no
// question is open while it is made.
func (tn *turn) state(history []json.RawMessage) string {
	t := tn.thread
	var b strings.Builder
	if plan := lastPlan(history); plan != "" {
		b.WriteString("\nYour plan:\n" + plan)
	}
	if read := filesRead(history); len(read) > 0 {
		b.WriteString("\nFiles that you read, which may be others by now: " + strings.Join(read, ", ") + "\n")
	}
	if changed := t.allChanged(); len(changed) > 0 {
		b.WriteString("\nFiles that you changed:\n")
		for _, f := range changed {
			fmt.Fprintf(&b, "- %s (%s)\n", relative(t.cwd, f.Path), f.Kind)
		}
	}
	b.WriteString(tn.unreviewed())
	if b.Len() == 0 {
		return ""
	}
	return stateOpening + b.String() + "</conversation_state>"
}

// allChanged lists each file that the thread changed once, as it was changed
// last.
func (t *Thread) allChanged() []ChangedFile {
	var files []ChangedFile
	for _, f := range t.ChangedFiles("") {
		files = append(slices.DeleteFunc(files, func(g ChangedFile) bool { return g.Path == f.Path }), f)
	}
	return files
}

// unreviewed shows the hunks that wait for the user, as diffs; if they are many,
// only where they are.
func (tn *turn) unreviewed() string {
	t := tn.thread
	paths, err := t.Touched()
	if err != nil {
		return ""
	}
	var diffs, places strings.Builder
	for _, path := range paths {
		snap, err := t.peers.read(tn.ctx, path)
		if err != nil {
			continue // it is gone, and so are its hunks
		}
		r, err := t.review(path, snap.Text)
		if err != nil || len(r.hunks) == 0 {
			continue
		}
		name := relative(t.cwd, path)
		diffs.WriteString(patch.Diff(name, r.base, r.now))
		for _, h := range r.hunks {
			fmt.Fprintf(&places, "- %s lines %d-%d\n", name, h.After.Start+1, max(h.After.End, h.After.Start+1))
		}
	}
	switch {
	case diffs.Len() == 0:
		return ""
	case diffs.Len() > maxStateDiff:
		return "\nChanges of yours that the user has not accepted yet are at:\n" + places.String()
	}
	return "\nChanges of yours that the user has not accepted yet:\n" + diffs.String()
}

// lastPlan is the plan as the model wrote it last, if it did.
func lastPlan(history []json.RawMessage) string {
	for _, item := range slices.Backward(history) {
		if headOf(item).kind != "function_call" {
			if text := parseOutput(item).text(); strings.HasPrefix(text, stateOpening) {
				return planIn(text)
			}
			continue
		}
		out := parseOutput(item)
		var args struct {
			Plan []PlanStep `json:"plan"`
		}
		if out.Name != "update_plan" || json.Unmarshal([]byte(out.Arguments), &args) != nil {
			continue
		}
		var b strings.Builder
		for _, s := range args.Plan {
			fmt.Fprintf(&b, "- [%s] %s\n", s.Status, s.Step)
		}
		return b.String()
	}
	return ""
}

// planIn is the plan of a state that an earlier summary left.
func planIn(state string) string {
	_, plan, found := strings.Cut(state, "\nYour plan:\n")
	if !found {
		return ""
	}
	if plan, _, found = strings.Cut(plan, "\n\n"); !found {
		plan = strings.TrimSuffix(plan, "</conversation_state>")
	}
	return strings.TrimRight(plan, "\n") + "\n"
}

// filesRead are the paths that the model read, those of the newest calls.
func filesRead(history []json.RawMessage) []string {
	var paths []string
	for _, item := range slices.Backward(history) {
		if headOf(item).kind != "function_call" {
			continue
		}
		out := parseOutput(item)
		var args struct {
			Path string `json:"path"`
		}
		if out.Name != "read_file" || json.Unmarshal([]byte(out.Arguments), &args) != nil || args.Path == "" || slices.Contains(paths, args.Path) {
			continue
		}
		if paths = append(paths, args.Path); len(paths) == maxStateRead {
			break
		}
	}
	slices.Reverse(paths)
	return paths
}
