package model

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"codex-lsp/agent/config"
)

func TestFactsOf(t *testing.T) {
	tests := []struct {
		model, family      string
		freeform, parallel bool
	}{
		{DefaultModel, "gpt-5", true, true},
		{"gpt-5-codex", "gpt-5", true, true},
		{"gpt-6.1-sol", "gpt-6", true, true},
		{"openai/GPT-6-luna", "gpt-6", true, true},
		{"gpt-4.1-mini", "gpt-4.1", false, true},
		{"o3", "o3", false, true},
		{"openai/gpt-oss-120b", "gpt-oss", false, false},
		{"qwen3-coder", "", false, true},
		{"", "", false, true},
	}
	for _, tt := range tests {
		f := FactsOf(tt.model)
		if f.Family != tt.family || f.Freeform != tt.freeform || f.Parallel != tt.parallel {
			t.Errorf("FactsOf(%q) = %+v, want family %q, freeform %t, parallel %t", tt.model, f, tt.family, tt.freeform, tt.parallel)
		}
		if f.Window <= 0 || f.OutputTokens <= 0 {
			t.Errorf("FactsOf(%q) has no room: %+v", tt.model, f)
		}
	}
}

// TestFactsFor: the settings say more than what is known, of unknown models too.
func TestFactsFor(t *testing.T) {
	c := &config.Config{
		Model: "qwen3-coder", Effort: "low", Summary: "none", Verbose: "high",
		ToolOutputTokens: 7, Context: config.Context{Window: 5},
	}
	want := Facts{Window: 5, Parallel: true, Effort: "low", Summary: "none", Verbosity: "high", OutputTokens: 7}
	if diff := cmp.Diff(want, FactsFor(c)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(FactsOf("gpt-5"), FactsFor(&config.Config{Model: "gpt-5"})); diff != "" {
		t.Error(diff)
	}
}

func TestFamiliesAreSane(t *testing.T) {
	for _, f := range families {
		known := f.Effort == ""
		for _, e := range f.Efforts {
			known = known || e == f.Effort
		}
		if !known {
			t.Errorf("%s: default effort %q is not among %v", f.Family, f.Effort, f.Efforts)
		}
	}
}
