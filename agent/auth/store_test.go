package auth

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"codex-lsp/agent/config"
)

func TestKeyringHoldsWhatCodexLooksFor(t *testing.T) {
	keyring.MockInit()
	b := newBench(t)
	b.config.Account.Store = config.StoreKeyring
	b.signedIn(time.Now()) // in the file, which goes
	if err := b.SignInWithKey(t.Context(), b.config, "sk-proj-abcdefghij12345"); err != nil {
		t.Fatal(err)
	}
	user := keyringUser(b.config.Home)
	if !strings.HasPrefix(user, "cli|") || len(user) != len("cli|")+16 {
		t.Errorf("the entry is for %q", user)
	}
	text, err := keyring.Get("Codex Auth", user)
	if err != nil || !strings.Contains(text, `"OPENAI_API_KEY": "sk-proj-abcdefghij12345"`) {
		t.Errorf("the entry is %q, %v", text, err)
	}
	if b.text() != "" {
		t.Error("the file is still there")
	}
	if a := b.mustAccess(); a.Key != "sk-proj-abcdefghij12345" {
		t.Errorf("access %#v", a)
	}
	found, err := b.SignOut(t.Context(), b.config)
	if !found || err != nil {
		t.Errorf("sign-out: found %t, %v", found, err)
	}
	_, err = b.access()
	b.fails(err, SignedOut)
}

func TestKeyringUserIsThatOfTheRealFolder(t *testing.T) {
	home := t.TempDir()
	link := home + "-link"
	if err := os.Symlink(home, link); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(link) })
	if keyringUser(home) != keyringUser(link) {
		t.Error("a link to the home has another entry")
	}
	const want = "cli|89afd404300308e0" // of the path's SHA-256
	if got := keyringUser("/no/such/home"); got != want {
		t.Errorf("entry %q, want %q", got, want)
	}
}

func TestMachineWithoutKeyring(t *testing.T) {
	keyring.MockInitWithError(errors.New("no bus"))
	t.Cleanup(keyring.MockInit)
	b := newBench(t)
	b.config.Account.Store = config.StoreKeyring
	_, err := b.access()
	b.fails(err, Failed, "keyring cannot be read (no bus)", `cli_auth_credentials_store = "file"`)
	err = b.SignInWithKey(t.Context(), b.config, "sk-proj-abcdefghij12345")
	b.fails(err, Failed, "keyring cannot be written")
	b.config.Account.Store = config.StoreAuto
	if err := b.SignInWithKey(t.Context(), b.config, "sk-proj-abcdefghij12345"); err != nil {
		t.Fatal(err)
	}
	if b.text() == "" || b.mustAccess().Key != "sk-proj-abcdefghij12345" {
		t.Errorf("the file is %q", b.text())
	}
	if found, err := b.SignOut(t.Context(), b.config); !found || err != nil || b.text() != "" {
		t.Errorf("sign-out: found %t, %v", found, err)
	}
}

func TestMemoryLeavesNothingOnDisk(t *testing.T) {
	b := newBench(t)
	b.config.Account.Store = config.StoreEphemeral
	if err := b.SignInWithKey(t.Context(), b.config, "sk-proj-abcdefghij12345"); err != nil {
		t.Fatal(err)
	}
	if b.mustAccess().Key != "sk-proj-abcdefghij12345" || b.text() != "" {
		t.Errorf("the file is %q", b.text())
	}
	if found, err := b.SignOut(t.Context(), b.config); !found || err != nil {
		t.Errorf("sign-out: found %t, %v", found, err)
	}
}
