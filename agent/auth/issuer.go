package auth

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"codex-lsp/agent/network"
)

// Who issues credentials, and as whom this program asks for them: as Codex, for
// the credentials are shared with it.
const (
	defaultIssuer = "https://auth.openai.com"
	defaultClient = "app_EMoamEEZ73f0CkXaXp7hrann"
	originator    = "codex_cli_rs"
)

// scopes are what is asked for.
var scopes = strings.Fields("openid profile email offline_access api.connectors.read api.connectors.invoke")

// An issuer hands out tokens.
type issuer struct {
	url, client string
	renewURL    string // "" for the issuer's own
	revokeURL   string // likewise
	accountsURL string // likewise
	http        *http.Client
	agent       string // the User-Agent
}

// askTime bounds one request to an issuer: it answers at once, or not at all.
const askTime = 30 * time.Second

// maxAnswer is more than any issuer has to say.
const maxAnswer = 1 << 20

// oauth is the issuer as the library sees it.
func (i *issuer) oauth(redirect string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: i.client, RedirectURL: redirect, Scopes: scopes,
		Endpoint: oauth2.Endpoint{AuthURL: i.url + "/oauth/authorize", TokenURL: i.url + "/oauth/token", AuthStyle: oauth2.AuthStyleInParams},
	}
}

// exchange trades a code for tokens.
func (i *issuer) exchange(ctx context.Context, redirect, code, verifier string) (tokens, error) {
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, i.http), askTime)
	defer cancel()
	t, err := i.oauth(redirect).Exchange(ctx, code, oauth2.VerifierOption(verifier))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused):
		return tokens{}, i.refusal("the sign-in was not accepted", refused.Response, refused.Body)
	case err != nil:
		return tokens{}, i.unreachable(err)
	}
	id, _ := t.Extra("id_token").(string)
	got := tokens{ID: id, Access: t.AccessToken, Refresh: t.RefreshToken}
	if got.ID == "" || got.Refresh == "" {
		return tokens{}, &Error{Failed, i.host() + " gave no ID token or no refresh token", "check that it is the right server for sign-ins"}
	}
	return got, nil
}

// renew trades a refresh token for new tokens.
func (i *issuer) renew(ctx context.Context, refresh string) (got tokens, err error) {
	status, body, err := i.post(ctx, cmp.Or(i.renewURL, i.url+"/oauth/token"), map[string]string{
		"client_id": i.client, "grant_type": "refresh_token", "refresh_token": refresh,
	})
	switch {
	case err != nil:
		return got, err
	case status != http.StatusOK:
		return got, i.renewalRefused(status, body)
	case json.Unmarshal(body, &got) != nil || got.Access == "":
		return got, &Error{Unreachable, i.host() + " did not answer with tokens, but with " + sort(body), "a proxy or a captive portal may be in the way; check the network"}
	}
	return got, nil
}

// renewalRefused tells a refresh token that no longer holds from a server that
// has trouble.
func (i *issuer) renewalRefused(status int, body []byte) error {
	code, _ := faultOf(body)
	why := map[string]string{
		"refresh_token_expired":     "it has expired",
		"refresh_token_reused":      "its refresh token was used by another program, which did not leave the new one here",
		"refresh_token_invalidated": "it was revoked",
		"invalid_grant":             "it is no longer valid",
	}[strings.ToLower(code)]
	if why == "" && status == http.StatusUnauthorized {
		why = "it is no longer valid"
	}
	if why == "" {
		return &Error{Unreachable, fmt.Sprintf("the ChatGPT sign-in could not be renewed at %s (%s)", i.host(), statusText(status)), "try again in a while"}
	}
	return &Error{Rejected, "the ChatGPT sign-in cannot be renewed: " + why, signInAgain}
}

// revoke makes the issuer forget a refresh token.
func (i *issuer) revoke(ctx context.Context, refresh string) error {
	to := i.revokeURL
	if to == "" && i.renewURL != "" {
		if u, err := url.Parse(i.renewURL); err == nil {
			u.Path, u.RawQuery = "/oauth/revoke", ""
			to = u.String()
		}
	}
	status, _, err := i.post(ctx, cmp.Or(to, i.url+"/oauth/revoke"), map[string]string{
		"client_id": i.client, "token": refresh, "token_type_hint": "refresh_token",
	})
	if err == nil && status >= 300 {
		err = errors.New(statusText(status))
	}
	return err
}

// A holder is whose a personal access token is.
type holder struct {
	Email     string `json:"email"`
	AccountID string `json:"chatgpt_account_id"`
	Plan      string `json:"chatgpt_plan_type"`
	FedRAMP   bool   `json:"chatgpt_account_is_fedramp"`
}

