package model

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"time"

	"github.com/sashabaranov/go-openai"

	"codex-lsp/agent/auth"
	"codex-lsp/agent/config"
)

// A Client asks the models of one provider. It may be used by many threads at
// once.
type Client struct {
	provider    config.Provider
	agent       string // the User-Agent
	http        *http.Client
	credentials Credentials
	secrets     func() []string
	err         error // why nothing can be asked
}

// Credentials give requests their key where the provider has none of its own.
type Credentials interface {
	// Access is what the next request is sent with. It may take a while.
	Access(context.Context) (auth.Access, error)
	// Renew is told that an access was not accepted. It returns another to try
	// in its place, or says why there is none.
	Renew(ctx context.Context, refused auth.Access) (auth.Access, error)
}

// Options are what a client needs beside the provider. The zero value works.
type Options struct {
	Version   string            // of codex-lsp, for the user agent
	Transport http.RoundTripper // nil for the network that the provider's settings describe

	Credentials Credentials     // nil where the provider has a key, or needs none
	Secrets     func() []string // what errors must not show beside the provider's own secrets; may be nil
}

// New returns a client of a provider.
func New(p config.Provider, o Options) *Client {
	var err error
	if o.Credentials == nil {
		p.Key = cmp.Or(p.Key, p.Ambient)
	}
	if o.Transport == nil {
		o.Transport, err = routeOf(p).Transport()
	}
	return &Client{
		provider:    p,
		agent:       userAgent(o.Version),
		credentials: o.Credentials,
		secrets:     o.Secrets,
		err:         err,
		http: &http.Client{
			Transport: o.Transport,
			// An API does not move about. To follow would take the key along.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Stream asks for one response and yields its events. It ends with [Done], or
// with an error: an [*Error], or ctx's when that ended first. Breaking off the
// loop, like ending ctx, ends the request.
func (c *Client) Stream(ctx context.Context, r Request) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		err := c.stream(ctx, r, yield)
		switch {
		case err == nil, errors.Is(err, errLeft):
		case ctx.Err() != nil:
			yield(nil, ctx.Err())
		default:
			yield(nil, c.explain(err))
		}
	}
}

// errLeft says that the reader of the events broke off; it hears nothing more.
var errLeft = errors.New("the reader left")

// stream makes attempts until one opens a stream, and reads that to its end.
func (c *Client) stream(ctx context.Context, r Request, yield func(Event, error) bool) error {
	if c.err != nil {
		return c.err
	}
	access, err := c.access(ctx)
	if err != nil {
		return err
	}
	renewed := false
	for failures := 0; ; failures++ {
		x := newExchange(ctx, c, r, access, func(e Event) bool { return yield(e, nil) })
		src, err := x.open()
		if err == nil {
			err = x.read(src)
			x.end()
			return err
		}
		x.end()
		switch {
		case x.left:
			return errLeft
		case ctx.Err() != nil:
			return err
		}
		e := c.explain(err)
		if e.Status == http.StatusUnauthorized && c.credentials != nil && !renewed {
			renewed = true
			if access, err = c.renew(ctx, access, e); err != nil {
				return err
			}
			failures-- // it was no failure of the provider's
			continue
		}
		if e.Status == http.StatusNotFound {
			c.adviseModels(ctx, r.Model, e)
		}
		wait, again := retryRequest(e, failures, c.provider.RequestTries)
		if !again {
			return e
		}
		reason := fmt.Sprintf("retry %d of %d: %s", failures+1, c.provider.RequestTries, e.Message)
		if !yield(Wait{Reason: reason, Until: time.Now().Add(wait)}, nil) {
			return errLeft
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// A wire writes requests and reads responses of one of the two APIs.
type wire interface {
	// open posts the request through api.
	open(ctx context.Context, api *openai.Client) (source, error)
	// event turns one event of the wire into ours. done says that it was the
	// last of a good response.
	event(raw []byte, emit func(Event)) (done bool, err error)
	// end is told why no event came any more. It returns nil if the response
	// was complete all the same.
	end(err error, emit func(Event)) error
}

// A source is a stream of go-openai, whichever its type.
type source interface {
	RecvRaw() ([]byte, error)
	Close() error
}

// read takes the events of a stream to its end.
func (x *exchange) read(src source) error {
	defer src.Close()
	emit := func(e Event) { x.left = x.left || !x.yield(e) }
	for !x.left {
		x.whole.start()
		raw, err := src.RecvRaw()
		x.whole.stop()
		if err != nil {
			if err = x.wire.end(x.cause(err), emit); err != nil {
				return err
			}
			x.drain()
			break
		}
		done, err := x.wire.event(raw, emit)
		if err != nil {
			return err
		}
		if done {
			x.drain()
			break
		}
	}
	if x.left {
		return errLeft
	}
	return nil
}

// linger is how long the last bytes after a response may take, so that the
// connection can serve the next request.
const linger = 50 * time.Millisecond

// drain reads to the end of the stream if that is near.
func (x *exchange) drain() {
	x.idle.shorten(linger)
	_, _ = io.Copy(io.Discard, x.events) // an error only costs the connection
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
