package agent

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model/modeltest"
)

const (
	ran   = "Process exited with code 0"
	keeps = "kept/file" // below the thread's folder in these tests
)

// TestTurnsHeedThePolicy has one command in a turn of each setting.
func TestTurnsHeedThePolicy(t *testing.T) {
	for _, c := range []struct {
		name     string
		approval config.ApprovalPolicy
		sandbox  config.SandboxMode
		args     map[string]any
		asked    string // the rule that the question names, "" for none
		output   string // is in what the model reads
	}{
		{"safe, unasked", config.Untrusted, config.FullAccess, map[string]any{"cmd": "cat kept/file"}, "", ran},
		{"plain, asked", config.Untrusted, config.FullAccess, map[string]any{"cmd": "touch made"}, "unknown", ran},
		{"safe in another shell", config.Untrusted, config.FullAccess, map[string]any{"cmd": "true", "shell": "env"}, "shell-unknown", ""},
		{"safe, no sandbox", config.OnRequest, config.WorkspaceWrite, map[string]any{"cmd": "cat kept/file"}, "read-only", ran},
		{"plain, full access", config.OnRequest, config.FullAccess, map[string]any{"cmd": "touch made"}, "", ran},
		{"dangerous, asked", config.OnRequest, config.FullAccess, map[string]any{"cmd": "rm -rf none"}, "delete-recursive", ran},
		{"git in another folder", config.Untrusted, config.FullAccess, map[string]any{"cmd": "git status", "workdir": "kept"}, "git-settings", ""},
		{"plain, nobody to ask", config.Never, config.FullAccess, map[string]any{"cmd": "touch made"}, "", ran},
		{"dangerous, nobody to ask", config.Never, config.FullAccess, map[string]any{"cmd": "rm -rf kept"}, "",
			"command rejected: `rm -rf kept` deletes folders with all that is in them; approval_policy is never, so nobody is asked (rule delete-recursive). Find a way that does less harm, or tell the user what to run and why."},
		{"unclear, nobody to ask", config.Never, config.FullAccess, map[string]any{"cmd": "rm -rf kept ("}, "", "command rejected: "},
		{"nothing may be asked", config.Silent, config.WorkspaceWrite, map[string]any{"cmd": "cat kept/file"}, "", "command rejected: "},
		{"catastrophe, never", config.Never, config.FullAccess, map[string]any{"cmd": "rm -rf *"}, "", "(rule lost-workspace)"},
		{"catastrophe, on request", config.OnRequest, config.WorkspaceWrite, map[string]any{"cmd": "rm -rf \"$PWD\""}, "", "no setting allows that"},
		{"catastrophe, from below", config.OnRequest, config.FullAccess, map[string]any{"cmd": "rm -rf ..", "workdir": "kept"}, "", "(rule lost-workspace)"},
		{"catastrophe, typed", config.OnRequest, config.WorkspaceWrite, nil, "", "destroys the home folder; no setting allows that (rule lost-home)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var call modeltest.Item
			if c.args != nil {
				c.args["login"] = false // a profile takes its time
				call = modeltest.CallAs("c1", "exec_command", c.args)
			} else {
				call = modeltest.CallAs("c1", "write_stdin", map[string]any{"session_id": 7, "chars": "rm -rf ~\n"})
			}
			m := modeltest.Serve(t, modeltest.Says(call), modeltest.Says(modeltest.Text("ok")))
			p := newPeer(always(Approved))
			th := newTestThread(t, m, p, func(cfg *config.Config) { cfg.Approval, cfg.Sandbox = c.approval, c.sandbox })
			keep(t, th)
			askAndWait(t, th, "go")
			if out := m.Requests()[1].LastOutput(); !strings.Contains(out, c.output) {
				t.Errorf("the model reads %q, want %q in it", out, c.output)
			}
			asked := ""
			for _, e := range of[ApprovalRequested](p) {
				asked += e.Question.Rule
			}
			if asked != c.asked {
				t.Errorf("asked for the rule %q, want %q", asked, c.asked)
			}
			if _, err := os.Stat(filepath.Join(th.Cwd(), keeps)); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestTypingIntoNothing: who types into a command that is not there is told
// that, and nobody is asked.
func TestTypingIntoNothing(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.CallAs("c1", "write_stdin", map[string]any{"session_id": 7, "chars": "rm x\n"})), modeltest.Says(modeltest.Text("ok")))
	p := newPeer(always(Approved))
	th := newTestThread(t, m, p, func(c *config.Config) { c.Approval, c.Sandbox = config.Never, config.WorkspaceWrite })
	askAndWait(t, th, "go")
	if out := m.Requests()[1].LastOutput(); out != "write_stdin failed: Unknown process id 7" || len(of[ApprovalRequested](p)) > 0 {
		t.Errorf("the model reads %q", out)
	}
}

// keep makes a file that no command of these tests may delete.
func keep(t *testing.T, th *Thread) {
	t.Helper()
	path := filepath.Join(th.Cwd(), keeps)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestQuestionSaysWhoGivesWhichReason(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "rm -rf none", "justification": "to tidy up"})),
		modeltest.Says(modeltest.Text("ok")))
	p := newPeer(always(Declined))
	askAndWait(t, newTestThread(t, m, p, nil), "go")
	q := of[ApprovalRequested](p)[0].Question
	if q.Reason != "to tidy up" || q.Policy != "`rm -rf none` deletes folders with all that is in them" || q.Rule != "delete-recursive" {
		t.Errorf("reason %q, policy %q, rule %q", q.Reason, q.Policy, q.Rule)
	}
}

// TestGrantCoversOneCommand: what was allowed for the session is that command
// in that folder, while it is one that may be asked about.
func TestGrantCoversOneCommand(t *testing.T) {
	exec := func(id, cmd, dir string) modeltest.Item {
		return modeltest.CallAs(id, "exec_command", map[string]any{"cmd": cmd, "workdir": dir})
	}
	m := modeltest.Serve(t,
		modeltest.Says(exec("c1", "rm -rf none", "")),
		modeltest.Says(exec("c2", "rm -rf none", ""), exec("c3", "rm -rf kept", ""), exec("c4", "rm -rf none", "kept")),
		modeltest.Says(modeltest.Text("ok")),
		modeltest.Says(exec("c5", "rm -rf none", "")),
		modeltest.Says(modeltest.Text("ok")))
	p := newPeer(func(q Question) Decision {
		if q.CallID == "c1" {
			return ApprovedForSession
		}
		return Declined
	})
	var settings *config.Config
	th := newTestThread(t, m, p, func(c *config.Config) { settings = c })
	keep(t, th)
	askAndWait(t, th, "go")
	var asked []string
	for _, e := range of[ApprovalRequested](p) {
		asked = append(asked, string(e.Question.CallID))
	}
	if slices.Sort(asked); !slices.Equal(asked, []string{"c1", "c3", "c4"}) {
		t.Errorf("asked for %q", asked)
	}
	if out, _ := m.Requests()[2].Output("c2"); !strings.Contains(out, ran) {
		t.Errorf("the granted command: %q", out)
	}
	settings.Approval, settings.Sandbox = config.Never, config.FullAccess // no turn runs that could read them
	askAndWait(t, th, "again")
	if out, _ := m.Requests()[4].Output("c5"); !strings.Contains(out, "command rejected: ") {
		t.Errorf("the granted command, when it is forbidden: %q", out)
	}
}
