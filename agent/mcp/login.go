package mcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
	"golang.org/x/oauth2"

	"codex-lsp/agent/config"
)

// A Login is one sign-in to a server.
type Login struct {
	Server  config.MCPServer
	With    Settings
	Scopes  []string               // nil for those of the settings, or what the server names
	Version string                 // of codex-lsp
	Open    func(url string) error // shows the user the page to sign in at
}

// Do signs in: the user is sent to the server's issuer with a browser, which
// comes back to a port on this machine. The tokens are kept for Codex and us.
func (l Login) Do(ctx context.Context) error {
	if l.Server.URL == "" {
		return errors.New("only a server with a url has a sign-in")
	}
	back, err := listenForReturn(l.With.CallbackPort)
	if err != nil {
		return err
	}
	defer back.close()
	redirect := back.url
	if l.With.CallbackURL != "" {
		redirect = l.With.CallbackURL
	}
	client, err := httpClient(l.Server, l.With.Route, nil)
	if err != nil {
		return err
	}
	var got *Credentials
	o := l.handlerConfig(redirect, client)
	o.AuthorizationCodeFetcher = func(ctx context.Context, a *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
		if err := l.Open(a.URL); err != nil {
			return nil, err
		}
		return back.wait(ctx)
	}
	o.NewTokenSource = func(ctx context.Context, cfg *oauth2.Config, t *oauth2.Token) (oauth2.TokenSource, error) {
		c := credentialsOf(l.Server, cfg.ClientID, t, cfg.Scopes)
		got = &c
		return oauth2.StaticTokenSource(t), nil
	}
	handler, err := auth.NewAuthorizationCodeHandler(o)
	if err != nil {
		return err
	}
	c := sdk.NewClient(&sdk.Implementation{Name: "codex-mcp-client", Version: l.Version}, nil)
	session, err := c.Connect(ctx, &sdk.StreamableClientTransport{Endpoint: l.Server.URL, HTTPClient: client, OAuthHandler: handler, DisableStandaloneSSE: true},
		&sdk.ClientSessionOptions{ProtocolVersion: handshake})
	if session != nil {
		session.Close()
	}
	switch {
	case got != nil: // whatever the server does with it then
		return NewStore(l.With).Save(*got)
	case err != nil:
		return fmt.Errorf("sign in to MCP server `%s`: %w", l.Server.Name, err)
	}
	return fmt.Errorf("MCP server `%s` wants no sign-in", l.Server.Name)
}

// handlerConfig says who we are to the issuer: who the settings say, or a
// client that registers itself.
func (l Login) handlerConfig(redirect string, client *http.Client) *auth.AuthorizationCodeHandlerConfig {
	o := &auth.AuthorizationCodeHandlerConfig{RedirectURL: redirect, RequestRefreshToken: true, AcceptUnadvertisedIss: true, Client: client}
	if l.Server.OAuthID != "" {
		o.PreregisteredClient = &oauthex.ClientCredentials{ClientID: l.Server.OAuthID}
		if s := string(l.Server.OAuthSecret); s != "" {
			o.PreregisteredClient.ClientSecretAuth = &oauthex.ClientSecretAuth{ClientSecret: s}
		}
	} else {
		o.DynamicClientRegistrationConfig = &auth.DynamicClientRegistrationConfig{Metadata: &oauthex.ClientRegistrationMetadata{
			ClientName: "Codex (codex-lsp)", RedirectURIs: []string{redirect}, TokenEndpointAuthMethod: "none",
			GrantTypes: []string{"authorization_code", "refresh_token"}, ResponseTypes: []string{"code"},
		}}
	}
	scopes := l.Scopes
	if scopes == nil {
		scopes = l.Server.Scopes
	}
	if len(scopes) > 0 {
		o.ScopeFilter = func([]string) []string { return scopes }
	}
	return o
}

// A returning is the server that the browser comes back to.
type returning struct {
	url    string
	server *http.Server
	result chan *auth.AuthorizationResult // capacity 1: the first that comes
	failed chan error                     // capacity 1
	served chan struct{}                  // closed when the server has ended
}

func listenForReturn(port int) (*returning, error) {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, fmt.Errorf("listen for the browser to come back: %w; mcp_oauth_callback_port names another port", err)
	}
	r := &returning{
		url:    fmt.Sprintf("http://127.0.0.1:%d/callback", l.Addr().(*net.TCPAddr).Port),
		result: make(chan *auth.AuthorizationResult, 1), failed: make(chan error, 1), served: make(chan struct{}),
	}
	r.server = &http.Server{Handler: http.HandlerFunc(r.serve), ReadHeaderTimeout: 10 * time.Second}
	go func() { defer close(r.served); r.server.Serve(l) }() // close waits for it
	return r, nil
}

func (r *returning) serve(w http.ResponseWriter, req *http.Request) {
	q := req.URL.Query()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Referrer-Policy", "no-referrer")
	switch {
	case q.Get("error") != "":
		select {
		case r.failed <- fmt.Errorf("the sign-in was refused: %q", shorten(q.Get("error"), 100)):
		default:
		}
		fmt.Fprintln(w, "The sign-in was refused. You can close this page.")
	case q.Get("code") != "":
		select {
		case r.result <- &auth.AuthorizationResult{Code: q.Get("code"), State: q.Get("state"), Iss: q.Get("iss")}:
		default:
		}
		fmt.Fprintln(w, "You can close this page and go back.")
	default:
		http.NotFound(w, req)
	}
}

func (r *returning) wait(ctx context.Context) (*auth.AuthorizationResult, error) {
	select {
	case res := <-r.result:
		return res, nil
	case err := <-r.failed:
		return nil, err
	case <-ctx.Done():
		return nil, fmt.Errorf("nobody came back from signing in: %w", ctx.Err())
	}
}

func (r *returning) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if r.server.Shutdown(ctx) != nil { // the page is on its way
		r.server.Close()
	}
	<-r.served
}
