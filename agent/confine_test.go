package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/config"
	"codex-lsp/agent/exec"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/agent/sandbox"
)

// holding is a report of a sandbox whose layers hold, or but for namespaces.
func holding(full bool) func() sandbox.Report {
	return func() sandbox.Report {
		return sandbox.Report{Layers: []sandbox.Layer{{Name: "namespaces", Held: full, Full: true}, {Name: "landlock", Held: true, Full: true, Weak: true}}}
	}
}

// newConfinedThread is a thread whose commands run in the real sandbox, in a
// folder that is the only one they may write to.
func newConfinedThread(t *testing.T, m *modeltest.Server, p *peer, change func(*config.Config)) *Thread {
	t.Helper()
	needsSandbox(t)
	var c *config.Config
	a := newTestAgent(t, m, nil, func(settings *config.Config) {
		c = settings
		c.Commands.NoSlashTmp, c.Commands.NoTmpdir = true, true
		if change != nil {
			change(c)
		}
	})
	a.probe = holding(true)
	th, err := a.NewThread(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(th.Attach(p))
	return th
}

// TestCommandsAreConfined has one command in a turn of each setting, and looks
// at whether it was asked about and whether it could write beside the workspace.
func TestCommandsAreConfined(t *testing.T) {
	outside := map[string]any{"sandbox_permissions": "require_escalated", "justification": "it must"}
	for _, tt := range []struct {
		name     string
		approval config.ApprovalPolicy
		mode     config.SandboxMode
		args     map[string]any
		cmd      string // FILE is beside the workspace
		asked    string // the question's title, with FILE; "" for none
		wrote    bool
		output   string // is in what the model reads
	}{
		{"plain", config.OnRequest, config.WorkspaceWrite, nil, "touch made", "", false, ran},
		{"plain, elsewhere", config.OnRequest, config.WorkspaceWrite, nil, "touch FILE", "", false,
			"\nNote: the sandbox does not let it write to FILE; commands may write only below HERE, and not in .git, .codex and .agents there. If that is needed, call exec_command again with sandbox_permissions \"require_escalated\" and a justification: the user is asked."},
		{"escalated", config.OnRequest, config.WorkspaceWrite, outside, "touch FILE", "Run touch FILE outside the sandbox?", true, ran},
		{"escalated, never", config.Never, config.WorkspaceWrite, outside, "touch FILE", "", false, "it asks to run outside of the sandbox, and approval_policy lets none be asked about"},
		{"escalated, nothing may be asked", config.Silent, config.WorkspaceWrite, outside, "touch FILE", "", false, "approval_policy lets none be asked about"},
		{"escalated, full access", config.OnRequest, config.FullAccess, outside, "touch FILE", "", true, ran},
		{"elsewhere, never", config.Never, config.WorkspaceWrite, nil, "touch FILE", "", false, "It cannot run outside of the sandbox, since approval_policy is never"},
		{"an answer lifts no sandbox", config.OnRequest, config.WorkspaceWrite, nil, "rm -f none; touch FILE", "Run rm -f none; touch FILE?", false, "does not let it write to FILE"},
		{"untrusted", config.Untrusted, config.WorkspaceWrite, nil, "touch FILE", "Run touch FILE?", false, "does not let it write to FILE"},
		{"untrusted, safe", config.Untrusted, config.WorkspaceWrite, nil, "ls", "", false, ran},
		{"read-only", config.OnRequest, config.ReadOnly, nil, "touch made", "", false, "does not let it write to HERE/made; commands may write nowhere."},
		{"on failure, once more", config.OnFailure, config.WorkspaceWrite, nil, "touch FILE", "Run again touch FILE outside the sandbox?", true, "It ran twice: the sandbox does not let it write to FILE; commands may write only below HERE, and not in .git, .codex and .agents there, and the user let it run again outside."},
		{"on failure, of itself", config.OnFailure, config.WorkspaceWrite, nil, "cat none", "", false, "code 1"},
		{"a rule", config.Never, config.WorkspaceWrite, nil, "mkdir FILE", "", true, ran},
		{"a rule for a part", config.Never, config.WorkspaceWrite, nil, "mkdir FILE && ls", "", false, "does not let it write to FILE"},
		{"a rule, and a redirection", config.Never, config.WorkspaceWrite, nil, "mkdir -p sub >FILE", "", false, "does not let it write to FILE"},
		{"no network", config.OnRequest, config.WorkspaceWrite, nil, "git ls-remote https://example.com/x", "", false, "\nNote: the sandbox has no network. If"},
		{"the repository", config.OnRequest, config.WorkspaceWrite, nil, "git init -q . || git status", "", false, "does not let it write to HERE/.git"},
		{"another value", config.OnRequest, config.WorkspaceWrite, map[string]any{"sandbox_permissions": "with_additional_permissions"}, "touch FILE", "", false, "sandbox_permissions cannot be \"with_additional_permissions\""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPeer(always(Approved))
			home := t.TempDir()
			if err := os.MkdirAll(filepath.Join(home, "rules"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(home, "rules", "default.rules"), []byte(`prefix_rule(["mkdir"])`), 0o600); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "file")
			named := strings.NewReplacer("FILE", file)
			args := map[string]any{"cmd": named.Replace(tt.cmd), "login": false}
			for k, v := range tt.args {
				args[k] = v
			}
			m := modeltest.Serve(t, modeltest.Says(modeltest.CallAs("c1", "exec_command", args)), modeltest.Says(modeltest.Text("ok")))
			th := newConfinedThread(t, m, p, func(c *config.Config) { c.Home, c.Approval, c.Sandbox = home, tt.approval, tt.mode })
			askAndWait(t, th, "go")
			named = strings.NewReplacer("FILE", file, "HERE", th.Cwd())
			if out := m.Requests()[1].LastOutput(); !strings.Contains(out, named.Replace(tt.output)) {
				t.Errorf("the model reads %q, want %q in it", out, named.Replace(tt.output))
			}
			asked := ""
			for _, e := range of[ApprovalRequested](p) {
				asked += e.Question.Title
			}
			if asked != named.Replace(tt.asked) {
				t.Errorf("asked %q, want %q", asked, named.Replace(tt.asked))
			}
			if _, err := os.Stat(file); (err == nil) != tt.wrote {
				t.Errorf("the file beside the workspace: %v, want it to be there: %v", err, tt.wrote)
			}
		})
	}
}

