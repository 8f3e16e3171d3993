package mcp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"codex-lsp/agent/config"
	"codex-lsp/agent/mcp/mcptest"
)

// A site is an MCP server over HTTP that signs users in itself.
type site struct {
	*httptest.Server
	mu      sync.Mutex
	tokens  map[string]bool // that are good; guarded by mu
	refresh string          // the refresh token that is good; guarded by mu
	issued  int             // guarded by mu
	headers []string        // X-Team of each request; guarded by mu
}

func newSite(t *testing.T) *site {
	s := &site{tokens: make(map[string]bool)}
	server := sdk.NewServer(&sdk.Implementation{Name: "site", Version: "1"}, nil)
	mcptest.AddTool(server, "hello", nil, mcptest.Say("hello"))
	h := sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return server }, nil)
	mux := http.NewServeMux()
	mux.HandleFunc("/mcp", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.headers = append(s.headers, r.Header.Get("X-Team"))
		good := s.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
		s.mu.Unlock()
		if !good {
			w.Header().Set("WWW-Authenticate", `Bearer resource_metadata="`+s.URL+`/.well-known/oauth-protected-resource/mcp"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, r)
	})
	tell := func(path string, v func() any) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(v())
		})
	}
	tell("/.well-known/oauth-protected-resource/mcp", func() any {
		return map[string]any{"resource": s.URL + "/mcp", "authorization_servers": []string{s.URL}, "scopes_supported": []string{"read"}}
	})
	tell("/.well-known/oauth-authorization-server", func() any {
		return map[string]any{
			"issuer": s.URL, "authorization_endpoint": s.URL + "/authorize", "token_endpoint": s.URL + "/token", "registration_endpoint": s.URL + "/register",
			"response_types_supported": []string{"code"}, "code_challenge_methods_supported": []string{"S256"}, "token_endpoint_auth_methods_supported": []string{"none"},
		}
	})
	mux.HandleFunc("/register", func(w http.ResponseWriter, r *http.Request) {
		var m map[string]any
		json.NewDecoder(r.Body).Decode(&m)
		m["client_id"] = "client-1"
		w.WriteHeader(http.StatusCreated)
		json.NewEncoder(w).Encode(m)
	})
	mux.HandleFunc("/authorize", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		back, _ := url.Parse(q.Get("redirect_uri"))
		back.RawQuery = url.Values{"code": {"code-1"}, "state": {q.Get("state")}}.Encode()
		http.Redirect(w, r, back.String(), http.StatusFound)
	})
	mux.HandleFunc("/token", s.token)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(func() {
		for session := range server.Sessions() { // those whose client had no token left to end them with
			session.Close()
		}
		s.Close()
	})
	return s
}

func (s *site) token(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := r.FormValue("grant_type"); g == "refresh_token" && r.FormValue("refresh_token") != s.refresh || g == "authorization_code" && r.FormValue("code") != "code-1" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant"}`)
		return
	}
	s.issued++
	access := fmt.Sprint("access-", s.issued)
	s.refresh = fmt.Sprint("refresh-", s.issued)
	s.tokens = map[string]bool{access: true}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"access_token": access, "token_type": "Bearer", "refresh_token": s.refresh, "expires_in": 3600, "scope": "read"})
}

func (s *site) server() config.MCPServer {
	return config.MCPServer{Name: "site", URL: s.URL + "/mcp", StartupTimeout: longTime, ToolTimeout: longTime, Approval: config.MCPAuto}
}

