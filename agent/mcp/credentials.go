package mcp

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/zalando/go-keyring"

	"codex-lsp/agent/config"
	"codex-lsp/agent/disk"
	"codex-lsp/agent/flock"
	"codex-lsp/patch"
)

// Credentials are a sign-in to one server. The JSON is an entry of Codex's
// .credentials.json.
type Credentials struct {
	Name      string   `json:"server_name"`
	URL       string   `json:"server_url"`
	ClientID  string   `json:"client_id"`
	Access    string   `json:"access_token"`
	ExpiresAt *int64   `json:"expires_at"` // milliseconds since 1970; nil if that is not known
	Refresh   *string  `json:"refresh_token"`
	Scopes    []string `json:"scopes"`
}

// expired tells whether the token is of no more use, or nearly so.
func (c *Credentials) expired(now time.Time) bool {
	return c.ExpiresAt != nil && now.Add(30*time.Second).UnixMilli() >= *c.ExpiresAt
}

// credentialsFile is Codex's.
const credentialsFile = ".credentials.json"

// keyringService is what Codex's entries in a keyring are called.
const keyringService = "Codex MCP Credentials"

// A Store keeps sign-ins where Codex does: in the system's keyring, or where
// there is none or the user wants it, in a file that only the user can read.
type Store struct {
	home string
	mode string // of mcp_oauth_credentials_store
}

// NewStore returns the store that the settings name.
func NewStore(s Settings) Store { return Store{s.Home, cmp.Or(s.Store, "auto")} }

// storeKeys are what a sign-in is filed under: the second is how a Codex writes
// it whose JSON keeps its fields in the order in which they were made.
func storeKeys(name, url string) [2]string {
	quoted, _ := json.Marshal(url)
	var keys [2]string
	for i, payload := range []string{`{"headers":{},"type":"http","url":` + string(quoted) + `}`, `{"type":"http","url":` + string(quoted) + `,"headers":{}}`} {
		sum := sha256.Sum256([]byte(payload))
		keys[i] = name + "|" + hex.EncodeToString(sum[:])[:16]
	}
	return keys
}

// Load returns the sign-in to a server, nil if there is none.
func (s Store) Load(c config.MCPServer) (*Credentials, error) {
	if s.mode != "file" {
		found, err := loadKeyring(c)
		if found != nil || err != nil && s.mode == "keyring" {
			return found, err
		}
	}
	all, err := s.read()
	for _, e := range all {
		if e.Name == c.Name && e.URL == c.URL {
			return &e, err
		}
	}
	return nil, err
}

// Save keeps a sign-in.
func (s Store) Save(c Credentials) error {
	if s.mode != "file" {
		err := saveKeyring(c)
		if err == nil {
			_, err = s.change(func(all map[string]Credentials) bool { return dropEntry(all, c.Name, c.URL) })
			return err
		}
		if s.mode == "keyring" {
			return fmt.Errorf("keep the sign-in in the keyring: %w; mcp_oauth_credentials_store = \"file\" keeps it in a file", err)
		}
	}
	_, err := s.change(func(all map[string]Credentials) bool {
		key := storeKeys(c.Name, c.URL)[0]
		for k, e := range all {
			if e.Name == c.Name && e.URL == c.URL {
				key = k
			}
		}
		all[key] = c
		return true
	})
	return err
}

// Remove forgets a sign-in, and tells whether there was one.
func (s Store) Remove(c config.MCPServer) (bool, error) {
	var ringed bool
	if s.mode != "file" {
		var err error
		if ringed, err = removeKeyring(c); err != nil && s.mode == "keyring" {
			return false, err
		}
	}
	filed, err := s.change(func(all map[string]Credentials) bool { return dropEntry(all, c.Name, c.URL) })
	return ringed || filed, err
}

func dropEntry(all map[string]Credentials, name, url string) (dropped bool) {
	for k, e := range all {
		if e.Name == name && e.URL == url {
			delete(all, k)
			dropped = true
		}
	}
	return dropped
}

