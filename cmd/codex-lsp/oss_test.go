package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"codex-lsp/agent/model/modeltest"
)

func TestExecAsksAModelOnThisMachine(t *testing.T) {
	m := modeltest.New(modeltest.Turns{modeltest.Says(modeltest.Text("from here"))})
	defer m.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"data":[{"id":"qwen3:4b"}]}`)
	})
	mux.Handle("POST /v1/chat/completions", m)
	server := httptest.NewServer(mux)
	defer server.Close()
	s := newStation(t)
	s.env = append(s.env, "CODEX_OSS_BASE_URL="+server.URL+"/v1")
	s.run("", 0, "from here", "exec", "--oss", "--skip-git-repo-check", "hi")
	if got := m.Requests()[0].Model; got != "qwen3:4b" {
		t.Errorf("the model %q is asked, want the one that is there", got)
	}
	const absent = "Ollama has no model \"llama3\"\nget it: ollama pull llama3; or use one that is there: qwen3:4b"
	s.run("", 1, absent, "exec", "--oss", "-m", "llama3", "--skip-git-repo-check", "hi")
	if err := os.WriteFile(s.home+"/config.toml", []byte("model_provider = \"ollama\"\nmodel = \"llama3\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	missing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/models" {
			mux.ServeHTTP(w, r)
			return
		}
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error":{"message":"model \"llama3\" not found","type":"not_found_error"}}`)
	}))
	defer missing.Close()
	s.env = append(s.env, "CODEX_OSS_BASE_URL="+missing.URL+"/v1")
	s.run("", 1, "ollama pull llama3; or use one that is there: qwen3:4b", "exec", "--skip-git-repo-check", "hi")
	s.env = append(s.env, "CODEX_OSS_BASE_URL=http://127.0.0.1:1/v1")
	s.run("", 1, "start it: ollama serve", "exec", "--oss", "--skip-git-repo-check", "hi")
	s.run("", 1, "start it: ollama serve", "exec", "--skip-git-repo-check", "hi")
}
