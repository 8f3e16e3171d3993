package configfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"codex-lsp/agent/config"
)

// Many who add at once lose nothing, and what the user wrote stays.
func TestEditAtOnce(t *testing.T) {
	home := filepath.Join(t.TempDir(), "made")
	path := filepath.Join(home, config.FileName)
	if err := Edit(t.Context(), home, func(d *config.Document) error { return d.Set("x", "model") }); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	const comment = "# mine\nmodel = 'x' # this one\n"
	if err := errors.Join(os.WriteFile(path, []byte(comment), 0), os.Chmod(path, 0o640)); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			err := Edit(t.Context(), home, func(d *config.Document) error { return d.Set("y", "mcp_servers", fmt.Sprint("s", i), "command") })
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(b); !strings.HasPrefix(text, comment) || strings.Count(text, `command = "y"`) != 20 {
		t.Errorf("got:\n%s", text)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o640 {
		t.Errorf("the mode is %v", info.Mode())
	}
}

func TestEditThatFailsChangesNothing(t *testing.T) {
	home := t.TempDir()
	path := filepath.Join(home, config.FileName)
	no := errors.New("no")
	if err := Edit(t.Context(), home, func(d *config.Document) error { d.Set("x", "model"); return no }); !errors.Is(err, no) {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error("a file was made")
	}
	os.WriteFile(path, []byte("model = \n"), 0o600)
	if err := Edit(t.Context(), home, func(d *config.Document) error { return nil }); err == nil || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
}
