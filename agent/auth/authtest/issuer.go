// Package authtest is a local issuer of credentials over real HTTP: it plays
// OpenAI's side of signing in, of renewing and of revoking, and stands before a
// model to let in who has a token that is good.
//
// It is strict where the real one is: a code is good once and only with its
// verifier, a refresh token is good once. It misbehaves where it is told to.
package authtest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// ClientID is the only client that is known.
const ClientID = "app_EMoamEEZ73f0CkXaXp7hrann"

// A User is who signs in.
type User struct {
	Email, AccountID, Plan string
}

// An Issuer is a running one. Its fields may be set before it is first asked.
type Issuer struct {
	URL string

	User     User
	Lifetime time.Duration // of access tokens
	Clock    func() time.Time
	Eager    bool // every code counts as typed at once
	Hasty    bool // the page on which users sign in does so by itself
	Forget   bool // a refresh token that is used twice is answered as unknown: "invalid_grant"

	http *httptest.Server

	mu       sync.Mutex
	count    map[string]int                // requests by path; guarded by mu
	faults   map[string][]http.HandlerFunc // what answers next, by path; guarded by mu
	codes    map[string]grant              // guarded by mu
	devices  map[string]*device            // by id; guarded by mu
	refresh  map[string]string             // why a refresh token does not hold; "" if it does; guarded by mu
	access   map[string]time.Time          // until when access tokens hold; guarded by mu
	personal map[string]User               // guarded by mu
	made     int                           // tokens and codes; guarded by mu
}

// A grant is a code that was given to a browser.
type grant struct{ challenge, redirect string }

// Start starts an issuer on loopback.
func Start() *Issuer {
	i := &Issuer{
		User: User{"ada@example.com", "ws-ada", "plus"}, Lifetime: 10 * 24 * time.Hour, Clock: time.Now,
		count: make(map[string]int), faults: make(map[string][]http.HandlerFunc), codes: make(map[string]grant),
		devices: make(map[string]*device), refresh: make(map[string]string), access: make(map[string]time.Time),
		personal: make(map[string]User),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /oauth/authorize", i.authorize)
	mux.HandleFunc("POST /oauth/token", i.token)
	mux.HandleFunc("POST /oauth/revoke", i.revoke)
	mux.HandleFunc("POST /api/accounts/deviceauth/usercode", i.usercode)
	mux.HandleFunc("POST /api/accounts/deviceauth/token", i.deviceToken)
	mux.HandleFunc("/codex/device", i.typeCode)
	mux.HandleFunc("GET /api/accounts/v1/user-auth-credential/whoami", i.whoami)
	i.http = httptest.NewServer(i.door(mux))
	i.URL = i.http.URL
	return i
}

// Close ends it.
func (i *Issuer) Close() { i.http.CloseClientConnections(); i.http.Close() }

// Transport is one whose connections end with the issuer.
func (i *Issuer) Transport() http.RoundTripper { return i.http.Client().Transport }

// door counts requests, and has a fault answer where one is due.
func (i *Issuer) door(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		i.count[r.URL.Path]++
		answer := next.ServeHTTP
		if list := i.faults[r.URL.Path]; len(list) > 0 {
			answer, i.faults[r.URL.Path] = list[0], list[1:]
		}
		i.mu.Unlock()
		answer(w, r)
	})
}

// Fault has the next request to a path answered by f.
func (i *Issuer) Fault(path string, f http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.faults[path] = append(i.faults[path], f)
}

// Answers is a fault that says the same always.
func Answers(status int, media, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// Count is how many requests came to a path.
func (i *Issuer) Count(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.count[path]
}

// Revoke makes a refresh token no longer hold, for a reason of the real
// issuer's: "refresh_token_expired", "refresh_token_reused" or
// "refresh_token_invalidated".
func (i *Issuer) Revoke(refresh, reason string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.refresh[refresh] = reason
}

// Refuse makes an access token no longer hold.
func (i *Issuer) Refuse(access string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.access, access)
}

// Personal makes a personal access token known.
func (i *Issuer) Personal(token string, u User) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.personal[token] = u
}

