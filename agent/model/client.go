package model

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"time"

	"codex-lsp/agent/config"
)

// A Client asks the models of one provider. It may be used by many threads at
// once.
type Client struct {
	provider config.Provider
	options  Options
}

// Options are what a client needs beside the provider. The zero value works.
type Options struct {
	Version   string            // of codex-lsp, for the user agent
	Transport http.RoundTripper // nil for the process's own, with the proxies of the environment
}

// New returns a client of a provider.
func New(p config.Provider, o Options) *Client { return &Client{provider: p, options: o} }

// Stream asks for one response and yields its events. It ends with [Done], or
// with an error: an [*Error], or ctx's when that ended first. Breaking off the
// loop, like ending ctx, ends the request.
func (c *Client) Stream(ctx context.Context, r Request) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		yield(nil, errors.New("not yet written"))
	}
}

// Retry says whether to ask again after err, which ended the attempt with this
// number (from 1), and how long to wait before.
func (c *Client) Retry(err error, attempt int) (wait time.Duration, again bool) {
	return 0, false
}
