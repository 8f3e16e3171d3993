package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"codex-lsp/agent/auth/authtest"
	"codex-lsp/agent/config"
)

// A visit is a sign-in with a browser that is played by the test.
type visit struct {
	*Browser
	b       *bench
	yes, no string // where the issuer's page leads
	client  *http.Client
	done    chan outcome
	cancel  context.CancelFunc
}

func (b *bench) visit() *visit {
	b.t.Helper()
	browser, err := b.SignInWithBrowser(b.config)
	if err != nil {
		b.t.Fatal(err)
	}
	v := &visit{Browser: browser, b: b, done: make(chan outcome, 1), client: &http.Client{Transport: &http.Transport{}}}
	v.yes, v.no, err = b.issuer.Consent(browser.URL)
	if err != nil {
		b.t.Error(err)
	}
	ctx, cancel := context.WithCancel(b.t.Context())
	v.cancel = cancel
	go func() {
		status, err := browser.Wait(ctx)
		v.done <- outcome{status, err}
	}()
	b.t.Cleanup(func() { cancel(); v.client.CloseIdleConnections() })
	return v
}

// get is what the browser shows at an address.
func (v *visit) get(address string) (status int, text string) {
	v.b.t.Helper()
	resp, err := v.client.Get(address)
	if err != nil {
		v.b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

func (v *visit) at(path string) string { return fmt.Sprintf("http://127.0.0.1:%d%s", v.Port, path) }

func TestBrowserSignsIn(t *testing.T) {
	b := newBench(t)
	v := b.visit()
	status, text := v.get(v.yes)
	if status != http.StatusOK || !strings.Contains(text, "signed in as ada@example.com") {
		t.Errorf("the browser shows %d %s", status, text)
	}
	o := <-v.done
	if o.err != nil || o.status.Email != "ada@example.com" || o.status.Plan != "plus" || o.status.Workspace != "ws-ada" {
		t.Errorf("status %+v, %v", o.status, o.err)
	}
	info, err := os.Stat(b.file())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("auth.json has mode %v (%v), want 0600", info.Mode().Perm(), err)
	}
	var file struct {
		Mode   string          `json:"auth_mode"`
		Key    json.RawMessage `json:"OPENAI_API_KEY"`
		Tokens map[string]any
		Last   time.Time `json:"last_refresh"`
	}
	if err := json.Unmarshal([]byte(b.text()), &file); err != nil {
		t.Fatal(err)
	}
	if file.Mode != "chatgpt" || string(file.Key) != "null" || file.Tokens["account_id"] != "ws-ada" || time.Since(file.Last) > time.Minute {
		t.Errorf("auth.json is %s", b.text())
	}
	if a := b.mustAccess(); !a.ChatGPT || a.AccountID != "ws-ada" {
		t.Errorf("access %#v", a)
	}
	if _, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", v.Port)); err == nil {
		t.Error("the server still listens")
	}
}

