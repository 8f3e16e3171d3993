package hooks

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"codex-lsp/agent/config"
	"codex-lsp/agent/exec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// file is a hooks.json at /h/hooks.json.
func file(t *testing.T, text string) config.Hooks {
	t.Helper()
	var events map[string]any
	if err := json.Unmarshal([]byte(text), &events); err != nil {
		t.Fatal(err)
	}
	return config.Hooks{Files: []config.HookFile{{Path: "/h/hooks.json", Events: events}}}
}

const measured = `{
	"PreToolUse": [
		{"matcher": "^Bash$", "hooks": [{"type": "command", "command": "echo \"<a> & b\" é", "timeout": 30, "statusMessage": "looking"}]},
		{"hooks": [{"type": "command", "command": "true", "async": true}]}],
	"SessionEnd": [{"hooks": [{"type": "command", "command": "end"}, {"type": "command", "command": "end2", "timeout": 60}]}],
	"Stop": [{"matcher": "", "hooks": [{"type": "command", "command": "stop"}]}],
	"Interrupt": [{"matcher": "*", "hooks": [{"type": "command", "command": "int"}]}],
	"UserPromptSubmit": [{"hooks": [{"type": "command", "command": "ups"}]}]}`

// TestHashes: keys and hashes are what Codex 0.169 lists for the same file.
func TestHashes(t *testing.T) {
	list, problems := Load(file(t, measured))
	got := make(map[string]string)
	for _, h := range list {
		got[strings.TrimPrefix(h.Key, "/h/hooks.json:")] = h.Hash
		if h.State != Untrusted {
			t.Errorf("%s is %s before anybody trusts it", h.Key, h.State)
		}
	}
	want := map[string]string{
		"pre_tool_use:0:0":       "sha256:ba52cf30e4f0de962e5666f13acc4296959600f8b2a6e88ca2f068553c2aa4a9",
		"pre_tool_use:1:0":       "sha256:671e963844b16c25c693c8259f3a496c21a1b6c509e42daa1e8e1927e59a3298",
		"session_end:0:0":        "sha256:d0a423decde5371329402845f4c0fb3fe11fd2024a580f9438547423a7d08ae5",
		"session_end:0:1":        "sha256:bf06a30e919a7310a8a30a3d0ba4781f930a796a5a81d1b9e184cf845a9ebab2",
		"stop:0:0":               "sha256:b0dc17dc7fa7114f024cf864044743745eade452d182e9ba24786ed00bc4615d",
		"interrupt:0:0":          "sha256:d0a548ce24020215b3b64edbc8a01e422f98ba783bac3538a4870d9cf3b4bf4c",
		"user_prompt_submit:0:0": "sha256:132d123ef00a4c9bd960f3d1f17f4f5ea7f130a2059240d444d9b3803bb76aa1",
	}
	if diff := cmp.Diff(want, got); diff != "" || len(problems) > 0 {
		t.Errorf("hashes (-Codex +ours):\n%s\nproblems %v", diff, problems)
	}
}

func TestStates(t *testing.T) {
	const key = "/h/hooks.json:stop:0:0"
	const hash = "sha256:b0dc17dc7fa7114f024cf864044743745eade452d182e9ba24786ed00bc4615d"
	for name, c := range map[string]struct {
		change func(*config.Hooks)
		want   State
	}{
		"trusted":     {func(h *config.Hooks) { h.Trusted = map[string]config.HookState{key: {Hash: hash}} }, Trusted},
		"modified":    {func(h *config.Hooks) { h.Trusted = map[string]config.HookState{key: {Hash: "sha256:00"}} }, Modified},
		"disabled":    {func(h *config.Hooks) { h.Trusted = map[string]config.HookState{key: {Hash: hash, Disabled: true}} }, Disabled},
		"managed":     {func(h *config.Hooks) { h.Files[0].Managed = true }, Managed},
		"bypass":      {func(h *config.Hooks) { h.Bypass = true }, Trusted},
		"of another":  {func(h *config.Hooks) { h.Trusted = map[string]config.HookState{key + "0": {Hash: hash}} }, Untrusted},
		"not trusted": {func(*config.Hooks) {}, Untrusted},
	} {
		h := file(t, measured)
		c.change(&h)
		list, _ := Load(h)
		for _, hook := range list {
			if hook.Key == key && hook.State != c.want {
				t.Errorf("%s: %s, want %s", name, hook.State, c.want)
			}
		}
	}
}

