package lsp

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codex-lsp/agent"
	"codex-lsp/agent/auth"
	"codex-lsp/agent/auth/authtest"
	"codex-lsp/agent/config"
	"codex-lsp/lsp/lsptest"
)

// withAccount connects an editor to a server whose user signs in at a local
// issuer.
func withAccount(t *testing.T, p lsptest.Profile) (*bench, *authtest.Issuer, *config.Config) {
	t.Helper()
	issuer := authtest.Start()
	c, err := config.Load(config.Options{Home: t.TempDir(), Getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	account := auth.New(auth.Options{
		Home: c.Home, Log: log, Issuer: issuer.URL, Transport: issuer.Transport(), Ports: []int{0},
		Getenv: func(string) string { return "" },
	})
	a := agent.New(agent.Options{Config: func(string) (*config.Config, error) { return c, nil }, Log: log, Version: "test", Account: account})
	t.Cleanup(func() { a.Close(); account.Close(); issuer.Close() })
	return connect(t, p, Options{Agent: a, Log: log, Version: "test", Home: c.Home}, t.TempDir()), issuer, c
}

// visits fetches a page as a browser does.
func visits(t *testing.T, address string) {
	t.Helper()
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
}

func TestSignInFromTheEditor(t *testing.T) {
	b, issuer, c := withAccount(t, lsptest.VSCode)
	var before auth.Status
	if err := b.Execute("codex.account", map[string]any{}, &before); err != nil || before.Method != auth.NotSignedIn {
		t.Errorf("account %+v, %v", before, err)
	}
	var login LoginResult
	if err := b.Execute("codex.login", map[string]any{}, &login); err != nil {
		t.Fatal(err)
	}
	shown := b.Await("window/showDocument", 1)[0].Params
	var page struct {
		URI      string
		External bool
	}
	if err := json.Unmarshal(shown, &page); err != nil || page.URI != login.URL || !page.External {
		t.Errorf("shown %s, %v; want %s", shown, err, login.URL)
	}
	yes, _, err := issuer.Consent(page.URI)
	if err != nil {
		t.Fatal(err)
	}
	visits(t, yes)
	b.says("Codex: signed in as ada@example.com")
	var after auth.Status
	if err := b.Execute("codex.account", map[string]any{}, &after); err != nil || after.Email != "ada@example.com" {
		t.Errorf("account %+v, %v", after, err)
	}
	var out LogoutResult
	if err := b.Execute("codex.logout", map[string]any{}, &out); err != nil || !out.SignedOut {
		t.Errorf("logout %+v, %v", out, err)
	}
	if _, err := os.Stat(filepath.Join(c.Home, auth.FileName)); !os.IsNotExist(err) {
		t.Errorf("auth.json: %v", err)
	}
}

func TestSignInWithACodeFromTheEditor(t *testing.T) {
	b, issuer, _ := withAccount(t, lsptest.Plain)
	var login LoginResult
	if err := b.Execute("codex.login", map[string]any{"method": "code"}, &login); err != nil || login.Code == "" {
		t.Fatalf("login %+v, %v", login, err)
	}
	b.says(fmt.Sprintf("Codex: type the code %s at %s. Give it to nobody.", login.Code, login.URL))
	issuer.Type(login.Code)
	b.says("Codex: signed in as ada@example.com")
}

func TestEditorsCancelASignIn(t *testing.T) {
	b, _, c := withAccount(t, lsptest.VSCode)
	var first, second LoginResult
	if err := b.Execute("codex.login", map[string]any{}, &first); err != nil {
		t.Fatal(err)
	}
	var created struct{ Token string }
	if err := json.Unmarshal(b.Await("window/workDoneProgress/create", 1)[0].Params, &created); err != nil {
		t.Fatal(err)
	}
	if err := b.Execute("codex.login", map[string]any{}, &second); err != nil { // the page was lost
		t.Fatal(err)
	}
	b.says("Codex: the sign-in was cancelled")
	if err := json.Unmarshal(b.Await("window/workDoneProgress/create", 2)[1].Params, &created); err != nil {
		t.Fatal(err)
	}
	b.Notify("window/workDoneProgress/cancel", map[string]any{"token": created.Token})
	b.Await("window/showMessage", 2)
	if _, err := os.Stat(filepath.Join(c.Home, auth.FileName)); !os.IsNotExist(err) {
		t.Errorf("auth.json: %v", err)
	}
}

func TestNobodyIsSignedIn(t *testing.T) {
	b, _, _ := withAccount(t, lsptest.VSCode)
	if err := b.Execute("codex.ask", map[string]any{"prompt": "hi"}, nil); err != nil {
		t.Fatal(err)
	}
	b.says("Codex: you are not signed in, and no API key is set\nsign in: codex-lsp login in a terminal, or the command codex.login in the editor; or set CODEX_API_KEY where the editor is started")
}

// says waits for a message to the user.
func (b *bench) says(want string) {
	b.t.Helper()
	for n := 1; ; n++ {
		raw := b.Await("window/showMessage", n)[n-1].Params
		var p struct{ Message string }
		_ = json.Unmarshal(raw, &p)
		if p.Message == want {
			return
		}
		if strings.HasPrefix(p.Message, "Codex: ") {
			b.t.Logf("before it: %s", p.Message)
		}
	}
}
