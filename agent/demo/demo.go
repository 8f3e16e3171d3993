// Package demo is a small project with a bug, and a script for a model that
// mends it: what the demo command plays, offline and without a key.
//
// The project is a shell script, because any machine that can run commands at
// all has a shell.
package demo

import (
	"embed"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"codex-lsp/agent/model/modeltest"
)

// What the demo works on.
const (
	Prompt = "The test fails. Find out why and fix it."
	File   = "price.sh" // the file with the bug
	Test   = "sh test.sh"
)

//go:embed project
var project embed.FS

// Write puts the project into a folder.
func Write(dir string) error {
	files, err := fs.ReadDir(project, "project")
	if err != nil {
		return err
	}
	for _, f := range files {
		text, err := project.ReadFile("project/" + f.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name()), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

const fix = `*** Begin Patch
*** Update File: price.sh
@@ total() {
   sum=$(($1 * $2))
-  if [ "$2" -gt 10 ]; then
+  if [ "$2" -ge 10 ]; then
     sum=$((sum - sum / 10))
*** End Patch`

// Script is what the model says, and nothing but what it says.
func Script() modeltest.Script { return script(turns()) }

// A script stops where the user declines a command: what comes after would be
// about an output that is not there.
type script modeltest.Turns

// Turn implements [modeltest.Script].
func (s script) Turn(r modeltest.Request) (modeltest.Turn, error) {
	if strings.Contains(r.LastOutput(), "rejected by user") {
		return modeltest.Says(modeltest.Text("You declined the test, so I stop here: ", "what I have not run I cannot vouch for.")), nil
	}
	return modeltest.Turns(s).Turn(r)
}

func turns() modeltest.Turns {
	plan := func(run, mend, check string) modeltest.Item {
		step := func(what, status string) map[string]string { return map[string]string{"step": what, "status": status} }
		return modeltest.Call("update_plan", map[string]any{"plan": []any{
			step("Run the test", run), step("Fix the cause", mend), step("Run the test again", check),
		}})
	}
	test := func(why string) modeltest.Item {
		return modeltest.Call("exec_command", map[string]any{"cmd": Test, "justification": why})
	}
	return modeltest.Turns{
		modeltest.Says(
			modeltest.Text("I run the test first, ", "to see what fails."),
			plan("in_progress", "pending", "pending")),
		modeltest.Says(test("To see which check fails")),
		modeltest.Says(
			modeltest.Text("Ten pieces are charged in full. ", "I look at the rule."),
			modeltest.Call("read_file", map[string]any{"path": File})),
		modeltest.Says(
			modeltest.Text("The discount begins at ten pieces, ", "but `-gt 10` asks for more than ten."),
			plan("completed", "in_progress", "pending"),
			modeltest.Custom("apply_patch", fix)),
		modeltest.Says(test("To see that it passes now")),
		modeltest.Says(plan("completed", "completed", "completed")),
		modeltest.Says(
			modeltest.Text("Fixed: `total` now takes off the discount from ten pieces on ", "(`price.sh:6`, `-gt` is now `-ge`). ", "All four checks of `test.sh` pass.")),
	}
}
