package lsp

import (
	"testing"
	"time"

	"codex-lsp/agent"
)

// TestWhatIsScarceIsSaid: only what is nearly used up is told unasked.
func TestWhatIsScarceIsSaid(t *testing.T) {
	soon, later := time.Now().Add(time.Hour), time.Now().Add(72*time.Hour)
	limit := func(used float64, minutes int64, at time.Time) agent.UsageUpdated {
		return agent.UsageUpdated{Window: 100, Limits: []agent.RateLimit{{Name: "primary", Used: used, Minutes: minutes, ResetsAt: at.Unix()}}}
	}
	for _, c := range []struct {
		usage agent.UsageUpdated
		want  string
	}{
		{agent.UsageUpdated{}, ""},
		{agent.UsageUpdated{Context: 79, Window: 100}, ""},
		{agent.UsageUpdated{Context: 80, Window: 100}, "the conversation fills 80 % of the model's context window"},
		{limit(79.4, 300, soon), ""},
		{limit(82.4, 300, soon), "82 % of the limit for 5 hours is used, until " + soon.Format("15:04")},
		{limit(99.6, 7*24*60, later), "100 % of the limit for 7 days is used, until " + later.Format("15:04 on 2 January")},
		{agent.UsageUpdated{Context: 9, Window: 10, Limits: []agent.RateLimit{{Name: "secondary", Used: 90}}},
			"the conversation fills 90 % of the model's context window; 90 % of the secondary limit is used"},
	} {
		if got := scarceText(c.usage); got != c.want {
			t.Errorf("%+v is told as %q, want %q", c.usage, got, c.want)
		}
	}
}
