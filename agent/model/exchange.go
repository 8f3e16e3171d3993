package model

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"net/http/httptrace"
	"runtime"
	"time"

	"github.com/sashabaranov/go-openai"

	"codex-lsp/agent/auth"
)

// An exchange is one POST and its response. It is the HTTP client of the
// go-openai client that makes the POST, for all that go-openai cannot do: our
// headers, a body that it must not re-encode, the headers and bodies of
// failures, and silence that ends.
type exchange struct {
	client  *Client
	request Request
	access  auth.Access
	ctx     context.Context // of this exchange only; ends with end or when the provider is silent
	cancel  context.CancelCauseFunc
	idle    *idle // runs while a byte is awaited
	whole   *idle // runs while an event is
	wire    wire
	yield   func(Event) bool
	left    bool        // the reader of the events broke off
	events  *events     // of the response, once it is there
	body    []byte      // replaces what go-openai made of the request; nil to keep that
	header  http.Header // of the response
}

// errSilent ends an exchange whose provider says nothing any more.
var errSilent = errors.New("the provider fell silent")

// errTrickling ends one whose provider sends bytes, and nothing whole.
var errTrickling = errors.New("the provider sends nothing whole")

// trickle is how many idle limits an event may take, whatever else comes
// meanwhile: some servers keep a connection alive with comments while a slow
// model thinks, and some for ever.
const trickle = 6

// defaultIdle holds where the provider's settings name no idle timeout.
const defaultIdle = 5 * time.Minute

func newExchange(ctx context.Context, c *Client, r Request, access auth.Access, yield func(Event) bool) *exchange {
	x := &exchange{client: c, request: r, access: access, yield: yield}
	x.ctx, x.cancel = context.WithCancelCause(ctx)
	x.idle = newIdle(c.idleLimit(), func() { x.cancel(errSilent) })
	x.whole = newIdle(trickle*c.idleLimit(), func() { x.cancel(errTrickling) })
	if c.provider.Wire == "chat" {
		x.wire = newChat(x)
	} else {
		x.wire = newResponses(x)
	}
	return x
}

func (c *Client) idleLimit() time.Duration {
	if d := c.provider.StreamTimeout; d > 0 {
		return d
	}
	return defaultIdle
}

// open posts the request and returns the stream of the response.
func (x *exchange) open() (source, error) {
	api := openai.DefaultConfig(string(x.access.Key))
	api.BaseURL = x.client.baseURL(x.access)
	api.HTTPClient = x
	api.EmptyMessagesLimit = math.MaxUint32 // events are bounded by maxEvent
	src, err := x.wire.open(x.ctx, openai.NewClientWithConfig(api))
	if err != nil {
		return nil, x.cause(err)
	}
	return src, nil
}

// end releases what the exchange holds.
func (x *exchange) end() {
	x.idle.stop()
	x.whole.stop()
	x.cancel(nil)
}

// cause tells our own timeout from what it looks like further down.
func (x *exchange) cause(err error) error {
	switch why := context.Cause(x.ctx); why {
	case errSilent, errTrickling:
		return why
	}
	return err
}

// Do implements openai.HTTPDoer.
func (x *exchange) Do(req *http.Request) (*http.Response, error) {
	x.dress(req)
	x.idle.start()
	resp, err := x.send(req)
	x.idle.stop()
	if err != nil {
		return nil, err
	}
	x.header = resp.Header
	if err := x.refusal(resp); err != nil {
		_ = resp.Body.Close() // it is read as far as it matters
		return nil, err
	}
	x.events = newEvents(&watched{resp.Body, x.idle})
	resp.Body = eventBody{x.events, resp.Body}
	return resp, nil
}

// send makes the request, and tells when there is a connection for it.
func (x *exchange) send(req *http.Request) (resp *http.Response, err error) {
	connected := make(chan struct{}, 1)
	done := make(chan struct{})
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		select {
		case connected <- struct{}{}:
		default: // it is the second, since the first was stale
		}
	}}
	go func() {
		defer close(done)
		resp, err = x.client.http.Do(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	}()
	select {
	case <-connected:
		if !x.yield(Connected{}) {
			x.left = true
			x.cancel(errLeft)
		}
	case <-done:
	}
	<-done
	return resp, err
}

// dress completes the request that go-openai made.
func (x *exchange) dress(req *http.Request) {
	p := x.client.provider
	h := req.Header
	h.Set("User-Agent", x.client.agent)
	h.Set("originator", originator)
	if id := x.request.ThreadID; id != "" {
		h.Set("session-id", id)
		h.Set("thread-id", id)
		h.Set("x-client-request-id", id)
	}
	x.access.Dress(h)
	for name, value := range p.Headers {
		h.Set(name, string(value))
	}
	if len(p.Query) > 0 {
		q := req.URL.Query()
		for name, value := range p.Query {
			q.Set(name, string(value))
		}
		req.URL.RawQuery = q.Encode()
	}
	if x.body != nil {
		req.ContentLength = int64(len(x.body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(x.body)), nil }
		req.Body, _ = req.GetBody() // which cannot fail
	}
}

const originator = "codex-lsp"

func userAgent(version string) string {
	if version == "" {
		version = "dev"
	}
	return fmt.Sprintf("%s/%s (%s; %s)", originator, version, runtime.GOOS, runtime.GOARCH)
}

// maxFailure bounds how much of a failure's body is read: an error object is
// a few hundred bytes, an HTML page is only recognised.
const maxFailure = 64 << 10

// refusal is the error that a response stands for, nil if it is a stream.
func (x *exchange) refusal(resp *http.Response) error {
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	ok := resp.StatusCode >= 200 && resp.StatusCode < 300
	if ok && media != "text/html" && media != "application/json" {
		return nil // some servers send streams under odd names
	}
	x.idle.start()
	defer x.idle.stop()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxFailure))
	if err != nil && x.ctx.Err() != nil {
		return err
	}
	if ok {
		return notAStream(media, body, x.client.provider)
	}
	return statusError(resp, media, body, x.client.provider)
}

// An idle timer runs while something is awaited.
type idle struct {
	limit time.Duration
	timer *time.Timer
}

func newIdle(limit time.Duration, expired func()) *idle {
	i := &idle{limit: limit, timer: time.AfterFunc(limit, expired)}
	i.stop()
	return i
}

func (i *idle) start()                  { i.timer.Reset(i.limit) }
func (i *idle) stop()                   { i.timer.Stop() }
func (i *idle) shorten(d time.Duration) { i.limit = min(i.limit, d) }

// watched reads from a body and lets the timer run meanwhile. Any byte is a
// sign of life, a comment that keeps the connection alive too.
type watched struct {
	io.Reader
	idle *idle
}

func (w *watched) Read(p []byte) (int, error) {
	w.idle.start()
	defer w.idle.stop()
	return w.Reader.Read(p)
}

// eventBody is the body that go-openai reads.
type eventBody struct {
	io.Reader
	io.Closer
}
