package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"codex-lsp/agent/config"
)

// A fault is what a provider says went wrong, wherever it says it.
type fault struct {
	code, message string
	after         time.Duration // until it asks to be asked again
}

// parseFault reads an error object. Providers agree on little: the object may
// be under "error" or the whole body, the error a string, the code a number,
// the message in "detail".
func parseFault(body []byte) fault {
	var m map[string]any
	if json.Unmarshal(body, &m) != nil {
		return fault{message: excerpt(string(body))}
	}
	switch inner := m["error"].(type) {
	case map[string]any:
		m = inner
	case string:
		return fault{message: excerpt(inner)}
	}
	f := fault{code: word(m["code"]), message: word(m["message"])}
	if typ := word(m["type"]); f.code == "" || typ == "usage_limit_reached" {
		f.code = typ
	}
	if f.message == "" {
		f.message = word(m["detail"])
	}
	f.message = excerpt(f.message)
	f.after = resets(m, f.message)
	return f
}

// word is a JSON value that should be text.
func word(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	b, _ := json.Marshal(v) // it was JSON a moment ago
	return string(b)
}

// tryAgain finds the wait that rate limits name in prose.
var tryAgain = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)try again in\s+([0-9.]+)\s*(ms|s|sec|seconds?|m|min|minutes?)\b`)
})

// resets reads how long a limit holds.
func resets(m map[string]any, message string) time.Duration {
	if s, ok := m["resets_in_seconds"].(float64); ok {
		return seconds(s)
	}
	if at, ok := m["resets_at"].(float64); ok {
		return seconds(time.Until(time.Unix(int64(at), 0)).Seconds())
	}
	found := tryAgain().FindStringSubmatch(message)
	if found == nil {
		return 0
	}
	n, _ := strconv.ParseFloat(found[1], 64) // "1.2.3" is 0: it does not say
	switch {
	case found[2] == "ms":
		n /= 1000
	case strings.HasPrefix(found[2], "m"):
		n *= 60
	}
	return seconds(n)
}

// maxExcerpt bounds what is quoted of a provider's own words.
const maxExcerpt = 600

// excerpt makes a text fit to stand in a sentence.
func excerpt(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if r := []rune(s); len(r) > maxExcerpt {
		s = string(r[:maxExcerpt]) + "…"
	}
	return s
}

// byCode is what error codes mean, whatever status or event they come with.
var byCode = map[string]ErrorKind{
	"context_length_exceeded": TooLong,
	"string_above_max_length": TooLong,
	"insufficient_quota":      Limited,
	"usage_limit_reached":     Limited,
	"usage_not_included":      Limited,
	"rate_limit_exceeded":     Limited,
	"rate_limit_error":        Limited,
	"invalid_api_key":         NoKey,
	"invalid_prompt":          Refused,
	"invalid_request_error":   Refused,
	"model_not_found":         Refused,
}

// statusError is the failure that an HTTP status stands for.
func statusError(resp *http.Response, media string, body []byte, p config.Provider) *Error {
	f := parseFault(body)
	if media == "text/html" || bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		f = fault{message: "the answer is a web page"}
	}
	if after := retryAfter(resp.Header); after > 0 {
		f.after = after
	}
	kind, known := byCode[f.code]
	if !known || resp.StatusCode >= 500 {
		kind = byStatus(resp.StatusCode, f)
	}
	status := fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	e := f.as(kind, strings.TrimSpace(status), p)
	e.Status = resp.StatusCode
	if to := resp.Header.Get("Location"); to != "" && resp.StatusCode < 400 {
		e.Message = fmt.Sprintf("%s sent the request elsewhere (%s)", name(p), status)
		e.Remedy = "set base_url of the provider to where the API is"
	}
	return e
}

// byStatus is what a status means that comes with no telling code.
func byStatus(status int, f fault) ErrorKind {
	switch {
	case status == http.StatusUnauthorized:
		return NoKey
	case status == http.StatusPaymentRequired, status == http.StatusTooManyRequests:
		return Limited
	case status == http.StatusRequestEntityTooLarge, tooLong(f.message):
		return TooLong
	case status == http.StatusRequestTimeout, status == http.StatusConflict, status >= 500:
		return Internal
	}
	return Refused
}

// tooLong recognises the context limit of servers that have no code for it.
func tooLong(message string) bool {
	m := strings.ToLower(message)
	return strings.Contains(m, "context") && (strings.Contains(m, "maximum") || strings.Contains(m, "exceed"))
}

// as puts a fault in words. what says where it came from: a status, an event.
func (f fault) as(kind ErrorKind, what string, p config.Provider) *Error {
	said := what
	if f.message != "" {
		said = what + ": " + f.message
	} else if f.code != "" {
		said = what + ": " + f.code
	}
	e := &Error{Kind: kind, After: f.after}
	switch kind {
	case NoKey:
		e.Message = fmt.Sprintf("%s does not accept the API key (%s)", name(p), said)
		e.Remedy = keyRemedy(p)
	case Limited:
		e.Message, e.Remedy = f.limited(said, p)
	case TooLong:
		e.Message = fmt.Sprintf("the conversation no longer fits the model's context window (%s)", said)
		e.Remedy = "start a new thread, or ask with fewer and smaller files"
	case Internal:
		e.Message = fmt.Sprintf("%s failed (%s)", name(p), said)
		e.Remedy = "try again in a while"
	default:
		e.Message = fmt.Sprintf("%s refused the request (%s)", name(p), said)
		e.Remedy = f.refusedRemedy(what)
	}
	return e
}

// limited says which limit it is and when it ends.
func (f fault) limited(said string, p config.Provider) (message, remedy string) {
	until := ""
	if f.after > 0 {
		until = fmt.Sprintf("; it resets at %s (in %s)", time.Now().Add(f.after).Format(clock(f.after)), span(f.after))
	}
	switch f.code {
	case "insufficient_quota", "usage_not_included":
		return fmt.Sprintf("the quota at %s is used up (%s)%s", name(p), said, until), "check the plan and billing details of the account the key belongs to"
	case "usage_limit_reached":
		return fmt.Sprintf("the usage limit at %s is reached (%s)%s", name(p), said, until), "wait until it resets, or set another model_provider"
	}
	return fmt.Sprintf("%s limits the rate of requests (%s)%s", name(p), said, until), "wait, or ask less at once"
}

// clock is how a point in time reads that is d away.
func clock(d time.Duration) string {
	if d > 20*time.Hour {
		return "15:04 on 2 January"
	}
	return "15:04"
}

// span is a duration for people.
func span(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.3g s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}

func (f fault) refusedRemedy(what string) string {
	switch {
	case f.code == "model_not_found" || strings.Contains(strings.ToLower(f.message), "model"):
		return "check model and model_provider"
	case strings.HasPrefix(what, "404"):
		return "check base_url and wire_api of the provider, and that it has the model"
	case strings.HasPrefix(what, "403"):
		return "check what the key may be used for"
	}
	return ""
}

// name is what a provider is called in a sentence.
func name(p config.Provider) string {
	switch {
	case p.Name != "":
		return p.Name
	case p.ID != "":
		return p.ID
	}
	return "the provider"
}

// noKey says that the key is missing, before anything is sent.
func noKey(p config.Provider) *Error {
	return &Error{Kind: NoKey, Message: fmt.Sprintf("no API key for %s: %s is not set", name(p), p.EnvKey), Remedy: keyRemedy(p)}
}

func keyRemedy(p config.Provider) string {
	switch {
	case p.KeyHint != "":
		return p.KeyHint
	case p.EnvKey != "":
		return "set the environment variable " + p.EnvKey + " to a valid key where the editor is started"
	}
	return "set env_key of the provider to the name of an environment variable that holds a key"
}

// notAStream is an answer that is no stream though its status is good.
func notAStream(media string, body []byte, p config.Provider) *Error {
	if media == "text/html" {
		return &Error{Kind: Refused, Message: name(p) + " answered with a web page, not with a model's response", Remedy: "check base_url: an API's usually ends in /v1"}
	}
	f := parseFault(body)
	if kind, known := byCode[f.code]; known {
		return f.as(kind, "error", p)
	}
	return &Error{Kind: Refused, Message: fmt.Sprintf("%s answered with %s, not with a stream: %s", name(p), media, f.message), Remedy: "check base_url and wire_api of the provider"}
}

// failed is the failure in a response.failed or response.incomplete.
func (w *responses) failed(response json.RawMessage) *Error {
	var r struct {
		Error      json.RawMessage `json:"error"`
		Incomplete struct {
			Reason string `json:"reason"`
		} `json:"incomplete_details"`
	}
	_ = json.Unmarshal(response, &r) // what is missing is not reported
	if r.Incomplete.Reason != "" {
		return cutShort(r.Incomplete.Reason)
	}
	return streamFault(r.Error, w.x.client.provider)
}

// streamFault is an error object that came as part of a stream.
func streamFault(object []byte, p config.Provider) *Error {
	f := parseFault(object)
	kind, known := byCode[f.code]
	switch {
	case known:
	case tooLong(f.message):
		kind = TooLong
	default:
		kind = Internal // of this response: the next may do better
	}
	return f.as(kind, "response failed", p)
}

// cutShort is a response that the provider ended before the model did.
func cutShort(reason string) *Error {
	e := &Error{Kind: Cut, Message: "the answer is incomplete: " + reason}
	switch reason {
	case "max_output_tokens", "length":
		e.Message = "the answer is cut off: the model reached its limit of output tokens"
		e.Remedy = "ask for the rest, or for less at once"
	case "content_filter":
		e.Message = "the provider's content filter ended the answer"
		e.Remedy = "rephrase the request"
	}
	return e
}

// broken is a stream that ended before its response did.
func broken(err error) error {
	e := &Error{Kind: Broken}
	switch {
	case errors.Is(err, errSilent), errors.Is(err, errTrickling), errors.Is(err, errOversized):
		return err // explain knows them
	case errors.Is(err, io.EOF):
		e.Message = "the stream ended before the response was complete"
	default:
		e.Message = fmt.Sprintf("the stream broke off before the response was complete (%s)", excerpt(err.Error()))
	}
	return e
}

// brokenEvent is an event that cannot be read, and may have been an answer.
func brokenEvent(raw []byte, err error) *Error {
	const shown = 80
	return &Error{Kind: Broken, Message: fmt.Sprintf("the stream holds an unreadable event %.*q (%v)", shown, raw, err)}
}
