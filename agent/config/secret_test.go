package config

import "testing"

// TestRedact: what gives access to the provider is hidden in other texts; words
// and what only tells who asks are not.
func TestRedact(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		p                Provider
	}{
		{"the key", "KEY=sk-secret-123\nB=sk-secret-123", "KEY=…\nB=…", Provider{Key: "sk-secret-123"}},
		{"a token in a header", "auth token-4711-x", "auth …", Provider{Headers: map[string]Secret{"Authorization": "Bearer token-4711-x"}}},
		{"a key in the URL", "?key=token-4711-x", "?key=…", Provider{Query: map[string]Secret{"key": "token-4711-x"}}},
		{"a key for show", "ollama is not-needed", "ollama is not-needed", Provider{Key: "ollama"}},
		{"a long one", "this is not-needed", "this is not-needed", Provider{Key: "not-needed"}},
		{"a short one", "v1", "v1", Provider{Key: "v1"}},
		{"an address", "see https://x.example/2", "see https://x.example/2", Provider{Headers: map[string]Secret{"HTTP-Referer": "https://x.example/2"}}},
		{"a version", "of 2025-04-01-preview", "of 2025-04-01-preview", Provider{Query: map[string]Secret{"api-version": "2025-04-01-preview"}}},
		{"nothing", "text", "text", Provider{}},
	} {
		if got := c.p.Redact(c.text); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