// What is typed into a command in the sandbox runs there; into one that was let
// out it is asked about.
func TestTypedTextIsConfined(t *testing.T) {
	for _, tt := range []struct {
		name  string
		args  map[string]any
		asked int
	}{
		{"inside", nil, 0},
		{"outside", map[string]any{"sandbox_permissions": "require_escalated"}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPeer(always(Approved))
			args := map[string]any{"cmd": "sh", "tty": true, "login": false, "yield_time_ms": 250}
			for k, v := range tt.args {
				args[k] = v
			}
			var th *Thread
			m := modeltest.ServeScript(t, modeltest.Func(func(r modeltest.Request) []modeltest.Item {
				switch r.Turn {
				case 1:
					return []modeltest.Item{modeltest.CallAs("c1", "exec_command", args)}
				case 2:
					id := th.agent.Terminals("")[0].ID
					return []modeltest.Item{modeltest.CallAs("c2", "write_stdin", map[string]any{"session_id": id, "chars": "echo $((6*7)); exit 3\n", "yield_time_ms": 30000})}
				}
				return []modeltest.Item{modeltest.Text("ok")}
			}))
			th = newConfinedThread(t, m, p, nil)
			askAndWait(t, th, "go")
			out, _ := m.Requests()[2].Output("c2")
			if !strings.Contains(out, "\n42\r\n") || !strings.Contains(out, "code 3") {
				t.Errorf("the model reads %q", out)
			}
			if n := len(of[ApprovalRequested](p)); n != tt.asked {
				t.Errorf("asked %d times, want %d", n, tt.asked)
			}
		})
	}
}

