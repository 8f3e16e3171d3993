package lsp

import (
	"strings"
	"testing"

	"codex-lsp/agent/model/modeltest"
	"codex-lsp/lsp/lsptest"
)

// TestChangedSinceThePatch: the model hears once, with its next output, that
// lines which it wrote are others now.
func TestChangedSinceThePatch(t *testing.T) {
	asked, typed := make(chan struct{}), make(chan struct{})
	read := func(id string) modeltest.Item {
		return modeltest.CallAs(id, "read_file", map[string]any{"path": "a.txt"})
	}
	m := modeltest.ServeScript(t, modeltest.Func(func(r modeltest.Request) []modeltest.Item {
		switch r.Turn {
		case 1:
			return []modeltest.Item{modeltest.CustomAs("c1", "apply_patch", threeHunks)}
		case 2:
			close(asked)
			return []modeltest.Item{modeltest.Gate(typed), read("c2")}
		case 3:
			return []modeltest.Item{read("c3")}
		}
		return []modeltest.Item{modeltest.Text("done")}
	}))
	b := withModel(t, lsptest.VSCode, m, map[string]string{"a.txt": threeHunked})
	path := b.path("a.txt")
	b.Open(path)
	if err := b.Execute("codex.ask", map[string]any{"prompt": "go"}, nil); err != nil {
		t.Fatal(err)
	}
	<-asked
	b.Type(path, "five\nsix\n", "  five\n  six\n") // as a formatter does
	b.settled("a.txt")
	close(typed)
	b.progressEnded(1)
	reqs := m.Requests()
	const note = "Note: since your patch, lines 4-5 of a.txt were changed in the editor, by the user or by a formatter; read them before you patch there again."
	for id, want := range map[string]bool{"c1": false, "c2": true, "c3": false} {
		if out, _ := reqs[3].Output(id); strings.Contains(out, note) != want {
			t.Errorf("output of %s: %q", id, out)
		}
	}
}
