package agent

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent/config"
	"codex-lsp/agent/journal"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/agent/rollout"
)

// A summarised script plays turns, and lets a conversation begin otherwise after
// a request that offers no tools: that for a summary.
type summarised struct {
	modeltest.Turns
	server *modeltest.Server
}

func (s *summarised) Turn(r modeltest.Request) (modeltest.Turn, error) {
	if len(r.Tools) == 0 {
		s.server.Forget(r.Thread)
	}
	return s.Turns.Turn(r)
}

func serveSummarised(t *testing.T, turns ...modeltest.Turn) *modeltest.Server {
	s := &summarised{Turns: turns}
	s.server = modeltest.ServeScript(t, s)
	return s.server
}

// compactsAt keeps threads, and summarises them at so many tokens.
func compactsAt(t *testing.T, m *modeltest.Server, home string, tokens int) *Agent {
	t.Helper()
	a := newTestAgent(t, m, rollout.NewStore(home), func(c *config.Config) { c.Context.CompactAt = tokens })
	a.journals = journal.NewStore(home)
	return a
}

// said are the items of a request in a line each: who, and how the text begins.
func said(r modeltest.Request) (lines []string) {
	for _, item := range r.Input {
		h := headOf(item)
		text, _, _ := strings.Cut(parseOutput(item).text(), "\n")
		lines = append(lines, strings.TrimSpace(h.kind+" "+h.role+" "+text[:min(len(text), 40)]))
	}
	return lines
}

const planArgs = `{"plan":[{"step":"fix a.txt","status":"in_progress"},{"step":"test it","status":"pending"}]}`

// long is a turn's response with a plan and a patch that says that the
// conversation has become so long.
func long(tokens int64) modeltest.Turn {
	return modeltest.Turn{
		Items: []modeltest.Item{
			modeltest.CallAs("c1", "update_plan", json.RawMessage(planArgs)),
			modeltest.CustomAs("c2", "apply_patch", fixPatch),
		},
		Usage: modeltest.Usage{Input: tokens, Output: 10},
	}
}

