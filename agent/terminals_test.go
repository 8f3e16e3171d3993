package agent

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"codex-lsp/agent/config"
	"codex-lsp/agent/exec"
	"codex-lsp/agent/model/modeltest"
)

// An interrupt kills what the turn waits for and not what it left running; that
// is listed, the model is told of it, and a user can kill it.
func TestTerminalsOutliveAnInterrupt(t *testing.T) {
	call := func(id, cmd string, yield int) modeltest.Item {
		return modeltest.CallAs(id, "exec_command", map[string]any{"cmd": cmd, "login": false, "yield_time_ms": yield})
	}
	m := modeltest.Serve(t,
		modeltest.Says(call("c1", "sleep 1000", 250)),
		modeltest.Says(call("c2", "echo up; sleep 1000", 30000)),
		modeltest.Says(modeltest.Text("ok")))
	p := newPeer(nil)
	th := newTestThread(t, m, p, func(c *config.Config) { c.Sandbox = config.FullAccess })
	id, err := th.Ask(Input{Text: "go"})
	if err != nil {
		t.Fatal(err)
	}
	for up := false; !up; {
		up = strings.Contains(wait[OutputDelta](t, p).Delta, "up")
	}
	th.Interrupt()
	if res, _ := th.Wait(t.Context(), id); res.Status != Interrupted {
		t.Fatalf("result %+v", res)
	}
	out, _ := m.Requests()[1].Output("c1")
	session := regexp.MustCompile(`session ID (\d+)`).FindStringSubmatch(out)
	all := th.agent.Terminals(th.ID())
	if len(all) != 1 || session == nil || fmt.Sprint(all[0].ID) != session[1] || all[0].State != exec.Running || all[0].Command != "sleep 1000" {
		t.Fatalf("terminals %+v, want the one of %q", all, out)
	}
	if others := th.agent.Terminals("another"); len(others) > 0 {
		t.Errorf("another thread has %+v", others)
	}
	askAndWait(t, th, "again")
	input := fmt.Sprintf("%s", m.Requests()[2].Input)
	if want := "Those that it had left running still run: session_id " + session[1] + "."; !strings.Contains(input, want) {
		t.Errorf("the model reads %s, want %q in it", input, want)
	}
	if err := th.agent.KillTerminal(all[0].ID); err != nil {
		t.Fatal(err)
	}
	for _, left := range th.agent.Terminals("") {
		if left.State == exec.Running {
			t.Errorf("%+v still runs", left)
		}
	}
	if err := th.agent.KillTerminal(1); err == nil || !strings.Contains(err.Error(), "there is no terminal 1") {
		t.Errorf("no such terminal: %v", err)
	}
}
