package agent

import (
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model/modeltest"
)

// TestNoWaitOutlastsAnInterrupt has a turn come to each wait there is, where it
// stays, says what it is, and ends at once when the user wants it to.
func TestNoWaitOutlastsAnInterrupt(t *testing.T) {
	command := modeltest.Says(modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "make"}))
	busy := modeltest.Turn{Status: 429, Header: http.Header{"Retry-After": {"100"}}}
	for reason, c := range map[WaitReason]struct {
		turn    modeltest.Turn
		prepare func(*bubble)
	}{
		WaitConnect:  {turn: again, prepare: func(b *bubble) { b.mute = true }},
		WaitModel:    {turn: modeltest.Turn{Delay: time.Hour}},
		WaitStream:   {turn: modeltest.Says(modeltest.Text("w"), modeltest.Stall())},
		WaitRetry:    {turn: modeltest.Turn{Status: 503, Header: http.Header{"Retry-After": {"100"}}}},
		WaitLimit:    {turn: busy},
		WaitApproval: {turn: command, prepare: func(b *bubble) { b.peer.answer = nil }},
		WaitCommand:  {turn: command, prepare: func(b *bubble) { b.runner.endless = true }},
		WaitEdit: {turn: modeltest.Says(modeltest.CustomAs("c1", "apply_patch", fixPatch)), prepare: func(b *bubble) {
			b.peer.files[filepath.Join(b.Cwd(), "a.txt")] = "one\ntwo\n"
			b.peer.stuck = true
		}},
	} {
		t.Run(string(reason), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t, modeltest.Turns{c.turn, again}, nil)
				if c.prepare != nil {
					c.prepare(b)
				}
				interruptIn(t, b.Thread, b.peer, reason)
			})
		})
	}
}

// interruptIn asks, waits until the turn waits for the reason, and stops it.
func interruptIn(t *testing.T, th *Thread, p *peer, reason WaitReason) {
	t.Helper()
	id, err := th.Ask(Input{Text: "go"})
	if err != nil {
		t.Fatal(err)
	}
	for wait[Waiting](t, p).Reason != reason {
	}
	if s := th.Status(); s.Wait != reason || s.State == "idle" {
		t.Errorf("the status is %+v", s)
	}
	th.Interrupt()
	res, err := th.Wait(t.Context(), id)
	if err != nil || res.Status != Interrupted {
		t.Errorf("%+v %v", res, err)
	}
}

// Servers and hooks are processes of their own, and wait in the real time: these
// for longer than any test takes.
func TestNoProgramOutlastsAnInterrupt(t *testing.T) {
	p := newPeer(always(Approved))
	th := newTestThread(t, modeltest.Serve(t), p, func(c *config.Config) {
		c.MCP.Servers = []config.MCPServer{{Name: "deaf", Command: "sleep", Args: []string{"1000"}, StartupTimeout: time.Hour}}
	})
	interruptIn(t, th, p, WaitServers)

	p = newPeer(always(Approved))
	th, err := hookedAgent(t, modeltest.Serve(t), `{"UserPromptSubmit": [{"hooks": [{"command": "exec sleep 1000"}]}]}`, nil).NewThread(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer th.Attach(p)()
	interruptIn(t, th, p, WaitHook)
}
