package agent

import (
	"slices"
	"strings"
	"testing"

	"codex-lsp/agent/config"
	"codex-lsp/agent/model/modeltest"
	"codex-lsp/agent/rollout"
)

// The provider's search is offered where it is known to be, or wanted, and as the
// settings want it.
func TestSearchIsOffered(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*config.Config)
		want   string // "" for no search
	}{
		{"by default", func(*config.Config) {}, `{"external_web_access":false,"type":"web_search"}`},
		{"with full access", func(c *config.Config) { c.Sandbox = config.FullAccess }, `{"external_web_access":true,"type":"web_search"}`},
		{"disabled", func(c *config.Config) { c.Search.Mode = config.SearchOff }, ""},
		{"indexed", func(c *config.Config) { c.Search.Mode = config.SearchIndexed }, `{"external_web_access":true,"indexed_web_access":true,"type":"web_search"}`},
		{"with a place and domains", func(c *config.Config) {
			c.Search = config.WebSearch{Mode: config.SearchLive, Size: "low", Domains: []string{"go.dev"}, Location: config.Location{Country: "DE", City: "Berlin"}}
		}, `{"external_web_access":true,"filters":{"allowed_domains":["go.dev"]},"search_context_size":"low","type":"web_search","user_location":{"city":"Berlin","country":"DE","type":"approximate"}}`},
		{"of another provider", func(c *config.Config) { c.Provider.ID = "mine" }, ""},
		{"of another provider that is said to have it", func(c *config.Config) { c.Provider.ID, c.Search.Mode = "mine", config.SearchCached }, `{"external_web_access":false,"type":"web_search"}`},
		{"of an unknown model", func(c *config.Config) { c.Model = "mystery" }, ""},
		{"of an unknown model that is said to have it", func(c *config.Config) { c.Model, c.Search.Mode = "mystery", config.SearchLive }, `{"external_web_access":true,"type":"web_search"}`},
		{"with the least effort", func(c *config.Config) { c.Effort, c.Search.Mode = "minimal", config.SearchLive }, ""},
		{"over Chat Completions", func(c *config.Config) { c.Provider.Wire, c.Search.Mode = "chat", config.SearchLive }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := modeltest.Serve(t, modeltest.Says(modeltest.Text("ok")))
			th := newTestThread(t, m, newPeer(always(Approved)), tt.change)
			if res := askAndWait(t, th, "go"); res.Status != Completed {
				t.Fatalf("%+v", res)
			}
			body := string(m.Requests()[0].Body)
			if tt.want == "" && strings.Contains(body, "web_search") || !strings.Contains(body, tt.want) {
				t.Errorf("%s is missing in %s", tt.want, body)
			}
		})
	}
}

// A search is an item that begins and ends, and stays in the conversation.
func TestSearchIsTold(t *testing.T) {
	const (
		begins = `{"type":"response.output_item.added","output_index":0,"item":{"type":"web_search_call","id":"ws_1","status":"in_progress"}}`
		search = `{"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"go 1.30\nreleased","queries":["go 1.30"]}}`
		finds  = `{"type":"web_search_call","id":"ws_2","status":"completed","action":{"type":"find_in_page","url":"https://go.dev/","pattern":"1.30"}}`
	)
	m := modeltest.Serve(t,
		modeltest.Says(modeltest.Event(begins), modeltest.Raw(search), modeltest.Raw(finds), modeltest.Text("it is out")),
		modeltest.Says(modeltest.Text("yes")), modeltest.Says(modeltest.Text("still")))
	sessions := rollout.NewStore(t.TempDir())
	a := newTestAgent(t, m, sessions, nil)
	th, err := a.NewThread(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(always(Approved))
	defer th.Attach(p)()
	askAndWait(t, th, "is it out?")
	var told []string
	for _, e := range p.events {
		switch e := e.(type) {
		case ItemStarted:
			told = append(told, "begins "+e.Item.ID)
		case ItemCompleted:
			if e.Item.Type == WebSearch {
				told = append(told, "ends "+e.Item.ID+": "+e.Item.Query)
			}
		}
	}
	want := []string{"begins ws_1", "ends ws_1: go 1.30 released", "ends ws_2: '1.30' in https://go.dev/"}
	if told = slices.DeleteFunc(told, func(s string) bool { return strings.HasPrefix(s, "begins msg") }); !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	askAndWait(t, th, "sure?")
	if body := string(m.Requests()[1].Body); !strings.Contains(body, search) || !strings.Contains(body, finds) {
		t.Errorf("the searches are not in %s", body)
	}
	a.Close()
	again, err := newTestAgent(t, m, sessions, nil).Resume(th.ID(), "")
	if err != nil {
		t.Fatal(err)
	}
	askAndWait(t, again, "still sure?") // the model refuses a history that does not begin as before
}