func TestProblems(t *testing.T) {
	_, problems := Load(file(t, `{"Dance": [], "SubagentStop": [{"hooks": []}], "Stop": 7,
		"PreToolUse": [{"matcher": "(", "hooks": [{"command": "x"}]}, {"hooks": [{"type": "prompt", "prompt": "?"}, {"type": "command"}]}]}`))
	var got []string
	for _, p := range problems {
		got = append(got, p.Error())
	}
	want := []string{
		"/h/hooks.json: hooks.Dance: there is no such event",
		"/h/hooks.json: hooks.PreToolUse: matcher \"(\" is no regular expression",
		"/h/hooks.json: hooks.PreToolUse: hooks of type \"prompt\" are not run here; only commands are",
		"/h/hooks.json: hooks.PreToolUse: a hook without a command",
		"/h/hooks.json: hooks.Stop: expected a list of {matcher, hooks}",
	}
	if len(got) != len(want) {
		t.Fatalf("problems %q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("problem %q, want %q", got[i], want[i])
		}
	}
}

// bench runs commands as hooks of one event, in a folder of their own.
type bench struct {
	*Runner
	dir string
}

func newBench(t *testing.T) bench {
	t.Helper()
	services := exec.NewServices(slog.New(slog.DiscardHandler))
	b := bench{NewRunner(services, os.Environ), t.TempDir()}
	t.Cleanup(func() { b.Close(); services.Close() })
	return b
}

func (b bench) event(t *testing.T, event Event, what string, hooks ...Hook) Outcome {
	t.Helper()
	for i := range hooks {
		hooks[i].Event = event
		if hooks[i].State == "" {
			hooks[i].State = Trusted
		}
		if hooks[i].Timeout == 0 {
			hooks[i].Timeout = time.Minute
		}
	}
	return b.Run(t.Context(), hooks, b.dir, event, what, map[string]any{"session_id": "s1"})
}

