package auth

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/oauth2"

	"codex-lsp/agent/config"
)

// defaultPorts are where the browser comes back to: the issuer knows these two.
var defaultPorts = []int{1455, 1457}

// browserTime is how long a user may take to sign in.
const browserTime = 15 * time.Minute

// A Browser is a sign-in with a browser on this machine, which comes back to a
// server of ours. Wait must be called: it ends that server.
type Browser struct {
	URL  string // to open
	Port int    // of our server

	account  *Account
	config   *config.Config
	issuer   *issuer
	redirect string
	state    string
	verifier string

	server  *http.Server
	serving sync.WaitGroup
	ctx     context.Context // ends when nobody waits any more
	stop    context.CancelFunc
	ended   chan outcome  // of capacity 1
	seen    chan struct{} // closed when the last page was fetched

	mu     sync.Mutex // held while a code is traded: a page that is loaded twice waits
	result *outcome   // guarded by mu; once set, nothing changes it
	shown  bool       // guarded by mu: seen is closed
}

// An outcome is how a sign-in ended.
type outcome struct {
	status Status
	err    error
}

var errCancelled = &Error{Cancelled, "the sign-in was cancelled; nothing has changed", ""}

// SignInWithBrowser begins a sign-in with a browser.
func (a *Account) SignInWithBrowser(c *config.Config) (*Browser, error) {
	if err := chatGPTAllowed(c); err != nil {
		return nil, err
	}
	i, err := a.issuer(c)
	if err != nil {
		return nil, err
	}
	l, err := listen(a.o.Ports)
	if err != nil {
		return nil, err
	}
	b := &Browser{
		account: a, config: c, issuer: i, Port: l.Addr().(*net.TCPAddr).Port,
		state: random(), verifier: oauth2.GenerateVerifier(),
		ended: make(chan outcome, 1), seen: make(chan struct{}),
	}
	b.ctx, b.stop = context.WithCancel(context.Background())
	b.redirect = fmt.Sprintf("http://127.0.0.1:%d/auth/callback", b.Port)
	b.URL = b.address()
	b.server = &http.Server{
		Handler: b.routes(), ReadHeaderTimeout: 10 * time.Second, // a browser sends at once
		ErrorLog: log.New(io.Discard, "", 0), // it would quote what strangers send
	}
	b.serving.Go(func() { _ = b.server.Serve(l) }) // until it is closed
	return b, nil
}

// listen takes the first port that is free.
func listen(ports []int) (net.Listener, error) {
	var names []string
	for _, port := range ports {
		l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return l, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) && !errors.Is(err, syscall.EACCES) {
			return nil, &Error{Failed, fmt.Sprintf("the browser cannot come back to this machine (%v)", err), "sign in with a code: codex-lsp login --device-auth"}
		}
		names = append(names, strconv.Itoa(port))
	}
	return nil, &Error{Failed, "the ports that the browser comes back to are in use: " + strings.Join(names, " and "), "finish or end the other sign-in that waits there, or sign in with a code: codex-lsp login --device-auth"}
}

func random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // which cannot fail
	return base64.RawURLEncoding.EncodeToString(b)
}

// address is where the user signs in.
func (b *Browser) address() string {
	options := []oauth2.AuthCodeOption{
		oauth2.S256ChallengeOption(b.verifier),
		oauth2.SetAuthURLParam("id_token_add_organizations", "true"),
		oauth2.SetAuthURLParam("codex_cli_simplified_flow", "true"),
		oauth2.SetAuthURLParam("originator", originator),
	}
	if ids := b.config.Account.Workspaces; ids != nil {
		options = append(options, oauth2.SetAuthURLParam("allowed_workspace_id", strings.Join(ids, ",")))
	}
	return b.issuer.oauth(b.redirect).AuthCodeURL(b.state, options...)
}

// lastPage is how long the browser may take to fetch the page that says how it
// went.
const lastPage = 2 * time.Second

// Wait returns when the user has signed in, or given up, or ctx ends. Then
// nothing listens any more.
func (b *Browser) Wait(ctx context.Context) (Status, error) {
	defer b.serving.Wait()
	defer b.server.Close()
	defer b.stop()
	late := time.NewTimer(browserTime)
	defer late.Stop()
	select {
	case o := <-b.ended:
		select {
		case <-b.seen:
		case <-ctx.Done():
		case <-time.After(lastPage):
		}
		b.finishPages()
		return o.status, o.err
	case <-ctx.Done():
	case <-late.C:
		return b.settle(&Error{Failed, fmt.Sprintf("nobody signed in within %v; nothing has changed", browserTime), "try again"})
	}
	return b.settle(errCancelled)
}