// Signing in keeps tokens where Codex does, they are used and renewed, and
// signing out forgets them.
func TestSignIn(t *testing.T) {
	web := newSite(t)
	set := newTestSet(t, nil)
	with := settings(web.server())
	with.Home = t.TempDir()
	if err := set.Use(t.Context(), with); err != nil {
		t.Fatal(err)
	}
	if st := set.Status()[0]; !strings.Contains(st.Error, "codex-lsp mcp login site") {
		t.Errorf("%+v", st)
	}
	if !NeedsSignIn(t.Context(), web.server(), with) {
		t.Error("it is not known that one signs in there")
	}
	l := Login{Server: web.server(), With: with, Open: func(page string) error { // a browser
		res, err := http.Get(page)
		if err == nil {
			res.Body.Close()
		}
		return err
	}}
	if err := l.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(with.Home, credentialsFile)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	store := NewStore(with)
	c, err := store.Load(web.server())
	if err != nil || c == nil || c.Access != "access-1" || *c.Refresh != "refresh-1" || c.ClientID != "client-1" || c.ExpiresAt == nil || len(c.Scopes) != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	says(t, with, "hello")

	past := time.Now().Add(-time.Minute).UnixMilli()
	c.ExpiresAt = &past
	if err := store.Save(*c); err != nil {
		t.Fatal(err)
	}
	says(t, with, "hello") // with another token
	if c, _ = store.Load(web.server()); c.Access != "access-2" || *c.Refresh != "refresh-2" {
		t.Errorf("%+v", c)
	}
	if was, err := store.Remove(web.server()); !was || err != nil {
		t.Error(was, err)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Error("the file is still there")
	}
}

// says calls hello with a Set of its own.
func says(t *testing.T, with Settings, want string) {
	t.Helper()
	set := newTestSet(t, nil)
	if err := set.Use(t.Context(), with); err != nil {
		t.Fatal(err)
	}
	if got, err := call(t, set, "mcp__site__hello", `{}`); err != nil || got != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}

// Headers and tokens of the settings go to the server and to nobody else.
func TestHeaders(t *testing.T) {
	web := newSite(t)
	web.tokens["from-env"] = true
	t.Setenv("SITE_TOKEN", "from-env")
	t.Setenv("TEAM", "blue")
	c := web.server()
	c.BearerVar, c.EnvHeaders = "SITE_TOKEN", map[string]string{"X-Team": "TEAM"}
	says(t, settings(c), "hello")
	for _, h := range web.headers {
		if h != "blue" {
			t.Errorf("%q", web.headers)
		}
	}

	var stolen []string
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { stolen = append(stolen, r.Header.Get("Authorization")) }))
	defer thief.Close()
	open := httptest.NewServer(http.RedirectHandler(thief.URL, http.StatusTemporaryRedirect))
	defer open.Close()
	set := newTestSet(t, nil)
	c.URL = open.URL
	if err := set.Use(t.Context(), settings(c)); err != nil {
		t.Fatal(err)
	}
	if st := set.Status()[0]; !strings.Contains(st.Error, "leads to another server") || len(stolen) > 0 {
		t.Errorf("%+v, %q", st, stolen)
	}

	set = newTestSet(t, nil)
	c.BearerVar = "NOT_SET"
	set.Use(t.Context(), settings(c))
	if st := set.Status()[0]; !strings.Contains(st.Error, "the variable NOT_SET, which bearer_token_env_var names, is not set") {
		t.Errorf("%+v", st)
	}
}

// A sign-in that Codex has kept is found.
func TestCodexCredentials(t *testing.T) {
	home := t.TempDir()
	const theirs = `{"s|0123456789abcdef":{"server_name":"s","server_url":"https://s.example/mcp","client_id":"c","access_token":"a","expires_at":null,"refresh_token":null,"scopes":[]}}`
	if err := os.WriteFile(filepath.Join(home, credentialsFile), []byte(theirs), 0o600); err != nil {
		t.Fatal(err)
	}
	with := settings()
	with.Home = home
	store, server := NewStore(with), config.MCPServer{Name: "s", URL: "https://s.example/mcp"}
	c, err := store.Load(server)
	if err != nil || c == nil || c.Access != "a" {
		t.Fatalf("%+v, %v", c, err)
	}
	c.Access = "b"
	if err := store.Save(*c); err != nil {
		t.Fatal(err)
	}
	b, _ := os.ReadFile(filepath.Join(home, credentialsFile))
	if want := strings.Replace(theirs, `"a"`, `"b"`, 1); string(b) != want {
		t.Errorf("%s\nwant %s", b, want)
	}
}