func TestAddressToSignInAt(t *testing.T) {
	b := newBench(t)
	b.config.Account.Workspaces = []string{"ws-1", "ws-2"}
	v := b.visit()
	u, err := url.Parse(v.URL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for name, want := range map[string]string{
		"scope":                      "openid profile email offline_access api.connectors.read api.connectors.invoke",
		"id_token_add_organizations": "true", "codex_cli_simplified_flow": "true", "originator": "codex_cli_rs",
		"redirect_uri": v.at("/auth/callback"), "allowed_workspace_id": "ws-1,ws-2",
	} {
		if q.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	if v.verifier == "" || strings.Contains(v.URL, v.verifier) {
		t.Error("the address holds the verifier")
	}
}

func TestStrangersCountForNothing(t *testing.T) {
	b := newBench(t)
	v := b.visit()
	for _, path := range []string{"/auth/callback", "/auth/callback?code=x&state=wrong", "/auth/callback?error=access_denied&state="} {
		if status, text := v.get(v.at(path)); status != http.StatusBadRequest || !strings.Contains(text, "state mismatch") {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	if status, _ := v.get(v.at("/success")); status != http.StatusNotFound {
		t.Errorf("success before it is one: %d", status)
	}
	if status, _ := v.get(v.at("/")); status != http.StatusNotFound {
		t.Errorf("another page: %d", status)
	}
	req, _ := http.NewRequest(http.MethodGet, v.yes, nil)
	req.Host = "rebound.example" // a name that leads here
	resp, err := v.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("by another name: %s", resp.Status)
	}
	if resp, err := v.client.Post(v.yes, "text/plain", nil); err != nil || resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("by POST: %v, %v", resp, err)
	} else {
		resp.Body.Close()
	}
	if status, _ := v.get(v.yes); status != http.StatusOK {
		t.Errorf("the user: %d", status)
	}
	if o := <-v.done; o.err != nil {
		t.Error(o.err)
	}
}

func TestPageIsLoadedTwice(t *testing.T) {
	b := newBench(t)
	v := b.visit()
	v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for range 2 {
		if status, _ := v.get(v.yes); status != http.StatusFound {
			t.Errorf("the browser is not sent on, but told %d", status)
		}
	}
	if n := b.issuer.Count(tokenPath); n != 1 {
		t.Errorf("the code was traded %d times", n)
	}
	v.get(v.at("/success"))
	if o := <-v.done; o.err != nil {
		t.Error(o.err)
	}
}

// TestWhatWasThereStays is about every way in which a sign-in ends badly.
func TestWhatWasThereStays(t *testing.T) {
	tests := []struct {
		name string
		do   func(b *bench, v *visit)
		kind ErrorKind
		says string
	}{
		{"the user refuses", func(b *bench, v *visit) {
			if status, text := v.get(v.no); status != http.StatusBadRequest || !strings.Contains(text, "the &lt;b&gt;user&lt;/b&gt; refused") {
				b.t.Errorf("the browser shows %d %s", status, text)
			}
		}, Failed, "refused"},
		{"no code", func(b *bench, v *visit) { v.get(v.at("/auth/callback?state=" + v.state)) }, Failed, "without a code"},
		{"a cancel page", func(b *bench, v *visit) { v.get(v.at("/cancel")) }, Cancelled, "nothing has changed"},
		{"Ctrl-C", func(b *bench, v *visit) { v.cancel() }, Cancelled, "nothing has changed"},
		{"Ctrl-C while the issuer is slow", func(b *bench, v *visit) {
			b.issuer.Fault(tokenPath, func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				v.cancel()
				<-r.Context().Done()
			})
			if resp, err := v.client.Get(v.yes); err == nil {
				resp.Body.Close()
			}
		}, Cancelled, "nothing has changed"},
		{"a web page for tokens", func(b *bench, v *visit) {
			b.issuer.Fault(tokenPath, authtest.Answers(200, "text/html", "<html>hotel"))
			v.get(v.yes)
		}, Unreachable, ""},
		{"500 for tokens", func(b *bench, v *visit) {
			b.issuer.Fault(tokenPath, authtest.Answers(500, "text/html", "<html>"+v.verifier))
			v.get(v.yes)
		}, Failed, "500 Internal Server Error: the answer is a web page"},
		{"a code that is not known", func(b *bench, v *visit) {
			v.get(v.at("/auth/callback?code=guessed&state=" + v.state))
		}, Failed, "the code is not known"},
		{"no refresh token", func(b *bench, v *visit) {
			b.issuer.Fault(tokenPath, authtest.Answers(200, "application/json", `{"access_token":"a","id_token":"b"}`))
			v.get(v.yes)
		}, Failed, "no refresh token"},
		{"another workspace", func(b *bench, v *visit) { v.get(v.yes) }, Forbidden, "must be for the workspace ws-wanted"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			b.signedIn(time.Now())
			before := b.text()
			if test.kind == Forbidden {
				b.config.Account.Workspaces = []string{"ws-wanted"}
			}
			v := b.visit()
			test.do(b, v)
			o := <-v.done
			b.fails(o.err, test.kind, test.says)
			if strings.Contains(o.err.Error(), v.verifier) || strings.Contains(b.log.String(), v.verifier) {
				t.Error("the verifier is told")
			}
			if b.text() != before {
				t.Errorf("auth.json has changed to %s", b.text())
			}
		})
	}
}

