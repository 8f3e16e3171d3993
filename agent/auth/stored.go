package auth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"codex-lsp/agent/config"
)

// FileName is the file in Codex's home that holds the credentials.
const FileName = "auth.json"

// The values of auth_mode that mean something here.
const (
	modeKey     = "apikey"
	modeChatGPT = "chatgpt"
	modeToken   = "personalAccessToken"
)

// A stored is what signing in has left: the JSON object of auth.json, which is
// also the text in a keyring. Members that nobody here knows are kept. It is
// never changed; with makes another.
type stored struct {
	members map[string]json.RawMessage
	tokens  map[string]json.RawMessage // of the member tokens; nil if there is none
}

// Codex writes its members in this order.
var (
	memberOrder = []string{"auth_mode", "OPENAI_API_KEY", "tokens", "last_refresh", "personal_access_token"}
	tokenOrder  = []string{"id_token", "access_token", "refresh_token", "oauth_provenance", "login_owner_id", "account_id"}
)

// tokens are what an issuer gives. An empty one leaves the one before.
type tokens struct {
	ID      string `json:"id_token"`
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

func parseStored(text []byte) (*stored, error) {
	s := &stored{}
	if err := json.Unmarshal(text, &s.members); err != nil || s.members == nil {
		return nil, fmt.Errorf("it is not the JSON object that signing in writes")
	}
	if raw := s.members["tokens"]; raw != nil && json.Unmarshal(raw, &s.tokens) != nil {
		return nil, fmt.Errorf("its member %q is not an object", "tokens")
	}
	return s, nil
}

// storedKey is the credentials of an API key.
func storedKey(key string) *stored {
	return &stored{members: map[string]json.RawMessage{"auth_mode": quote(modeKey), "OPENAI_API_KEY": quote(key)}}
}

// storedToken is the credentials of a personal access token.
func storedToken(token string) *stored {
	return &stored{members: map[string]json.RawMessage{"OPENAI_API_KEY": json.RawMessage("null"), "personal_access_token": quote(token)}}
}

// storedTokens is the credentials of a ChatGPT plan, from an issuer.
func storedTokens(t tokens, issuer, client string, now time.Time) *stored {
	provenance, _ := json.Marshal(map[string]string{"issuer": issuer, "client_id": client}) // of strings, which cannot fail
	s := &stored{
		members: map[string]json.RawMessage{"auth_mode": quote(modeChatGPT), "OPENAI_API_KEY": json.RawMessage("null")},
		tokens:  map[string]json.RawMessage{"oauth_provenance": provenance, "account_id": json.RawMessage("null")},
	}
	if id := claimsOf(t.ID).Auth.AccountID; id != "" {
		s.tokens["account_id"] = quote(id)
	}
	return s.with(t, now)
}

// with has new tokens, got now, in the place of those before.
func (s *stored) with(t tokens, now time.Time) *stored {
	next := &stored{members: maps.Clone(s.members), tokens: maps.Clone(s.tokens)}
	for name, value := range map[string]string{"id_token": t.ID, "access_token": t.Access, "refresh_token": t.Refresh} {
		if value != "" {
			next.tokens[name] = quote(value)
		}
	}
	next.members["last_refresh"] = quote(now.UTC().Format(time.RFC3339Nano))
	return next
}

// text is the JSON object, indented as Codex writes it.
func (s *stored) text() []byte {
	members := maps.Clone(s.members)
	if s.tokens != nil {
		members["tokens"] = object(s.tokens, tokenOrder)
	}
	var b bytes.Buffer
	_ = json.Indent(&b, object(members, memberOrder), "", "  ") // of members that were JSON
	return b.Bytes()
}

// object writes members, those of the order first.
func object(members map[string]json.RawMessage, order []string) json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('{')
	names := slices.Concat(order, slices.Sorted(maps.Keys(members)))
	for i, name := range names {
		value, there := members[name]
		if !there || slices.Index(names, name) < i {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.Write(quote(name))
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

func quote(s string) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string, which cannot fail
	return bytes.TrimSpace(b.Bytes())
}

// unquoted is a member that is a string, "" if it is none.
func unquoted(raw json.RawMessage) (s string) {
	_ = json.Unmarshal(raw, &s) // null, and what else is no string, is ""
	return s
}

// mode is what kind of credentials these are. Codex has not always said so.
func (s *stored) mode() string {
	switch mode := unquoted(s.members["auth_mode"]); {
	case mode != "":
		return mode
	case s.personalToken() != "":
		return modeToken
	case s.key() != "":
		return modeKey
	}
	return modeChatGPT
}

func (s *stored) key() string           { return unquoted(s.members["OPENAI_API_KEY"]) }
func (s *stored) personalToken() string { return unquoted(s.members["personal_access_token"]) }
func (s *stored) access() string        { return unquoted(s.tokens["access_token"]) }
func (s *stored) refresh() string       { return unquoted(s.tokens["refresh_token"]) }

// accountID is the ChatGPT workspace of the tokens.
func (s *stored) accountID() string {
	if id := unquoted(s.tokens["account_id"]); id != "" {
		return id
	}
	return s.claims().Auth.AccountID
}

// claims are what the ID token says of the user.
func (s *stored) claims() claims { return claimsOf(unquoted(s.tokens["id_token"])) }

// provenance is who has issued the tokens, "" where that is not noted.
func (s *stored) provenance() (issuer, client string) {
	var p struct {
		Issuer string `json:"issuer"`
		Client string `json:"client_id"`
	}
	_ = json.Unmarshal(s.tokens["oauth_provenance"], &p) // missing is not noted
	return p.Issuer, p.Client
}

// refreshed is when the tokens were got, by the clock of whoever got them; zero
// if that is not known.
func (s *stored) refreshed() time.Time {
	t, _ := time.Parse(time.RFC3339Nano, unquoted(s.members["last_refresh"]))
	return t
}

// Secrets are the texts that must not be shown.
func (s *stored) secrets() []string {
	list := []string{s.key(), s.personalToken(), s.access(), s.refresh(), unquoted(s.tokens["id_token"])}
	return slices.DeleteFunc(list, func(text string) bool { return len(text) < 8 })
}

// given makes an Access of tokens.
func (s *stored) given() Access {
	return Access{Key: config.Secret(s.access()), ChatGPT: true, AccountID: s.accountID(), FedRAMP: s.claims().Auth.FedRAMP}
}
