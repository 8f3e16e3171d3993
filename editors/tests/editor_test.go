package tests

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"codex-lsp/agent/mcp/mcptest"
	"codex-lsp/agent/model/modeltest"
)

// patience bounds every wait of a test for an editor. Only a failure needs it.
const patience = 90 * time.Second

// editor returns the path of an installed editor.
func editor(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v: install it by scripts/install-editors.sh", err)
	}
	return path
}

// bin is the folder of the codex-lsp under test.
var bin string

// server builds codex-lsp once, unless CODEX_LSP names one to test.
var server = sync.OnceValue(func() (err error) {
	if given := os.Getenv("CODEX_LSP"); given != "" {
		bin = filepath.Dir(given)
		return nil
	}
	if bin, err = os.MkdirTemp("", "codex-lsp-*"); err != nil {
		return err
	}
	build := exec.Command("go", "build", "-o", bin, "codex-lsp/cmd/codex-lsp")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build codex-lsp: %v\n%s", err, out)
	}
	return nil
})

func TestMain(m *testing.M) {
	if mcptest.Main() { // the MCP server of an editor's server
		return
	}
	code := m.Run()
	if os.Getenv("CODEX_LSP") == "" && bin != "" {
		os.RemoveAll(bin)
	}
	os.Exit(code)
}

// A desk is where a user sits: a project, a home with a configuration that
// knows no model but the scripted one, and the environment to start an editor in.
type desk struct {
	project, home string
	env           []string
}

// newDesk lays out a project of these files, by name.
func newDesk(t *testing.T, m *modeltest.Server, files map[string]string) desk {
	t.Helper()
	if err := server(); err != nil {
		t.Fatal(err)
	}
	root := fmt.Sprintf("/tmp/cx-%08x", rand.Uint32()) // shows on screens, so it is always as long
	if err := os.Mkdir(root, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if log, err := os.ReadFile(filepath.Join(root, "home/.codex/log/codex-lsp.log")); err == nil && t.Failed() {
			t.Logf("the server's log:\n%s", log)
		}
		os.RemoveAll(root)
	})
	d := desk{project: filepath.Join(root, "project"), home: filepath.Join(root, "home")}
	write(t, filepath.Join(d.project, ".git", "HEAD"), "ref: refs/heads/main\n")
	for name, text := range files {
		write(t, filepath.Join(d.project, name), text)
	}
	write(t, filepath.Join(d.home, ".codex", "config.toml"), configuration(m.URL))
	d.env = append(os.Environ(),
		"HOME="+d.home,
		"XDG_CONFIG_HOME="+filepath.Join(d.home, ".config"),
		"XDG_STATE_HOME="+filepath.Join(d.home, ".local", "state"),
		"XDG_DATA_HOME="+filepath.Join(d.home, ".local", "share"),
		"XDG_CACHE_HOME="+filepath.Join(d.home, ".cache"),
		"CODEX_HOME="+filepath.Join(d.home, ".codex"),
		"SCRIPTED_KEY=not a secret",
		"PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"),
		"LANG=C.UTF-8",
	)
	return d
}

// configure adds to the desk's configuration.
func (d desk) configure(t *testing.T, more string) {
	t.Helper()
	path := filepath.Join(d.home, ".codex", "config.toml")
	write(t, path, read(t, path)+more)
}

// configuration asks before every command and patch, and sends prompts to url.
func configuration(url string) string {
	return fmt.Sprintf(`model = "gpt-5"
model_provider = "scripted"
approval_policy = "untrusted"
sandbox_mode = "danger-full-access"

[model_providers.scripted]
name = "Scripted"
base_url = %q
env_key = "SCRIPTED_KEY"
wire_api = "responses"
`, url)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// run runs a program to its end and fails the test with what it wrote if that
// is not a good one.
func run(t *testing.T, dir string, env []string, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, env
	cmd.WaitDelay = time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
}
