package auth

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"codex-lsp/agent/config"
)

// printing is a provider whose key a shell script prints. Each run adds a line
// to the file runs in the home.
func (b *bench) printing(script string) *config.TokenCommand {
	c := &config.TokenCommand{Command: "sh", Args: []string{"-c", "echo >> runs; " + script}, Timeout: time.Minute, Renew: time.Hour}
	b.config.Provider = config.Provider{Command: c}
	return c
}

func (b *bench) runs() int {
	text, _ := os.ReadFile(filepath.Join(b.config.Home, "runs"))
	return len(text)
}

func TestCommandPrintsTheKey(t *testing.T) {
	now := time.Now()
	b := newBench(t, func(o *Options) { o.Now = func() time.Time { return now } })
	b.printing("echo token-$(wc -l < runs)")
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() {
			if a, err := b.access(); err != nil || a.Key != "token-1" {
				t.Errorf("access %#v, %v", a, err)
			}
		})
	}
	wait.Wait()
	if b.runs() != 1 {
		t.Errorf("it ran %d times, want 1", b.runs())
	}
	now = now.Add(time.Hour)
	old := b.mustAccess()
	fresh, err := b.Credentials(b.config).Renew(t.Context(), old)
	if err != nil || old.Key != "token-2" || fresh.Key != "token-3" {
		t.Errorf("after an hour %q, after a refusal %q, %v", string(old.Key), string(fresh.Key), err)
	}
}

func TestCommandsThatPrintNone(t *testing.T) {
	tests := []struct {
		script, says string
	}{
		{"echo you are not logged in >&2; exit 3", "sh printed no token (exit status 3): you are not logged in"},
		{"true", "printed nothing"},
		{"echo two words", "more than one word"},
	}
	for _, test := range tests {
		b := newBench(t)
		b.printing(test.script)
		_, err := b.access()
		b.fails(err, Failed, test.says)
	}
	b := newBench(t)
	b.printing("").Command = "/no/such/program"
	_, err := b.access()
	b.fails(err, Failed, "no such file", "auth in config.toml")
	b = newBench(t)
	b.printing("sleep 60").Timeout = 10 * time.Millisecond
	_, err = b.access()
	b.fails(err, Failed, "no token within 10ms", "timeout_ms")
	b = newBench(t)
	b.printing("echo always-the-same")
	a := b.mustAccess()
	_, err = b.Credentials(b.config).Renew(t.Context(), a)
	b.fails(err, Rejected, "is not accepted")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b.printing("sleep 60")
	if _, err := b.Credentials(b.config).Access(ctx); err != context.Canceled {
		t.Errorf("who gives up hears %v", err)
	}
}
