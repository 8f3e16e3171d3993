package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"codex-lsp/agent/config"
)

// TestStoreTrustTogether: what several decide at once is all kept, through a
// link too, and the file is never anything but whole.
func TestStoreTrustTogether(t *testing.T) {
	home, real := t.TempDir(), filepath.Join(t.TempDir(), "dotfiles.toml")
	if err := os.WriteFile(real, []byte("# mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, filepath.Join(home, config.FileName)); err != nil {
		t.Fatal(err)
	}
	const many = 20
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() {
			if err := StoreTrust(t.Context(), home, fmt.Sprintf("/project/%d", i), config.ProjectTrusted); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	text, err := os.ReadFile(real)
	if err != nil || !strings.HasPrefix(string(text), "# mine\n") || strings.Count(string(text), "trust_level") != many {
		t.Errorf("%v\n%s", err, text)
	}
	if info, err := os.Lstat(filepath.Join(home, config.FileName)); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", info, err)
	}
	for i := range many {
		c, err := config.Load(config.Options{Home: home, System: home + "/none", Dir: fmt.Sprintf("/project/%d", i), Getenv: func(string) string { return "" }})
		if err != nil || c.Trust != config.ProjectTrusted {
			t.Errorf("project %d: %v", i, err)
		}
	}
}

func TestStoreTrustSaysWhyItCannot(t *testing.T) {
	home := t.TempDir()
	path := filepath.Join(home, config.FileName)
	const broken = "model = \n"
	if err := os.WriteFile(path, []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	err := StoreTrust(t.Context(), home, "/project", config.ProjectTrusted)
	if text, _ := os.ReadFile(path); err == nil || !strings.Contains(err.Error(), path) || string(text) != broken {
		t.Errorf("%v; %q", err, text)
	}
}
