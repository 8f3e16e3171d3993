package agent

import (
	"strings"
	"testing"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model/modeltest"
)

// questions are arguments of request_user_input.
func questions(ids ...string) map[string]any {
	var list []any
	for _, id := range ids {
		list = append(list, map[string]any{"id": id, "header": "Colour", "question": "Which " + id + "?", "options": []any{
			map[string]any{"label": "Red", "description": "warm"}, map[string]any{"label": "Blue", "description": "cold"}}})
	}
	return map[string]any{"questions": list}
}

func asksUser(c *config.Config) { c.Features.AskUser = true }

// What the model asks is a form of the ledger's, and its answers are in Codex's
// form.
func TestModelAsksTheUser(t *testing.T) {
	for _, tt := range []struct {
		name string
		show func(*Ticket)
		want string
	}{
		{"answered", func(tk *Ticket) {
			if f := tk.Form[0]; tk.Title != "Codex asks you something." || f.Title != "Colour" || f.Description != "Which a?\nRed: warm\nBlue: cold" {
				t.Errorf("asked %+v", tk.Question)
			}
			a, err := tk.Fill(map[string]any{"a": "Blue", "b": "rather green"})
			if err != nil {
				t.Error(err)
			}
			tk.Settle(a)
		}, `{"answers":{"a":{"answers":["Blue"]},"b":{"answers":["rather green"]}}}`},
		{"declined", func(tk *Ticket) { tk.Settle(Answer{Decision: Declined, By: ByUser}) }, "request_user_input was cancelled before there was an answer"},
		{"with a reason", func(tk *Ticket) { tk.Settle(Answer{Decision: Declined, By: ByUser, Message: "choose yourself"}) },
			"request_user_input was cancelled before there was an answer\nThe user says: choose yourself"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := modeltest.Serve(t, modeltest.Says(modeltest.CallAs("c1", "request_user_input", questions("a", "b"))), modeltest.Says(modeltest.Text("ok")))
			p := &formPeer{peer: newPeer(nil), show: tt.show}
			th := newTestThread(t, m, p.peer, asksUser)
			defer th.agent.ledger.Attach(th.id, p)()
			askAndWait(t, th, "go")
			if out, _ := m.Requests()[1].Output("c1"); out != tt.want {
				t.Errorf("the model reads %q, want %q", out, tt.want)
			}
		})
	}
}

// Questions that cannot be asked are explained to the model.
func TestModelAsksWrongly(t *testing.T) {
	bad := questions("a")
	bad["questions"].([]any)[0].(map[string]any)["options"] = []any{}
	for want, args := range map[string]any{
		"request_user_input failed: ask one to 3 questions, not 0":                    questions(),
		"request_user_input failed: ask one to 3 questions, not 4":                    questions("a", "b", "c", "d"),
		"request_user_input failed: question 2 needs an id of its own, in snake_case": questions("a", "a"),
		"request_user_input failed: question a needs two or three options, and has 0": bad,
		"failed to parse function arguments: unexpected end of JSON input":            `{"questions":`,
	} {
		m := modeltest.Serve(t, modeltest.Says(modeltest.CallAs("c1", "request_user_input", args)), modeltest.Says(modeltest.Text("ok")))
		askAndWait(t, newTestThread(t, m, newPeer(always(Approved)), asksUser), "go")
		if out, _ := m.Requests()[1].Output("c1"); !strings.HasPrefix(out, want) {
			t.Errorf("the model reads %q, want %q", out, want)
		}
	}
}

// It is offered only where it is wanted and somebody can answer; what features
// turn off is not offered.
func TestToolsThatAreOffered(t *testing.T) {
	for _, tt := range []struct {
		name    string
		change  func(*config.Config)
		nobody  bool
		without string
		with    string
	}{
		{name: "usual", change: func(*config.Config) {}, with: "exec_command write_stdin view_image", without: "request_user_input request_permissions"},
		{name: "asks for permissions", change: asksPermissions, with: "request_permissions"},
		{name: "asks", change: asksUser, with: "request_user_input"},
		{name: "asks nobody", change: asksUser, nobody: true, without: "request_user_input"},
		{name: "may not ask", change: func(c *config.Config) { asksUser(c); c.Approval = config.Never }, without: "request_user_input"},
		{name: "no shell, no images", change: func(c *config.Config) { c.Features.NoShell, c.Features.NoImages = true, true }, with: "read_file", without: "exec_command write_stdin view_image"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := modeltest.Serve(t, modeltest.Says(modeltest.Text("ok")))
			p := newPeer(always(Approved))
			if tt.nobody {
				p = nil
			}
			th := newTestThread(t, m, p, tt.change)
			askAndWait(t, th, "go")
			offered := toolsOf(t, m.Requests()[0].Body)
			for _, name := range strings.Fields(tt.with) {
				if !strings.Contains(offered, `"`+name+`"`) {
					t.Errorf("%s is not offered", name)
				}
			}
			for _, name := range strings.Fields(tt.without) {
				if strings.Contains(offered, `"`+name+`"`) {
					t.Errorf("%s is offered", name)
				}
			}
		})
	}
}
