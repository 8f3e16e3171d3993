package model

import "testing"

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
