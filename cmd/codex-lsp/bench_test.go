package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"codex-lsp/agent/model/modeltest"
)

// BenchmarkColdStart is the time from the start of a process to its first request
// at the model.
func BenchmarkColdStart(b *testing.B) {
	m := modeltest.New(modeltest.Func(func(modeltest.Request) []modeltest.Item { return []modeltest.Item{modeltest.Text("hello")} }))
	defer m.Close()
	asked := make(chan time.Time, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- time.Now()
		m.ServeHTTP(w, r)
	}))
	defer server.Close()
	home, dir := b.TempDir(), b.TempDir()
	config := "model_provider = \"scripted\"\n[model_providers.scripted]\nname = \"Scripted\"\nbase_url = \"" + server.URL + "/v1\"\n"
	if err := os.WriteFile(home+"/config.toml", []byte(config), 0o600); err != nil {
		b.Fatal(err)
	}
	var spent time.Duration
	for b.Loop() {
		cmd := exec.CommandContext(b.Context(), binary, "exec", "--ephemeral", "--skip-git-repo-check", "hello")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "CODEX_HOME="+home)
		began := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		spent += (<-asked).Sub(began)
	}
	b.ReportMetric(float64(spent.Microseconds())/1000/float64(b.N), "ms/request")
}