// A sandbox of which a layer is missing holds no command to be run unasked,
// unless the user says so; where there is none, none is named.
func TestConfine(t *testing.T) {
	none := func() sandbox.Report { return sandbox.Report{} }
	for _, tt := range []struct {
		name          string
		probe         func() sandbox.Report
		mode          config.SandboxMode
		allow         bool
		exists, holds bool
		weak          bool
	}{
		{"full", holding(true), config.WorkspaceWrite, false, true, true, false},
		{"weak", holding(false), config.WorkspaceWrite, false, true, false, true},
		{"weak, allowed", holding(false), config.ReadOnly, true, true, true, true},
		{"none", none, config.ReadOnly, true, false, false, true},
		{"not built in", nil, config.ReadOnly, true, false, false, false},
		{"full access", holding(true), config.FullAccess, true, false, false, false},
	} {
		c := &config.Config{Sandbox: tt.mode, Home: "/home/u/.codex", Commands: config.Commands{AllowWeak: tt.allow}}
		if f := Confine(c, "/home/u/.codex/rules", tt.probe); f.Exists && tt.mode == config.WorkspaceWrite {
			t.Errorf("%s, in Codex's home: %+v", tt.name, f)
		}
		f := Confine(c, "/w", tt.probe)
		if f.Exists != tt.exists || f.Held != tt.holds || f.Policy.Weak != tt.weak {
			t.Errorf("%s: %+v", tt.name, f)
		}
	}
}

// TestDenied has messages as programs write them, of which the sandbox is or is
// not the cause.
func TestDenied(t *testing.T) {
	dir, beside := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "script"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f := Confinement{Exists: true, Policy: sandbox.Policy{Write: []string{dir}, Home: filepath.Join(dir, "codex")}}
	for _, tt := range []struct {
		says string
		code int
		want string // "": none; a path with / at its end is below that folder
	}{
		{"touch: cannot touch '" + beside + "/x': Read-only file system", 1, beside + "/x"},
		{"sh: 1: cannot create " + beside + "/x: Read-only file system", 2, beside + "/x"},
		{"fatal: Unable to create '" + dir + "/.git/index.lock': Read-only file system", 128, dir + "/.git/index.lock"},
		{"OSError: [Errno 30] Read-only file system: '" + beside + "/x'", 1, beside + "/x"},
		{"open " + beside + "/a/b: read-only file system", 1, beside + "/a/b"},
		{"Error: EROFS: read-only file system, open '" + beside + "/x'", 1, beside + "/x"},
		{"PermissionError: [Errno 13] Permission denied: '" + beside + "/x'", 1, beside + "/x"},
		{"error: could not write " + dir + "/codex/rules: Permission denied", 1, dir + "/codex/rules"},
		{"mkdir: cannot create directory ‘../x’: Permission denied", 1, filepath.Dir(dir) + "/x"},
		{"something: Read-only file system", 1, "?"},
		{"curl: (6) Could not resolve host: example.com", 6, "network"},
		{"fatal: unable to access 'https://example.com/x/': Could not resolve host: example.com", 128, "network"},
		{"dial tcp: lookup proxy.example.com: Temporary failure in name resolution", 1, "network"},
		{"npm error code EAI_AGAIN", 1, "network"},
		{"bash: line 1: 7 Bad system call (core dumped) x", 159, "call"},
		{"bash: ./script: Permission denied", 126, ""},
		{"rm: cannot remove '" + dir + "/x': Operation not permitted", 1, ""},
		{"git@example.com: Permission denied (publickey).", 255, ""},
		{"touch: cannot touch '" + beside + "/x': Read-only file system", 0, ""},
		{"no such file", 1, ""},
		{"/bin/bash: line 1: ./script: Permission denied", 126, ""},
		{"/bin/bash: line 1: " + beside + "/x: Read-only file system", 1, beside + "/x"},
		{"fatal: cannot copy '/usr/share/x' to '" + dir + "/.git/x': Read-only file system", 1, dir + "/.git/x"},
		{beside + "/x: Permission denied", 1, beside + "/x"},
	} {
		d, is := f.denied(exec.Result{Output: tt.says + "\n", ExitCode: tt.code}, dir)
		got := d.path
		switch {
		case d.network:
			got = "network"
		case d.call:
			got = "call"
		case is && got == "":
			got = "?"
		}
		if got != tt.want || is != (tt.want != "") {
			t.Errorf("%q, code %d: %+v, %v; want %q", tt.says, tt.code, d, is, tt.want)
		}
	}
}