// Tokens are what the issuer gives.
type Tokens struct {
	ID      string `json:"id_token"`
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

// Issue makes tokens, as if somebody had signed in.
func (i *Issuer) Issue() Tokens {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.issue()
}

func (i *Issuer) issue() Tokens {
	i.made++
	now := i.Clock()
	auth := map[string]any{"chatgpt_account_id": i.User.AccountID, "chatgpt_plan_type": i.User.Plan}
	t := Tokens{
		ID:      JWT(map[string]any{"email": i.User.Email, "exp": now.Add(time.Hour).Unix(), "https://api.openai.com/auth": auth}),
		Access:  JWT(map[string]any{"iat": now.Unix(), "exp": now.Add(i.Lifetime).Unix(), "jti": i.made, "https://api.openai.com/auth": auth}),
		Refresh: fmt.Sprintf("refresh-token-%d", i.made),
	}
	i.refresh[t.Refresh] = ""
	i.access[t.Access] = now.Add(i.Lifetime)
	return t
}

// JWT is a token with these claims, and a signature that nobody checks.
func JWT(claims map[string]any) string {
	part := func(v any) string {
		text, _ := json.Marshal(v) // of plain values
		return base64.RawURLEncoding.EncodeToString(text)
	}
	return part(map[string]string{"alg": "none"}) + "." + part(claims) + ".c2lnbmF0dXJl"
}

// token answers both kinds of requests for tokens.
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		i.renew(w, r)
		return
	}
	code := r.PostFormValue("code")
	g, known := i.codes[code]
	delete(i.codes, code)
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	switch {
	case r.PostFormValue("grant_type") != "authorization_code", r.PostFormValue("client_id") != ClientID:
		oauthError(w, "invalid_request", "that is no request for tokens")
	case !known:
		oauthError(w, "invalid_grant", "the code is not known, or was used")
	case r.PostFormValue("redirect_uri") != g.redirect:
		oauthError(w, "invalid_grant", "another redirect_uri")
	case base64.RawURLEncoding.EncodeToString(sum[:]) != g.challenge:
		oauthError(w, "invalid_grant", "the verifier is wrong")
	default:
		answer(w, http.StatusOK, i.issue())
	}
}

// renew trades a refresh token, once.
func (i *Issuer) renew(w http.ResponseWriter, r *http.Request) {
	var q map[string]string
	if json.NewDecoder(r.Body).Decode(&q) != nil || q["grant_type"] != "refresh_token" || q["client_id"] != ClientID {
		oauthError(w, "invalid_request", "that is no request for tokens")
		return
	}
	reason, known := i.refresh[q["refresh_token"]]
	switch {
	case !known, reason != "" && i.Forget:
		oauthError(w, "invalid_grant", "the refresh token is not known")
	case reason != "":
		answer(w, http.StatusUnauthorized, map[string]any{"error": map[string]string{"code": reason, "message": "no"}})
	default:
		i.refresh[q["refresh_token"]] = "refresh_token_reused"
		answer(w, http.StatusOK, i.issue())
	}
}

func (i *Issuer) revoke(w http.ResponseWriter, r *http.Request) {
	var q map[string]string
	if json.NewDecoder(r.Body).Decode(&q) != nil || q["token"] == "" {
		oauthError(w, "invalid_request", "that names no token")
		return
	}
	i.Revoke(q["token"], "refresh_token_invalidated")
}

func (i *Issuer) whoami(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	u, known := i.personal[bearer(r)]
	i.mu.Unlock()
	if !known {
		answer(w, http.StatusUnauthorized, map[string]string{"error": "unauthorized"})
		return
	}
	answer(w, http.StatusOK, map[string]any{
		"email": u.Email, "chatgpt_user_id": "user-1", "chatgpt_account_id": u.AccountID,
		"chatgpt_plan_type": u.Plan, "chatgpt_account_is_fedramp": false,
	})
}

func bearer(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// Guard lets in who has an access token that holds, and says 401 to others.
func (i *Issuer) Guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		until, known := i.access[bearer(r)]
		_, personal := i.personal[bearer(r)]
		i.mu.Unlock()
		if !personal && (!known || i.Clock().After(until)) {
			answer(w, http.StatusUnauthorized, map[string]any{"error": map[string]string{"message": "the token does not hold: " + bearer(r)}})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that has gone needs none
}

func oauthError(w http.ResponseWriter, code, description string) {
	answer(w, http.StatusBadRequest, map[string]string{"error": code, "error_description": description})
}
