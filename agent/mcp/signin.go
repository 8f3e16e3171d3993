package mcp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
	"golang.org/x/oauth2"

	"codex-lsp/agent/config"
)

// signedIn authorizes requests with a sign-in that is kept. It never begins
// one: nobody may be there to go on with it.
type signedIn struct {
	server config.MCPServer
	store  Store
	client *http.Client

	mu   sync.Mutex
	have *Credentials // what was read last; guarded by mu
	read bool         // guarded by mu
}

// TokenSource implements auth.OAuthHandler.
func (s *signedIn) TokenSource(ctx context.Context) (oauth2.TokenSource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.read {
		var err error
		if s.have, err = s.store.Load(s.server); err != nil {
			return nil, err
		}
		s.read = true
	}
	if s.have == nil {
		return nil, nil
	}
	if s.have.expired(time.Now()) {
		if err := s.renew(ctx); err != nil {
			return nil, err
		}
	}
	return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: s.have.Access, TokenType: "Bearer"}), nil
}

// Authorize implements auth.OAuthHandler.
func (s *signedIn) Authorize(_ context.Context, _ *http.Request, resp *http.Response) error {
	io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	resp.Body.Close()
	return s.refused()
}

func (s *signedIn) refused() error {
	return fmt.Errorf("it wants a sign-in; run codex-lsp mcp login %s", s.server.Name)
}

// renewTime bounds one renewal: what is asked of the server and its issuer.
const renewTime = 30 * time.Second

// renew gets another access token. A refresh token may be good only once, so of
// all processes one uses it, and the others read what came of it. mu is held.
func (s *signedIn) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, renewTime)
	defer cancel()
	unlock, err := s.store.lockFile(".credentials.renewal.lock") // saving takes the other
	if err != nil {
		return err
	}
	defer unlock()
	now, err := s.store.Load(s.server)
	if err != nil {
		return err
	}
	if s.have = now; now == nil || now.Refresh == nil {
		return s.refused()
	}
	if !now.expired(time.Now()) {
		return nil
	}
	endpoint, err := tokenEndpoint(ctx, s.server.URL, s.client)
	if err != nil {
		return err
	}
	cfg := oauth2.Config{ClientID: now.ClientID, Endpoint: oauth2.Endpoint{TokenURL: endpoint, AuthStyle: oauth2.AuthStyleInParams}}
	if s.server.OAuthID == now.ClientID {
		cfg.ClientSecret = string(s.server.OAuthSecret)
	}
	token, err := cfg.TokenSource(context.WithValue(ctx, oauth2.HTTPClient, s.client), &oauth2.Token{RefreshToken: *now.Refresh}).Token()
	if err != nil {
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) {
			return fmt.Errorf("the sign-in is not renewed (%s); run codex-lsp mcp login %s", refused.ErrorCode, s.server.Name)
		}
		return fmt.Errorf("renew the sign-in: %w", err)
	}
	next := credentialsOf(s.server, now.ClientID, token, now.Scopes)
	s.have = &next
	return s.store.Save(next)
}

func credentialsOf(s config.MCPServer, clientID string, t *oauth2.Token, scopes []string) Credentials {
	c := Credentials{Name: s.Name, URL: s.URL, ClientID: clientID, Access: t.AccessToken, Scopes: append([]string{}, scopes...)}
	if t.RefreshToken != "" {
		c.Refresh = &t.RefreshToken
	}
	if !t.Expiry.IsZero() {
		ms := t.Expiry.UnixMilli()
		c.ExpiresAt = &ms
	}
	if granted, ok := t.Extra("scope").(string); ok && granted != "" {
		c.Scopes = strings.Fields(granted)
	}
	return c
}

// tokenEndpoint finds out where tokens of a server are renewed.
func tokenEndpoint(ctx context.Context, server string, client *http.Client) (string, error) {
	meta, err := issuerOf(ctx, server, client)
	if err != nil {
		return "", fmt.Errorf("find who issues tokens for it: %w", err)
	}
	if meta == nil {
		u, err := url.Parse(server)
		if err != nil {
			return "", err
		}
		return u.Scheme + "://" + u.Host + "/token", nil // as the first version of the protocol has it
	}
	return meta.TokenEndpoint, nil
}

// issuerOf is who signs users of a server in; nil if it does not say.
func issuerOf(ctx context.Context, server string, client *http.Client) (*oauthex.AuthServerMeta, error) {
	u, err := url.Parse(server)
	if err != nil {
		return nil, err
	}
	root := u.Scheme + "://" + u.Host
	issuer := root
	for _, at := range []struct{ meta, resource string }{
		{root + "/.well-known/oauth-protected-resource" + strings.TrimSuffix(u.Path, "/"), server},
		{root + "/.well-known/oauth-protected-resource", root},
	} {
		if prm, err := oauthex.GetProtectedResourceMetadata(ctx, at.meta, at.resource, client); err == nil && prm != nil && len(prm.AuthorizationServers) > 0 {
			issuer = prm.AuthorizationServers[0]
			break
		}
	}
	return auth.GetAuthServerMetadata(ctx, issuer, client)
}

// NeedsSignIn tells whether a server says that one signs in to it.
func NeedsSignIn(ctx context.Context, c config.MCPServer, o Settings) bool {
	client, err := httpClient(c, o.Route, nil)
	if err != nil {
		return false
	}
	meta, err := issuerOf(ctx, c.URL, client)
	return err == nil && meta != nil
}
