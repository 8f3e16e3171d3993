package auth

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// claims are what a JSON web token says, as far as it matters. Nothing is
// verified: the tokens come from the issuer itself, over TLS, and only the
// issuer acts on them.
type claims struct {
	Expires int64  `json:"exp"`
	Issued  int64  `json:"iat"`
	Email   string `json:"email"`
	Profile struct {
		Email string `json:"email"`
	} `json:"https://api.openai.com/profile"`
	Auth struct {
		AccountID string `json:"chatgpt_account_id"`
		Plan      string `json:"chatgpt_plan_type"`
		FedRAMP   bool   `json:"chatgpt_account_is_fedramp"`
	} `json:"https://api.openai.com/auth"`
}

// claimsOf reads a token; of one that is no JWT it knows nothing.
func claimsOf(token string) (c claims) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return c
	}
	_ = json.Unmarshal(payload, &c) // what is of another type is not known
	c.Email = cmp.Or(c.Email, c.Profile.Email)
	return c
}

const (
	// oldest is how old tokens get that do not say when they expire.
	oldest = 8 * 24 * time.Hour
	// early is how long before its end a token is replaced: a request may
	// stream for minutes, and is checked when it begins.
	early = 5 * time.Minute
)

// expiry is when the access token ends, by this machine's clock; zero if it
// does not say. A clock that is wrong was as wrong when the token was got: so
// what counts is how long it lives, from then on.
func (s *stored) expiry() time.Time {
	c := claimsOf(s.access())
	got := s.refreshed()
	switch {
	case c.Expires == 0:
		return time.Time{}
	case c.Issued > 0 && c.Issued < c.Expires && !got.IsZero():
		return got.Add(s.lifetime())
	}
	return time.Unix(c.Expires, 0)
}

func (s *stored) lifetime() time.Duration {
	c := claimsOf(s.access())
	return time.Duration(c.Expires-c.Issued) * time.Second
}

// stale tells whether the tokens should be replaced before they are used.
func (s *stored) stale(now time.Time) bool {
	end := s.expiry()
	if end.IsZero() {
		got := s.refreshed()
		return !got.IsZero() && now.Sub(got) > oldest
	}
	margin := early
	if c := claimsOf(s.access()); c.Issued > 0 {
		margin = min(margin, s.lifetime()/4)
	}
	return now.After(end.Add(-margin))
}

// expired tells whether the tokens are known to be of no use.
func (s *stored) expired(now time.Time) bool {
	end := s.expiry()
	return !end.IsZero() && now.After(end)
}
