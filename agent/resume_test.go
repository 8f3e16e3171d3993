package agent

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/agent/rollout"
)

// talk has a conversation of one turn, with a command and a patch, that is kept
// in sessions, and ends its process.
func talk(t *testing.T, m *modeltest.Server, sessions *rollout.Store) (id, cwd string) {
	t.Helper()
	p := newPeer(always(Approved))
	a := newTestAgent(t, m, sessions, nil)
	th, err := a.NewThread(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer th.Attach(p)()
	p.files[filepath.Join(th.Cwd(), "a.txt")] = "one\ntwo\n"
	askAndWait(t, th, "fix it\nplease")
	a.Close()
	return th.ID(), th.Cwd()
}

// conversation is what talk needs of a model, and one answer more.
func conversation(more ...modeltest.Turn) []modeltest.Turn {
	return append([]modeltest.Turn{
		modeltest.Says(
			modeltest.Reasoning("look first", "sealed"),
			modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "echo hello"})),
		modeltest.Says(modeltest.CustomAs("c2", "apply_patch", fixPatch)),
		modeltest.Says(modeltest.Text("all done")),
	}, more...)
}

// TestResume: a conversation goes on in another process as if it had never
// ended. The scripted model refuses a history that does not begin as the one
// before did.
func TestResume(t *testing.T) {
	m := modeltest.Serve(t, conversation(modeltest.Says(modeltest.Text("as I said")))...)
	sessions := rollout.NewStore(t.TempDir())
	id, cwd := talk(t, m, sessions)

	a := newTestAgent(t, m, sessions, nil)
	if latest, err := a.Latest(cwd); latest != id || err != nil {
		t.Errorf("the latest is %q, %v", latest, err)
	}
	th, err := a.Resume(id[len(id)-12:], "")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := a.Resume(id, ""); again != th || err != nil {
		t.Errorf("resumed again it is %v, %v", again, err)
	}
	want := Status{ThreadID: id, Cwd: cwd, Title: "fix it", Model: th.Status().Model, State: "idle", Usage: th.Status().Usage}
	if diff := cmp.Diff(want, th.Status()); diff != "" || want.Usage.Total == 0 {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	files := th.ChangedFiles("")
	if len(files) != 1 || files[0].Path != filepath.Join(cwd, "a.txt") || files[0].Kind != "update" || files[0].TurnID == "" {
		t.Errorf("changed files: %+v", files)
	}
	var said []string
	for _, item := range th.Earlier() {
		said = append(said, string(item.Type)+": "+item.Text)
	}
	if diff := cmp.Diff([]string{"userMessage: fix it\nplease", "agentMessage: all done"}, said); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
	p := newPeer(nil)
	defer th.Attach(p)()
	if res := askAndWait(t, th, "really?"); res.Answer != "as I said" {
		t.Errorf("result %+v", res)
	}
	if w := of[Warning](p); len(w) > 0 {
		t.Errorf("warned: %+v", w)
	}
	reqs := m.Requests()
	if n := len(reqs[3].Input) - len(reqs[2].Input); n != 2 { // its answer and the prompt
		t.Errorf("%d items more than before, want 2", n)
	}
}

// resumed resumes a thread in a process of its own, and asks unless prompt is "".
func resumed(t *testing.T, m *modeltest.Server, sessions *rollout.Store, id, prompt string) *peer {
	t.Helper()
	a := newTestAgent(t, m, sessions, nil)
	defer a.Close()
	th, err := a.Resume(id, "")
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(nil)
	defer th.Attach(p)()
	if prompt != "" {
		if res := askAndWait(t, th, prompt); res.Status != Completed {
			t.Errorf("%s: %+v", prompt, res)
		}
	}
	return p
}

// TestResumeFromEveryPoint: whenever the process was killed, the conversation
// goes on with what is on disk: each call has one answer, and only one that was
// lost is told to be.
func TestResumeFromEveryPoint(t *testing.T) {
	sessions := rollout.NewStore(t.TempDir())
	id, _ := talk(t, modeltest.Serve(t, conversation()...), sessions)
	path, err := sessions.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(whole), "\n")
	states := make(map[string]bool) // the states that a call was found in
	for n := 1; n < len(lines); n++ {
		m := modeltest.Serve(t, modeltest.Says(modeltest.Text("on")), modeltest.Says(modeltest.Text("and on")))
		if err := os.WriteFile(path, []byte(strings.Join(lines[:n], "")+lines[n][:len(lines[n])/2]), 0o600); err != nil {
			t.Fatal(err)
		}
		torn := len(strings.Join(lines[:n], ""))
		for range 2 { // who only looks leaves no trace
			resumed(t, m, sessions, id, "")
			if info, err := os.Stat(path); err != nil || info.Size() != int64(torn) {
				t.Fatalf("%d lines: %v, %v, want %d bytes", n, info, err, torn)
			}
		}
		p := resumed(t, m, sessions, id, "go on")
		resumed(t, m, sessions, id, "go on again") // refused if the history begins otherwise
		began, ended := n > 1, n == len(lines)-1
		told := m.Requests()[0].Says("The program ended during the previous turn")
		if warned := len(of[Warning](p)) > 0; told != warned || told != (began && !ended) {
			t.Errorf("%d lines: the model is told %v, the user %v", n, told, warned)
		}
		for _, state := range []string{cutWaiting, cutApproved, cutStarted} {
			if m.Requests()[0].Says(state) {
				states[state] = true
			}
		}
		if text := "The program ended during the previous turn"; strings.Count(string(m.Requests()[1].Body), text) > 1 {
			t.Errorf("%d lines: the model is told twice", n)
		}
	}
	if len(states) != 3 {
		t.Errorf("calls were only ever found %q", slices.Collect(maps.Keys(states)))
	}
}