func TestOutcomes(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		name, command string
		event         Event
		want          Outcome
	}{
		{"nothing said", "true", PreToolUse, Outcome{}},
		{"reads nothing", "exec <&-; true", PreToolUse, Outcome{}},
		{"is told the event", `grep -q '"hook_event_name":"Stop".*"session_id":"s1"' || { echo no >&2; exit 2; }`, Stop, Outcome{}},
		{"exit code 2", "echo not now >&2; exit 2", PreToolUse, Outcome{Blocked: true, Reason: "not now"}},
		{"another exit code", "echo oops >&2; exit 3", PreToolUse, Outcome{Notes: []string{`the PreToolUse hook "echo oops >&2; exit 3" failed with exit code 3: oops`}}},
		{"deny", `echo '{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"no rm"}}'`, PreToolUse, Outcome{Blocked: true, Reason: "no rm"}},
		{"context", `echo '{"hookSpecificOutput":{"additionalContext":"be nice"}}'`, PostToolUse, Outcome{Context: []string{"be nice"}}},
		{"text is context at the start", "echo hello", SessionStart, Outcome{Context: []string{"hello"}}},
		{"text is nothing elsewhere", "echo hello", PreToolUse, Outcome{}},
		{"stop goes on", `echo '{"decision":"block","reason":"tests fail"}'`, Stop, Outcome{Blocked: true, Reason: "tests fail"}},
		{"allowed", `echo '{"hookSpecificOutput":{"decision":{"behavior":"allow"}}}'`, PermissionRequest, Outcome{Allow: true}},
		{"denied", `echo '{"hookSpecificOutput":{"decision":{"behavior":"deny","message":"ask me"}}}'`, PermissionRequest, Outcome{Blocked: true, Reason: "ask me"}},
		{"allow means nothing elsewhere", `echo '{"hookSpecificOutput":{"decision":{"behavior":"allow"}}}'`, PreToolUse, Outcome{}},
		{"a note", `echo '{"systemMessage":"look here"}'`, PostToolUse, Outcome{Notes: []string{"look here"}}},
	} {
		if diff := cmp.Diff(c.want, b.event(t, c.event, "", Hook{Command: c.command})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestTogether: hooks run side by side; one that blocks does, whatever another
// allows; one that takes too long, and what it started, is gone.
func TestTogether(t *testing.T) {
	b := newBench(t)
	got := b.event(t, PermissionRequest, "",
		Hook{Command: `mkfifo a; cat a >/dev/null; echo '{"hookSpecificOutput":{"decision":{"behavior":"allow"}}}'`},
		Hook{Command: "while ! test -p a; do :; done; echo >a; echo no >&2; exit 2"}) // each waits for the other
	if !got.Blocked || got.Allow || got.Reason != "no" {
		t.Errorf("outcome %+v", got)
	}
	got = b.event(t, Stop, "", Hook{Command: "sleep 1000 & echo $! >pid; wait", Timeout: 300 * time.Millisecond})
	if len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "it took too long") {
		t.Errorf("a slow hook: %+v", got)
	}
	pid, err := os.ReadFile(filepath.Join(b.dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/stat")
	if err == nil && !strings.Contains(string(stat), ") Z ") { // who takes over the dead may be slow
		t.Errorf("what a slow hook started still runs: %s", stat)
	}
}

func TestWhoRuns(t *testing.T) {
	b := newBench(t)
	c := file(t, `{"PreToolUse": [
		{"matcher": "Bash", "hooks": [{"command": "echo bash >>ran"}]},
		{"matcher": "Ba", "hooks": [{"command": "echo part >>ran"}]},
		{"matcher": "apply_patch|mcp__.*", "hooks": [{"command": "echo other >>ran"}]},
		{"matcher": "*", "hooks": [{"command": "echo all >>ran2"}]}],
		"PostToolUse": [{"hooks": [{"command": "echo post >>ran"}]}]}`)
	c.Bypass = true
	list, _ := Load(c)
	b.Run(t.Context(), list, b.dir, PreToolUse, "Bash", map[string]any{})
	if got, _ := os.ReadFile(filepath.Join(b.dir, "ran")); string(got) != "bash\n" {
		t.Errorf("for Bash ran %q", got)
	}
	if got, _ := os.ReadFile(filepath.Join(b.dir, "ran2")); string(got) != "all\n" {
		t.Errorf("for everything ran %q", got)
	}
	c.Bypass = false
	list, _ = Load(c)
	b.Run(t.Context(), list, b.dir, PreToolUse, "mcp__x__y", map[string]any{})
	if got, _ := os.ReadFile(filepath.Join(b.dir, "ran")); string(got) != "bash\n" {
		t.Errorf("untrusted hooks ran: %q", got)
	}
}

// TestTell: a program is told of something, and nobody waits, but Close.
func TestTell(t *testing.T) {
	services := exec.NewServices(slog.New(slog.DiscardHandler))
	r := NewRunner(services, os.Environ)
	dir := t.TempDir()
	failed := make(chan error, 2)
	r.Tell([]string{"sh", "-c", `printf %s "$1" >told`, "sh"}, dir, `{"a":1}`, func(err error) { failed <- err })
	r.Tell([]string{"no-such-program"}, dir, "x", func(err error) { failed <- err })
	r.Close()
	services.Close()
	if got, _ := os.ReadFile(filepath.Join(dir, "told")); string(got) != `{"a":1}` {
		t.Errorf("told %q", got)
	}
	close(failed)
	var errs []string
	for err := range failed {
		errs = append(errs, err.Error())
	}
	if len(errs) != 1 || !strings.Contains(errs[0], "no-such-program") {
		t.Errorf("failures %q", errs)
	}
}
