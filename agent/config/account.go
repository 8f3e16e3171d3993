package config

import (
	"cmp"
	"path/filepath"
	"slices"
	"time"
)

// An Account says how the user signs in, and where that is kept.
type Account struct {
	Store      CredentialStore // cli_auth_credentials_store
	Method     LoginMethod     // forced_login_method; "" if either will do
	Workspaces []string        // forced_chatgpt_workspace_id; nil if any will do
	OSS        string          // oss_provider: "ollama", "lmstudio", or "" for whichever runs
}

// A CredentialStore is where signing in leaves its credentials.
type CredentialStore string

const (
	StoreFile      CredentialStore = "file"      // auth.json in Codex's home
	StoreKeyring   CredentialStore = "keyring"   // the system's
	StoreAuto      CredentialStore = "auto"      // the keyring, or the file where there is none
	StoreEphemeral CredentialStore = "ephemeral" // this process's memory
)

// A LoginMethod is a way of signing in that is the only one allowed.
type LoginMethod string

const (
	LoginChatGPT LoginMethod = "chatgpt"
	LoginAPI     LoginMethod = "api"
)

// A TokenCommand prints the key of a provider: the table auth.
type TokenCommand struct {
	Command string
	Args    []string
	Dir     string        // absolute; "" for Codex's home
	Timeout time.Duration // timeout_ms
	Renew   time.Duration // refresh_interval_ms: how old a token may get; 0 for as old as it is accepted
}

// A Proxy is one that an editor's settings name, in place of those of the
// environment.
type Proxy struct {
	URL    Secret // "" for none; it may hold a password
	Bypass string // hosts that are reached without it, in the form of NO_PROXY
}

// Where a table auth names no times.
const (
	defaultTokenTimeout = 5 * time.Second
	defaultTokenRenewal = 5 * time.Minute
)

// chatGPT is where models are asked on a ChatGPT plan.
const chatGPT = "https://chatgpt.com/backend-api/codex"

// account reads how the user signs in.
func (r *reader) account() Account {
	a := Account{Store: StoreFile}
	oneOf(r, key{"cli_auth_credentials_store"}, &a.Store, StoreFile, StoreKeyring, StoreAuto, StoreEphemeral)
	oneOf(r, key{"forced_login_method"}, &a.Method, LoginChatGPT, LoginAPI)
	oneOf(r, key{"oss_provider"}, &a.OSS, "ollama", "lmstudio")
	k := key{"forced_chatgpt_workspace_id"}
	if n := r.root.at(k); n != nil && kind(n.value) == "an array" {
		r.texts(k, &a.Workspaces)
	} else if n != nil {
		var one string
		r.text(k, &one)
		a.Workspaces = []string{one}
	}
	return a
}

// tokenCommand reads the table auth of a provider, nil if there is none.
func (r *reader) tokenCommand(k key) *TokenCommand {
	n := r.root.at(k)
	if n == nil || n.table == nil {
		return nil
	}
	at := func(name string) key { return append(slices.Clone(k), name) }
	t := &TokenCommand{}
	r.text(at("command"), &t.Command)
	r.texts(at("args"), &t.Args)
	r.text(at("cwd"), &t.Dir)
	if t.Dir != "" && !filepath.IsAbs(t.Dir) {
		t.Dir = filepath.Join(r.home, t.Dir)
	}
	timeout, renew := int(defaultTokenTimeout.Milliseconds()), int(defaultTokenRenewal.Milliseconds())
	r.number(at("timeout_ms"), &timeout)
	r.number(at("refresh_interval_ms"), &renew)
	t.Timeout, t.Renew = time.Duration(timeout)*time.Millisecond, time.Duration(renew)*time.Millisecond
	if t.Command == "" {
		r.fail(n, k, "there is no command; name the program that prints the token")
	}
	return t
}

// oss is a server on the user's own machine, where it is by default or where
// the environment says that it is.
func (r *reader) oss(id, name, port string) Provider {
	url := cmp.Or(r.getenv("CODEX_OSS_BASE_URL"), "http://localhost:"+cmp.Or(r.getenv("CODEX_OSS_PORT"), port)+"/v1")
	return local(id, name, url)
}