// TestCompaction: in the middle of a turn a conversation becomes too long. It
// goes on with the surroundings, the prompt, the plan, what is not accepted and
// the summary, in this process and in the next, and can be put back.
func TestCompaction(t *testing.T) {
	m := serveSummarised(t, long(20_000),
		modeltest.Says(modeltest.Text("one became ONE")), modeltest.Says(modeltest.Text("done")),
		modeltest.Says(modeltest.Text("more")), modeltest.Says(modeltest.Text("and more")), modeltest.Says(modeltest.Text("as before")))
	home := t.TempDir()
	a := compactsAt(t, m, home, 10_000)
	th, err := a.NewThread(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(always(Approved))
	p.files[filepath.Join(th.Cwd(), "a.txt")] = "one\ntwo\n"
	leave := th.Attach(p)
	if res := askAndWait(t, th, "fix it"); res.Status != Completed || res.Answer != "done" {
		t.Fatalf("the turn ended with %+v", res)
	}
	requests := m.Requests()
	want := []string{
		"message developer " + firstOf(basePrompt), "message developer <permissions instructions>", "message user <environment_context>",
		"message user fix it", "message user <conversation_state>", "message user <conversation_summary>",
	}
	if diff := cmp.Diff(want, said(requests[2])); diff != "" {
		t.Errorf("what goes on (-want +got):\n%s", diff)
	}
	state := parseOutput(requests[2].Input[4]).text()
	for _, part := range []string{"- [in_progress] fix a.txt\n- [pending] test it\n", "- a.txt (update)", "-one\n+ONE\n"} {
		if !strings.Contains(state, part) {
			t.Errorf("the state lacks %q:\n%s", part, state)
		}
	}
	if got := parseOutput(requests[2].Input[5]).text(); !strings.Contains(got, "one became ONE") {
		t.Errorf("the summary is %q", got)
	}
	if s := th.Status(); s.Context == 0 || s.Context >= 10_000 || s.Window == 0 {
		t.Errorf("the conversation has %d of %d tokens", s.Context, s.Window)
	}
	askAndWait(t, th, "go on")
	leave()
	a.Close()
	putBack(t, m, home, th.ID(), p)
}

// putBack goes on with a conversation of two prompts that was summarised after
// the first, and takes the summary back.
func putBack(t *testing.T, m *modeltest.Server, home, id string, p *peer) {
	t.Helper()
	a := compactsAt(t, m, home, 10_000)
	th, err := a.Resume(id, "")
	if err != nil {
		t.Fatal(err)
	}
	defer th.Attach(p)()
	var kinds []ItemType
	for _, item := range th.Earlier() {
		kinds = append(kinds, item.Type)
	}
	if diff := cmp.Diff([]ItemType{UserMessage, ContextCompaction, AgentMessage, UserMessage, AgentMessage}, kinds); diff != "" {
		t.Errorf("what was said (-want +got):\n%s", diff)
	}
	askAndWait(t, th, "and on")
	if err := th.UndoCompaction(); err != nil {
		t.Fatal(err)
	}
	m.Forget(th.ID())
	askAndWait(t, th, "what was it?")
	last := fmt.Sprint(said(m.Requests()[5]))
	for _, part := range []string{"function_call", "message user fix it", "message user go on", "message user what was it?"} {
		if !strings.Contains(last, part) {
			t.Errorf("%q is not there after the summary was taken back: %s", part, last)
		}
	}
	if strings.Contains(last, "<conversation_summary>") {
		t.Errorf("the summary is still there: %s", last)
	}
	if err := th.UndoCompaction(); err != errNotCompacted {
		t.Errorf("taken back twice: %v", err)
	}
}

func firstOf(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line[:min(len(line), 40)]
}

// TestCompactTwice: the plan outlives a second summary, before which it was not
// made again; and what is long right after a summary is not summarised anew.
func TestCompactTwice(t *testing.T) {
	m := serveSummarised(t, long(20_000), modeltest.Says(modeltest.Text("first")),
		modeltest.Turn{Items: []modeltest.Item{modeltest.Text("done")}, Usage: modeltest.Usage{Input: 500}},
		modeltest.Says(modeltest.Text("second")))
	a := compactsAt(t, m, t.TempDir(), 10_000)
	th, err := a.NewThread(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(always(Approved))
	p.files[filepath.Join(th.Cwd(), "a.txt")] = "one\ntwo\n"
	defer th.Attach(p)()
	askAndWait(t, th, "fix it")
	id, err := th.Compact()
	if err != nil {
		t.Fatal(err)
	}
	res, err := th.Wait(t.Context(), id)
	if err != nil || res.Status != Completed || res.Answer != "" {
		t.Fatalf("summarised by hand: %+v, %v", res, err)
	}
	state := ""
	for _, item := range th.history {
		if text := parseOutput(item).text(); strings.HasPrefix(text, stateOpening) {
			state = text
		}
	}
	if !strings.Contains(state, "Your plan:\n- [in_progress] fix a.txt\n- [pending] test it\n\nFiles that you changed:") {
		t.Errorf("the second state is\n%s", state)
	}
}

// TestTooLong: a provider that finds the conversation too long gets a summary,
// made of as much as it takes; one that never takes anything ends the turn with
// the cause, and the conversation is as it was.
func TestTooLong(t *testing.T) {
	full := modeltest.Refuses(400, `{"error":{"message":"too many tokens","code":"context_length_exceeded"}}`)
	said := modeltest.Turn{Failed: modeltest.Failure{Code: "context_length_exceeded", Message: "too many tokens"}}
	filler := strings.Repeat("word ", 2000)
	m := serveSummarised(t, modeltest.Says(modeltest.Text(filler)), said, full, modeltest.Says(modeltest.Text("so far")), modeltest.Says(modeltest.Text("done")))
	a := compactsAt(t, m, t.TempDir(), 0)
	th, err := a.NewThread(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer th.Attach(newPeer(nil))()
	askAndWait(t, th, "talk")
	if res := askAndWait(t, th, "go on"); res.Status != Completed || res.Answer != "done" {
		t.Fatalf("the turn ended with %+v", res)
	}
	if first, second := m.Requests()[2], m.Requests()[3]; len(second.Body) >= len(first.Body) {
		t.Errorf("the second request for a summary has %d bytes, the first %d", len(second.Body), len(first.Body))
	}

	s := &summarised{}
	s.server = modeltest.ServeScript(t, &refusing{s})
	m = s.server
	a = compactsAt(t, m, t.TempDir(), 0)
	if th, err = a.NewThread(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	defer th.Attach(newPeer(nil))()
	res := askAndWait(t, th, "go on")
	if res.Status != Failed || !strings.Contains(res.Error, "could not be summarised") || !strings.Contains(res.Error, "no longer fits") {
		t.Errorf("the turn ended with %+v", res)
	}
	if text := fmt.Sprintf("%s", th.history); !strings.Contains(text, "go on") {
		t.Errorf("the history lost the prompt: %s", text)
	}
}

// A refusing script never takes a conversation.
type refusing struct{ *summarised }

func (s *refusing) Turn(r modeltest.Request) (modeltest.Turn, error) {
	s.server.Forget(r.Thread)
	return modeltest.Refuses(400, `{"error":{"message":"too many tokens","code":"context_length_exceeded"}}`), nil
}

// TestTokensOf: an image counts by what it is, not by its bytes.
func TestTokensOf(t *testing.T) {
	text := userMessage(strings.Repeat("abcd", 1000))
	if n := tokensOf(text); n < 1000 || n > 1050 {
		t.Errorf("a text of 4,000 bytes counts as %d tokens", n)
	}
	image := message("user", part{Type: "input_image", ImageURL: "data:image/png;base64," + strings.Repeat("A", 1<<20)})
	if n := tokensOf(image); n < 1400 || n > 1600 {
		t.Errorf("an image counts as %d tokens", n)
	}
}

// TestAskWhileCompacting: what is said while the conversation is summarised is
// answered after.
func TestAskWhileCompacting(t *testing.T) {
	open := make(chan struct{})
	m := serveSummarised(t, modeltest.Says(modeltest.Text("hello")),
		modeltest.Says(modeltest.Gate(open), modeltest.Text("so far")), modeltest.Says(modeltest.Text("answered")))
	a := compactsAt(t, m, t.TempDir(), 0)
	th, err := a.NewThread(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer th.Attach(newPeer(nil))()
	askAndWait(t, th, "hi")
	id, err := th.Compact()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := th.Compact(); err != errBusy {
		t.Errorf("summarised while it is: %v", err)
	}
	if steered, err := th.Ask(Input{Text: "and?"}); steered != id || err != nil {
		t.Errorf("asked meanwhile: turn %q, %v", steered, err)
	}
	close(open)
	if res, err := th.Wait(t.Context(), id); err != nil || res.Answer != "answered" {
		t.Errorf("the turn ended with %+v, %v", res, err)
	}
}
