package auth

import (
	"context"
	"strings"
	"time"

	"codex-lsp/agent/config"
)

// A Status is what is known of a sign-in, without any secret.
type Status struct {
	Method    Method    `json:"method"`
	Email     string    `json:"email,omitempty"`
	Plan      string    `json:"plan,omitempty"`      // as the issuer calls it: "plus", "business"
	Workspace string    `json:"workspace,omitempty"` // the id of the ChatGPT account
	Key       string    `json:"key,omitempty"`       // what may be shown of an API key
	Expires   time.Time `json:"expires,omitzero"`    // of the access token, which is renewed before
	Problem   string    `json:"problem,omitempty"`   // why it cannot be used as the settings are
}

// A Method is how somebody has signed in.
type Method string

const (
	NotSignedIn Method = "none"
	ByKey       Method = "apiKey"
	ByEnv       Method = "environment" // a key in CODEX_API_KEY or OPENAI_API_KEY
	ByChatGPT   Method = "chatgpt"
	ByToken     Method = "accessToken"
	ByOther     Method = "other" // a kind that only Codex itself knows
)

// Status tells how the user is signed in. Nothing is asked of an issuer.
func (a *Account) Status(c *config.Config) (Status, error) {
	p := c.Provider
	if p.Account && p.Key != "" {
		return Status{Method: ByEnv, Key: shown(string(p.Key))}, nil
	}
	s, err := a.load(c)
	if err != nil {
		return Status{}, err
	}
	if s == nil {
		if p.Ambient != "" {
			return Status{Method: ByEnv, Key: shown(string(p.Ambient))}, nil
		}
		return Status{Method: NotSignedIn}, nil
	}
	return statusOf(c, s), nil
}

func statusOf(c *config.Config, s *stored) Status {
	st := Status{Method: ByOther}
	switch s.mode() {
	case modeKey:
		st = Status{Method: ByKey, Key: shown(s.key())}
	case modeToken:
		st = Status{Method: ByToken}
	case modeChatGPT:
		who := s.claims()
		st = Status{Method: ByChatGPT, Email: who.Email, Plan: who.Auth.Plan, Workspace: s.accountID(), Expires: s.expiry()}
	}
	if err := allowed(c.Account, s); err != nil {
		st.Problem = err.Error()
	}
	return st
}

// shown is what of a key tells it from others.
func shown(key string) string {
	const head, tail = 8, 5
	if len(key) < head+tail+6 { // too much of it would show
		return "***"
	}
	return key[:head] + "***" + key[len(key)-tail:]
}

// SignInWithKey keeps an API key.
func (a *Account) SignInWithKey(ctx context.Context, c *config.Config, key string) error {
	key = strings.TrimSpace(key)
	switch {
	case c.Account.Method == config.LoginChatGPT:
		return &Error{Forbidden, "forced_login_method allows ChatGPT sign-ins only", signIn}
	case key == "" || strings.ContainsAny(key, " \t\r\n"):
		return &Error{Failed, "that is no API key: it must be one word", "pipe it in: printenv OPENAI_API_KEY | codex-lsp login --with-api-key"}
	}
	return a.replace(ctx, c, storedKey(key))
}

// personalPrefix begins personal access tokens.
const personalPrefix = "at-"

// SignInWithToken keeps a personal access token, once the issuer has said whose
// it is.
func (a *Account) SignInWithToken(ctx context.Context, c *config.Config, token string) (Status, error) {
	token = strings.TrimSpace(token)
	switch {
	case c.Account.Method == config.LoginAPI:
		return Status{}, &Error{Forbidden, "forced_login_method allows API keys only", "pipe a key into codex-lsp login --with-api-key"}
	case !strings.HasPrefix(token, personalPrefix) || strings.ContainsAny(token, " \t\r\n"):
		return Status{}, &Error{Failed, "that is no personal access token: one begins with " + personalPrefix, "for agent identities, use Codex itself"}
	}
	a.hide(token)
	i, err := a.issuer(c)
	if err != nil {
		return Status{}, err
	}
	h, err := i.whoami(ctx, token)
	if err != nil {
		return Status{}, err
	}
	if err := allowedWorkspace(c.Account, h.AccountID); err != nil {
		return Status{}, err
	}
	if err := a.replace(ctx, c, storedToken(token)); err != nil {
		return Status{}, err
	}
	return Status{Method: ByToken, Email: h.Email, Plan: h.Plan, Workspace: h.AccountID}, nil
}

// chatGPTAllowed says why the settings forbid to sign in with ChatGPT.
func chatGPTAllowed(c *config.Config) error {
	if c.Account.Method == config.LoginAPI {
		return &Error{Forbidden, "forced_login_method allows API keys only", "pipe a key into codex-lsp login --with-api-key"}
	}
	return nil
}

// admit keeps the tokens of a sign-in, if the settings allow whose they are.
func (a *Account) admit(ctx context.Context, c *config.Config, i *issuer, t tokens) (Status, error) {
	s := storedTokens(t, i.url, i.client, a.now())
	if err := allowed(c.Account, s); err != nil {
		return Status{}, err
	}
	if err := a.replace(ctx, c, s); err != nil {
		return Status{}, err
	}
	return statusOf(c, s), nil
}