// TestResumeElsewhere: a conversation that is resumed about another folder is
// about that one from then on, and the model is told. A folder that is gone is
// not made again.
func TestResumeElsewhere(t *testing.T) {
	m := modeltest.Serve(t, conversation(modeltest.Says(modeltest.Text("here")), modeltest.Says(modeltest.Text("still here")))...)
	sessions := rollout.NewStore(t.TempDir())
	id, old := talk(t, m, sessions)
	if err := os.Remove(old); err != nil {
		t.Fatal(err)
	}
	a := newTestAgent(t, m, sessions, nil)
	if _, err := a.Resume(id, ""); !errors.Is(err, ErrFolderGone) || !strings.Contains(err.Error(), old) {
		t.Errorf("about a folder that is gone: %v", err)
	}
	cwd := t.TempDir()
	if err := os.WriteFile(filepath.Join(cwd, "AGENTS.md"), []byte("Answer in rhyme."), 0o600); err != nil {
		t.Fatal(err)
	}
	th, err := a.Resume(strings.ToUpper(id), cwd)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := a.Resume(strings.ToUpper(id), ""); again != th || err != nil {
		t.Errorf("resumed again it is %v, %v", again, err)
	}
	defer th.Attach(newPeer(nil))()
	askAndWait(t, th, "where?")
	a.Close()
	resumed(t, m, sessions, id, "and now?")
	for _, r := range m.Requests()[3:] {
		if body := string(r.Body); strings.Count(body, cwd+`\u003c/cwd`) != 1 || strings.Count(body, "Answer in rhyme.") != 1 {
			t.Errorf("the model reads %s", body[strings.Index(body, "fix it"):])
		}
	}
	if latest, err := a.Latest(cwd); latest != id || err != nil {
		t.Errorf("the latest is %q, %v", latest, err)
	}
	if latest, err := a.Latest(old); latest != "" || err != nil {
		t.Errorf("the latest about the old folder is %q, %v", latest, err)
	}
	if _, err := os.Stat(old); err == nil {
		t.Error("the folder that was gone is there")
	}
}

