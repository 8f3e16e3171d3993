package authtest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
)

// consent is the page on which the user signs in.
var consent = template.Must(template.New("consent").Parse(`<!doctype html><meta charset="utf-8"><title>Local issuer</title>
<p>Sign in as {{.Email}}?</p>
<p><a id="yes" href="{{.Yes}}">Sign in</a> <a id="no" href="{{.No}}">Refuse</a></p>
{{if .Hasty}}<script>document.getElementById("yes").click()</script>{{end}}
`))

// authorize shows the page on which the user signs in.
func (i *Issuer) authorize(w http.ResponseWriter, r *http.Request) {
	yes, no, err := i.Consent(r.URL.String())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_ = consent.Execute(w, map[string]any{"Email": i.User.Email, "Yes": template.URL(yes), "No": template.URL(no), "Hasty": i.Hasty})
}

// Consent is where the page for this address leads who signs in, and who
// refuses to. An address that the real issuer would not take is an error.
func (i *Issuer) Consent(address string) (yes, no string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "", err
	}
	q := u.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || back.Scheme != "http" || back.Hostname() != "127.0.0.1" || back.Path != "/auth/callback" {
		return "", "", fmt.Errorf("the redirect_uri %q is not registered", q.Get("redirect_uri"))
	}
	for name, want := range map[string]string{"response_type": "code", "client_id": ClientID, "code_challenge_method": "S256"} {
		if q.Get(name) != want {
			return "", "", fmt.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	if q.Get("state") == "" || q.Get("code_challenge") == "" {
		return "", "", fmt.Errorf("there is no state, or no code_challenge")
	}
	code := i.code(grant{q.Get("code_challenge"), q.Get("redirect_uri")})
	answer := func(fields url.Values) string {
		fields.Set("state", q.Get("state"))
		to := *back
		to.RawQuery = fields.Encode()
		return to.String()
	}
	return answer(url.Values{"code": {code}}), answer(url.Values{"error": {"access_denied"}, "error_description": {"the <b>user</b> refused"}}), nil
}

func (i *Issuer) code(g grant) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.made++
	code := fmt.Sprintf("code-%d", i.made)
	i.codes[code] = g
	return code
}

// A device is a sign-in with a code.
type device struct {
	code  string
	typed bool
}

// codePage is where users type codes.
const codePage = `<!doctype html><meta charset="utf-8"><title>Local issuer</title>
<form method="post"><input name="code" autofocus> <button>Sign in</button></form>
`

func (i *Issuer) typeCode(w http.ResponseWriter, r *http.Request) {
	if code := r.PostFormValue("code"); code != "" {
		i.Type(code)
		fmt.Fprint(w, "<!doctype html><p>Thank you. You can go back.")
		return
	}
	fmt.Fprint(w, codePage)
}

func (i *Issuer) usercode(w http.ResponseWriter, r *http.Request) {
	var q map[string]string
	if json.NewDecoder(r.Body).Decode(&q) != nil || q["client_id"] != ClientID {
		oauthError(w, "invalid_request", "no such client")
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.made++
	id, d := fmt.Sprintf("device-%d", i.made), &device{code: fmt.Sprintf("ABCD-%d", i.made)}
	i.devices[id] = d
	interval := "0.01" // tests do not wait, and Codex takes whole seconds only
	if i.Eager {
		interval = "1"
	}
	answer(w, http.StatusOK, map[string]string{"device_auth_id": id, "user_code": d.code, "interval": interval})
}

// Type is the user typing a code in a browser.
func (i *Issuer) Type(code string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, d := range i.devices {
		d.typed = d.typed || d.code == code
	}
}

func (i *Issuer) deviceToken(w http.ResponseWriter, r *http.Request) {
	var q map[string]string
	_ = json.NewDecoder(r.Body).Decode(&q) // what is missing matches nothing
	i.mu.Lock()
	d := i.devices[q["device_auth_id"]]
	typed := d != nil && d.code == q["user_code"] && (d.typed || i.Eager)
	i.mu.Unlock()
	if !typed {
		answer(w, http.StatusForbidden, map[string]string{"error": "authorization_pending"})
		return
	}
	verifier := "verifier-of-" + q["device_auth_id"]
	sum := sha256.Sum256([]byte(verifier))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	code := i.code(grant{challenge, i.URL + "/deviceauth/callback"})
	answer(w, http.StatusOK, map[string]string{"authorization_code": code, "code_challenge": challenge, "code_verifier": verifier})
}
