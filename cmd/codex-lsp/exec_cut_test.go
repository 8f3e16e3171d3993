package main

import (
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/journal"
	"codex-lsp/agent/model/modeltest"
)

// TestExecTellsOfCuts: a run that takes a killed one's change back says so.
func TestExecTellsOfCuts(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("one")))
	e := newExecution(t, m.URL, "go")
	path := filepath.Join(e.dir, "cut.txt")
	i, err := journal.NewStore(e.home).Begin("thread", journal.Entry{Call: "c", Files: []journal.File{{Path: path, After: journal.NewText("half", 0)}}})
	if err != nil {
		t.Fatal(err)
	}
	i.Abandon()
	out, errs, code := e.run(t)
	if code != 0 || out != "one\n" || !strings.Contains(errs, "in the middle of a change, which is taken back: "+path) {
		t.Errorf("code %d: %s%s", code, out, errs)
	}
}