// finishPages lets what is being sent be sent.
func (b *Browser) finishPages() {
	ctx, cancel := context.WithTimeout(context.Background(), lastPage)
	defer cancel()
	_ = b.server.Shutdown(ctx) // what is left is closed next
}

// settle ends the sign-in, unless it has ended: the code that is being traded
// at this very moment decides.
func (b *Browser) settle(err error) (Status, error) {
	b.stop()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.result == nil {
		b.result = &outcome{err: err}
	}
	return b.result.status, b.result.err
}

func (b *Browser) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /auth/callback", b.callback)
	mux.HandleFunc("GET /success", b.success)
	mux.HandleFunc("GET /cancel", b.cancel)
	return b.guard(mux)
}

// guard refuses who came by another name: a page whose own name leads here.
func (b *Browser) guard(next http.Handler) http.Handler {
	port := strconv.Itoa(b.Port)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "127.0.0.1:"+port && r.Host != "localhost:"+port {
			http.Error(w, "wrong host", http.StatusMisdirectedRequest)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		next.ServeHTTP(w, r)
	})
}

// callback is where the issuer sends the browser, with a code or an error. One
// with another state comes from somebody else, and counts for nothing.
func (b *Browser) callback(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(b.state)) != 1 {
		http.Error(w, "This is not the answer to the sign-in that was begun here (state mismatch).", http.StatusBadRequest)
		return
	}
	o := b.decide(func() outcome {
		if code := q.Get("error"); code != "" {
			return outcome{err: deniedError(code, q.Get("error_description"))}
		}
		if q.Get("code") == "" {
			return outcome{err: &Error{Failed, "the issuer sent the browser back without a code", "try again"}}
		}
		return b.trade(q.Get("code"))
	})
	if o.err != nil {
		failurePage(w, o.err)
		b.pageShown()
		return
	}
	http.Redirect(w, r, "/success", http.StatusFound)
}

// trade makes credentials of a code.
func (b *Browser) trade(code string) outcome {
	t, err := b.issuer.exchange(b.ctx, b.redirect, code, b.verifier)
	if err != nil {
		return outcome{err: err}
	}
	status, err := b.account.admit(b.ctx, b.config, b.issuer, t)
	return outcome{status, err}
}

// decide ends the sign-in, unless it has ended.
func (b *Browser) decide(how func() outcome) outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.result == nil {
		o := how()
		if b.ctx.Err() != nil && o.err != nil {
			o.err = errCancelled
		}
		b.result = &o
		b.ended <- o
	}
	return *b.result
}

// success is the last page. Before the sign-in has ended there is none.
func (b *Browser) success(w http.ResponseWriter, _ *http.Request) {
	b.mu.Lock()
	o := b.result
	b.mu.Unlock()
	if o == nil || o.err != nil {
		http.Error(w, "Nobody has signed in yet.", http.StatusNotFound)
		return
	}
	successPage(w, cmp.Or(o.status.Email, "you"))
	b.pageShown()
}

// cancel is how another sign-in, or the user, ends this one.
func (b *Browser) cancel(w http.ResponseWriter, _ *http.Request) {
	o := b.decide(func() outcome { return outcome{err: errCancelled} })
	if o.err == nil {
		http.Error(w, "The sign-in has succeeded already.", http.StatusConflict)
		return
	}
	fmt.Fprintln(w, "The sign-in was cancelled.")
	b.pageShown()
}

func (b *Browser) pageShown() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.shown {
		b.shown = true
		close(b.seen)
	}
}

// deniedError is what the issuer says in place of a code.
func deniedError(code, description string) error {
	if code == "access_denied" && strings.Contains(strings.ToLower(description), "missing_codex_entitlement") {
		return &Error{Failed, "Codex is not enabled for this ChatGPT workspace", "ask the workspace's administrator, or sign in to another workspace"}
	}
	return &Error{Failed, "the sign-in was refused: " + excerpt(cmp.Or(description, code)), "try again, or with another account"}
}
