package agent

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model/modeltest"
)

// A played is what is left of a conversation, with nothing in it that depends
// on the wire: ids of messages, and the folder.
type played struct {
	Answers []string
	Items   []string // completed ones, sorted: commands side by side end in any order
	Ran     []string // sorted likewise
	File    string
	Changed []string
	Outputs []string // what the model read, in its order
}

// TestWiresAreAlike plays one conversation over Responses and over Chat
// Completions: a command, a patch, calls side by side among which one is
// garbled and one unknown, an answer, and a second prompt. Users and models
// cannot tell which wire it was.
func TestWiresAreAlike(t *testing.T) {
	for name, patchCall := range map[string]modeltest.Item{
		"gpt-5.5":    modeltest.CustomAs("c2", "apply_patch", fixPatch),
		"some-model": modeltest.CallAs("c2", "apply_patch", map[string]any{"input": fixPatch}),
	} {
		t.Run(name, func(t *testing.T) {
			script := modeltest.Turns{
				modeltest.Says(modeltest.Reasoning("look first", ""), modeltest.Text("I look."), modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "cat a.txt"})),
				modeltest.Says(patchCall),
				modeltest.Says(
					modeltest.CallAs("c3", "exec_command", map[string]any{"cmd": "make"}),
					modeltest.CallAs("c4", "exec_command", map[string]any{"cmd": "make test"}),
					modeltest.CallAs("c5", "exec_command", `{"cmd": "ls`),
					modeltest.CallAs("c6", "delete_everything", map[string]any{"really": true}),
					modeltest.CallAs("c7", "read_file", map[string]any{"path": "a.txt"})),
				modeltest.Says(modeltest.Text("all ", "done")),
				modeltest.Says(modeltest.Text("as I said")),
			}
			responses := playOver(t, "responses", name, script)
			if len(responses.Items) == 0 || responses.File != "ONE\ntwo\n" || len(responses.Ran) != 3 {
				t.Fatalf("the conversation did not take place: %+v", responses)
			}
			if diff := cmp.Diff(responses, playOver(t, "chat", name, script)); diff != "" {
				t.Errorf("-responses +chat\n%s", diff)
			}
		})
	}
}

func playOver(t *testing.T, wire, model string, script modeltest.Script) (p played) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, script, func(c *config.Config) { c.Model, c.Provider.Wire = model, wire })
		file := filepath.Join(b.Cwd(), "a.txt")
		b.peer.files[file] = "one\ntwo\n"
		for _, prompt := range []string{"fix it", "are you sure?"} {
			res := askAndWait(t, b.Thread, prompt)
			p.Answers = append(p.Answers, fmt.Sprint(res.Status, ": ", res.Error, res.Answer))
			for _, path := range res.Files {
				p.Changed = append(p.Changed, b.neutral(path))
			}
		}
		for _, e := range of[ItemCompleted](b.peer) {
			p.Items = append(p.Items, b.neutral(itemLine(e.Item)))
		}
		slices.Sort(p.Items)
		p.Ran = slices.Sorted(slices.Values(b.runner.ran))
		p.File = b.peer.files[file]
		requests := b.model.Requests()
		for _, r := range requests {
			if r.Chat != (wire == "chat") {
				t.Errorf("request %d went over the other wire", r.N)
			}
		}
		for _, out := range requests[len(requests)-1].Outputs() {
			p.Outputs = append(p.Outputs, b.neutral(out))
		}
	})
	return p
}

// itemLine is an item without the id that the provider made up.
func itemLine(it Item) string {
	switch it.Type {
	case UserMessage, AgentMessage, Reasoning:
		it.ID = ""
	}
	return string(mustJSON(it))
}

// neutral takes the folder's name out of a text.
func (b *bubble) neutral(s string) string { return strings.ReplaceAll(s, b.Cwd(), "CWD") }
