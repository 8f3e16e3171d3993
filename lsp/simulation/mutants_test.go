//go:build long

package simulation

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Each mutant breaks one promise of the ledger, the first of them the way that
// Codex lost approvals in September 2025. The simulation must notice them all.
var mutants = []struct{ name, file, old, new string }{
	{"the map is filled after asking", "agent/ledger.go",
		"	l.open[q.ID] = t\n",
		"	time.AfterFunc(time.Millisecond, func() {\n		l.mu.Lock()\n		defer l.mu.Unlock()\n		l.open[q.ID] = t\n	})\n"},
	{"the last answer wins", "agent/ledger.go",
		"	if t.done.Err() != nil {\n		return t.answer, false\n	}\n",
		""},
	{"entries are keyed by turn, not by call", "agent/ledger.go",
		`q.ID = q.ThreadID + "/" + string(q.CallID)`,
		`q.ID = q.ThreadID + "/" + q.TurnID`},
	{"an unknown answer is a yes", "agent/question.go",
		"return d == Approved || d == ApprovedForSession || d == ApprovedWithRule",
		"return d != Abort"},
	{"an interrupt leaves questions open", "agent/ledger.go",
		"		t.Settle(Answer{Decision: Declined, By: ByInterrupt})\n",
		"		return Answer{Decision: Declined, By: ByInterrupt}\n"},
	{"what was declined runs", "agent/tool_exec.go",
		"	if !a.Decision.Yes() {\n		item.Output",
		"	if a.Decision == Abort {\n		item.Output"},
}

func TestMutants(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			copied := t.TempDir()
			list := exec.Command("sh", "-c", "git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "+copied)
			list.Dir = root
			if out, err := list.CombinedOutput(); err != nil {
				t.Fatalf("copy the module: %v\n%s", err, out)
			}
			file := filepath.Join(copied, m.file)
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(src), m.old); n != 1 {
				t.Fatalf("%s holds the text to change %d times", m.file, n)
			}
			if err := os.WriteFile(file, []byte(strings.Replace(string(src), m.old, m.new, 1)), 0o644); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("go", "test", "-count=1", "-timeout", "2m", "-run", "TestSimulation|Answer|Ledger", "./agent", "./lsp/simulation")
			cmd.Dir = copied
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Fatal("not noticed")
			}
			if strings.Contains(string(out), "build failed") {
				t.Fatalf("the mutant does not build:\n%s", out)
			}
			for line := range strings.Lines(string(out)) {
				if strings.Contains(line, "_test.go:") {
					t.Log("noticed:", strings.TrimSpace(line))
					break
				}
			}
		})
	}
}
