package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/model/modeltest"
)

// TestExecResume: a run goes on with an earlier one, by its id or as the last
// one about the folder. Without a trace there is nothing to go on with.
func TestExecResume(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.Text("one")), modeltest.Says(modeltest.Text("two")), modeltest.Says(modeltest.Text("three")))
	e := newExecution(t, m.URL, "--json", "remember 42")
	out, errs, code := e.run(t)
	var started struct {
		ThreadID string `json:"thread_id"`
	}
	first, _, _ := strings.Cut(out, "\n")
	if err := json.Unmarshal([]byte(first), &started); err != nil || code != 0 {
		t.Fatalf("code %d, %v: %s%s", code, err, out, errs)
	}
	for _, args := range [][]string{{"exec", "resume", started.ThreadID, "which number?"}, {"exec", "resume", "--last", "really?"}} {
		e.args = args
		if out, errs, code := e.run(t); code != 0 || !strings.Contains(errs, started.ThreadID) {
			t.Errorf("%q: code %d: %s%s", args, code, out, errs)
		}
	}
	if last := m.Requests()[2]; last.Thread != started.ThreadID || !last.Says("remember 42") || !last.Says("which number?") || !last.Says("two") {
		t.Errorf("the last request is %s", last.Body)
	}
	if saved, _ := filepath.Glob(filepath.Join(e.home, "sessions", "*", "*", "*", "*")); len(saved) != 1 {
		t.Errorf("saved: %q", saved)
	}
}

// TestExecResumeElsewhere: -C, or the current folder, is what a conversation is
// about from then on, wherever it began; that folder may be gone.
func TestExecResumeElsewhere(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("one")), modeltest.Says(modeltest.Custom("apply_patch", execPatch)), modeltest.Says(modeltest.Text("two")))
	e := newExecution(t, m.URL, "go")
	if _, errs, code := e.run(t); code != 0 {
		t.Fatal(errs)
	}
	first := e.dir
	if err := os.RemoveAll(first); err != nil {
		t.Fatal(err)
	}
	other := newExecution(t, m.URL, "exec")
	e.dir, e.args = t.TempDir(), []string{"exec", "-C", other.dir, "resume", savedID(t, e.home), "go on"}
	if out, errs, code := e.run(t); code != 0 || out != "two\n" {
		t.Errorf("code %d: %s%s", code, out, errs)
	}
	if text := other.read("a.txt"); text != "ONE\ntwo\n" {
		t.Errorf("a.txt is %q", text)
	}
	if _, err := os.Stat(first); err == nil {
		t.Error("the folder that was gone is there again")
	}
}

// savedID is the id of the only saved conversation.
func savedID(t *testing.T, home string) string {
	t.Helper()
	saved, _ := filepath.Glob(filepath.Join(home, "sessions", "*", "*", "*", "*.jsonl"))
	if len(saved) != 1 {
		t.Fatalf("saved: %q", saved)
	}
	name := strings.TrimSuffix(filepath.Base(saved[0]), ".jsonl")
	return name[len(name)-36:]
}

func TestExecEphemeral(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Custom("apply_patch", execPatch)), modeltest.Says(modeltest.Text("one")))
	e := newExecution(t, m.URL, "--ephemeral", "go")
	if out, errs, code := e.run(t); code != 0 {
		t.Fatalf("code %d: %s%s", code, out, errs)
	}
	for _, name := range []string{"sessions", "journal", "thread-writer-locks"} {
		if left, _ := filepath.Glob(filepath.Join(e.home, name)); len(left) > 0 {
			t.Errorf("there is %s", name)
		}
	}
	e.args = []string{"exec", "resume", "--last", "go on"}
	if _, errs, code := e.run(t); code != 1 || !strings.Contains(errs, "no conversation about "+e.dir+" is saved") {
		t.Errorf("code %d: %s", code, errs)
	}
}

// TestExecResumeWrongly names what is wrong with what is to be resumed.
func TestExecResumeWrongly(t *testing.T) {
	for args, want := range map[string]struct {
		code int
		says string
	}{
		"resume":            {2, "resume takes the id of a conversation, or --last"},
		"--last go":         {2, "--last goes with resume"},
		"resume id a b":     {2, `unexpected argument "b"`},
		"resume nowhere go": {1, "no saved conversation nowhere"},
	} {
		e := newExecution(t, "http://localhost", strings.Fields(args)...)
		if _, errs, code := e.run(t); code != want.code || !strings.Contains(errs, want.says) {
			t.Errorf("%q: code %d: %s", args, code, errs)
		}
	}
}
