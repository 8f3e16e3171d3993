package oss

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"codex-lsp/agent/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serving is a provider that has these models.
func serving(t *testing.T, id string, models ...string) config.Provider {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/models" {
			http.NotFound(w, r)
			return
		}
		var list []string
		for _, m := range models {
			list = append(list, fmt.Sprintf(`{"id":%q,"object":"model"}`, m))
		}
		fmt.Fprintf(w, `{"object":"list","data":[%s]}`, strings.Join(list, ","))
	}))
	t.Cleanup(s.Close)
	return config.Provider{ID: id, Name: strings.ToUpper(id), BaseURL: s.URL + "/v1"}
}

func TestChoose(t *testing.T) {
	gone := config.Provider{ID: "ollama", Name: "Ollama", BaseURL: "http://127.0.0.1:1/v1"}
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }))
	defer page.Close()
	other := config.Provider{ID: "ollama", Name: "Ollama", BaseURL: page.URL + "/v1"}
	tests := []struct {
		name      string
		providers []config.Provider
		model     string
		want      string // "provider model", or the error
	}{
		{"the usual model", []config.Provider{serving(t, "ollama", "llama3:8b", "gpt-oss:20b")}, "", "ollama gpt-oss:20b"},
		{"another if that is not there", []config.Provider{serving(t, "ollama", "nomic-embed-text", "qwen3:4b", "llama3:8b")}, "", "ollama llama3:8b"},
		{"the one that is named", []config.Provider{serving(t, "ollama", "qwen3:4b", "llama3:latest")}, "llama3", "ollama llama3"},
		{"the second server", []config.Provider{gone, serving(t, "lmstudio", "openai/gpt-oss-20b")}, "", "lmstudio openai/gpt-oss-20b"},
		{"a model that is not pulled", []config.Provider{serving(t, "ollama", "llama3:8b", "qwen3:4b")}, "gpt-oss:120b",
			"OLLAMA has no model \"gpt-oss:120b\"\nget it: ollama pull gpt-oss:120b; or use one that is there: llama3:8b, qwen3:4b"},
		{"no models", []config.Provider{serving(t, "lmstudio")}, "", "LMSTUDIO has no models\nget it: lms get openai/gpt-oss-20b"},
		{"no server", []config.Provider{gone}, "", "no model runs on this machine: Ollama does not answer at http://127.0.0.1:1/v1 (start it: ollama serve)"},
		{"something else at the port", []config.Provider{other}, "", "no model runs on this machine: Ollama does not answer at " + page.URL + "/v1 (start it: ollama serve)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, err := Choose(t.Context(), test.providers, test.model)
			got := c.Provider.ID + " " + c.Model
			if err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
