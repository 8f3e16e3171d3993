package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"codex-lsp/agent/config"
)

// Credentials give the requests to one provider their key.
type Credentials struct {
	account *Account
	config  *config.Config
}

// Credentials are those for the provider of the settings; nil if it has a key
// of its own, or needs none.
func (a *Account) Credentials(c *config.Config) *Credentials {
	if a == nil || !c.Provider.Account && c.Provider.Command == nil {
		return nil
	}
	return &Credentials{a, c}
}

// Access is what the next request is sent with. What is about to expire is
// renewed first. An error is an [*Error], or ctx's.
func (k *Credentials) Access(ctx context.Context) (Access, error) {
	p := k.config.Provider
	switch {
	case p.Command != nil:
		return k.account.commandAccess(ctx, *p.Command, "")
	case p.Key != "":
		return k.keyAccess(p.Key)
	}
	s, err := k.account.load(k.config)
	if err != nil {
		return Access{}, err
	}
	if s == nil {
		if p.Ambient != "" {
			return k.keyAccess(p.Ambient)
		}
		return Access{}, errNone
	}
	if err := allowed(k.config.Account, s); err != nil {
		return Access{}, err
	}
	return k.access(ctx, s)
}

// access is what credentials give.
func (k *Credentials) access(ctx context.Context, s *stored) (Access, error) {
	switch mode := s.mode(); mode {
	case modeKey:
		return Access{Key: config.Secret(s.key())}, nil
	case modeToken:
		return k.tokenAccess(ctx, s.personalToken())
	case modeChatGPT:
	default:
		return Access{}, &Error{Forbidden, fmt.Sprintf("the sign-in is of the kind %q, which works with Codex itself only", mode), signIn}
	}
	if s.access() == "" {
		return Access{}, errNone
	}
	now := k.account.now()
	if !s.stale(now) {
		return s.given(), nil
	}
	fresh, err := k.account.renew(ctx, k.config, s)
	switch {
	case err == nil:
		return k.checked(fresh)
	case ctx.Err() != nil || s.expired(now) || errors.Is(err, errGone):
		return Access{}, err
	}
	k.account.log.Warn("the ChatGPT sign-in could not be renewed yet", "err", err)
	return s.given(), nil // it holds for a while
}

// checked is what renewed credentials give, which may be another user's.
func (k *Credentials) checked(s *stored) (Access, error) {
	if err := allowed(k.config.Account, s); err != nil {
		return Access{}, err
	}
	if s.mode() == modeKey {
		return Access{Key: config.Secret(s.key())}, nil
	}
	return s.given(), nil
}

// Renew is told that the provider did not accept an access (401). It returns
// another to try, or says why there is none.
func (k *Credentials) Renew(ctx context.Context, refused Access) (Access, error) {
	p := k.config.Provider
	if p.Command != nil {
		return k.account.commandAccess(ctx, *p.Command, string(refused.Key))
	}
	if p.Key != "" || !refused.ChatGPT {
		return Access{}, keyRefused(p, refused.Key)
	}
	s, err := k.account.load(k.config)
	switch {
	case err != nil:
		return Access{}, err
	case s == nil:
		return Access{}, errGone
	case s.mode() == modeToken && s.personalToken() == string(refused.Key):
		return Access{}, &Error{Rejected, "the access token is no longer accepted", "make a new one, and pipe it into codex-lsp login --with-access-token"}
	case s.mode() != modeChatGPT:
		return k.Access(ctx) // the user has signed in otherwise meanwhile
	case s.access() != string(refused.Key):
		return k.checked(s)
	}
	fresh, err := k.account.renew(ctx, k.config, s)
	if err != nil {
		return Access{}, err
	}
	return k.checked(fresh)
}

// keyRefused is an API key that the provider does not accept.
func keyRefused(p config.Provider, key config.Secret) error {
	from := "the API key that you have signed in with"
	remedy := "pipe a valid one into codex-lsp login --with-api-key"
	switch {
	case key == p.Key:
		from, remedy = "the API key in CODEX_API_KEY", "set it to a valid one where the editor is started, or unset it and "+signIn
	case key == p.Ambient:
		from, remedy = "the API key in OPENAI_API_KEY", "set OPENAI_API_KEY to a valid one where the editor is started, or "+signIn
	}
	return &Error{Rejected, from + " is not accepted", remedy}
}

// keyAccess is a key of the environment.
func (k *Credentials) keyAccess(key config.Secret) (Access, error) {
	if k.config.Account.Method == config.LoginChatGPT {
		return Access{}, &Error{Forbidden, "an API key is set in the environment, and forced_login_method allows ChatGPT sign-ins only", "unset CODEX_API_KEY and OPENAI_API_KEY, and " + signIn}
	}
	k.account.hide(string(key))
	return Access{Key: key}, nil
}

// tokenAccess is a personal access token, of which the issuer says whose it is.
func (k *Credentials) tokenAccess(ctx context.Context, token string) (Access, error) {
	a := k.account
	a.mu.Lock()
	h, known := a.holders[token]
	a.mu.Unlock()
	if !known {
		i, err := a.issuer(k.config)
		if err != nil {
			return Access{}, err
		}
		if h, err = i.whoami(ctx, token); err != nil {
			return Access{}, err
		}
		a.mu.Lock()
		a.holders[token] = h
		a.mu.Unlock()
	}
	if err := allowedWorkspace(k.config.Account, h.AccountID); err != nil {
		return Access{}, err
	}
	return Access{Key: config.Secret(token), ChatGPT: true, AccountID: h.AccountID, FedRAMP: h.FedRAMP}, nil
}

// allowed says why the settings do not let credentials be used. They stay where
// they are.
func allowed(c config.Account, s *stored) error {
	mode := s.mode()
	switch {
	case c.Method == config.LoginChatGPT && mode == modeKey:
		return &Error{Forbidden, "you have signed in with an API key, and forced_login_method allows ChatGPT only", signInAgain}
	case c.Method == config.LoginAPI && mode != modeKey:
		return &Error{Forbidden, "you have signed in with ChatGPT, and forced_login_method allows API keys only", "pipe a key into codex-lsp login --with-api-key"}
	case mode == modeChatGPT:
		return allowedWorkspace(c, s.accountID())
	}
	return nil
}

// allowedWorkspace says why the settings do not allow a ChatGPT workspace.
func allowedWorkspace(c config.Account, id string) error {
	if c.Workspaces == nil || slices.Contains(c.Workspaces, id) {
		return nil
	}
	whose := "it belongs to no workspace"
	if id != "" {
		whose = "it belongs to " + id
	}
	return &Error{Forbidden, fmt.Sprintf("the ChatGPT sign-in must be for the workspace %s, and %s", strings.Join(c.Workspaces, " or "), whose), signInAgain + ", and choose that workspace"}
}