func (s Store) path() string { return filepath.Join(s.home, credentialsFile) }

func (s Store) read() (map[string]Credentials, error) {
	all := make(map[string]Credentials)
	b, err := os.ReadFile(s.path())
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the sign-ins to MCP servers: %w", err)
	}
	if json.Unmarshal(b, &all) != nil { // whose words may be a secret
		return nil, fmt.Errorf("%s is not the JSON that signing in writes; remove it and sign in again", s.path())
	}
	return all, nil
}

// change changes the file, one process at a time; f tells whether it did.
func (s Store) change(f func(map[string]Credentials) bool) (changed bool, err error) {
	unlock, err := s.lock()
	if err != nil {
		return false, err
	}
	defer unlock()
	all, err := s.read()
	if err != nil || !f(all) {
		return false, err
	}
	if len(all) == 0 {
		return true, os.Remove(s.path())
	}
	b, err := json.Marshal(all)
	if err == nil {
		err = disk.Write(s.path(), patch.File{Text: string(b), Mode: 0o600})
	}
	return true, err
}

// lockPatience is how long another process may take to renew a sign-in.
const lockPatience = 40 * time.Second

// lock keeps other processes of ours from the sign-ins.
func (s Store) lock() (unlock func() error, err error) { return s.lockFile(".credentials.lock") }

func (s Store) lockFile(name string) (unlock func() error, err error) {
	if err := os.MkdirAll(s.home, 0o700); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), lockPatience)
	defer cancel()
	if unlock, err = flock.Wait(ctx, filepath.Join(s.home, name)); err != nil {
		err = fmt.Errorf("the sign-ins to MCP servers: %w", err)
	}
	return unlock, err
}

// A ringEntry is how Codex writes a sign-in into a keyring.
type ringEntry struct {
	Name      string    `json:"server_name"`
	URL       string    `json:"url"`
	ClientID  string    `json:"client_id"`
	Token     ringToken `json:"token_response"`
	ExpiresAt *int64    `json:"expires_at"`
}

type ringToken struct {
	Access  string  `json:"access_token"`
	Type    string  `json:"token_type"`
	Refresh *string `json:"refresh_token,omitempty"`
	Scope   string  `json:"scope,omitempty"`
}

func loadKeyring(c config.MCPServer) (*Credentials, error) {
	for _, key := range storeKeys(c.Name, c.URL) {
		text, err := keyring.Get(keyringService, key)
		if errors.Is(err, keyring.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the keyring: %w", err)
		}
		var e ringEntry
		if json.Unmarshal([]byte(text), &e) != nil {
			return nil, fmt.Errorf("the entry %q in the keyring is not what signing in writes; remove it and sign in again", key)
		}
		return &Credentials{
			Name: e.Name, URL: e.URL, ClientID: e.ClientID, Access: e.Token.Access, ExpiresAt: e.ExpiresAt,
			Refresh: e.Token.Refresh, Scopes: strings.Fields(e.Token.Scope),
		}, nil
	}
	return nil, nil
}

func saveKeyring(c Credentials) error {
	text, err := json.Marshal(ringEntry{c.Name, c.URL, c.ClientID, ringToken{c.Access, "bearer", c.Refresh, strings.Join(c.Scopes, " ")}, c.ExpiresAt})
	if err != nil {
		return err
	}
	return keyring.Set(keyringService, storeKeys(c.Name, c.URL)[0], string(text))
}

func removeKeyring(c config.MCPServer) (removed bool, err error) {
	for _, key := range storeKeys(c.Name, c.URL) {
		switch err := keyring.Delete(keyringService, key); {
		case err == nil:
			removed = true
		case !errors.Is(err, keyring.ErrNotFound):
			return removed, fmt.Errorf("change the keyring: %w", err)
		}
	}
	return removed, nil
}
