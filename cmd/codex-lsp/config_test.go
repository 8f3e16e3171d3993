package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestConfigShow: what is in force is shown with the line that says so, and
// secrets are not.
func TestConfigShow(t *testing.T) {
	home, dir := t.TempDir(), t.TempDir()
	t.Setenv("CODEX_HOME", home)
	settings := `model = "gpt-6"
modle = "x"
model_provider = "mine"
[model_providers.mine]
base_url = "http://user:SECRET@localhost/v1"
experimental_bearer_token = "SECRET"
http_headers = { "X-Key" = "SECRET" }
[mcp_servers.a]
command = "x"
env = { A = "SECRET" }
[projects."` + dir + `"]
trust_level = "trusted"
`
	for path, text := range map[string]string{
		filepath.Join(home, "config.toml"):          settings,
		filepath.Join(dir, ".codex", "config.toml"): "\napproval_policy = \"never\"\n",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	show := func(args ...string) (stdout, stderr string) {
		t.Helper()
		var out, errs bytes.Buffer
		if code := runConfig(append([]string{"show", "-C", dir}, args...), nil, &out, &errs); code != 0 {
			t.Fatalf("exit %d: %s", code, errs.String())
		}
		if strings.Contains(out.String()+errs.String(), "SECRET") {
			t.Errorf("a secret is shown:\n%s%s", out.String(), errs.String())
		}
		return strings.NewReplacer(home, "HOME", dir, "DIR").Replace(out.String()), errs.String()
	}
	out, errs := show("--origins", "-c", "model_verbosity=low")
	for _, want := range []string{
		"# project DIR: trusted\n",
		"approval_policy = \"never\"  # project DIR/.codex/config.toml:2\n",
		"model = \"gpt-6\"  # user HOME/config.toml:1\n",
		"model_verbosity = \"low\"  # -c\n",
		"sandbox_mode = \"workspace-write\"  # default\n",
		"mcp_servers.a.env.A = \"set\"  # user HOME/config.toml:10\n",
		"model_providers.mine.experimental_bearer_token = \"set\"  # user HOME/config.toml:6\n",
		"project_doc_max_bytes = 32768  # default\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if !strings.Contains(errs, "config.toml:2:1: modle: unknown key; did you mean model?") {
		t.Errorf("problems: %s", errs)
	}
	out, _ = show("--json")
	var got shownConfig
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(origin{"user", "HOME/config.toml", 1}, got.Origins["model"]); diff != "" {
		t.Error(diff)
	}
	if got.Config["model"] != "gpt-6" || got.Trust != "trusted" || len(got.Layers) != 2 || len(got.Problems) != 1 {
		t.Errorf("%+v", got)
	}
}

// TestConfigTrust: what is decided about a project holds at once.
func TestConfigTrust(t *testing.T) {
	home, dir := t.TempDir(), t.TempDir()
	t.Setenv("CODEX_HOME", home)
	for _, tt := range []struct{ what, trust string }{{"distrust", "untrusted"}, {"trust", "trusted"}} {
		if code := runConfig([]string{tt.what, "-C", dir}, nil, io.Discard, os.Stderr); code != 0 {
			t.Fatal(tt.what)
		}
		var out bytes.Buffer
		if code := runConfig([]string{"show", "-C", dir}, nil, &out, os.Stderr); code != 0 || !strings.HasPrefix(out.String(), "# project "+dir+": "+tt.trust+"\n") {
			t.Errorf("after %s: %d, %s", tt.what, code, out.String())
		}
	}
}

// TestConfigWritersTogether: of what processes write into config.toml at once
// nothing is lost, whichever subcommand writes it.
func TestConfigWritersTogether(t *testing.T) {
	home, many := t.TempDir(), 20
	var all sync.WaitGroup
	each := func(args func(i int) []string) {
		all.Go(func() {
			for i := range many {
				cmd := exec.CommandContext(t.Context(), binary, args(i)...)
				cmd.Env = append(os.Environ(), "CODEX_HOME="+home)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%v: %v\n%s", cmd.Args, err, out)
				}
			}
		})
	}
	projects := t.TempDir()
	each(func(i int) []string {
		dir := filepath.Join(projects, fmt.Sprint(i))
		if err := os.MkdirAll(filepath.Join(dir, ".git"), 0o700); err != nil {
			t.Error(err)
		}
		return []string{"config", "trust", "-C", dir}
	})
	for _, name := range []string{"a", "b"} {
		each(func(i int) []string { return []string{"mcp", "add", fmt.Sprint(name, i), "--", "true"} })
	}
	all.Wait()
	text, err := os.ReadFile(filepath.Join(home, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	if trusted, servers := strings.Count(string(text), "trust_level ="), strings.Count(string(text), "command ="); trusted != many || servers != 2*many {
		t.Errorf("%d of %d projects and %d of %d servers are left", trusted, many, servers, 2*many)
	}
}
