package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/agent/rollout"
)

// TestKeyIsNotKept: the provider's key, which a command can get hold of, is
// neither sent to the model nor written down, whoever says it.
func TestKeyIsNotKept(t *testing.T) {
	const key = "sk-test-0123456789"
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "printf 'KEY=sk-%s;' test-0123456789"})),
		modeltest.Says(modeltest.Text("it is "+key)))
	home := t.TempDir()
	sessions := rollout.NewStore(home)
	a := newTestAgent(t, m, sessions, func(c *config.Config) { c.Provider.Key, c.Sandbox = key, config.FullAccess })
	th, err := a.NewThread(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer th.Attach(newPeer(always(Approved)))()
	askAndWait(t, th, "is "+key+" in the environment?")
	if out := m.Requests()[1].LastOutput(); !strings.HasSuffix(out, "KEY=…;") {
		t.Errorf("the model reads %q", out)
	}
	path, err := sessions.Find(th.ID())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(text), key) || strings.Count(string(text), "…") < 4 {
		t.Errorf("%v; the rollout is\n%s", err, text)
	}
	if r, err := rollout.Read(path); err != nil || len(r.Broken) > 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestPromptsAreKept: what users type is found again in Codex's terminal, unless
// they do not want that.
func TestPromptsAreKept(t *testing.T) {
	home := t.TempDir()
	for _, off := range []bool{false, true} {
		m := modeltest.Serve(t, modeltest.Says(modeltest.Text("one")))
		a := newTestAgent(t, m, rollout.NewStore(home), func(c *config.Config) { c.History.Off = off })
		a.keepPrompts = true
		th, err := a.NewThread(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		askAndWait(t, th, "first\nquestion")
	}
	raw, err := os.ReadFile(filepath.Join(home, "history.jsonl"))
	if err != nil || strings.Count(string(raw), "\n") != 1 || !strings.Contains(string(raw), `"text":"first\nquestion"`) {
		t.Errorf("%s, %v", raw, err)
	}
}

// TestNothingLargeIsKept: what a command prints is kept as the model reads it,
// and a large file that was deleted is not kept beside the journal.
func TestNothingLargeIsKept(t *testing.T) {
	home := t.TempDir()
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.CallAs("c1", "exec_command", map[string]any{"login": false, "cmd": "head -c 20000000 /dev/zero | tr '\\0' x"})),
		modeltest.Says(modeltest.CustomAs("c2", "apply_patch", "*** Begin Patch\n*** Delete File: large.txt\n*** End Patch")),
		modeltest.Says(modeltest.Text("done")))
	a := newTestAgent(t, m, rollout.NewStore(home), func(c *config.Config) {
		c.Sandbox, c.Approval = config.FullAccess, config.Never
	})
	th, err := a.NewThread(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	put(t, th.Cwd(), map[string]string{"large.txt": strings.Repeat("much text\n", 200_000)})
	defer th.AttachHost(diskPeer{newPeer(nil)})()
	askAndWait(t, th, "go")
	u, err := rollout.NewStore(home).Use()
	if err != nil || u.Bytes > 200<<10 || len(tree(t, th.Cwd())) > 0 {
		t.Errorf("%d bytes are kept, %v; files: %d", u.Bytes, err, len(tree(t, th.Cwd())))
	}
	t.Logf("%d bytes are kept", u.Bytes)
}
