package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"codex-lsp/agent/auth/authtest"
	"codex-lsp/agent/model/modeltest"
)

// A station is a home in which the program is run, and an issuer.
type station struct {
	t      *testing.T
	home   string
	issuer *authtest.Issuer
	env    []string
}

func newStation(t *testing.T) *station {
	s := &station{t: t, home: t.TempDir(), issuer: authtest.Start()}
	t.Cleanup(s.issuer.Close)
	s.env = append(os.Environ(), "CODEX_HOME="+s.home, "CODEX_API_KEY=", "OPENAI_API_KEY=", "NO_COLOR=1", "BROWSER=", "DISPLAY=", "WAYLAND_DISPLAY=",
		"CODEX_AUTHAPI_BASE_URL="+s.issuer.URL+"/api/accounts")
	return s
}

// command is the program with arguments, not yet run.
func (s *station) command(stdin string, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	cmd = exec.CommandContext(s.t.Context(), binary, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = s.t.TempDir(), s.env, strings.NewReader(stdin)
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

// run runs the program and checks its exit code and what it says.
func (s *station) run(stdin string, code int, says string, args ...string) string {
	s.t.Helper()
	cmd, out, errs := s.command(stdin, args...)
	_ = cmd.Run() // the exit code tells
	all := out.String() + errs.String()
	if got := cmd.ProcessState.ExitCode(); got != code || !strings.Contains(all, says) {
		s.t.Errorf("%v: exit code %d, want %d\n%s\nwant %q", args, got, code, all, says)
	}
	return all
}

func TestLoginWithAKey(t *testing.T) {
	s := newStation(t)
	const key = "sk-proj-abcdefghij12345"
	s.run("", 1, "Not signed in", "login", "status")
	s.run("", 1, "pipe the key in", "login", "--with-api-key")
	s.run(key+"\n", 0, "Signed in: with the API key sk-proj-***12345.", "login", "--with-api-key")
	s.run("", 0, "Signed in: with the API key sk-proj-***12345", "login", "status")
	s.run("", 1, "forced_login_method allows ChatGPT only", "login", "status", "-c", "forced_login_method=chatgpt")
	for _, args := range [][]string{{"login", key}, {"login", "--with-api-key=" + key}, {"login", "--with-api-key", key}} {
		if said := s.run("", 2, "login: ", args...); strings.Contains(said, key) {
			t.Errorf("%v repeats the key", args)
		}
	}
	s.run("", 0, "Signed out", "logout")
	s.run("", 0, "Nobody was signed in", "logout")
	s.env = append(s.env, "CODEX_API_KEY="+key)
	s.run("", 0, "with the API key sk-proj-***12345 of the environment", "login", "status")
}

func TestLoginWithAToken(t *testing.T) {
	s := newStation(t)
	s.issuer.Personal("at-token-12345", authtest.User{Email: "ada@example.com", AccountID: "ws-ada", Plan: "enterprise"})
	s.run("at-wrong-12345", 1, "does not accept the access token", "login", "--with-access-token")
	s.run("at-token-12345", 0, "with a personal access token as ada@example.com (enterprise)", "login", "--with-access-token")
}

func TestLoginWithACode(t *testing.T) {
	s := newStation(t)
	cmd, _, _ := s.command("", "login", "--device-auth", "--experimental_issuer", s.issuer.URL)
	cmd.Stderr = nil
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(stderr)
	_, said := until(t, r, "type the code ")
	code, _, _ := strings.Cut(said, " ")
	s.issuer.Type(code)
	_, _ = io.Copy(io.Discard, r)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	s.run("", 0, "with ChatGPT as ada@example.com (plus)", "login", "status")
}

// until reads lines to the one with a text, and returns what is around it.
func until(t *testing.T, r *bufio.Reader, text string) (before, after string) {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if b, a, found := strings.Cut(line, text); found {
			return b, strings.TrimSpace(a)
		}
		if err != nil {
			t.Fatalf("%q is not said", text)
		}
	}
}

func TestLoginWithABrowser(t *testing.T) {
	s := newStation(t)
	s.run("sk-proj-abcdefghij12345", 0, "", "login", "--with-api-key")
	begin := func() (cmd *exec.Cmd, r *bufio.Reader, address string) {
		cmd, _, _ = s.command("", "login", "--experimental_issuer", s.issuer.URL)
		cmd.Stderr = nil
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		r = bufio.NewReader(stderr)
		_, path := until(t, r, s.issuer.URL)
		return cmd, r, s.issuer.URL + path
	}
	cmd, r, _ := begin()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	until(t, r, "the sign-in was cancelled; nothing has changed")
	if err := cmd.Wait(); err == nil {
		t.Error("a cancelled sign-in ends with exit code 0")
	}
	s.run("", 0, "with the API key", "login", "status")

	cmd, r, address := begin()
	yes, _, err := s.issuer.Consent(address)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(yes)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	until(t, r, "Signed in: with ChatGPT as ada@example.com (plus).")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	s.run("", 0, "with ChatGPT as ada@example.com (plus)", "login", "status")
}

// TestNoSecretGetsOut has the model read all that it can of the credentials,
// while they are renewed, and looks for them in all that is left. (The terminal
// shows what commands print, as they print it.)
func TestNoSecretGetsOut(t *testing.T) {
	s := newStation(t)
	m := modeltest.ServeScript(t, modeltest.Turns{
		modeltest.Says(modeltest.CallAs("c1", "exec_command", map[string]any{"cmd": "cat $CODEX_HOME/auth.json; env; cat /proc/$PPID/cmdline"})),
		modeltest.Says(modeltest.CallAs("c2", "exec_command", map[string]any{"cmd": "cat $CODEX_HOME/auth.json"})),
		modeltest.Says(modeltest.Text("seen")),
	})
	model := httptest.NewServer(s.issuer.Guard(m))
	defer model.Close()
	old := s.issuer.Issue()
	s.issuer.Refuse(old.Access)
	auth := fmt.Sprintf(`{"auth_mode":"chatgpt","OPENAI_API_KEY":null,"tokens":{"id_token":%q,"access_token":%q,"refresh_token":%q,"account_id":"ws-ada"},"last_refresh":%q}`,
		old.ID, old.Access, old.Refresh, time.Now().Format(time.RFC3339))
	if err := os.WriteFile(filepath.Join(s.home, "auth.json"), []byte(auth), 0o600); err != nil {
		t.Fatal(err)
	}
	s.env = append(s.env, "OPENAI_API_KEY=sk-ambient-secret-12345", "CODEX_REFRESH_TOKEN_URL_OVERRIDE="+s.issuer.URL+"/oauth/token")
	s.run("", 0, "seen", "exec", "--skip-git-repo-check", "-s", "danger-full-access", "-c", "openai_base_url="+model.URL, "look")
	if n := s.issuer.Count("/oauth/token"); n != 1 {
		t.Fatalf("%d renewals, want 1", n)
	}
	now, err := os.ReadFile(filepath.Join(s.home, "auth.json"))
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{old.Access, old.Refresh, old.ID, "sk-ambient-secret-12345"}
	for _, name := range []string{"access_token", "refresh_token", "id_token"} {
		_, rest, _ := strings.Cut(string(now), `"`+name+`": "`)
		value, _, _ := strings.Cut(rest, `"`)
		if value == "" || string(now) == auth {
			t.Fatalf("auth.json is %s", now)
		}
		secrets = append(secrets, value)
	}
	texts := map[string]string{"what the model reads": strings.Join(m.Requests()[2].Outputs(), "\n")}
	_ = filepath.WalkDir(s.home, func(path string, d fs.DirEntry, err error) error {
		if text, rerr := os.ReadFile(path); err == nil && rerr == nil && d.Name() != "auth.json" {
			texts[path] = string(text)
		}
		return nil
	})
	if len(texts) < 3 || !strings.Contains(texts["what the model reads"], `"access_token": "…"`) {
		t.Errorf("not all was looked at: %d texts, and the model reads %s", len(texts), texts["what the model reads"])
	}
	for where, text := range texts {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s has the secret %.12s…", where, secret)
			}
		}
	}
}
