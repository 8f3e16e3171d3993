package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"codex-lsp/agent/config"
)

// A Device is a sign-in with a code that the user types into a browser, on
// whichever machine. The protocol is OpenAI's own, not that of RFC 8628.
type Device struct {
	URL  string // where the code is typed
	Code string

	account  *Account
	config   *config.Config
	issuer   *issuer
	id       string
	interval time.Duration
}

const (
	// codeTime is how long a code is good for.
	codeTime = 15 * time.Minute
	// Where an issuer names no pause, or an odd one.
	usualPause, longestPause = 5 * time.Second, time.Minute
)

// SignInWithCode begins a sign-in with a code.
func (a *Account) SignInWithCode(ctx context.Context, c *config.Config) (*Device, error) {
	if err := chatGPTAllowed(c); err != nil {
		return nil, err
	}
	i, err := a.issuer(c)
	if err != nil {
		return nil, err
	}
	status, body, err := i.post(ctx, i.accounts()+"/deviceauth/usercode", map[string]string{"client_id": i.client})
	switch {
	case err != nil:
		return nil, err
	case status == http.StatusNotFound:
		return nil, &Error{Failed, i.host() + " offers no sign-in with a code", "sign in with a browser on this machine: codex-lsp login"}
	case status != http.StatusOK:
		return nil, &Error{Unreachable, fmt.Sprintf("%s gave no code (%s)", i.host(), statusText(status)), "try again in a while"}
	}
	var answer struct {
		ID       string          `json:"device_auth_id"`
		Code     string          `json:"user_code"`
		Older    string          `json:"usercode"`
		Interval json.RawMessage `json:"interval"` // seconds, as a string
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.ID == "" || answer.Code+answer.Older == "" {
		return nil, &Error{Failed, i.host() + " gave no code, but answered with " + sort(body), "a proxy or a captive portal may be in the way; check the network"}
	}
	d := &Device{URL: i.url + "/codex/device", Code: answer.Code + answer.Older, account: a, config: c, issuer: i, id: answer.ID, interval: usualPause}
	if s, err := strconv.ParseFloat(strings.Trim(string(answer.Interval), `"`), 64); err == nil && s > 0 {
		d.interval = min(time.Duration(s*float64(time.Second)), longestPause)
	}
	return d, nil
}

// Wait returns when the user has typed the code, or the time for that is over,
// or ctx ends.
func (d *Device) Wait(ctx context.Context) (Status, error) {
	given := ctx
	ctx, cancel := context.WithTimeout(ctx, codeTime)
	defer cancel()
	for {
		t, done, err := d.ask(ctx)
		switch {
		case given.Err() != nil:
			return Status{}, errCancelled
		case ctx.Err() != nil:
			return Status{}, &Error{Failed, fmt.Sprintf("nobody typed the code within %v", codeTime), "sign in again, and type the new code"}
		case err != nil:
			return Status{}, err
		case done:
			return d.account.admit(given, d.config, d.issuer, t)
		}
		select {
		case <-ctx.Done():
		case <-time.After(d.interval):
		}
	}
}

// ask asks whether the code was typed, and trades what is got for tokens.
func (d *Device) ask(ctx context.Context) (t tokens, done bool, err error) {
	i := d.issuer
	status, body, err := i.post(ctx, i.accounts()+"/deviceauth/token", map[string]string{"device_auth_id": d.id, "user_code": d.Code})
	switch {
	case ctx.Err() != nil:
		return t, false, ctx.Err()
	case unreachable(err), status >= 500, status == http.StatusTooManyRequests:
		return t, false, nil // there is time to ask again
	case err != nil:
		return t, false, err
	case status == http.StatusForbidden, status == http.StatusNotFound:
		return t, false, nil // not yet
	case status != http.StatusOK:
		return t, false, &Error{Failed, fmt.Sprintf("%s refused the sign-in (%s)", i.host(), statusText(status)), "try again"}
	}
	var answer struct {
		Code     string `json:"authorization_code"`
		Verifier string `json:"code_verifier"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Code == "" {
		return t, false, &Error{Failed, i.host() + " gave nothing to sign in with, but answered with " + sort(body), "a proxy or a captive portal may be in the way; check the network"}
	}
	t, err = i.exchange(ctx, i.url+"/deviceauth/callback", answer.Code, answer.Verifier)
	return t, err == nil, err
}

// unreachable tells whether an error may be gone the next time.
func unreachable(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == Unreachable
}
