package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"codex-lsp/agent/auth/authtest"
	"codex-lsp/agent/config"
)

const tokenPath = "/oauth/token"

// longAgo is when tokens were got that have run out since.
func longAgo() time.Time { return time.Now().Add(-30 * 24 * time.Hour) }

func TestGoodTokensAreUsedAsTheyAre(t *testing.T) {
	b := newBench(t)
	tokens := b.signedIn(time.Now())
	before := b.text()
	a := b.mustAccess()
	if want := (Access{Key: config.Secret(tokens.Access), ChatGPT: true, AccountID: "ws-ada"}); a != want {
		t.Errorf("access %#v, want %#v", a, want)
	}
	if n := b.issuer.Count(tokenPath); n != 0 || b.text() != before {
		t.Errorf("%d renewals, and the file is %s", n, b.text())
	}
}

func TestOldTokensAreRenewedOnce(t *testing.T) {
	b := newBench(t)
	old := b.signedIn(longAgo())
	var wait sync.WaitGroup
	got := make([]Access, 50)
	for n := range got {
		wait.Go(func() {
			var err error
			if got[n], err = b.access(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	for _, a := range got {
		if a != got[0] || string(a.Key) == old.Access {
			t.Fatalf("access %#v beside %#v", a, got[0])
		}
	}
	if n := b.issuer.Count(tokenPath); n != 1 {
		t.Errorf("%d renewals, want 1", n)
	}
	var kept struct {
		Tokens    map[string]any `json:"tokens"`
		Refreshed time.Time      `json:"last_refresh"`
		Something any            `json:"something"`
	}
	if err := json.Unmarshal([]byte(b.text()), &kept); err != nil {
		t.Fatal(err)
	}
	if kept.Tokens["access_token"] != string(got[0].Key) || kept.Tokens["refresh_token"] == old.Refresh || kept.Tokens["login_owner_id"] != "kept" || kept.Something == nil {
		t.Errorf("auth.json is %s", b.text())
	}
	if time.Since(kept.Refreshed) > time.Minute {
		t.Errorf("last_refresh is %v", kept.Refreshed)
	}
}

// accessOnce is one process of TestProcessesRenewOnce.
func accessOnce(home string) int {
	a := New(Options{Home: home, Issuer: os.Getenv("AUTH_TEST_ISSUER"), Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	defer a.Close()
	c := &config.Config{Home: home, Provider: config.Provider{Account: true}, Account: config.Account{Store: config.StoreFile}}
	got, err := a.Credentials(c).Access(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Print(string(got.Key))
	return 0
}

func TestProcessesRenewOnce(t *testing.T) {
	b := newBench(t)
	b.signedIn(longAgo())
	all := make(chan struct{}) // the answer waits until all have started
	b.issuer.Fault(tokenPath, func(w http.ResponseWriter, _ *http.Request) {
		<-all
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(b.issuer.Issue())
	})
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var processes []*exec.Cmd
	var out [6]strings.Builder
	for n := range out {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), "AUTH_TEST_HOME="+b.config.Home, "AUTH_TEST_ISSUER="+b.issuer.URL)
		cmd.Stdout, cmd.Stderr = &out[n], os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		processes = append(processes, cmd)
	}
	close(all)
	for _, cmd := range processes {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	for n := range out {
		if out[n].String() == "" || out[n].String() != out[0].String() {
			t.Errorf("process %d has another token", n)
		}
	}
	if n := b.issuer.Count(tokenPath); n != 1 {
		t.Errorf("%d renewals, want 1", n)
	}
}

func TestRefusedTokensAreRenewed(t *testing.T) {
	b := newBench(t)
	b.signedIn(time.Now())
	k := b.Credentials(b.config)
	refused := b.mustAccess()
	fresh, err := k.Renew(t.Context(), refused)
	if err != nil || fresh == refused || !fresh.ChatGPT {
		t.Fatalf("access %#v, %v", fresh, err)
	}
	again, err := k.Renew(t.Context(), refused) // another thread, which was slower
	if err != nil || again != fresh {
		t.Errorf("access %#v, %v, want what the first got", again, err)
	}
	if n := b.issuer.Count(tokenPath); n != 1 {
		t.Errorf("%d renewals, want 1", n)
	}
}

func TestSpentRefreshTokens(t *testing.T) {
	tests := map[string]string{
		"refresh_token_expired":     "it has expired",
		"refresh_token_reused":      "its refresh token was used by another program",
		"refresh_token_invalidated": "it was revoked",
		"something_else":            "it is no longer valid",
	}
	for reason, says := range tests {
		t.Run(reason, func(t *testing.T) {
			b := newBench(t)
			tokens := b.signedIn(longAgo())
			b.issuer.Revoke(tokens.Refresh, reason)
			before := b.text()
			for range 3 {
				_, err := b.access()
				b.fails(err, Rejected, "cannot be renewed: "+says, "codex-lsp login")
			}
			if n := b.issuer.Count(tokenPath); n != 1 {
				t.Errorf("asked %d times, want 1: the answer stays the same", n)
			}
			if b.text() != before {
				t.Error("the credentials have changed")
			}
			b.signedIn(time.Now()) // in another program
			b.mustAccess()
		})
	}
}

func TestOAuthsOwnWordForIt(t *testing.T) {
	b := newBench(t)
	b.issuer.Forget = true
	tokens := b.signedIn(longAgo())
	b.issuer.Revoke(tokens.Refresh, "refresh_token_reused")
	_, err := b.access()
	b.fails(err, Rejected, "it is no longer valid")
}

func TestAnotherProgramWasFaster(t *testing.T) {
	b := newBench(t)
	b.signedIn(longAgo())
	theirs := b.issuer.Issue()
	b.issuer.Fault(tokenPath, func(w http.ResponseWriter, r *http.Request) { // it takes no lock
		b.write(theirs, time.Now())
		authtest.Answers(401, "application/json", `{"error":{"code":"refresh_token_reused"}}`)(w, r)
	})
	if a := b.mustAccess(); string(a.Key) != theirs.Access {
		t.Errorf("access %#v, want theirs", a)
	}
}

func TestMeanwhile(t *testing.T) {
	b := newBench(t)
	grant := func(meanwhile func()) {
		b.signedIn(longAgo())
		b.issuer.Fault(tokenPath, func(w http.ResponseWriter, _ *http.Request) {
			meanwhile()
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(b.issuer.Issue())
		})
	}
	t.Run("the user signed out", func(t *testing.T) {
		grant(func() { os.Remove(b.file()) })
		_, err := b.access()
		b.fails(err, SignedOut, "signed out meanwhile")
		if b.text() != "" {
			t.Error("the credentials are back")
		}
	})
	t.Run("the user signed in anew", func(t *testing.T) {
		theirs := b.issuer.Issue()
		grant(func() { b.write(theirs, time.Now()) })
		if a := b.mustAccess(); string(a.Key) != theirs.Access || !strings.Contains(b.text(), theirs.Refresh) {
			t.Errorf("access %#v, file %s", a, b.text())
		}
	})
}

func TestTroubleOfTheIssuers(t *testing.T) {
	tests := []struct {
		name  string
		fault http.HandlerFunc
		says  string
	}{
		{"500", authtest.Answers(500, "application/json", `{"error":{"code":"server_error"}}`), "500 Internal Server Error"},
		{"a web page as an error", authtest.Answers(403, "text/html", "<html>blocked"), "403 Forbidden"},
		{"a web page as an answer", authtest.Answers(200, "text/html", "<html>welcome to the hotel"), "a web page"},
		{"nothing", authtest.Answers(200, "application/json", ""), "nothing"},
		{"no token", authtest.Answers(200, "application/json", `{}`), "another JSON value"},
		{"a connection that breaks", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "broke"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, "307"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			b.signedIn(longAgo())
			before := b.text()
			b.issuer.Fault(tokenPath, test.fault)
			_, err := b.access()
			b.fails(err, Unreachable, test.says)
			if b.text() != before {
				t.Error("the credentials have changed")
			}
			b.mustAccess() // the next attempt succeeds
			if b.issuer.Count("/elsewhere") != 0 {
				t.Error("the refresh token went elsewhere")
			}
		})
	}
}

func TestTroubleBeforeTheEnd(t *testing.T) {
	b := newBench(t)
	b.issuer.Lifetime = time.Hour
	tokens := b.signedIn(time.Now().Add(-58 * time.Minute)) // good for two minutes more
	b.issuer.Fault(tokenPath, authtest.Answers(503, "text/plain", "busy"))
	if a := b.mustAccess(); string(a.Key) != tokens.Access {
		t.Errorf("access %#v, want the old one", a)
	}
	if a := b.mustAccess(); string(a.Key) == tokens.Access {
		t.Error("it was not tried again")
	}
}

func TestNobodyListens(t *testing.T) {
	b := newBench(t)
	b.signedIn(longAgo())
	b.issuer.Close()
	_, err := b.access()
	b.fails(err, Unreachable, "connection refused")
}

func TestWrongClocks(t *testing.T) {
	for name, skew := range map[string]time.Duration{"fast by three days": 72 * time.Hour, "slow by three days": -72 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			now := time.Now().Add(skew)
			b := newBench(t, func(o *Options) { o.Now = func() time.Time { return now } })
			b.issuer.Lifetime = time.Hour
			b.signedIn(now)
			first := b.mustAccess()
			if n := b.issuer.Count(tokenPath); n != 0 {
				t.Errorf("%d renewals of new tokens", n)
			}
			now = now.Add(time.Hour)
			second := b.mustAccess()
			if second == first || b.mustAccess() != second {
				t.Error("an hour later there was not one renewal")
			}
			if n := b.issuer.Count(tokenPath); n != 1 {
				t.Errorf("%d renewals, want 1", n)
			}
		})
	}
}

func TestTokensThatDoNotSayWhenTheyExpire(t *testing.T) {
	for days, want := range map[int]int{7: 0, 9: 1} {
		b := newBench(t)
		tokens := b.issuer.Issue()
		tokens.Access = "opaque-token-1"
		b.write(tokens, time.Now().Add(-time.Duration(days)*24*time.Hour))
		b.mustAccess()
		if n := b.issuer.Count(tokenPath); n != want {
			t.Errorf("after %d days %d renewals, want %d", days, n, want)
		}
	}
}

func TestWhoGivesUpDoesNotCutARenewalShort(t *testing.T) {
	b := newBench(t)
	old := b.signedIn(longAgo())
	ctx, cancel := context.WithCancel(t.Context())
	b.issuer.Fault(tokenPath, func(w http.ResponseWriter, _ *http.Request) {
		cancel()
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(b.issuer.Issue())
	})
	_, _ = b.Credentials(b.config).Access(ctx) // may be either
	b.Close()
	if strings.Contains(b.text(), old.Refresh) {
		t.Error("the refresh token was used up, and the new one is lost")
	}
}

func TestWhatCannotBeKeptIsUsed(t *testing.T) {
	b := newBench(t)
	b.signedIn(longAgo())
	if err := os.Mkdir(filepath.Join(b.config.Home, writeLock), 0o700); err != nil { // so that nothing can be written
		t.Fatal(err)
	}
	first, second := b.mustAccess(), b.mustAccess()
	if first != second || b.issuer.Count(tokenPath) != 1 {
		t.Errorf("%d renewals, want 1", b.issuer.Count(tokenPath))
	}
	if !strings.Contains(b.log.String(), "could not be kept") {
		t.Errorf("the log says %s", b.log)
	}
}

func TestLockOfAnotherProcess(t *testing.T) {
	b := newBench(t)
	b.signedIn(longAgo())
	release, err := lock(t.Context(), b.config.Home, renewalLock)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := b.Credentials(b.config).Access(ctx)
		done <- err
	}()
	cancel()
	if err := <-done; err != context.Canceled {
		t.Errorf("who gives up hears %v", err)
	}
	if n := b.issuer.Count(tokenPath); n != 0 {
		t.Errorf("%d renewals while another process has the lock", n)
	}
	release()
	b.mustAccess()
}

func TestSignOutTellsTheIssuer(t *testing.T) {
	b := newBench(t)
	tokens := b.signedIn(time.Now())
	found, err := b.SignOut(t.Context(), b.config)
	if !found || err != nil || b.text() != "" {
		t.Fatalf("found %t, %v; left %q", found, err, b.text())
	}
	b.write(tokens, longAgo())
	_, err = b.access()
	b.fails(err, Rejected, "it was revoked")
	b.issuer.Fault("/oauth/revoke", authtest.Answers(500, "text/html", "<html>"))
	if found, err := b.SignOut(t.Context(), b.config); !found || err != nil {
		t.Errorf("without the issuer: found %t, %v", found, err)
	}
}
