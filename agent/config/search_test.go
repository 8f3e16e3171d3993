package config

import "testing"

// What an administrator does not allow is not searched, however it was come by.
func TestSearchMode(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    Config
		want SearchMode
	}{
		{"usual", Config{}, SearchCached},
		{"full access", Config{Sandbox: FullAccess}, SearchLive},
		{"full access, limited", Config{Sandbox: FullAccess, searchLimit: searchLimit{SearchCached}}, SearchCached},
		{"full access, indexed at most", Config{Sandbox: FullAccess, searchLimit: searchLimit{SearchIndexed, SearchCached}}, SearchIndexed},
		{"cached is not allowed", Config{searchLimit: searchLimit{SearchLive}}, SearchOff},
		{"nothing is allowed", Config{searchLimit: searchLimit{}}, SearchOff},
		{"set and allowed", Config{Search: WebSearch{Mode: SearchLive}, searchLimit: searchLimit{SearchLive}}, SearchLive},
	} {
		tt.c.Provider = Provider{ID: openAI, Wire: "responses"}
		if got := tt.c.SearchMode(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
