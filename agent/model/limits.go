package model

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// limits reads the windows that Codex's provider reports with each response.
func limits(h http.Header) []RateLimit {
	var list []RateLimit
	for _, name := range []string{"primary", "secondary"} {
		prefix := "x-codex-" + name + "-"
		used, err := strconv.ParseFloat(h.Get(prefix+"used-percent"), 64)
		if err != nil {
			continue
		}
		l := RateLimit{Name: name, UsedPercent: used}
		if minutes, err := strconv.ParseInt(h.Get(prefix+"window-minutes"), 10, 32); err == nil {
			l.Window = time.Duration(minutes) * time.Minute
		}
		if at, err := strconv.ParseInt(h.Get(prefix+"reset-at"), 10, 64); err == nil {
			l.ResetsAt = time.Unix(at, 0)
		}
		list = append(list, l)
	}
	return list
}

// maxAfter is the longest wait that is believed: no limit is set for longer.
const maxAfter = 366 * 24 * time.Hour

// retryAfter reads how long to wait from the headers of a failure, 0 if they
// do not say.
func retryAfter(h http.Header) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("retry-after-ms"), 64); err == nil {
		return seconds(ms / 1000)
	}
	v := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseFloat(v, 64); err == nil {
		return seconds(s)
	}
	if at, err := http.ParseTime(v); err == nil {
		return seconds(time.Until(at).Seconds())
	}
	return 0
}

// seconds is a wait that a provider named, if it is one.
func seconds(s float64) time.Duration {
	if math.IsNaN(s) || s <= 0 {
		return 0
	}
	return time.Duration(min(s, maxAfter.Seconds()) * float64(time.Second))
}
