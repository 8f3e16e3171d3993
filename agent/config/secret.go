package config

import (
	"log/slog"
	"regexp"
	"strings"
	"sync"
)

// A Secret is a text that is never shown: it prints as an ellipsis, in JSON
// and in logs too. Only a conversion gives it away.
type Secret string

const hidden = "…"

// String implements fmt.Stringer.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return `"` + s.String() + `"` }

// MarshalText implements encoding.TextMarshaler.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// leastSecret is how long a text must be to be hidden where it stands in others,
// and it must have a digit: a key like "ollama" or "not-needed" is a word.
const leastSecret = 8

// secretName is how headers and parameters are called that give access.
var secretName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)auth|key|token|secret|cookie|pass|cred|sig|code`)
})

// Secrets are the texts that give access to the provider.
func (p *Provider) Secrets() (list []string) {
	add := func(s Secret) {
		text := strings.TrimPrefix(string(s), "Bearer ")
		if len(text) >= leastSecret && strings.ContainsAny(text, "0123456789") {
			list = append(list, text)
		}
	}
	add(p.Key)
	add(p.Ambient)
	for _, m := range []map[string]Secret{p.Headers, p.Query} {
		for name, s := range m {
			if secretName().MatchString(name) {
				add(s)
			}
		}
	}
	return list
}

// Redact takes the provider's secrets out of a text.
func (p *Provider) Redact(text string) string {
	for _, s := range p.Secrets() {
		text = strings.ReplaceAll(text, s, hidden)
	}
	return text
}
