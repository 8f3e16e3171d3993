package lsp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/lsp/lsptest"
)

// TestServersAreListed: what is set up is listed as it stands, before a turn needs
// it and after one could not start it.
func TestServersAreListed(t *testing.T) {
	home, dir := t.TempDir(), t.TempDir()
	put(t, filepath.Join(home, "config.toml"), `
[mcp_servers.away]
command = "/no/such/program"
[mcp_servers.off]
command = "/no/such/program"
enabled = false
[mcp_servers.web]
url = "http://127.0.0.1:1/mcp"
`)
	b := inProject(t, modeltest.Serve(t, modeltest.Says(modeltest.Text("hello"))), home, dir)
	list := func() (servers []ServerInfo) {
		t.Helper()
		if err := b.Execute("codex.listServers", nil, &servers); err != nil {
			t.Fatal(err)
		}
		return servers
	}
	want := []ServerInfo{{Name: "away", State: "idle"}, {Name: "off", State: "disabled"}, {Name: "web", State: "idle", SignsIn: true}}
	if diff := cmp.Diff(want, list()); diff != "" {
		t.Errorf("before a turn (-want +got):\n%s", diff)
	}
	if err := b.Execute("codex.ask", map[string]any{"prompt": "hi", "wait": true}, nil); err != nil {
		t.Fatal(err)
	}
	got := list()
	if len(got) != 3 || got[0].State != "failed" || !strings.Contains(got[0].Error, "/no/such/program") || got[1].State != "disabled" || got[2].State != "failed" {
		t.Errorf("after a turn: %+v", got)
	}
	for argument, want := range map[string]string{"": "is missing", "none": "no MCP server is set up", "away": "only a server with a url", "web": "127.0.0.1:1"} {
		err := b.Execute("codex.loginServer", map[string]any{"name": argument}, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("loginServer %q: %v, want %q", argument, err, want)
		}
	}
}

// TestTrustIsDecided: a project is trusted, or not, by a command, too.
func TestTrustIsDecided(t *testing.T) {
	home, dir := t.TempDir(), t.TempDir()
	put(t, filepath.Join(home, "config.toml"), "# mine\n")
	b := inProject(t, nil, home, dir)
	for _, trust := range []string{"", "trusted", "untrusted"} {
		var got TrustResult
		if err := b.Execute("codex.trust", map[string]any{"trust": trust}, &got); err != nil || got.Project != dir || string(got.Trust) != trust {
			t.Errorf("trust %q: %+v, %v", trust, got, err)
		}
	}
	text, err := os.ReadFile(filepath.Join(home, "config.toml"))
	if want := "# mine\n\n[projects.\"" + dir + "\"]\ntrust_level = \"untrusted\"\n"; err != nil || string(text) != want {
		t.Errorf("config.toml is %q, %v; want %q", text, err, want)
	}
	if err := b.Execute("codex.trust", map[string]any{"trust": "a bit"}, nil); err == nil || !strings.Contains(err.Error(), `must be trusted or untrusted, not "a bit"`) {
		t.Error(err)
	}
}

// TestFormsOfTheClientsOwn: a client that fills forms in itself is shown none, and
// the page that a server wants opened is opened wherever it is approved.
func TestFormsOfTheClientsOwn(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		p := lsptest.WithPlugin
		p.Options = map[string]any{"capabilities": map[string]any{"approvals": true, "events": true, "forms": true}}
		b := newBench(t, p, nil)
		b.OnPrompt = func(asked lsptest.Prompt) lsptest.Reaction {
			if strings.HasPrefix(asked.Message, "The MCP server") {
				t.Errorf("was shown %q", asked.Message)
			}
			return lsptest.Ignore()
		}
		th := b.thread()
		form := b.asksForm(th, agent.FormField{Name: "name", Type: "string", Required: true})
		approve := func(id string, content map[string]any) {
			t.Helper()
			if err := b.Execute("codex.approve", map[string]any{"id": th.ID() + "/" + id, "decision": "approved", "content": content}, nil); err != nil {
				t.Error(err)
			}
		}
		approve("c1/asks-1", map[string]any{"name": "Ada"})
		if got := <-form; got.Content != `{"name":"Ada"}` {
			t.Errorf("%+v", got)
		}
		ticket, err := b.server.agent.Ledger().Open(agent.Question{
			ThreadID: th.ID(), CallID: "c2/asks-1", Kind: agent.AskURL, Title: "Open a page?", URL: "https://pay.example/1",
			Offers: []agent.Decision{agent.Approved, agent.Declined},
		})
		if err != nil {
			t.Fatal(err)
		}
		answer := make(chan agent.Answer, 1)
		go func() { answer <- ticket.Ask(t.Context()) }()
		approve("c2/asks-1", nil)
		<-answer
		if opened := b.Await("window/showDocument", 1); !strings.Contains(string(opened[0].Params), `"https://pay.example/1"`) {
			t.Errorf("opened: %s", opened[0].Params)
		}
	})
}