// TestResumeNewerFormat: what a newer Codex wrote goes on as a copy.
func TestResumeNewerFormat(t *testing.T) {
	home := t.TempDir()
	dir := filepath.Join(home, "sessions", "2026", "11", "25")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	const id = "01a21362-a5ff-72e2-a28e-4d3e9cd29626"
	path := filepath.Join(dir, "rollout-2026-11-25T15-46-01-"+id+".jsonl")
	old := `{"ordinal":0,"type":"session_meta","payload":{"id":"` + id + `","cwd":"` + home + `","base_instructions":{"text":"B"},"history_mode":"paginated"}}
{"ordinal":1,"type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"remember 42"}],"metadata":{}}}
{"ordinal":2,"type":"event_msg","payload":{"type":"item_completed","item":{"type":"UserMessage","content":[{"text":"remember 42"}]}}}
`
	if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	sessions := rollout.NewStore(home)
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("42")), modeltest.Says(modeltest.Text("still")))
	a := newTestAgent(t, m, sessions, nil)
	th, err := a.Resume(id, "")
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(nil)
	defer th.Attach(p)()
	askAndWait(t, th, "which number?")
	if th.ID() == id || !m.Requests()[0].Says("remember 42") || !m.Requests()[0].Says("B") {
		t.Errorf("thread %s: %s", th.ID(), m.Requests()[0].Body)
	}
	if w := of[Warning](p); len(w) != 1 || !strings.Contains(w[0].Message, "as a copy") {
		t.Errorf("warned: %+v", w)
	}
	if now, _ := os.ReadFile(path); string(now) != old {
		t.Errorf("the newer file is written: %s", now)
	}
	a.Close()
	if th, err = newTestAgent(t, m, sessions, nil).Resume(th.ID(), ""); err != nil || len(th.Earlier()) != 3 {
		t.Errorf("the copy has %+v, %v", th.Earlier(), err)
	}
	defer th.Attach(p)()
	askAndWait(t, th, "sure?")
}

// TestUnwritableSessions: a thread that cannot be kept goes on, and the user is
// told once.
func TestUnwritableSessions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("one")), modeltest.Says(modeltest.Text("two")))
	p := newPeer(nil)
	th, err := newTestAgent(t, m, rollout.NewStore(file), nil).NewThread(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer th.Attach(p)()
	askAndWait(t, th, "1")
	if res := askAndWait(t, th, "2"); res.Answer != "two" {
		t.Errorf("%+v", res)
	}
	if w := of[Warning](p); len(w) != 1 || !strings.Contains(w[0].Message, "is not saved from here on") {
		t.Errorf("warned: %+v", w)
	}
}

// TestNotKeptFromHere: where a rollout cannot be written any more, the thread
// goes on, the user is told once, and what was written can be resumed.
func TestNotKeptFromHere(t *testing.T) {
	m := modeltest.Serve(t, conversation(modeltest.Says(modeltest.Text("two")), modeltest.Says(modeltest.Text("three")))...)
	sessions := rollout.NewStore(t.TempDir())
	id, _ := talk(t, m, sessions)
	a := newTestAgent(t, m, sessions, nil)
	th, err := a.Resume(id, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := th.record.file.Close(); err != nil { // as after a write that failed
		t.Fatal(err)
	}
	p := newPeer(nil)
	defer th.Attach(p)()
	askAndWait(t, th, "2")
	if res := askAndWait(t, th, "3"); res.Answer != "three" {
		t.Errorf("%+v", res)
	}
	if w := of[Warning](p); len(w) != 1 || !strings.Contains(w[0].Message, "is not saved from here on: ") {
		t.Errorf("warned: %+v", w)
	}
	a.Close()
	again, err := newTestAgent(t, m, sessions, nil).Resume(id, "")
	if err != nil || len(again.Earlier()) != 2 {
		t.Errorf("resumed %+v, %v", again, err)
	}
}

func TestNothingIsKept(t *testing.T) {
	a := newTestAgent(t, modeltest.Serve(t), nil, func(*config.Config) {})
	if _, err := a.Resume("x", ""); !errors.Is(err, ErrNotKept) {
		t.Errorf("resume: %v", err)
	}
	if _, err := a.Latest("/w"); !errors.Is(err, ErrNotKept) {
		t.Errorf("latest: %v", err)
	}
}
