package mcp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"codex-lsp/agent/config"
	"codex-lsp/agent/network"
)

// remote is the transport to a server that is reached by HTTP.
type remote struct {
	server config.MCPServer
	client *http.Client
	oauth  auth.OAuthHandler
}

// Connect implements sdk.Transport.
func (r *remote) Connect(ctx context.Context) (sdk.Connection, error) {
	t := &sdk.StreamableClientTransport{Endpoint: r.server.URL, HTTPClient: r.client, OAuthHandler: r.oauth, MaxEventSize: maxMessage}
	return t.Connect(ctx)
}

// newRemote makes the transport by the settings.
func newRemote(s config.MCPServer, o Settings, getenv func(string) string) (*remote, error) {
	headers, err := headersOf(s, getenv)
	if err != nil {
		return nil, err
	}
	client, err := httpClient(s, o.Route, headers)
	if err != nil {
		return nil, err
	}
	r := &remote{server: s, client: client}
	if s.BearerVar == "" && headers.Get("Authorization") == "" {
		r.oauth = &signedIn{server: s, store: NewStore(o), client: client}
	}
	return r, nil
}

// headersOf are the headers that are sent to a server.
func headersOf(s config.MCPServer, getenv func(string) string) (http.Header, error) {
	h := make(http.Header)
	for name, v := range s.Headers {
		h.Set(name, string(v))
	}
	for name, variable := range s.EnvHeaders {
		if v := getenv(variable); v != "" {
			h.Set(name, v)
		}
	}
	if s.BearerVar != "" {
		token := getenv(s.BearerVar)
		if token == "" {
			return nil, fmt.Errorf("the variable %s, which bearer_token_env_var names, is not set where codex-lsp was started", s.BearerVar)
		}
		h.Set("Authorization", "Bearer "+token)
	}
	return h, nil
}

// httpClient sends the headers of a server to it and to nobody else: it follows
// no way to another machine.
func httpClient(s config.MCPServer, route network.Route, headers http.Header) (*http.Client, error) {
	base, err := route.Transport()
	if err != nil {
		return nil, err
	}
	home, err := url.Parse(s.URL)
	if err != nil {
		return nil, errors.New("its url cannot be read")
	}
	return &http.Client{
		Transport: &withHeaders{base: base, headers: headers, home: home},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > 3 || !sameOrigin(via[0].URL, req.URL) {
				return fmt.Errorf("%s leads to another server, %s; put that into its url if it is right", via[0].URL.Host, req.URL.Host)
			}
			return nil
		},
	}, nil
}

func sameOrigin(a, b *url.URL) bool { return a.Scheme == b.Scheme && a.Host == b.Host }

type withHeaders struct {
	base    http.RoundTripper
	headers http.Header
	home    *url.URL
}

// goodbye is how long a server may take to hear that it is of no more use.
const goodbye = 2 * time.Second

// RoundTrip implements http.RoundTripper.
func (t *withHeaders) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodDelete {
		ctx, cancel := context.WithTimeout(req.Context(), goodbye)
		defer cancel()
		req = req.Clone(ctx)
	}
	if len(t.headers) > 0 && sameOrigin(t.home, req.URL) {
		req = req.Clone(req.Context())
		for name, v := range t.headers {
			req.Header[name] = v
		}
	}
	return t.base.RoundTrip(req)
}
