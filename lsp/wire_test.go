package lsp

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"codex-lsp/agent"
	"codex-lsp/agent/config"
	"codex-lsp/lsp/lsptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testOptions are a server's surroundings: an agent without a model.
func testOptions(t testing.TB) Options {
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	a := agent.New(agent.Options{Config: func(string) (*config.Config, error) { return &config.Config{}, nil }, Log: log, Version: "test"})
	t.Cleanup(a.Close)
	return Options{Agent: a, Log: log, Version: "test"}
}

// TestWire plays what was said on the wire: a line with --> is sent, one with
// <-- must come next, where "…" stands for any value.
func TestWire(t *testing.T) {
	files, err := filepath.Glob("testdata/wire/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			play(t, string(script))
		})
	}
}

func play(t *testing.T, script string) {
	near, far := net.Pipe()
	result := make(chan error, 1)
	o := testOptions(t)
	go func() { result <- Serve(context.Background(), far, o) }()
	defer near.Close()
	if err := near.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(near)
	for n, line := range strings.Split(strings.TrimSpace(script), "\n") {
		verb, rest, _ := strings.Cut(line, " ")
		var err error
		switch verb {
		case "#":
		case "-->":
			_, err = fmt.Fprintf(near, "Content-Length: %d\r\n\r\n%s", len(rest), rest)
		case "bytes":
			var raw string
			if raw, err = strconv.Unquote(rest); err == nil {
				_, err = io.WriteString(near, raw)
			}
		case "<--":
			err = expect(in, rest)
		case "hangs":
			err = near.Close()
		case "ends":
			err = ending(in, result, rest)
		default:
			err = errors.New("unknown verb")
		}
		if err != nil {
			t.Fatalf("line %d: %s\n%v", n+1, line, err)
		}
	}
}

// expect reads a frame and compares it.
func expect(in *bufio.Reader, want string) error {
	body, err := readBody(in)
	if err != nil {
		return err
	}
	var got, wanted any
	if err := json.Unmarshal(body, &got); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		return err
	}
	anything := cmp.FilterValues(func(x, y any) bool { return x == any("…") || y == any("…") }, cmp.Comparer(func(x, y any) bool { return true }))
	if diff := cmp.Diff(wanted, got, anything); diff != "" {
		return fmt.Errorf("got %s\n(-want +got)\n%s", body, diff)
	}
	return nil
}

func readBody(in *bufio.Reader) ([]byte, error) {
	length := 0
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if line == "\r\n" {
			break
		}
		if _, err := fmt.Sscanf(line, "Content-Length: %d\r\n", &length); err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
	}
	body := make([]byte, length)
	_, err := io.ReadFull(in, body)
	return body, err
}

// ending checks that the server says nothing more, and how it ended.
func ending(in *bufio.Reader, result <-chan error, want string) error {
	if body, err := readBody(in); err == nil {
		return fmt.Errorf("unexpected: %s", body)
	}
	err := <-result
	got := "well"
	if err != nil {
		got = "badly: " + err.Error()
	}
	if got != want {
		return fmt.Errorf("got %q, want %q", got, want)
	}
	return nil
}

// A stuck is a client that is there and does not read.
type stuck struct {
	io.Reader
	io.Writer
	closed chan struct{}
}

func (s stuck) Write([]byte) (int, error) {
	<-s.closed
	return 0, io.ErrClosedPipe
}

func (s stuck) Close() error {
	close(s.closed)
	return s.Reader.(io.Closer).Close()
}

func TestClientThatDoesNotReadIsGone(t *testing.T) {
	lsptest.Bubble(t, func(t *testing.T) {
		r, w := io.Pipe()
		result := make(chan error, 1)
		began := time.Now()
		go func() {
			result <- Serve(t.Context(), stuck{Reader: r, closed: make(chan struct{})}, testOptions(t))
		}()
		const hello = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{}}}`
		fmt.Fprintf(w, "Content-Length: %d\r\n\r\n%s", len(hello), hello)
		if err := <-result; !errors.Is(err, errStalled) {
			t.Errorf("Serve returned %v, want %v", err, errStalled)
		}
		if took := time.Since(began); took != writePatience {
			t.Errorf("it took %v, want %v", took, writePatience)
		}
	})
}

func TestParentIsGone(t *testing.T) {
	gone := 1 << 22 // no Linux has so many
	lsptest.Bubble(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer near.Close()
		go io.Copy(io.Discard, near)
		s := start(t.Context(), far, testOptions(t))
		hello := fmt.Sprintf(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"processId":%d,"rootUri":null,"capabilities":{}}}`, gone)
		fmt.Fprintf(near, "Content-Length: %d\r\n\r\n%s", len(hello), hello)
		if err := s.wait(); err == nil || !strings.Contains(err.Error(), "parent process 4194304 is gone") {
			t.Errorf("the session ended with %v", err)
		}
	})
}

func FuzzRepair(f *testing.F) {
	for _, seed := range []string{`{"id":1}`, `{"id":1.0,"method":"a"}`, `{"jsonrpc":"2.0","id":1,"error":"x"}`, `[1]`, `{"id":1,"result":null,"error":null}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		mended, flaw := repair(body)
		if flaw == nil && sound(mended) != nil {
			t.Errorf("%q was mended to %q, which is not sound", body, mended)
		}
	})
}