// whoami asks whose a personal access token is.
func (i *issuer) whoami(ctx context.Context, token string) (h holder, err error) {
	req, err := http.NewRequest(http.MethodGet, i.accounts()+"/v1/user-auth-credential/whoami", nil)
	if err != nil {
		return h, i.badAddress()
	}
	req.Header.Set("Authorization", "Bearer "+token)
	status, body, err := i.do(ctx, req)
	switch {
	case err != nil:
		return h, err
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return h, &Error{Rejected, fmt.Sprintf("%s does not accept the access token (%s)", i.host(), statusText(status)), "make a new one, and pipe it into codex-lsp login --with-access-token"}
	case status != http.StatusOK:
		return h, &Error{Unreachable, fmt.Sprintf("%s cannot say whose the access token is (%s)", i.host(), statusText(status)), "try again in a while"}
	case json.Unmarshal(body, &h) != nil || h.AccountID == "":
		return h, &Error{Failed, i.host() + " did not say whose the access token is, but answered with " + sort(body), "a proxy or a captive portal may be in the way; check the network"}
	}
	return h, nil
}

// accounts is where accounts are asked about.
func (i *issuer) accounts() string { return cmp.Or(i.accountsURL, i.url+"/api/accounts") }

// post sends an object as JSON and reads the answer.
func (i *issuer) post(ctx context.Context, to string, object map[string]string) (status int, body []byte, err error) {
	text, _ := json.Marshal(object) // of strings, which cannot fail
	req, err := http.NewRequest(http.MethodPost, to, bytes.NewReader(text))
	if err != nil {
		return 0, nil, i.badAddress()
	}
	req.Header.Set("Content-Type", "application/json")
	return i.do(ctx, req)
}

func (i *issuer) do(ctx context.Context, req *http.Request) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	req.Header.Set("User-Agent", i.agent)
	req.Header.Set("originator", originator)
	resp, err := i.http.Do(req.WithContext(ctx))
	if err != nil {
		return 0, nil, i.unreachable(err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return 0, nil, i.unreachable(err)
	}
	return resp.StatusCode, body, nil
}

// host is how errors call the issuer.
func (i *issuer) host() string {
	if u, err := url.Parse(i.url); err == nil && u.Host != "" {
		return u.Host
	}
	return "the issuer"
}

func (i *issuer) badAddress() error {
	return &Error{Failed, "the address of the issuer is not a URL", "correct it, or leave it out"}
}

// unreachable is a request without an answer.
func (i *issuer) unreachable(err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Unreachable, fmt.Sprintf("%s did not answer within %v", i.host(), askTime), "check the network, and try again"}
	}
	f := network.Explain(err, network.Target{URL: i.url})
	if f.Kind == network.Wrong {
		return &Error{Failed, f.Message, f.Remedy}
	}
	return &Error{Unreachable, f.Message, f.Remedy}
}

// refusal is an answer that is no success.
func (i *issuer) refusal(what string, resp *http.Response, body []byte) error {
	code, message := faultOf(body)
	said := cmp.Or(message, code, "the answer is "+sort(body))
	return &Error{Failed, fmt.Sprintf("%s (%s said %s: %s)", what, i.host(), statusText(resp.StatusCode), said), "try again"}
}

// faultOf reads the error object of an answer, in the forms of OAuth and of
// OpenAI.
func faultOf(body []byte) (code, message string) {
	var f struct {
		Error       json.RawMessage `json:"error"`
		Code        string          `json:"code"`
		Description string          `json:"error_description"`
	}
	_ = json.Unmarshal(body, &f) // what is no such object says nothing
	var inner struct{ Code, Message string }
	_ = json.Unmarshal(f.Error, &inner) // or it is a string
	return cmp.Or(unquoted(f.Error), inner.Code, f.Code), excerpt(cmp.Or(f.Description, inner.Message))
}

// sort says what an answer is that is not what it should be. It is not quoted:
// it may hold what was sent.
func sort(body []byte) string {
	switch text := bytes.TrimSpace(body); {
	case len(text) == 0:
		return "nothing"
	case text[0] == '<':
		return "a web page"
	case json.Valid(text):
		return "another JSON value"
	}
	return "a text"
}

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

// maxExcerpt bounds what is quoted of an issuer's own words.
const maxExcerpt = 300

func excerpt(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if r := []rune(s); len(r) > maxExcerpt {
		s = string(r[:maxExcerpt]) + "…"
	}
	return s
}
