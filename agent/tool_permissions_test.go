package agent

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/agent/policy"
)

func asksPermissions(c *config.Config) { c.Features.AskPermissions = true }

// requesting is a call of request_permissions.
func requesting(id string, network bool, write ...string) modeltest.Item {
	return modeltest.CallAs(id, "request_permissions", map[string]any{"reason": "the cache is there", "permissions": map[string]any{
		"network": map[string]any{"enabled": network}, "file_system": map[string]any{"write": write}}})
}

// What is granted holds for the commands and patches that follow, in the
// sandbox and unasked: until the turn ends, or as long as the conversation.
func TestGrantedPermissionsHold(t *testing.T) {
	needsSandbox(t)
	for _, tt := range []struct {
		mode   config.SandboxMode
		answer Decision
		scope  string
		later  bool // it still holds in the next turn
	}{
		{config.WorkspaceWrite, Approved, "turn", false},
		{config.WorkspaceWrite, ApprovedForSession, "session", true},
		{config.ReadOnly, Approved, "turn", false},
	} {
		t.Run(fmt.Sprint(tt.mode, tt.answer), func(t *testing.T) {
			beside := resolved(t.TempDir())
			touch := func(id, name string) modeltest.Item {
				return modeltest.CallAs(id, "exec_command", map[string]any{"cmd": "touch " + filepath.Join(beside, name), "login": false})
			}
			m := modeltest.Serve(t,
				modeltest.Says(touch("c1", "before")), modeltest.Says(requesting("c2", false, beside)), modeltest.Says(touch("c3", "during"), modeltest.Custom("apply_patch", "*** Begin Patch\n*** Add File: "+beside+"/patched\n+x\n*** End Patch\n")),
				modeltest.Says(modeltest.Text("ok")), modeltest.Says(touch("c5", "after")), modeltest.Says(modeltest.Text("ok")))
			p := newPeer(always(tt.answer))
			th := newConfinedThread(t, m, p, func(c *config.Config) { asksPermissions(c); c.Sandbox = tt.mode })
			askAndWait(t, th, "go")
			askAndWait(t, th, "again")
			want := fmt.Sprintf(`{"permissions":{"network":{"enabled":false},"file_system":{"write":[%q]}},"scope":%q}`, beside, tt.scope)
			if out, _ := m.Requests()[2].Output("c2"); out != want {
				t.Errorf("the model reads %s, want %s", out, want)
			}
			if out := m.Requests()[3].LastOutput(); !strings.Contains(out, "Success") {
				t.Errorf("the patch: %s", out)
			}
			for name, there := range map[string]bool{"before": false, "during": true, "after": tt.later} {
				if _, err := os.Stat(filepath.Join(beside, name)); (err == nil) != there {
					t.Errorf("%s: %v, want it to be there: %v", name, err, there)
				}
			}
			asked := of[ApprovalRequested](p)
			if title := "Let commands write below " + beside + " from now on?"; len(asked) != 1 || asked[0].Question.Title != title {
				t.Errorf("asked %+v, want %s", asked, title)
			}
		})
	}
}

// A grant is for the folder that was there: not for what a link leads to that has
// taken its place since, which is asked about as ever.
func TestGrantIsForTheFolderThatWasShown(t *testing.T) {
	base := resolved(t.TempDir())
	ws, granted, victim := base+"/ws", base+"/ws/a", base+"/victim"
	for _, dir := range []string{granted, victim} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	p := Permissions{Write: []string{granted}}
	for _, mode := range []config.SandboxMode{config.WorkspaceWrite, config.ReadOnly} {
		c := &config.Config{Approval: config.OnRequest, Sandbox: mode}
		for _, tt := range []struct {
			path string
			want policy.Verdict
		}{{granted + "/x", policy.Run}, {granted + "/.git/hooks/x", policy.Ask}, {victim + "/x", policy.Ask}} {
			if got, why := judgePatch(c, ws, []string{tt.path}, p); got != tt.want {
				t.Errorf("%s, %s: %v (%s), want %v", mode, tt.path, got, why, tt.want)
			}
		}
	}
	if err := errors.Join(os.Remove(granted), os.Symlink(victim, granted)); err != nil {
		t.Fatal(err)
	}
	c := &config.Config{Approval: config.OnRequest, Sandbox: config.WorkspaceWrite}
	if got, _ := judgePatch(c, ws, []string{granted + "/x"}, p); got != policy.Ask {
		t.Errorf("through a link that took the folder's place: %v", got)
	}
}

// What cannot be granted, and what nobody is asked about, is told to the model.
func TestPermissionsThatAreRefused(t *testing.T) {
	home := resolved(t.TempDir())
	for _, dir := range []string{"rules", "lib/.git/hooks"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	const never = "can be granted to no command"
	for _, tt := range []struct {
		name   string
		ask    modeltest.Item
		change func(*config.Config)
		want   string
	}{
		{"nothing", requesting("c1", false), nil, "asks for nothing"},
		{"everything", requesting("c1", false, "/"), nil, never},
		{"Codex's home", requesting("c1", false, home), nil, never},
		{"its rules", requesting("c1", false, home+"/rules"), nil, never},
		{"hooks", requesting("c1", false, home+"/lib/.git/hooks"), func(c *config.Config) { c.Home = "" }, "is protected"},
		{"not there", requesting("c1", false, home+"/none"), nil, "is not there"},
		{"a file", requesting("c1", false, "/etc/passwd"), nil, "is a file"},
		{"granular", requesting("c1", true), func(c *config.Config) { c.Approval, c.GrantsSilent = config.Granular, true }, "approval_policy.granular.request_permissions is false"},
		{"declined", requesting("c1", true), nil, "request_permissions failed: permissions rejected by user"},
		{"no sandbox", requesting("c1", true), func(c *config.Config) { c.Sandbox = config.FullAccess }, "there is nothing to widen"},
		{"broken", modeltest.CallAs("c1", "request_permissions", `{"permissions":[`), nil, "failed to parse function arguments"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := modeltest.Serve(t, modeltest.Says(tt.ask), modeltest.Says(modeltest.Text("ok")))
			p := newPeer(always(Declined))
			th := newConfinedThread(t, m, p, func(c *config.Config) {
				asksPermissions(c)
				c.Home = home
				if tt.change != nil {
					tt.change(c)
				}
			})
			askAndWait(t, th, "go")
			if out, _ := m.Requests()[1].Output("c1"); !strings.Contains(out, tt.want) {
				t.Errorf("the model reads %q, want %q in it", out, tt.want)
			}
			if p := th.grants.permissions(th.id); !p.none() {
				t.Errorf("granted %+v", p)
			}
			if n := len(of[ApprovalRequested](p)); n > 0 && tt.name != "declined" {
				t.Errorf("%d questions", n)
			}
		})
	}
}
