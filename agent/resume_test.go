package agent

import (
	"errors"
	"os"
	"path/filepath"
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
	th, err := a.Resume(id[len(id)-12:])
	if err != nil {
		t.Fatal(err)
	}
	if again, err := a.Resume(id); again != th || err != nil {
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
	lost := 0
	for n := 1; n < len(lines); n++ {
		m := modeltest.Serve(t, modeltest.Says(modeltest.Text("on")))
		if err := os.WriteFile(path, []byte(strings.Join(lines[:n], "")+lines[n][:len(lines[n])/2]), 0o600); err != nil {
			t.Fatal(err)
		}
		a := newTestAgent(t, m, sessions, nil)
		th, err := a.Resume(id)
		if err != nil {
			t.Fatalf("%d lines: %v", n, err)
		}
		p := newPeer(nil)
		leave := th.Attach(p)
		if res := askAndWait(t, th, "go on"); res.Status != Completed {
			t.Errorf("%d lines: %+v", n, res)
		}
		leave()
		a.Close()
		began, ended := n > 1, n == len(lines)-1
		told := m.Requests()[0].Says("The program ended during the previous turn")
		if warned := len(of[Warning](p)) > 0; told != warned || told != (began && !ended) {
			t.Errorf("%d lines: the model is told %v, the user %v", n, told, warned)
		}
		if m.Requests()[0].Says("ended before the call did") {
			lost++
		}
	}
	if lost == 0 {
		t.Error("no call was ever open")
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
	th, err := a.Resume(id)
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
	if th, err = newTestAgent(t, m, sessions, nil).Resume(th.ID()); err != nil || len(th.Earlier()) != 3 {
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
	if w := of[Warning](p); len(w) != 1 || !strings.Contains(w[0].Message, "is not saved any more") {
		t.Errorf("warned: %+v", w)
	}
}

func TestNothingIsKept(t *testing.T) {
	a := newTestAgent(t, modeltest.Serve(t), nil, func(*config.Config) {})
	if _, err := a.Resume("x"); !errors.Is(err, ErrNotKept) {
		t.Errorf("resume: %v", err)
	}
	if _, err := a.Latest("/w"); !errors.Is(err, ErrNotKept) {
		t.Errorf("latest: %v", err)
	}
}
