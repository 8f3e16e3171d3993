package config

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// openAI is the provider that is used when none is named.
const openAI = "openai"

// Retries and timeouts where a provider names none.
const (
	defaultRequestTries  = 4
	defaultStreamTries   = 5
	maxTries             = 100
	defaultStreamTimeout = 5 * time.Minute
)

// builtIn are the providers that need no table, and cannot have one.
func (r *reader) builtIn() map[string]Provider {
	return map[string]Provider{
		openAI:     r.openAI(),
		"ollama":   r.oss("ollama", "Ollama", "11434"),
		"lmstudio": r.oss("lmstudio", "LM Studio", "1234"),
	}
}

// local is a server on the user's machine. All of their versions speak Chat.
func local(id, name, url string) Provider {
	p := newProvider(id)
	p.Name, p.BaseURL, p.Wire = name, url, "chat"
	return p
}

func newProvider(id string) Provider {
	return Provider{
		ID: id, Name: id, Wire: "responses",
		RequestTries: defaultRequestTries, StreamTries: defaultStreamTries, StreamTimeout: defaultStreamTimeout,
	}
}

func (r *reader) openAI() Provider {
	p := newProvider(openAI)
	p.Name = "OpenAI"
	p.BaseURL = r.getenv("OPENAI_BASE_URL")
	r.text(key{"openai_base_url"}, &p.BaseURL)
	if p.BaseURL == "" {
		p.BaseURL, p.ChatGPTURL = "https://api.openai.com/v1", chatGPT
	}
	p.Account, p.EnvKey = true, "OPENAI_API_KEY"
	p.Key, p.Ambient = Secret(strings.TrimSpace(r.getenv("CODEX_API_KEY"))), Secret(strings.TrimSpace(r.getenv(p.EnvKey)))
	return p
}

// provider reads all providers and returns the one in use.
func (r *reader) provider() Provider {
	known := r.builtIn()
	top := key{"model_providers"}
	for _, id := range r.tables(top) {
		k := append(slices.Clone(top), id)
		if _, reserved := known[id]; reserved {
			r.fail(r.root.at(k), k, "the id is reserved for the built-in provider; choose another%s", openAIHint(id))
			continue
		}
		known[id] = r.custom(k, known[openAI])
	}
	use := key{"model_provider"}
	id := openAI
	r.text(use, &id)
	p, ok := known[id]
	p.CAFile = cmp.Or(r.getenv("CODEX_CA_CERTIFICATE"), r.getenv("SSL_CERT_FILE"))
	n := r.root.at(use)
	switch {
	case ok && p.BaseURL == "":
		k := append(slices.Clone(top), id)
		r.fail(r.root.at(k), k, "the provider has no base_url")
	case !ok && n != nil && n.value == id:
		ids := slices.Sorted(maps.Keys(known))
		r.fail(n, use, "there is no provider %q; add a table [model_providers.%s], or use one of %s", id, id, strings.Join(ids, ", "))
	}
	return p
}

func openAIHint(id string) string {
	if id == openAI {
		return ", or set openai_base_url"
	}
	return ""
}

// custom reads one table of model_providers.
func (r *reader) custom(k key, builtIn Provider) Provider {
	p := newProvider(k[len(k)-1])
	at := func(name string) key { return append(slices.Clone(k), name) }
	r.text(at("name"), &p.Name)
	r.text(at("base_url"), &p.BaseURL)
	oneOf(r, at("wire_api"), &p.Wire, "responses", "chat")
	r.number(at("request_max_retries"), &p.RequestTries)
	r.number(at("stream_max_retries"), &p.StreamTries)
	p.RequestTries, p.StreamTries = min(p.RequestTries, maxTries), min(p.StreamTries, maxTries)
	ms := int(p.StreamTimeout.Milliseconds())
	r.number(at("stream_idle_timeout_ms"), &ms)
	p.StreamTimeout = time.Duration(ms) * time.Millisecond
	p.Query = r.secrets(at("query_params"))
	p.Headers, p.HeaderVars = r.headers(at)
	r.credentials(at, &p, builtIn)
	return p
}

// credentials reads where the key is: in a variable, in the file, printed by a
// command, or the one that the user has signed in with.
func (r *reader) credentials(at func(string) key, p *Provider, builtIn Provider) {
	var token string
	var shared bool
	r.text(at("env_key"), &p.EnvKey)
	r.text(at("env_key_instructions"), &p.KeyHint)
	r.text(at("experimental_bearer_token"), &token)
	r.flag(at("requires_openai_auth"), &shared)
	p.Command = r.tokenCommand(at("auth"))
	switch {
	case p.Command != nil && (token != "" || p.EnvKey != "" || shared):
		r.fail(r.root.at(at("auth")), at("auth"), "a provider has one source of keys; remove this table, or env_key, experimental_bearer_token and requires_openai_auth")
	case token != "":
		p.Key, p.EnvKey = Secret(token), ""
	case p.EnvKey != "":
		p.Key = Secret(r.getenv(p.EnvKey))
	case shared:
		p.Account, p.Key, p.EnvKey, p.Ambient = true, builtIn.Key, builtIn.EnvKey, builtIn.Ambient
	}
}

// headers joins those in the file with those whose values are in variables.
func (r *reader) headers(at func(string) key) (headers map[string]Secret, vars []string) {
	headers = r.secrets(at("http_headers"))
	for name, variable := range r.secrets(at("env_http_headers")) {
		value := r.getenv(string(variable))
		if value == "" {
			continue
		}
		if headers == nil {
			headers = make(map[string]Secret)
		}
		headers[name] = Secret(value)
		vars = append(vars, string(variable))
	}
	slices.Sort(vars)
	return headers, vars
}
