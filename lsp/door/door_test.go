package door

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"codex-lsp/agent"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func anyone(*net.UnixConn) error { return nil }

// opened is a door to a ledger, and the folder that it is in.
func opened(t *testing.T, admits func(*net.UnixConn) error) (*agent.Ledger, string) {
	t.Helper()
	home, err := os.MkdirTemp("", "door") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	l := agent.NewLedger(log)
	d, err := open(home, l, log, admits)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := filepath.Glob(filepath.Join(home, folder, "*")); len(left) > 0 {
			t.Errorf("left: %q", left)
		}
		os.RemoveAll(home)
	})
	return l, home
}

// silent is an editor whose user does not answer.
type silent struct{}

func (silent) Show(ctx context.Context, _ *agent.Ticket) { <-ctx.Done() }

func TestDoor(t *testing.T) {
	l, home := opened(t, anyone)
	defer l.Attach("t", silent{})()
	ticket, err := l.Open(agent.Question{ThreadID: "t", CallID: "c", Title: "Run?", Offers: []agent.Decision{agent.Approved, agent.Declined}})
	if err != nil {
		t.Fatal(err)
	}
	answers := make(chan agent.Answer, 1)
	go func() { answers <- ticket.Ask(t.Context()) }()

	open, err := List(home)
	if err != nil || len(open) != 1 || open[0].ID != "t/c" || open[0].Title != "Run?" {
		t.Fatalf("open: %+v, %v", open, err)
	}
	if _, _, err := Answer(home, "t/other", agent.Answer{Decision: agent.Approved}); !errors.Is(err, agent.ErrUnknown) {
		t.Errorf("an unknown question: %v", err)
	}
	if _, _, err := Answer(home, "t/c", agent.Answer{Decision: agent.ApprovedForSession}); err == nil || !strings.Contains(err.Error(), "not offered") {
		t.Errorf("what is not offered: %v", err)
	}
	standing, accepted, err := Answer(home, "t/c", agent.Answer{Decision: agent.Declined, Message: "use make"})
	if standing != agent.Declined || !accepted || err != nil {
		t.Errorf("the first: %v, %v, %v", standing, accepted, err)
	}
	if got, want := <-answers, (agent.Answer{Decision: agent.Declined, Message: "use make", By: agent.ByUser}); got != want {
		t.Errorf("the asker hears %+v, want %+v", got, want)
	}
	standing, accepted, err = Answer(home, "t/c", agent.Answer{Decision: agent.Approved})
	if standing != agent.Declined || accepted || err != nil {
		t.Errorf("the second: %v, %v, %v", standing, accepted, err)
	}
}

// TestOwnProcess: what the server is, or has started, is not let in.
func TestOwnProcess(t *testing.T) {
	l, home := opened(t, admit)
	defer l.Attach("t", silent{})()
	if _, err := l.Open(agent.Question{ThreadID: "t", CallID: "c", Offers: []agent.Decision{agent.Approved}}); err != nil {
		t.Fatal(err)
	}
	if open, err := List(home); err == nil || len(open) > 0 {
		t.Errorf("listed: %+v, %v", open, err)
	}
	if _, _, err := Answer(home, "t/c", agent.Answer{Decision: agent.Approved}); err == nil || errors.Is(err, agent.ErrUnknown) {
		t.Errorf("answered: %v", err)
	}
	if open := l.Pending("t"); len(open) != 1 {
		t.Errorf("open: %+v", open)
	}
}

// TestDeadSocket: what a killed server leaves is no error, and is removed.
func TestDeadSocket(t *testing.T) {
	_, home := opened(t, anyone)
	dead := filepath.Join(home, folder, "1.sock")
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: dead, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	socket.SetUnlinkOnClose(false)
	socket.Close()
	if open, err := List(home); err != nil || len(open) > 0 {
		t.Errorf("listed: %+v, %v", open, err)
	}
	if _, err := os.Stat(dead); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	if open, err := List(t.TempDir()); err != nil || len(open) > 0 {
		t.Errorf("without a server: %+v, %v", open, err)
	}
}

// TestFolderIsOursAlone: what is no socket is left alone, and a link in place
// of the folder is refused.
func TestFolderIsOursAlone(t *testing.T) {
	_, home := opened(t, anyone)
	kept := filepath.Join(home, folder, "1.sock")
	if err := os.WriteFile(kept, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := List(home); err != nil {
		t.Error(err)
	}
	if err := os.Remove(kept); err != nil {
		t.Error("a file of the user's is gone:", err)
	}
	linked := t.TempDir()
	if err := os.Symlink(t.TempDir(), filepath.Join(linked, folder)); err != nil {
		t.Fatal(err)
	}
	for _, try := range []func() error{
		func() error { _, err := List(linked); return err },
		func() error {
			_, err := open(linked, agent.NewLedger(slog.Default()), slog.Default(), anyone)
			return err
		},
	} {
		if err := try(); err == nil || !strings.Contains(err.Error(), "is not a folder") {
			t.Errorf("a link for a folder: %v", err)
		}
	}
}

// TestLongPath: a socket's address is short, however long the folder's is.
func TestLongPath(t *testing.T) {
	home := filepath.Join(t.TempDir(), strings.Repeat("long/", 40))
	if err := os.MkdirAll(home, 0o700); err != nil {
		t.Fatal(err)
	}
	l := agent.NewLedger(slog.New(slog.DiscardHandler))
	d, err := open(home, l, slog.New(slog.DiscardHandler), anyone)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Open(agent.Question{ThreadID: "t", CallID: "c"}); err != nil {
		t.Fatal(err)
	}
	if open, err := List(home); err != nil || len(open) != 1 {
		t.Errorf("open: %+v, %v", open, err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(filepath.Join(home, folder)); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestDoorTakesForms: a form comes filled in, or is refused.
func TestDoorTakesForms(t *testing.T) {
	l, home := opened(t, anyone)
	defer l.Attach("t", silent{})()
	ticket, err := l.Open(agent.Question{
		ThreadID: "t", CallID: "c", Kind: agent.AskForm, Title: "Who?", Offers: []agent.Decision{agent.Approved, agent.Declined},
		Form: []agent.FormField{{Name: "name", Type: "string", Required: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	answers := make(chan agent.Answer, 1)
	go func() { answers <- ticket.Ask(t.Context()) }()
	open, err := List(home)
	if err != nil || len(open) != 1 || len(open[0].Form) != 1 {
		t.Fatalf("open: %+v, %v", open, err)
	}
	if _, _, err := Answer(home, "t/c", agent.Answer{Decision: agent.Approved}); err == nil || !strings.Contains(err.Error(), "name is missing") {
		t.Errorf("without its fields: %v", err)
	}
	filled, err := open[0].Fill(map[string]any{"name": "Ada"})
	if err != nil {
		t.Fatal(err)
	}
	if _, accepted, err := Answer(home, "t/c", filled); err != nil || !accepted {
		t.Errorf("accepted: %t, %v", accepted, err)
	}
	if got := <-answers; got.Content != `{"name":"Ada"}` {
		t.Errorf("%+v", got)
	}
}
