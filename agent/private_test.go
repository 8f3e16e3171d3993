package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model/modeltest"
)

// TestPrivateFiles: what may hold secrets, or is listed, is read by approval
// only, and what refers to it by another name as well.
func TestPrivateFiles(t *testing.T) {
	for _, tt := range []struct {
		name, path string
		approval   config.ApprovalPolicy
		answer     Decision
		asked      string // in the question
		output     string // in what the model reads
	}{
		{"open to all", "plain.txt", config.OnRequest, Declined, "", "plain text"},
		{"a secret, approved", ".env", config.OnRequest, Approved, "it may hold keys or passwords; the model's provider will see it", "KEY=1"},
		{"a secret, declined", ".env", config.OnRequest, Declined, "may hold keys", "read_file failed: reading it rejected by user"},
		{"a secret, nobody asked", ".env", config.Never, Approved, "", ".env is not read: it may hold keys or passwords, and approval_policy is never"},
		{"a link to one", "innocent", config.OnRequest, Declined, "may hold keys", "rejected by user"},
		{"an example of one", ".env.example", config.OnRequest, Declined, "", "KEY=x"},
		{"listed", "private/diary.txt", config.OnRequest, Declined, "it is listed in .codexignore", "rejected by user"},
		{"listed, but for one", "private/open.txt", config.OnRequest, Declined, "", "open text"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := modeltest.Serve(t, modeltest.Says(modeltest.CallAs("c1", "read_file", map[string]any{"path": tt.path})), modeltest.Says(modeltest.Text("ok")))
			p := newPeer(always(tt.answer))
			th := newTestThread(t, m, p, func(c *config.Config) { c.Approval = tt.approval })
			for name, text := range map[string]string{
				".env": "KEY=1\n", ".env.example": "KEY=x\n", "plain.txt": "plain text\n", "innocent": "KEY=1\n",
				"private/diary.txt": "dear\n", "private/open.txt": "open text\n",
				".codexignore": "# not for the model\nprivate/*\n!private/open.txt\n",
			} {
				p.files[filepath.Join(th.Cwd(), name)] = text
			}
			if err := os.Symlink(".env", filepath.Join(th.Cwd(), "innocent")); err != nil {
				t.Fatal(err)
			}
			askAndWait(t, th, "go")
			asked := ""
			for _, e := range of[ApprovalRequested](p) {
				asked += e.Question.Policy
			}
			if (asked == "") != (tt.asked == "") || !strings.Contains(asked, tt.asked) {
				t.Errorf("asked %q, want %q", asked, tt.asked)
			}
			if out := m.Requests()[1].LastOutput(); !strings.Contains(out, tt.output) {
				t.Errorf("the model reads %q, want %q in it", out, tt.output)
			}
		})
	}
}

// TestPrivatePatch: what a patch would tell of a file, or move out of its name,
// is not told before the file was read by approval.
func TestPrivatePatch(t *testing.T) {
	for _, patch := range []string{
		"*** Begin Patch\n*** Update File: .env\n@@\n-KEY=?\n+KEY=2\n*** End Patch\n",
		"*** Begin Patch\n*** Update File: .env\n*** Move to: open.txt\n*** End Patch\n",
	} {
		m := modeltest.Serve(t, modeltest.Says(modeltest.Custom("apply_patch", patch)), modeltest.Says(modeltest.Text("ok")))
		p := newPeer(always(Approved))
		th := newTestThread(t, m, p, func(c *config.Config) { c.Sandbox = config.FullAccess })
		path := filepath.Join(th.Cwd(), ".env")
		p.files[path] = "KEY=1\n"
		askAndWait(t, th, "go")
		if out := m.Requests()[1].LastOutput(); !strings.Contains(out, "read it with read_file first") || strings.Contains(out, "KEY=1") {
			t.Errorf("the model reads %q", out)
		}
		if p.files[path] != "KEY=1\n" {
			t.Errorf("the files are %q", p.files)
		}
	}
}

// TestReadGrant: a grant to read a file lasts, and is none to change it.
func TestReadGrant(t *testing.T) {
	read := func(id string) modeltest.Item {
		return modeltest.CallAs(id, "read_file", map[string]any{"path": ".env"})
	}
	m := modeltest.Serve(t, modeltest.Says(read("c1")), modeltest.Says(read("c2")),
		modeltest.Says(modeltest.Custom("apply_patch", "*** Begin Patch\n*** Update File: .env\n@@\n-KEY=1\n+KEY=2\n*** End Patch\n")),
		modeltest.Says(modeltest.Text("ok")))
	p := newPeer(always(ApprovedForSession))
	th := newTestThread(t, m, p, func(c *config.Config) { c.Approval, c.Sandbox = config.Untrusted, config.FullAccess })
	p.files[filepath.Join(th.Cwd(), ".env")] = "KEY=1\n"
	askAndWait(t, th, "go")
	var kinds []string
	for _, e := range of[ApprovalRequested](p) {
		kinds = append(kinds, string(e.Question.Kind))
	}
	if got := strings.Join(kinds, " "); got != "read patch" {
		t.Errorf("asked for %s, want one read and one patch", got)
	}
}
