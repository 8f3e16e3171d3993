package agent

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/agent/rollout"
)

// hookedAgent has hooks from a hooks.json, all of them trusted.
func hookedAgent(t *testing.T, m *modeltest.Server, events string, change func(*config.Config)) *Agent {
	t.Helper()
	var table map[string]any
	if err := json.Unmarshal([]byte(events), &table); err != nil {
		t.Fatal(err)
	}
	return newTestAgent(t, m, rollout.NewStore(t.TempDir()), func(c *config.Config) {
		c.Hooks = config.Hooks{Files: []config.HookFile{{Path: "/h/hooks.json", Events: table}}, Bypass: true}
		if change != nil {
			change(c)
		}
	})
}

// TestHooks: programs of the user's see a conversation from its begin to its
// end, stop a command, answer a question, add to what the model reads, and have
// it go on.
func TestHooks(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(
			modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "rm -r build"}),
			modeltest.CallAs("c2", "exec_command", map[string]any{"cmd": "echo hello"})),
		modeltest.Says(modeltest.Text("done")), modeltest.Says(modeltest.Text("really done")))
	a := hookedAgent(t, m, `{
		"SessionStart": [{"matcher": "startup", "hooks": [{"command": "echo be brief"}]}],
		"UserPromptSubmit": [{"hooks": [{"command": "cat >>said; echo the branch is main"}]}],
		"PreToolUse": [{"matcher": "Bash", "hooks": [{"command": "if grep -q 'rm -r'; then echo keep the build >&2; exit 2; fi"}]}],
		"PermissionRequest": [{"hooks": [{"command": "echo '{\"hookSpecificOutput\":{\"decision\":{\"behavior\":\"allow\"}}}'"}]}],
		"PostToolUse": [{"hooks": [{"command": "if grep -q hello; then echo '{\"hookSpecificOutput\":{\"additionalContext\":\"hello was said\"}}'; fi"}]}],
		"Stop": [{"hooks": [{"command": "if grep -q '\"stop_hook_active\":false'; then echo test it first >&2; exit 2; fi"}]}],
		"SessionEnd": [{"hooks": [{"command": "cat >ended"}]}]}`, nil)
	th, err := a.NewThread(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	leave := th.Attach(newPeer(func(q Question) Decision {
		t.Errorf("the user is asked %q", q.Title)
		return Declined
	}))
	if res := askAndWait(t, th, "build it"); res.Answer != "really done" {
		t.Errorf("the turn ended with %+v", res)
	}
	leave()
	a.Close()
	requests := m.Requests()
	for i, wants := range [][]string{
		{"be brief", "the branch is main", "build it"},
		{"Command blocked by PreToolUse hook: keep the build. Command: rm -r build", "Process exited with code 0", "hello was said"},
		{`hook_run_id=\"stop:1\"`, "test it first"},
	} {
		for _, want := range wants {
			if !strings.Contains(string(requests[i].Body), want) {
				t.Errorf("request %d lacks %q: %s", i+1, want, requests[i].Body)
			}
		}
	}
	for name, want := range map[string]string{"said": `"prompt":"build it"`, "ended": `"session_id":"` + th.ID() + `"`} {
		if got, err := os.ReadFile(filepath.Join(th.Cwd(), name)); err != nil || !strings.Contains(string(got), want) {
			t.Errorf("%s: %q, %v; want %s in it", name, got, err, want)
		}
	}
}

// TestHookStopsPrompt: a prompt that a hook stops is not sent, and the next one
// is asked as if it had not been.
func TestHookStopsPrompt(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("ok")))
	a := hookedAgent(t, m, `{"UserPromptSubmit": [{"hooks": [{"command": "if grep -q hunter2; then echo there is a password in it >&2; exit 2; fi"}]}]}`, nil)
	th, err := a.NewThread(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer th.Attach(newPeer(nil))()
	res := askAndWait(t, th, "log in with hunter2")
	if res.Status != Failed || !strings.Contains(res.Error, "a hook stopped the prompt: there is a password in it") {
		t.Errorf("the turn ended with %+v", res)
	}
	if res := askAndWait(t, th, "log in"); res.Answer != "ok" {
		t.Errorf("the next turn ended with %+v", res)
	}
	if body := string(m.Requests()[0].Body); strings.Contains(body, "hunter2") {
		t.Errorf("the prompt was sent: %s", body)
	}
}

// TestUntrustedHooks: what nobody has looked at does not run, and the user hears
// of it once.
func TestUntrustedHooks(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("ok")), modeltest.Says(modeltest.Text("ok")))
	a := hookedAgent(t, m, `{"UserPromptSubmit": [{"hooks": [{"command": "touch ran"}]}]}`, func(c *config.Config) { c.Hooks.Bypass = false })
	th, err := a.NewThread(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(nil)
	defer th.Attach(p)()
	askAndWait(t, th, "go")
	askAndWait(t, th, "go on")
	if _, err := os.Stat(filepath.Join(th.Cwd(), "ran")); err == nil {
		t.Error("an untrusted hook ran")
	}
	var said []string
	for _, w := range of[Warning](p) {
		said = append(said, w.Message)
	}
	if len(said) != 1 || !strings.Contains(said[0], "/h/hooks.json:user_prompt_submit:0:0") || !strings.Contains(said[0], "codex-lsp hooks trust") {
		t.Errorf("the user is told %q", said)
	}
}

// TestNotify: a program of the user's is told of each turn that was completed.
func TestNotify(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("it works")))
	a := hookedAgent(t, m, `{}`, func(c *config.Config) {
		c.Hooks.Notify = []string{"sh", "-c", `printf '%s\n' "$1" >>told`, "sh"}
	})
	th, err := a.NewThread(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	leave := th.Attach(newPeer(nil))
	askAndWait(t, th, "does it work?")
	leave()
	a.Close()
	told, err := os.ReadFile(filepath.Join(th.Cwd(), "told"))
	var got map[string]any
	if err != nil || json.Unmarshal(told, &got) != nil {
		t.Fatalf("told %q, %v", told, err)
	}
	if got["type"] != "agent-turn-complete" || got["thread-id"] != th.ID() || got["last-assistant-message"] != "it works" || got["input-messages"].([]any)[0] != "does it work?" {
		t.Errorf("told %s", told)
	}
}
