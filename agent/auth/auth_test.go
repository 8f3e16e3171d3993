package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zalando/go-keyring"
	"go.uber.org/goleak"

	"codex-lsp/agent/auth/authtest"
	"codex-lsp/agent/config"
)

func TestMain(m *testing.M) {
	if home := os.Getenv("AUTH_TEST_HOME"); home != "" { // TestProcessesRenewOnce
		os.Exit(accessOnce(home))
	}
	keyring.MockInit() // no test may touch the keyring of whoever runs it
	goleak.VerifyTestMain(m)
}

// A bench is an account, its issuer and its home.
type bench struct {
	*Account
	t      *testing.T
	issuer *authtest.Issuer
	config *config.Config
	log    *locked
}

// A locked buffer is a log that goroutines write.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.b.Write(p) }
func (l *locked) String() string              { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

// newBench starts an issuer. At the test's end nothing of the credentials may
// have got into the log.
func newBench(t *testing.T, adjust ...func(*Options)) *bench {
	b := &bench{t: t, issuer: authtest.Start(), log: &locked{}}
	b.config = &config.Config{Home: t.TempDir(), Account: config.Account{Store: config.StoreFile}}
	b.config.Provider = config.Provider{ID: "openai", Account: true, EnvKey: "OPENAI_API_KEY"}
	o := Options{
		Home: b.config.Home, Log: slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Issuer: b.issuer.URL, Transport: b.issuer.Transport(), Getenv: func(string) string { return "" }, Ports: []int{0},
	}
	for _, f := range adjust {
		f(&o)
	}
	b.Account = New(o)
	t.Cleanup(func() {
		b.Close()
		b.issuer.Close()
		for _, secret := range b.Secrets() {
			if strings.Contains(b.log.String(), secret) {
				t.Errorf("the log tells a secret:\n%s", b.log)
			}
		}
	})
	return b
}

func (b *bench) file() string { return filepath.Join(b.config.Home, FileName) }

// text is auth.json, "" if there is none.
func (b *bench) text() string {
	text, err := os.ReadFile(b.file())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		b.t.Fatal(err)
	}
	return string(text)
}

// signedIn puts tokens into auth.json, as Codex writes them, got at a time.
func (b *bench) signedIn(got time.Time) authtest.Tokens {
	t := b.issuer.Issue()
	b.write(t, got)
	return t
}

