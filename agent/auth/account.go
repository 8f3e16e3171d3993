package auth

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"codex-lsp/agent/config"
	"codex-lsp/agent/network"
)

// Options are what an account needs of its surroundings. None of it may come
// from a workspace.
type Options struct {
	Home    string // Codex's, absolute
	Log     *slog.Logger
	Version string                   // of codex-lsp, for the user agent
	Getenv  func(name string) string // nil for os.Getenv
	Now     func() time.Time         // nil for time.Now

	Issuer    string            // who issues credentials; "" for OpenAI, or for CODEX_APP_SERVER_LOGIN_ISSUER
	Client    string            // as whom; "" for Codex, or for CODEX_APP_SERVER_LOGIN_CLIENT_ID
	Transport http.RoundTripper // nil for the network that the settings describe
	Ports     []int             // for the browser to come back to, in order of preference; nil for Codex's
}

// An Account is what a process has of its user's credentials in one home. It
// may be used by many threads at once.
type Account struct {
	home   string
	log    *slog.Logger
	getenv func(string) string
	now    func() time.Time
	o      Options

	memory memoryStore
	work   sync.WaitGroup // the renewal that runs, which must not be cut short

	mu       sync.Mutex
	flight   *flight                  // the renewal that runs; guarded by mu
	spent    map[string]error         // why refresh tokens no longer hold; guarded by mu
	unsaved  *stored                  // what was renewed and could not be kept; guarded by mu
	holders  map[string]holder        // of personal access tokens; guarded by mu
	commands map[string]*commandToken // by what is run; guarded by mu
	seen     map[string]struct{}      // secrets; guarded by mu
}

// New returns the account of a home. Nothing is read yet.
func New(o Options) *Account {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Ports == nil {
		o.Ports = defaultPorts
	}
	return &Account{
		home: o.Home, log: o.Log, getenv: o.Getenv, now: o.Now, o: o,
		spent: make(map[string]error), holders: make(map[string]holder),
		commands: make(map[string]*commandToken), seen: make(map[string]struct{}),
	}
}

// Close waits for a renewal that runs: its answer holds the only refresh token
// that is still good. It takes no longer than one request to the issuer.
func (a *Account) Close() { a.work.Wait() }

// issuer is whom to ask, by the network of the settings.
func (a *Account) issuer(c *config.Config) (*issuer, error) {
	t := a.o.Transport
	if t == nil {
		p := c.Provider
		var err error
		route := network.Route{CAFile: p.CAFile, Proxy: string(p.Proxy.URL), Bypass: p.Proxy.Bypass}
		if t, err = route.Transport(); err != nil {
			f := network.Explain(err, network.Target{})
			return nil, &Error{Failed, f.Message, f.Remedy}
		}
	}
	return &issuer{
		url:         strings.TrimRight(cmp.Or(a.o.Issuer, a.getenv("CODEX_APP_SERVER_LOGIN_ISSUER"), defaultIssuer), "/"),
		client:      cmp.Or(a.o.Client, a.getenv("CODEX_APP_SERVER_LOGIN_CLIENT_ID"), defaultClient),
		renewURL:    a.getenv("CODEX_REFRESH_TOKEN_URL_OVERRIDE"),
		revokeURL:   a.getenv("CODEX_REVOKE_TOKEN_URL_OVERRIDE"),
		accountsURL: strings.TrimRight(a.getenv("CODEX_AUTHAPI_BASE_URL"), "/"),
		agent:       originator + "/" + cmp.Or(a.o.Version, "dev") + " (codex-lsp)",
		http: &http.Client{
			Transport: t,
			// To follow would take the code or the token along.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// issuerOf is who has issued credentials, and can renew them.
func (a *Account) issuerOf(c *config.Config, s *stored) (*issuer, error) {
	i, err := a.issuer(c)
	if err != nil {
		return nil, err
	}
	if url, client := s.provenance(); url != "" && a.o.Issuer == "" {
		i.url, i.client = strings.TrimRight(url, "/"), cmp.Or(client, i.client)
	}
	return i, nil
}

// load reads the credentials. Those that were renewed and could not be kept
// count as long as nobody has put others there.
func (a *Account) load(c *config.Config) (*stored, error) {
	s, err := a.store(c.Account.Store).load()
	if err != nil || s == nil {
		return s, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if u := a.unsaved; u != nil {
		if s.refreshed().Before(u.refreshed()) && s.accountID() == u.accountID() {
			s = u
		} else {
			a.unsaved = nil
		}
	}
	for _, secret := range s.secrets() {
		a.seen[secret] = struct{}{}
	}
	return s, nil
}

// Secrets are the texts that must not be shown, of all credentials that the
// process has had.
func (a *Account) Secrets() []string {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	list := make([]string, 0, len(a.seen))
	for s := range a.seen {
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}

func (a *Account) hide(secret string) {
	if len(secret) < leastSecret {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen[secret] = struct{}{}
}

// leastSecret is how long a text must be to be hidden where it stands in others.
const leastSecret = 8

// keep puts credentials in their place, as the holder of the renewal lock.
func (a *Account) keep(ctx context.Context, c *config.Config, s *stored) error {
	for _, secret := range s.secrets() {
		a.hide(secret)
	}
	release, err := lock(ctx, a.home, writeLock)
	if err != nil {
		return err
	}
	defer release()
	return a.store(c.Account.Store).save(s)
}

// replace puts the credentials of a new sign-in in the place of those before.
func (a *Account) replace(ctx context.Context, c *config.Config, s *stored) error {
	ctx, cancel := context.WithTimeout(ctx, lockTime)
	defer cancel()
	release, err := lock(ctx, a.home, renewalLock)
	if err != nil {
		return err
	}
	defer release()
	if err := a.keep(ctx, c, s); err != nil {
		return err
	}
	a.mu.Lock()
	a.unsaved = nil
	a.mu.Unlock()
	return nil
}

// lockTime is how long another process may renew or sign in meanwhile.
const lockTime = 2 * askTime

// revokeTime bounds what a sign-out waits for: it succeeds without.
const revokeTime = 10 * time.Second

// SignOut removes the credentials, and tells whether there were any. The issuer
// is told, if it can be.
func (a *Account) SignOut(ctx context.Context, c *config.Config) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, lockTime)
	defer cancel()
	release, err := lock(ctx, a.home, renewalLock)
	if err != nil {
		return false, err
	}
	defer release()
	if s, err := a.load(c); err == nil && s != nil && s.mode() == modeChatGPT && s.refresh() != "" {
		a.revoke(ctx, c, s)
	}
	writing, err := lock(ctx, a.home, writeLock)
	if err != nil {
		return false, err
	}
	defer writing()
	found, err := a.store(c.Account.Store).remove()
	if err != nil {
		return false, fmt.Errorf("remove the credentials: %w", err)
	}
	return found, nil
}

func (a *Account) revoke(ctx context.Context, c *config.Config, s *stored) {
	ctx, cancel := context.WithTimeout(ctx, revokeTime)
	defer cancel()
	i, err := a.issuerOf(c, s)
	if err == nil {
		err = i.revoke(ctx, s.refresh())
	}
	if err != nil {
		a.log.Warn("the issuer was not told of the sign-out", "err", err)
	}
}
