package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"codex-lsp/agent/auth/authtest"
	"codex-lsp/agent/model/modeltest"
)

// A household is one home that both programs use, an issuer, and a model that
// lets in who is signed in.
type household struct {
	comparison
	home   string
	issuer *authtest.Issuer
}

// signIns checks that each program uses what the other has signed in with, and
// that both together renew once.
func (c comparison) signIns() error {
	home, err := newHome()
	if err != nil {
		return err
	}
	defer os.RemoveAll(home)
	h := household{comparison: c, home: home, issuer: authtest.Start()}
	defer h.issuer.Close()
	h.issuer.Eager = true
	m := modeltest.New(modeltest.Func(func(modeltest.Request) []modeltest.Item { return []modeltest.Item{modeltest.Text("good day")} }))
	defer m.Close()
	model := httptest.NewServer(h.issuer.Guard(m))
	defer model.Close()
	text := fmt.Sprintf("model = \"gpt-5.5\"\nmodel_provider = \"local\"\n[model_providers.local]\nname = \"local\"\nbase_url = \"%s/v1\"\nwire_api = \"responses\"\nrequires_openai_auth = true\n", model.URL)
	if err := os.WriteFile(filepath.Join(home, "config.toml"), []byte(text), 0o600); err != nil {
		return err
	}
	fmt.Printf("## One home\n\n| | codex-lsp | Codex |\n|---|---|---|\n")
	checks := []struct {
		name  string
		check func() (ours, theirs string)
	}{
		{"signs in with ChatGPT, and the other has a turn", h.both("", "login", "--device-auth", "--experimental_issuer", h.issuer.URL)},
		{"signs in with a key, and the other knows", h.key},
		{"signs out, and the other knows", h.signsOut},
		{"turns at once of three processes of each, when the tokens have run out", h.atOnce},
	}
	failed := false
	for _, check := range checks {
		ours, theirs := check.check()
		failed = failed || ours != fine || theirs != fine
		fmt.Printf("| %s | %s | %s |\n", check.name, ours, theirs)
	}
	fmt.Println()
	if failed {
		return fmt.Errorf("the two do not share one home")
	}
	return nil
}

const fine = "yes"

// run runs one of the programs and returns all that it says.
func (h household) run(program, stdin string, args ...string) (string, error) {
	cmd := exec.Command(program, args...)
	cmd.Env = []string{
		"HOME=" + h.home, "CODEX_HOME=" + h.home, "PATH=" + os.Getenv("PATH"),
		"CODEX_REFRESH_TOKEN_URL_OVERRIDE=" + h.issuer.URL + "/oauth/token",
	}
	cmd.Dir, cmd.Stdin = h.home, strings.NewReader(stdin)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// says runs a program and tells whether it says something.
func (h household) says(program, want string, args ...string) string {
	out, err := h.run(program, "", args...)
	if strings.Contains(out, want) {
		return fine
	}
	return fmt.Sprintf("no: %v %.200q", err, out)
}

// turn is one turn of a program.
func (h household) turn(program string) string {
	return h.says(program, "good day", "exec", "--skip-git-repo-check", "hello")
}

// both has each program do something, after which the other must have a turn.
func (h household) both(stdin string, args ...string) func() (ours, theirs string) {
	return func() (ours, theirs string) {
		if out, err := h.run(h.lsp, stdin, args...); err != nil {
			return out, ""
		}
		ours = h.turn(h.codex)
		if out, err := h.run(h.codex, stdin, args...); err != nil {
			return ours, out
		}
		return ours, h.turn(h.lsp)
	}
}

func (h household) key() (ours, theirs string) {
	const key = "sk-proj-abcdefghij12345"
	if out, err := h.run(h.lsp, key, "login", "--with-api-key"); err != nil {
		return out, ""
	}
	ours = h.says(h.codex, "API key configured - sk-proj-***12345", "login", "status")
	if out, err := h.run(h.codex, key, "login", "--with-api-key"); err != nil {
		return ours, out
	}
	return ours, h.says(h.lsp, "with the API key sk-proj-***12345", "login", "status")
}

func (h household) signsOut() (ours, theirs string) {
	const key = "sk-proj-abcdefghij12345"
	if out, err := h.run(h.lsp, "", "logout"); err != nil {
		return out, ""
	}
	ours = h.says(h.codex, "Not logged in", "login", "status")
	if out, err := h.run(h.lsp, key, "login", "--with-api-key"); err != nil {
		return out, ""
	}
	if out, err := h.run(h.codex, "", "logout"); err != nil {
		return ours, out
	}
	return ours, h.says(h.lsp, "Not signed in", "login", "status")
}

// atOnce has many processes find tokens that have run out.
func (h household) atOnce() (ours, theirs string) {
	t := h.issuer.Issue()
	auth := map[string]any{"chatgpt_account_id": h.issuer.User.AccountID}
	past := time.Now().Add(-time.Hour).Unix()
	t.Access = authtest.JWT(map[string]any{"iat": past - 3600, "exp": past, "https://api.openai.com/auth": auth})
	text, err := json.Marshal(map[string]any{
		"auth_mode": "chatgpt", "OPENAI_API_KEY": nil, "last_refresh": time.Now().Add(-2 * time.Hour).UTC().Format(time.RFC3339Nano),
		"tokens": map[string]any{"id_token": t.ID, "access_token": t.Access, "refresh_token": t.Refresh, "account_id": h.issuer.User.AccountID},
	})
	if err == nil {
		err = os.WriteFile(filepath.Join(h.home, "auth.json"), text, 0o600)
	}
	if err != nil {
		return err.Error(), ""
	}
	before := h.issuer.Count("/oauth/token")
	results := make([]string, 6)
	var wait sync.WaitGroup
	for n := range results {
		wait.Go(func() { results[n] = h.turn([]string{h.lsp, h.codex}[n%2]) })
	}
	wait.Wait()
	ours, theirs = fine, fine
	for n, r := range results {
		if r != fine && n%2 == 0 {
			ours = r
		} else if r != fine {
			theirs = r
		}
	}
	if n := h.issuer.Count("/oauth/token") - before; n != 1 {
		ours += fmt.Sprintf(", and %d renewals", n)
	}
	return ours, theirs
}
