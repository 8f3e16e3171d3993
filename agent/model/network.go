package model

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"codex-lsp/agent/config"
	"codex-lsp/agent/network"
	"codex-lsp/agent/oss"
)

// explain turns whatever ended an attempt into words for the user. It is the
// last station of every error: no secret gets past it.
func (c *Client) explain(err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e):
	case errors.Is(err, errSilent):
		e = &Error{Kind: Broken, Message: fmt.Sprintf("no word from %s for %v", name(c.provider), c.idleLimit()), Remedy: "a slow model needs a longer stream_idle_timeout_ms"}
	case errors.Is(err, errTrickling):
		e = &Error{Kind: Broken, Message: fmt.Sprintf("%s sent nothing whole for %v", name(c.provider), trickle*c.idleLimit()), Remedy: "a slow model needs a longer stream_idle_timeout_ms"}
	case errors.Is(err, errOversized):
		e = &Error{Kind: Refused, Message: err.Error()}
	default:
		e = c.networkError(err)
	}
	told := *e
	told.Message = c.redact(e.Message) // some providers repeat the key that they refuse
	told.Remedy = c.redact(e.Remedy)
	return &told
}

// networkError is a request that got no answer.
func (c *Client) networkError(err error) *Error {
	f := network.Explain(err, network.Target{URL: c.provider.BaseURL, Setting: "base_url of the provider"})
	kinds := map[network.Kind]ErrorKind{network.Broken: Broken, network.Offline: Offline, network.Wrong: Refused}
	e := &Error{Kind: kinds[f.Kind], Message: f.Message, Remedy: f.Remedy}
	if oss.Local(c.provider) && errors.Is(err, syscall.ECONNREFUSED) { // it does not start by itself
		e.Kind, e.Remedy = Refused, oss.Start(c.provider)
	}
	return e
}

// adviseModels says which models a program on the user's machine has, when it
// does not have the one that was asked for.
func (c *Client) adviseModels(ctx context.Context, model string, e *Error) {
	if !oss.Local(c.provider) {
		return
	}
	if models, err := oss.Models(ctx, c.provider); err == nil && !oss.Has(models, model) {
		e.Remedy = oss.Get(c.provider, models, model)
	}
}

// routeOf is how a provider is reached.
func routeOf(p config.Provider) network.Route {
	return network.Route{CAFile: p.CAFile, Proxy: string(p.Proxy.URL), Bypass: p.Proxy.Bypass}
}
