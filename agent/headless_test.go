package agent

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent/model/modeltest"
)

func TestHostAloneIsNotWaitedFor(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "touch made"})),
		modeltest.Says(modeltest.Text("ok")))
	p := newPeer(always(Approved)) // who would approve, if he was asked
	th := newTestThread(t, m, nil, nil)
	leave := th.AttachHost(p)
	if res := askAndWait(t, th, "go"); res.Answer != "ok" {
		t.Errorf("result %+v", res)
	}
	const want = "command rejected: it needs an approval, and nobody is there to give it"
	if out := m.Requests()[1].LastOutput(); out != "exec_command failed: "+want {
		t.Errorf("the model reads %q", out)
	}
	if _, err := os.Stat(filepath.Join(th.Cwd(), "made")); err == nil {
		t.Error("the command ran")
	}
	var declined []Item
	for _, e := range of[ItemCompleted](p) {
		if e.Item.Type == CommandExecution {
			declined = append(declined, e.Item)
		}
	}
	if len(declined) != 1 || declined[0].Status != ItemDeclined || declined[0].Output != want {
		t.Errorf("the host hears %+v", declined)
	}
	leave()
	heard := len(of[Event](p))
	th.peers.report(Warning{Message: "nobody hears this"})
	if n := len(of[Event](p)); n != heard {
		t.Error("a host that left still hears")
	}
}

func TestSchemaHoldsForItsTurn(t *testing.T) {
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.CallAs("c1", "update_plan", map[string]any{"plan": []any{}})),
		modeltest.Says(modeltest.Text(`{"n":1}`)),
		modeltest.Says(modeltest.Text("free")))
	th := newTestThread(t, m, newPeer(nil), nil)
	id, err := th.Ask(Input{Text: "count", Schema: json.RawMessage(`{"type":"object"}`)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := th.Wait(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	askAndWait(t, th, "talk")
	for i, want := range []bool{true, true, false} {
		if got := strings.Contains(string(m.Requests()[i].Body), `"schema":{"type":"object"}`); got != want {
			t.Errorf("request %d has the schema: %v, want %v", i+1, got, want)
		}
	}
}
