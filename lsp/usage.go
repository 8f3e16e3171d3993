package lsp

import (
	"fmt"
	"strings"
	"time"

	"codex-lsp/agent"
)

// scarce is from which share on people are told unasked how much is used.
const scarce = 80 // percent

// scarceText says what is nearly used up, "" if nothing is.
func scarceText(u agent.UsageUpdated) string {
	var list []string
	if share := 100 * u.Context / max(u.Window, 1); share >= scarce {
		list = append(list, fmt.Sprintf("the conversation fills %d %% of the model's context window", share))
	}
	for _, l := range u.Limits {
		if l.Used >= scarce {
			list = append(list, limitText(l))
		}
	}
	return strings.Join(list, "; ")
}

// limitText is a limit in words: "82 % of the limit for 5 hours is used, until
// 14:05".
func limitText(l agent.RateLimit) string {
	text := fmt.Sprintf("%.0f %% of the %s limit", l.Used, l.Name)
	if l.Minutes > 0 {
		text = fmt.Sprintf("%.0f %% of the limit for %s", l.Used, spanText(l.Minutes))
	}
	if l.ResetsAt == 0 {
		return text + " is used"
	}
	at := time.Unix(l.ResetsAt, 0)
	form := "15:04"
	if time.Until(at) > 20*time.Hour {
		form = "15:04 on 2 January"
	}
	return text + " is used, until " + at.Format(form)
}

// spanText is a time in its largest whole unit.
func spanText(minutes int64) string {
	const hour, day = 60, 24 * 60
	switch {
	case minutes%day == 0:
		return plural(int(minutes/day), "day")
	case minutes%hour == 0:
		return plural(int(minutes/hour), "hour")
	}
	return plural(int(minutes), "minute")
}