func (b *bench) write(t authtest.Tokens, got time.Time) {
	text := fmt.Sprintf(`{"auth_mode":"chatgpt","OPENAI_API_KEY":null,"tokens":{"id_token":%q,"access_token":%q,"refresh_token":%q,"account_id":%q,"login_owner_id":"kept"},"last_refresh":%q,"something":{"newer":[1]}}`,
		t.ID, t.Access, t.Refresh, b.issuer.User.AccountID, got.UTC().Format(time.RFC3339Nano))
	if err := os.WriteFile(b.file(), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// access is what the next request is sent with.
func (b *bench) access() (Access, error) { return b.Credentials(b.config).Access(b.t.Context()) }

// mustAccess is access where it must succeed.
func (b *bench) mustAccess() Access {
	b.t.Helper()
	a, err := b.access()
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

// fails checks an error, and that it tells no secret.
func (b *bench) fails(err error, kind ErrorKind, parts ...string) {
	b.t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		b.t.Fatalf("error %v, want one of ours", err)
	}
	if e.Kind != kind {
		b.t.Errorf("the error %q is of kind %d, want %d", e, e.Kind, kind)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			b.t.Errorf("the error %q does not say %q", err, part)
		}
	}
	for _, secret := range b.Secrets() {
		if strings.Contains(err.Error(), secret) {
			b.t.Errorf("the error %q tells a secret", err)
		}
	}
}

func TestNobodyIsSignedIn(t *testing.T) {
	b := newBench(t)
	_, err := b.access()
	b.fails(err, SignedOut, "you are not signed in", "codex-lsp login", "CODEX_API_KEY")
	if s, err := b.Status(b.config); err != nil || s.Method != NotSignedIn {
		t.Errorf("status %+v, %v", s, err)
	}
}

func TestSourcesOfKeys(t *testing.T) {
	const stored = `{"auth_mode":"apikey","OPENAI_API_KEY":"sk-stored-12345"}`
	tests := []struct {
		name         string
		key, ambient config.Secret
		file, want   string
	}{
		{"CODEX_API_KEY is stronger than a sign-in", "sk-codex-12345", "sk-ambient-12345", stored, "sk-codex-12345"},
		{"a sign-in is stronger than OPENAI_API_KEY", "", "sk-ambient-12345", stored, "sk-stored-12345"},
		{"OPENAI_API_KEY is for who has not signed in", "", "sk-ambient-12345", "", "sk-ambient-12345"},
		{"an old file names no mode", "", "", `{"OPENAI_API_KEY":"sk-old-12345","tokens":null}`, "sk-old-12345"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			b.config.Provider.Key, b.config.Provider.Ambient = test.key, test.ambient
			if test.file != "" {
				if err := os.WriteFile(b.file(), []byte(test.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := string(b.mustAccess().Key); got != test.want {
				t.Errorf("the key is %q, want %q", got, test.want)
			}
			if !slices.Contains(b.Secrets(), test.want) {
				t.Error("the key is not hidden")
			}
		})
	}
}

func TestKeyIsKeptAsCodexKeepsIt(t *testing.T) {
	b := newBench(t)
	if err := b.SignInWithKey(t.Context(), b.config, " sk-proj-abcdefghij12345\n"); err != nil {
		t.Fatal(err)
	}
	const want = "{\n  \"auth_mode\": \"apikey\",\n  \"OPENAI_API_KEY\": \"sk-proj-abcdefghij12345\"\n}"
	if got := b.text(); got != want {
		t.Errorf("auth.json is %s, want %s", got, want)
	}
	info, err := os.Stat(b.file())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("auth.json has mode %v (%v), want 0600", info.Mode().Perm(), err)
	}
	if s, _ := b.Status(b.config); s != (Status{Method: ByKey, Key: "sk-proj-***12345"}) {
		t.Errorf("status %+v", s)
	}
	found, err := b.SignOut(t.Context(), b.config)
	if !found || err != nil || b.text() != "" {
		t.Errorf("sign-out: found %t, %v; left %q", found, err, b.text())
	}
	if found, err := b.SignOut(t.Context(), b.config); found || err != nil {
		t.Errorf("second sign-out: found %t, %v", found, err)
	}
	b.fails(b.SignInWithKey(t.Context(), b.config, "two words"), Failed, "one word")
}

func TestWhatSettingsForbid(t *testing.T) {
	tests := []struct {
		name    string
		account config.Account
		key     bool // signed in with one, not with ChatGPT
		env     config.Secret
		says    string
	}{
		{"a key where ChatGPT is wanted", config.Account{Method: config.LoginChatGPT}, true, "", "allows ChatGPT only"},
		{"a key of the environment where ChatGPT is wanted", config.Account{Method: config.LoginChatGPT}, false, "sk-env-12345", "allows ChatGPT sign-ins only"},
		{"ChatGPT where a key is wanted", config.Account{Method: config.LoginAPI}, false, "", "allows API keys only"},
		{"another workspace", config.Account{Workspaces: []string{"ws-other"}}, false, "", "must be for the workspace ws-other, and it belongs to ws-ada"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			if test.key {
				if err := b.SignInWithKey(t.Context(), b.config, "sk-stored-12345"); err != nil {
					t.Fatal(err)
				}
			} else {
				b.signedIn(time.Now())
			}
			before := b.text()
			test.account.Store = config.StoreFile
			b.config.Account, b.config.Provider.Key = test.account, test.env
			_, err := b.access()
			b.fails(err, Forbidden, test.says)
			if b.text() != before {
				t.Error("the credentials have changed")
			}
		})
	}
}

func TestBrokenFileIsNamedAndKept(t *testing.T) {
	for _, text := range []string{"", "[]", "null", `{"tokens": 7}`, `{"OPENAI_API_KEY": "sk-secret`} {
		b := newBench(t)
		if err := os.WriteFile(b.file(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := b.access()
		b.fails(err, Failed, b.file()+" cannot be used", "remove it")
		if strings.Contains(err.Error(), "sk-secret") {
			t.Errorf("%v tells a secret", err)
		}
		if b.text() != text {
			t.Errorf("%q has become %q", text, b.text())
		}
	}
}

func TestKindsThatOnlyCodexKnows(t *testing.T) {
	b := newBench(t)
	if err := os.WriteFile(b.file(), []byte(`{"auth_mode":"agentIdentity","agent_identity":"a.b.c"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := b.access()
	b.fails(err, Forbidden, `"agentIdentity"`)
}

func TestPersonalAccessToken(t *testing.T) {
	b := newBench(t)
	b.issuer.Personal("at-secret-1", authtest.User{Email: "ada@example.com", AccountID: "ws-ada", Plan: "enterprise"})
	s, err := b.SignInWithToken(t.Context(), b.config, "at-secret-1\n")
	if want := (Status{Method: ByToken, Email: "ada@example.com", Plan: "enterprise", Workspace: "ws-ada"}); err != nil || s != want {
		t.Fatalf("status %+v, %v", s, err)
	}
	const kept = "{\n  \"OPENAI_API_KEY\": null,\n  \"personal_access_token\": \"at-secret-1\"\n}"
	if b.text() != kept {
		t.Errorf("auth.json is %s", b.text())
	}
	for range 3 {
		if a := b.mustAccess(); a != (Access{Key: "at-secret-1", ChatGPT: true, AccountID: "ws-ada"}) {
			t.Errorf("access %#v", a)
		}
	}
	if n := b.issuer.Count("/api/accounts/v1/user-auth-credential/whoami"); n != 2 {
		t.Errorf("asked whose the token is %d times, want 2: to keep it, and to use it first", n)
	}
	_, err = b.SignInWithToken(t.Context(), b.config, "at-unknown-1")
	b.fails(err, Rejected, "does not accept the access token (401 Unauthorized)")
	_, err = b.SignInWithToken(t.Context(), b.config, "a.b.c")
	b.fails(err, Failed, "begins with at-")
	if b.text() != kept {
		t.Error("a sign-in that failed has changed the credentials")
	}
}

func TestDress(t *testing.T) {
	h := make(http.Header)
	Access{Key: "k", ChatGPT: true, AccountID: "ws", FedRAMP: true}.Dress(h)
	if got, _ := json.Marshal(h); string(got) != `{"Chatgpt-Account-Id":["ws"],"X-Openai-Fedramp":["true"]}` {
		t.Errorf("headers %s", got)
	}
}
