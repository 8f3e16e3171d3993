package tests

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"codex-lsp/agent/auth/authtest"
	"codex-lsp/agent/model/modeltest"
)

// newIssuer is an issuer whose users are quick, with a desk whose model lets in
// only who has signed in there.
func newIssuer(t *testing.T, turns ...modeltest.Turn) (*authtest.Issuer, desk) {
	t.Helper()
	issuer := authtest.Start()
	t.Cleanup(issuer.Close)
	issuer.Hasty = true
	m := modeltest.Serve(t, turns...)
	guarded := httptest.NewServer(issuer.Guard(m))
	t.Cleanup(guarded.Close)
	d := newDesk(t, m, map[string]string{"notes.txt": "old\n"})
	write(t, filepath.Join(d.home, ".codex", "config.toml"), fmt.Sprintf("model = \"gpt-5\"\nopenai_base_url = %q\n[projects.%q]\ntrust_level = \"trusted\"\n", guarded.URL+"/v1", d.project))
	d.env = append(d.env, "CODEX_API_KEY=", "OPENAI_API_KEY=",
		"CODEX_APP_SERVER_LOGIN_ISSUER="+issuer.URL)
	return issuer, d
}

// TestSignInFromATerminal has codex-lsp login open Chromium, which signs in, and
// then has a turn.
func TestSignInFromATerminal(t *testing.T) {
	chromium := editor(t, "chromium")
	_, d := newIssuer(t, modeltest.Says(modeltest.Text("good day")))
	page := filepath.Join(d.home, "page.html")
	browser := filepath.Join(d.home, "browser")
	// It prints the page at which it ends, once nothing is loaded any more.
	write(t, browser, fmt.Sprintf("#!/bin/sh\nexec %s --headless --no-sandbox --disable-gpu --user-data-dir=%s --virtual-time-budget=10000 --dump-dom \"$1\" >%s 2>/dev/null\n",
		chromium, filepath.Join(d.home, "chromium"), page))
	if err := os.Chmod(browser, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(page, 0o600); err != nil { // the browser outlives the sign-in
		t.Fatal(err)
	}
	shown := make(chan string, 1)
	go func() {
		text, _ := os.ReadFile(page)
		shown <- string(text)
	}()
	d.env = append(d.env, "BROWSER="+browser)
	said := d.codexLSP(t, "login")
	if !strings.Contains(said, "Signed in: with ChatGPT as ada@example.com (plus).") {
		t.Errorf("codex-lsp login says %s", said)
	}
	if said := d.codexLSP(t, "exec", "hello"); !strings.Contains(said, "good day") {
		t.Errorf("codex-lsp exec says %s", said)
	}
	select {
	case text := <-shown:
		if !strings.Contains(text, "codex-lsp is signed in as ada@example.com") {
			t.Errorf("the browser ends at\n%s", text)
		}
	case <-time.After(patience):
		t.Error("the browser does not end")
	}
}

// TestSignInFromVSCode signs in by a code, as the server of VS Code may be
// elsewhere than the browser, and has a turn; and then in the browser, as the
// two are on one machine here.
func TestSignInFromVSCode(t *testing.T) {
	extensions := installed(t)
	_, d := newIssuer(t, modeltest.Says(modeltest.Text("good day")), modeltest.Says(modeltest.Text("good evening")))
	env := append(d.env, "EXTENSIONS_DIR="+extensions, "CODEX_LSP="+filepath.Join(bin, "codex-lsp"),
		"FAILURES_DIR="+filepath.Join(os.TempDir(), "vscode-signin"))
	run(t, d.project, env, editor(t, "vscode-node"), absolute(t, filepath.Join(extension, "test", "signin.ts")))
	if said := d.codexLSP(t, "login", "status"); !strings.Contains(said, "with ChatGPT as ada@example.com (plus)") {
		t.Errorf("codex-lsp login status says %s", said)
	}
}

// codexLSP runs the program in the project and returns what it says.
func (d desk) codexLSP(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "codex-lsp"), args...)
	cmd.Dir, cmd.Env = d.project, d.env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Errorf("codex-lsp %s: %v", strings.Join(args, " "), err)
	}
	return out.String()
}
