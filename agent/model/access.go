package model

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"codex-lsp/agent/auth"
	"codex-lsp/agent/config"
)

// access is what a request is sent with: the provider's own key, or what its
// credentials give.
func (c *Client) access(ctx context.Context) (auth.Access, error) {
	p := c.provider
	if c.credentials == nil {
		if p.EnvKey != "" && p.Key == "" {
			return auth.Access{}, noKey(p)
		}
		return auth.Access{Key: p.Key}, nil
	}
	a, err := c.credentials.Access(ctx)
	if err != nil {
		return auth.Access{}, accessError(err)
	}
	return a, nil
}

// renew gets another access in the place of one that was refused. e is how the
// provider refused it.
func (c *Client) renew(ctx context.Context, refused auth.Access, e *Error) (auth.Access, error) {
	a, err := c.credentials.Renew(ctx, refused)
	if err == nil {
		return a, nil
	}
	told := accessError(err)
	if known := (*Error)(nil); errors.As(told, &known) && known.Kind == NoKey {
		known.Message += " (" + e.Message + ")"
		known.Status = e.Status
	}
	return auth.Access{}, told
}

// accessError is why there is no access, as an error of the model's: the turn
// waits for an issuer that cannot be reached as it does for a model.
func accessError(err error) error {
	var e *auth.Error
	if !errors.As(err, &e) {
		return err
	}
	kind := NoKey
	switch e.Kind {
	case auth.Unreachable:
		kind = Broken
	case auth.Failed:
		kind = Refused
	}
	return &Error{Kind: kind, Message: e.Message, Remedy: e.Remedy}
}

// baseURL is where requests go.
func (c *Client) baseURL(a auth.Access) string {
	if a.ChatGPT {
		return cmp.Or(c.provider.ChatGPTURL, c.provider.BaseURL)
	}
	return c.provider.BaseURL
}

// redact takes secrets out of a text.
func (c *Client) redact(text string) string {
	text = c.provider.Redact(text)
	if c.secrets == nil {
		return text
	}
	for _, s := range c.secrets() {
		text = strings.ReplaceAll(text, s, config.Secret(s).String())
	}
	return text
}
