package auth

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/zalando/go-keyring"

	"codex-lsp/agent/config"
	"codex-lsp/agent/disk"
	"codex-lsp/patch"
)

// A store keeps the credentials of one home.
type store interface {
	load() (*stored, error) // nil if there are none
	save(*stored) error
	remove() (bool, error) // tells whether there were any
}

// store is where the settings say that credentials are.
func (a *Account) store(kind config.CredentialStore) store {
	file := fileStore{filepath.Join(a.home, FileName)}
	ring := keyringStore{user: keyringUser(a.home), file: file}
	switch kind {
	case config.StoreKeyring:
		return ring
	case config.StoreAuto:
		return autoStore{ring, file, a.log}
	case config.StoreEphemeral:
		return &a.memory
	}
	return file
}

// A fileStore is auth.json, which nobody but its owner may read.
type fileStore struct{ path string }

// maxFile is more than any credentials take.
const maxFile = 1 << 20

func (f fileStore) load() (*stored, error) {
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var text []byte
	if err == nil && info.Size() <= maxFile {
		text, err = os.ReadFile(f.path)
	}
	if err != nil {
		return nil, &Error{Failed, fmt.Sprintf("the credentials cannot be read (%v)", err), "make the file readable for you, or " + signInAgain}
	}
	s, err := parseStored(text)
	if err != nil {
		return nil, &Error{Failed, fmt.Sprintf("%s cannot be used: %v", f.path, err), "remove it, and " + signIn}
	}
	return s, nil
}

// save replaces the file whole: a reader sees the old or the new one.
func (f fileStore) save(s *stored) error {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return fmt.Errorf("keep the credentials: %w", err)
	}
	if err := disk.Write(f.path, patch.File{Text: string(s.text()), Mode: 0o600}); err != nil {
		return fmt.Errorf("keep the credentials: %w", err)
	}
	return nil
}

func (f fileStore) remove() (bool, error) {
	err := os.Remove(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// keyringService is Codex's name in a keyring.
const keyringService = "Codex Auth"

// keyringUser is what Codex's entry for a home is called.
func keyringUser(home string) string {
	if real, err := filepath.EvalSymlinks(home); err == nil {
		home = real
	}
	return "cli|" + fmt.Sprintf("%x", sha256.Sum256([]byte(home)))[:16]
}

// A keyringStore is an entry in the system's keyring. The file is for who has
// none, so it goes when there is an entry.
type keyringStore struct {
	user string
	file fileStore
}

func (k keyringStore) load() (*stored, error) {
	text, err := keyring.Get(keyringService, k.user)
	if errors.Is(err, keyring.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, keyringError("read", err)
	}
	s, err := parseStored([]byte(text))
	if err != nil {
		return nil, &Error{Failed, fmt.Sprintf("the entry %q in the keyring cannot be used: %v", keyringService, err), "remove it, and " + signIn}
	}
	return s, nil
}

func (k keyringStore) save(s *stored) error {
	if err := keyring.Set(keyringService, k.user, string(s.text())); err != nil {
		return keyringError("written", err)
	}
	_, err := k.file.remove()
	return err
}

func (k keyringStore) remove() (bool, error) {
	err := keyring.Delete(keyringService, k.user)
	found := err == nil
	if err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return false, keyringError("written", err)
	}
	file, err := k.file.remove()
	return found || file, err
}

func keyringError(done string, err error) error {
	return &Error{Failed, fmt.Sprintf("the system's keyring cannot be %s (%v)", done, err), `unlock or start it, or set cli_auth_credentials_store = "file" in config.toml`}
}

// An autoStore is the keyring, or the file on a machine without one.
type autoStore struct {
	ring keyringStore
	file fileStore
	log  *slog.Logger
}

func (a autoStore) load() (*stored, error) {
	s, err := a.ring.load()
	if err != nil {
		a.log.Debug("no keyring: the file is read", "err", err)
	}
	if s != nil {
		return s, nil
	}
	return a.file.load()
}

func (a autoStore) save(s *stored) error {
	err := a.ring.save(s)
	if err != nil {
		a.log.Info("no keyring: the file is written", "err", err)
		return a.file.save(s)
	}
	return nil
}

func (a autoStore) remove() (bool, error) {
	ring, err := a.ring.remove()
	if err != nil {
		a.log.Debug("no keyring: the file is removed", "err", err)
	}
	file, err := a.file.remove()
	return ring || file, err
}

// A memoryStore is gone with the process.
type memoryStore struct{ held box[*stored] }

func (m *memoryStore) load() (*stored, error) { return m.held.get(), nil }
func (m *memoryStore) save(s *stored) error   { m.held.set(s); return nil }
func (m *memoryStore) remove() (bool, error)  { return m.held.set(nil) != nil, nil }
