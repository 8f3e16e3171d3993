package model_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"codex-lsp/agent/auth"
	"codex-lsp/agent/auth/authtest"
	"codex-lsp/agent/config"
	"codex-lsp/agent/model"
	"codex-lsp/agent/model/modeltest"
)

// newSignedIn is a client whose user is signed in with ChatGPT, and the issuer
// that guards its model.
func newSignedIn(t *testing.T, turns ...modeltest.Turn) (*model.Client, *authtest.Issuer, authtest.Tokens, *modeltest.Server) {
	t.Helper()
	issuer := authtest.Start()
	t.Cleanup(issuer.Close)
	m := modeltest.New(modeltest.Turns(turns))
	t.Cleanup(m.Close)
	server := httptest.NewServer(issuer.Guard(m))
	t.Cleanup(server.Close)
	c := &config.Config{Home: t.TempDir(), Account: config.Account{Store: config.StoreFile}}
	c.Provider = config.Provider{ID: "openai", Name: "OpenAI", BaseURL: "http://127.0.0.1:1/v1", ChatGPTURL: server.URL + "/codex", Account: true, StreamTries: 0}
	tokens := issuer.Issue()
	text := fmt.Sprintf(`{"auth_mode":"chatgpt","tokens":{"id_token":%q,"access_token":%q,"refresh_token":%q}}`, tokens.ID, tokens.Access, tokens.Refresh)
	if err := os.WriteFile(filepath.Join(c.Home, auth.FileName), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	account := auth.New(auth.Options{Home: c.Home, Issuer: issuer.URL, Transport: issuer.Transport(), Getenv: func(string) string { return "" }})
	t.Cleanup(account.Close)
	return model.New(c.Provider, model.Options{Transport: server.Client().Transport, Credentials: account.Credentials(c), Secrets: account.Secrets}), issuer, tokens, m
}

// said is what the model says.
func said(t *testing.T, c *model.Client) (text string, err error) {
	t.Helper()
	events, err := collect(t, c, ask("hello"))
	for _, e := range events {
		if d, ok := e.(model.TextDelta); ok {
			text += d.Text
		}
	}
	return text, err
}

func TestChatGPTsTokensGoToItsBackend(t *testing.T) {
	c, issuer, tokens, m := newSignedIn(t, modeltest.Says(modeltest.Text("hi")))
	got, err := said(t, c)
	if err != nil || got != "hi" {
		t.Fatalf("answer %q, %v", got, err)
	}
	h := m.Requests()[0].Header
	if h.Get("Authorization") != "Bearer "+tokens.Access || h.Get("chatgpt-account-id") != "ws-ada" || issuer.Count("/oauth/token") != 0 {
		t.Errorf("headers %v", h)
	}
}

func TestARefusedTokenIsRenewedAndTheRequestMadeAgainOnce(t *testing.T) {
	c, issuer, tokens, _ := newSignedIn(t, modeltest.Says(modeltest.Text("hi")))
	issuer.Refuse(tokens.Access)
	got, err := said(t, c)
	if err != nil || got != "hi" || issuer.Count("/oauth/token") != 1 {
		t.Errorf("answer %q, %v, %d renewals", got, err, issuer.Count("/oauth/token"))
	}
}

func TestATokenThatIsRefusedAgainIsAnError(t *testing.T) {
	c, issuer, tokens, _ := newSignedIn(t)
	issuer.Refuse(tokens.Access)
	issuer.Fault("/oauth/token", authtest.Answers(200, "application/json", `{"access_token":"access-token-of-nobody"}`))
	_, err := said(t, c)
	checkRefused(t, err, "access-token-of-nobody", "401")
	if issuer.Count("/oauth/token") != 1 {
		t.Errorf("%d renewals, want 1", issuer.Count("/oauth/token"))
	}
}

func TestASpentSignInSaysSo(t *testing.T) {
	c, issuer, tokens, _ := newSignedIn(t)
	issuer.Refuse(tokens.Access)
	issuer.Revoke(tokens.Refresh, "refresh_token_invalidated")
	_, err := said(t, c)
	checkRefused(t, err, tokens.Access, "the ChatGPT sign-in cannot be renewed: it was revoked", "codex-lsp login")
}

// checkRefused checks what the user reads, in which no secret may be.
func checkRefused(t *testing.T, err error, secret string, parts ...string) {
	t.Helper()
	var e *model.Error
	if !errors.As(err, &e) || e.Kind != model.NoKey || e.Status != http.StatusUnauthorized {
		t.Fatalf("error %#v", err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error %q does not say %q", err, part)
		}
	}
	if strings.Contains(err.Error(), secret) {
		t.Errorf("the error %q tells a secret", err)
	}
}

// TestAzure is how Azure wants to be asked: a version in the query, a key in a
// header of its own, and no other.
func TestAzure(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("hi")))
	t.Setenv("AZURE_KEY", "azure-secret-1")
	home := t.TempDir()
	text := fmt.Sprintf(`model_provider = "azure"
[model_providers.azure]
name = "Azure"
base_url = %q
query_params = { api-version = "2026-06-01-preview" }
env_http_headers = { api-key = "AZURE_KEY" }
`, m.URL)
	if err := os.WriteFile(filepath.Join(home, config.FileName), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(config.Options{Home: home})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := said(t, model.New(c.Provider, model.Options{})); got != "hi" || err != nil {
		t.Fatalf("answer %q, %v", got, err)
	}
	r := m.Requests()[0]
	if r.Query != "api-version=2026-06-01-preview" || r.Header.Get("api-key") != "azure-secret-1" || r.Header.Get("Authorization") != "" {
		t.Errorf("query %q, headers %v", r.Query, r.Header)
	}
}

// TestACommandsTokenIsPrintedAnewOnceItIsRefused is a gateway whose tokens a
// command prints.
func TestACommandsTokenIsPrintedAnewOnceItIsRefused(t *testing.T) {
	m := modeltest.Serve(t, modeltest.Says(modeltest.Text("hi")))
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token-2" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		m.ServeHTTP(w, r)
	}))
	t.Cleanup(gateway.Close)
	c := &config.Config{Home: t.TempDir()}
	c.Provider = config.Provider{ID: "gateway", Name: "Gateway", BaseURL: gateway.URL, Command: &config.TokenCommand{
		Command: "sh", Args: []string{"-c", "echo >> runs; echo token-$(wc -l < runs)"}, Timeout: time.Minute, Renew: time.Hour,
	}}
	account := auth.New(auth.Options{Home: c.Home})
	defer account.Close()
	client := model.New(c.Provider, model.Options{Credentials: account.Credentials(c), Transport: gateway.Client().Transport})
	if got, err := said(t, client); got != "hi" || err != nil {
		t.Errorf("answer %q, %v", got, err)
	}
}