func TestBusyPorts(t *testing.T) {
	hold := func() (*net.TCPListener, int) {
		l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return l, l.Addr().(*net.TCPAddr).Port
	}
	first, p1 := hold()
	_, p2 := hold()
	b := newBench(t, func(o *Options) { o.Ports = []int{p1, 0} })
	v := b.visit()
	if v.Port == p1 || !strings.Contains(v.URL, fmt.Sprintf("127.0.0.1%%3A%d%%2F", v.Port)) {
		t.Errorf("port %d, address %s", v.Port, v.URL)
	}
	v.cancel()
	<-v.done
	_ = first.SetDeadline(time.Now())
	if c, err := first.Accept(); err == nil {
		c.Close()
		t.Error("who has the first port was disturbed")
	}
	b = newBench(t, func(o *Options) { o.Ports = []int{p1, p2} })
	_, err := b.SignInWithBrowser(b.config)
	b.fails(err, Failed, fmt.Sprintf("in use: %d and %d", p1, p2), "--device-auth")
}

func TestBrowserIsForbidden(t *testing.T) {
	b := newBench(t)
	b.config.Account.Method = config.LoginAPI
	_, err := b.SignInWithBrowser(b.config)
	b.fails(err, Forbidden, "API keys only")
	_, err = b.SignInWithCode(t.Context(), b.config)
	b.fails(err, Forbidden, "API keys only")
}

func TestCodeSignsIn(t *testing.T) {
	b := newBench(t)
	d, err := b.SignInWithCode(t.Context(), b.config)
	if err != nil {
		t.Fatal(err)
	}
	if d.URL != b.issuer.URL+"/codex/device" || !strings.HasPrefix(d.Code, "ABCD-") {
		t.Errorf("type %q at %q", d.Code, d.URL)
	}
	const path = "/api/accounts/deviceauth/token"
	b.issuer.Fault(path, authtest.Answers(502, "text/html", "<html>")) // there is time
	b.issuer.Fault(path, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	b.issuer.Fault(path, func(w http.ResponseWriter, r *http.Request) {
		b.issuer.Type(d.Code)
		authtest.Answers(403, "application/json", "{}")(w, r)
	})
	s, err := d.Wait(t.Context())
	if err != nil || s.Email != "ada@example.com" {
		t.Fatalf("status %+v, %v", s, err)
	}
	b.mustAccess()
}

func TestCodesThatLeadNowhere(t *testing.T) {
	b := newBench(t)
	b.signedIn(time.Now())
	before := b.text()
	const ask, wait = "/api/accounts/deviceauth/usercode", "/api/accounts/deviceauth/token"
	for body, says := range map[string]string{"<html>": "a web page", "{}": "another JSON value", "": "nothing"} {
		b.issuer.Fault(ask, authtest.Answers(200, "text/html", body))
		_, err := b.SignInWithCode(t.Context(), b.config)
		b.fails(err, Failed, says)
	}
	b.issuer.Fault(ask, authtest.Answers(404, "text/plain", ""))
	_, err := b.SignInWithCode(t.Context(), b.config)
	b.fails(err, Failed, "offers no sign-in with a code")
	for _, fault := range []http.HandlerFunc{authtest.Answers(400, "text/plain", ""), authtest.Answers(200, "text/html", "<html>")} {
		d, err := b.SignInWithCode(t.Context(), b.config)
		if err != nil {
			t.Fatal(err)
		}
		b.issuer.Fault(wait, fault)
		_, err = d.Wait(t.Context())
		b.fails(err, Failed, "")
	}
	d, err := b.SignInWithCode(t.Context(), b.config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Wait(ctx); !errors.Is(err, errCancelled) {
		t.Errorf("who gives up hears %v", err)
	}
	if b.text() != before {
		t.Error("the credentials have changed")
	}
}
