package agent

import (
	"testing"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/agent/rollout"
)

// A saved thread goes on with the model and the effort that it had; what may be
// done is as the settings are now.
func TestChoiceIsKept(t *testing.T) {
	for _, tt := range []struct {
		name    string
		now     config.Options // of the settings when it is resumed
		change  func(*config.Config)
		model   string
		effort  string
		sandbox string
	}{
		{name: "as before", model: "gpt-5.4", effort: "high", sandbox: "workspace-write"},
		{name: "another model on the command line", now: config.Options{Flags: []string{`model="gpt-6"`}}, model: "gpt-6", effort: "medium", sandbox: "workspace-write"},
		{name: "another effort on the command line", now: config.Options{Overrides: []string{"model_reasoning_effort=low"}}, model: "gpt-5.4", effort: "low", sandbox: "workspace-write"},
		{name: "another model in the settings", change: func(c *config.Config) { c.Model = "o3" }, model: "gpt-5.4", effort: "high", sandbox: "workspace-write"},
		{name: "another provider", change: func(c *config.Config) { c.Provider.ID = "mine" }, model: "gpt-5.5", effort: "medium", sandbox: "workspace-write"},
		{name: "another sandbox", change: func(c *config.Config) { c.Sandbox = config.ReadOnly }, model: "gpt-5.4", effort: "high", sandbox: "read-only"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := modeltest.Serve(t, modeltest.Says(modeltest.Text("one")), modeltest.Says(modeltest.Text("two")))
			sessions := rollout.NewStore(t.TempDir())
			a := newTestAgent(t, m, sessions, nil)
			th, err := a.NewThread(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := th.Choose(func(c *Choice) { c.Model, c.Effort = "gpt-5.4", "high" }); err != nil {
				t.Fatal(err)
			}
			defer th.Attach(newPeer(always(Approved)))()
			askAndWait(t, th, "go")
			a.Close()
			b := newTestAgent(t, m, sessions, func(c *config.Config) {
				o := tt.now
				o.Home, o.Getenv = t.TempDir(), func(string) string { return "" }
				now, err := config.Load(o)
				if err != nil {
					t.Fatal(err)
				}
				provider := c.Provider
				*c = *now
				if c.Provider = provider; tt.change != nil {
					tt.change(c)
				}
			})
			again, err := b.Resume(th.ID(), "")
			if err != nil {
				t.Fatal(err)
			}
			defer again.Attach(newPeer(always(Approved)))()
			if res := askAndWait(t, again, "on"); res.Status != Completed {
				t.Fatalf("%+v", res)
			}
			got, err := again.Choose(func(*Choice) {})
			if err != nil || got.Model != tt.model || got.Effort != tt.effort || m.Requests()[1].Model != tt.model {
				t.Errorf("it goes on with %+v, %v", got, err)
			}
			if _, r, err := sessions.Show(th.ID()); err != nil || r.Turn.Sandbox["type"] != tt.sandbox {
				t.Errorf("the turn had %+v, %v", r.Turn, err)
			}
		})
	}
}
